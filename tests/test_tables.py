import io
import re
import threading
import zipfile
from collections import Counter
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import mean, median

import pandas
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from llmutils.classify import balance, split_messages
from llmutils.formats import tables
from llmutils.formats.download import DownloadError
from llmutils.formats.tables import load_messages, read_messages

# --- the messages that ship ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows():
    text = tables.MESSAGES.read_text(encoding="utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")[1:]]


@pytest.fixture(scope="module")
def texts(rows):
    return {label: [t for lab, _, t in rows if lab == label] for label in ("ham", "spam")}


def words(text):
    """What CountVectorizer counts."""
    return re.findall(r"\b\w\w+\b", text.lower())


def accuracy(seed):
    """Of word counts, trained and tested as in the chapter."""
    train, _, test = split_messages(balance(load_messages("messages"), seed), seed)
    counter, model = CountVectorizer(), LogisticRegression(max_iter=1000)
    model.fit(counter.fit_transform(train["text"]), train["label"])
    return model.score(counter.transform(test["text"]), test["label"])


def test_every_line_is_a_label_a_group_and_a_text(rows):
    text = tables.MESSAGES.read_text(encoding="utf-8")
    assert text.startswith("label\tgroup\ttext\n") and text.endswith("\n") and "\r" not in text
    for row in rows:
        assert re.fullmatch(r"(ham|spam)\t[a-z-]+ \d\d+\t\S(.*\S)?", "\t".join(row)), row
        assert "  " not in row[2] and not re.search(r"[{}\[\]|]", row[2]), row
    assert load_messages("messages").values.tolist() == rows
    assert [*load_messages("messages")] == ["label", "group", "text"]


def test_groups_are_small_and_of_one_label_and_theme(rows):
    groups = Counter(group for _, group, _ in rows)
    labels = {(label, group.rsplit(" ", 1)[0]) for label, group, _ in rows}
    assert len(labels) == len({theme for _, theme in labels})  # a theme has one label
    assert sum(n for n in groups.values() if n > 1) == 532 and max(groups.values()) == 6


def test_no_group_of_variants_is_cut_by_the_split(rows):
    parts = split_messages(balance(load_messages("messages")))
    groups = [set(part["group"]) for part in parts]
    assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
    sizes = [len(part) for part in parts]
    assert sum(sizes) == 836 and 0.65 < sizes[0] / 836 < 0.75 and 0.15 < sizes[2] / 836 < 0.25


def test_there_is_about_four_times_as_much_ham_as_spam(texts):
    assert 1600 <= len(texts["ham"]) + len(texts["spam"]) <= 2000
    assert 3.5 <= len(texts["ham"]) / len(texts["spam"]) <= 4.5


def test_messages_are_as_long_as_in_life(rows):
    lengths = [len(text.split()) for _, _, text in rows]
    assert 8 <= median(lengths) <= 20
    assert sum(length > 40 for length in lengths) >= 20
    assert sum(length <= 2 for length in lengths) >= 20


def test_no_message_comes_twice_whatever_its_case_digits_and_punctuation(rows):
    bare = Counter(" ".join(re.findall(r"[^\W\d_]+|[^\w\s]$", t.lower())) for *_, t in rows)
    assert [text for text, count in bare.items() if count > 1] == []


def test_telephone_numbers_and_addresses_are_fictional(rows):
    address = r"[\w.@/:-]+\.example[\w/-]*"
    fictional = (
        r"(07700 ?900|020 7946 0|01632 960|0808 1570 |0909 8790)\d{3}|(212|303|617)-555-01\d\d"
    )
    for *_, text in rows:
        rest = re.sub(fictional, "", re.sub(address, "", text))
        assert not re.search(r"\d{7}|\b0\d{3,}|\d{3}-\d{3}|www|http|@ ?\w+\.", rest), text
        assert not re.search(r"\w\.(com|net|org|co|uk|io|info|ly|me)\b", rest), text


def test_no_word_gives_spam_away(texts):
    share = {}
    for label, found in texts.items():
        holders = Counter(word for text in found for word in set(words(text)))
        share[label] = {word: count / len(found) for word, count in holders.items()}
    common = {word: part for word, part in share["spam"].items() if part > 0.35}
    assert [w for w, part in common.items() if part >= 2 * share["ham"].get(w, 0)] == []


def test_counting_words_tells_spam_from_ham_often_but_not_always():
    found = [accuracy(seed) for seed in range(123, 131)]
    assert 0.85 <= mean(found) <= 0.95 and 0.8 <= min(found) and max(found) <= 0.97, found


def test_the_note_names_every_rule_that_is_tested_here():
    note = (tables.MESSAGES.parent / "DATA.md").read_text(encoding="utf-8")
    for what in ("messages.tsv", "`group`", ".example", "07700 900", "split_messages"):
        assert what in note, what


# --- tables of one's own -------------------------------------------------------------------------


def read(text, name="some.tsv", labels=("ham", "spam"), **settings):
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return [tuple(row) for row in read_messages(content, name, labels, **settings).values.tolist()]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("header", ["", "label\ttext\n", "v1\tv2\n", "Category\tMessage\r\n"])
def test_a_header_and_the_ends_of_lines_may_be_of_any_kind(header, end):
    found = read(f"{header}ham\thello you\r\nspam\tWin a prize{end}")
    assert found == [("ham", "hello you"), ("spam", "Win a prize")]


def test_a_header_says_which_column_is_which():
    table = read_messages(b"text,label,group\nhi,ham,a\nwin,spam,\n", "a.csv")
    assert table[["label", "text"]].values.tolist() == [["ham", "hi"], ["spam", "win"]]
    assert table["group"].isna().tolist() == [False, True]  # nothing belongs to the second
    with pytest.raises(ValueError, match="a.csv: the header names no column of messages"):
        read("label\nham", "a.csv")


def test_quotes_in_a_tsv_are_ordinary_characters():
    texts = ['"Hello', 'she said "no" to me', '"', '"all of it"', 'it\'s, well, ""']
    assert read("\n".join(f"ham\t{text}" for text in texts)) == [("ham", text) for text in texts]


def test_quotes_in_a_csv_are_ordinary_unless_they_enclose_a_message():
    lines = ['ham,she said "no" to me', 'ham,"well, no"', 'spam,"a ""free"" one, now"', 'ham,"a" b']
    texts = ['she said "no" to me', "well, no", 'a "free" one, now', '"a" b']
    assert [text for _, text in read("\n".join(lines), "some.CSV")] == texts


def test_a_quote_that_is_never_closed_swallows_no_row():
    lines = ['ham,"open', 'spam,"no"', 'ham,"two\nlines"', 'spam,"last']
    texts = ['"open', "no", "two\nlines", '"last']
    assert [text for _, text in read("\n".join(lines), "a.csv")] == texts
    with pytest.raises(ValueError, match=r"\n  line 5: the label is 'eggs'"):
        read("\n".join([*lines[:3], "eggs,x"]), "a.csv")  # the third row has two lines


@pytest.mark.parametrize("sep", [",", ";"])
def test_what_a_table_library_writes_is_read_back(sep, tmp_path):
    texts = ["plain", "a, b; c", 'say "hi"', '"quoted"', 'comma, and "both"', "£5\nfür dich 😀"]
    table = pandas.DataFrame({"label": ["ham", "spam"] * 3, "text": texts})
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        table.to_csv(tmp_path / "a.csv", sep=sep, index=False, encoding=encoding)
        assert load_messages(tmp_path / "a.csv").equals(table)


def test_words_that_pandas_takes_for_nothing_are_messages():
    texts = ["NA", "null", "nan", "None", "007", "1e5", "True", "# no", "\\n"]
    assert [text for _, text in read("\n".join(f"ham\t{t}" for t in texts))] == texts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le-bom"])
def test_encodings_are_told_apart(encoding):
    text = "spam\tWin £1000 für “nöthing”\r\nham\tok\r\n"
    bom = "\ufeff" if encoding.endswith("bom") else ""
    content = (bom + text).encode(encoding.removesuffix("-bom"))
    assert read(content) == [("spam", "Win £1000 für “nöthing”"), ("ham", "ok")]


def test_a_table_in_cp1252_may_hold_bytes_that_look_like_utf_8():
    text = "ham\tIt‰Ûªs å£5\nspam\tÌ_ å£1000 ‰Û÷\n"  # as the copies of UCI's table have them
    assert read(text.encode("cp1252")) == [("ham", "It‰Ûªs å£5"), ("spam", "Ì_ å£1000 ‰Û÷")]


def test_characters_that_only_look_like_ends_of_lines_are_kept():
    assert read("ham\ta\u2028b\x0bc\x85d") == [("ham", "a\u2028b\x0bc\x85d")]


def test_stray_carriage_returns_make_no_rows():
    assert read("ham\ta\rb\r\r\nspam\tc\n") == [("ham", "a\rb"), ("spam", "c")]
    assert read("ham\ta\rspam\tb\r") == [("ham", "a"), ("spam", "b")]  # old Macs


def test_both_halves_of_a_pair_written_apart_are_one_character():
    assert read(b"ham\thi \xed\xa0\xbd\xed\xb8\x80\n") == [("ham", "hi 😀")]


def test_copies_of_a_message_are_kept_and_other_labels_may_be_named():
    assert len(read("ham\tok\nham\tok")) == 2
    assert read("0\tbad\n2\tgood", labels=("0", "1", "2")) == [("0", "bad"), ("2", "good")]


NO_TEXT = "holds NUL, half a surrogate pair or bytes of another encoding"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("ham\tok\nspam\t", "2", "the message is empty"),
        ("ham\tok\nspam\t   \nham\tno", "2", "the message is empty"),
        ("ham\tok\n\nham\tno", "2", "the line is empty"),
        ("eggs\tyes\nham\tno\neggs\tno", "1, 3", "the label is 'eggs', expected ham or spam"),
        ("v1\tv2\nv1\tv2\nham\tno", "2", "the label is 'v1', expected ham or spam"),
        ("ham\tok\nspam\tno\nspam\tok", "1, 3", "'ok' is ham and spam"),
        ("ham\tok\nham no tab", "2", "expected a label and a message, found 1 columns"),
        ("ham\ta\tb\nham\tc\t \n", "1", "expected a label and a message, found 3 columns"),
        ("v1\tv2\t\t\nham\ta\t\t\nham\tc\t\td", "3", "expected a label and a message, found 4 col"),
        ("ham\ta\0b\nham\tok", "1", NO_TEXT),
        ("ham\tok\nham\tcut \ud83d", "2", NO_TEXT),
        ("ham\tfür 😀\n".encode() + b"spam\t\xa35\nham\tok", "2", NO_TEXT),
        ("ham\tok\nspam\tno".encode("utf-16")[:-1], "2", NO_TEXT),
    ],
)
def test_a_row_that_is_no_message_is_named_or_left_out_and_counted(text, line, message):
    with pytest.raises(ValueError, match=rf"^some.tsv: (?s:.*)\n  line {line}: {message}"):
        read(text)
    with pytest.warns(UserWarning, match=f"some.tsv: left out {line.count(',') + 1} of"):
        assert read(text, skip_faulty=True)


def test_all_faulty_rows_are_named_at_once():
    text = "ham\tok\nspam\t\neggs\tx\nham\ta\tb\n\nspam\t \nham\tfine\n"
    with pytest.raises(ValueError, match="5 of 7 rows are faulty") as error:
        read(text)
    assert str(error.value).splitlines()[1:] == [
        "  line 2, 6: the message is empty",
        "  line 3: the label is 'eggs', expected ham or spam",
        "  line 4: expected a label and a message, found 3 columns",
        "  line 5: the line is empty",
    ]
    with pytest.warns(UserWarning, match="left out 5 of 7 rows:\n  line 2, 6: the message"):
        assert read(text, skip_faulty=True) == [("ham", "ok"), ("ham", "fine")]


@pytest.mark.parametrize("text", ["", "\n", "label\ttext\n"])
def test_a_file_without_a_message_is_refused(text):
    with pytest.raises(ValueError, match="some.tsv holds no message"):
        read(text)


@pytest.mark.filterwarnings("ignore:.*left out")
def test_a_file_of_faulty_rows_alone_is_refused_also_where_they_are_left_out():
    with pytest.raises(ValueError, match="some.tsv holds no message"):
        read("ham\t\nspam\t\n", skip_faulty=True)


def test_a_path_that_is_no_file_says_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match="expected 'messages', 'uci' or the path of a file"):
        load_messages(tmp_path)


# --- the SMS Spam Collection, from a server on this machine --------------------------------------


@contextmanager
def uci(content, monkeypatch, tmp_path):
    """Serve an archive in place of UCI's; yield the requests."""
    requests = []

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(tables, "UCI_URL", f"http://127.0.0.1:{server.server_port}/sms.zip")
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LLMUTILS_OFFLINE", raising=False)
    try:
        yield requests
    finally:
        server.shutdown()
        server.server_close()


def archive(ham=4827, spam=747, member="SMSSpamCollection", **others):
    lines = [f'ham\tmessage {n}, "well' for n in range(ham)]
    lines += [f"spam\tWin £{n}" for n in range(spam)]
    with zipfile.ZipFile(buffer := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in {member: "\n".join(lines) + "\n", "readme": "…", **others}.items():
            file.writestr(name, text)
    return buffer.getvalue()


def test_the_collection_is_fetched_once_and_read_whole(monkeypatch, tmp_path):
    evil = {"../../evil": "x", "/tmp/evil-of-test-tables": "x"}  # nothing is unpacked
    with uci(archive(**evil), monkeypatch, tmp_path) as requests:
        table = load_messages("uci")
    assert load_messages("uci").equals(table) and len(requests) == 1  # the server is gone
    assert len(table) == 5574 and table["text"].iloc[-1] == "Win £746"
    assert not list(tmp_path.rglob("*evil*")) and not Path("/tmp/evil-of-test-tables").exists()


def flipped(content):
    content = bytearray(content)
    content[2000] ^= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>come back later</html>", "is damaged"),
        (archive()[:5000], "is damaged"),
        (flipped(archive()), "is damaged"),
        (archive(member="other"), "is damaged .*SMSSpamCollection"),
        (archive(spam=746), r"746.*expected .*747.*delete it"),
    ],
    ids=["a page", "cut", "a flipped byte", "another member", "too few"],
)
def test_another_archive_is_refused_by_name(content, message, monkeypatch, tmp_path):
    with uci(content, monkeypatch, tmp_path), pytest.raises(ValueError, match=message) as error:
        load_messages("uci")
    assert str(tmp_path / "cache" / "sms_spam_collection.zip") in str(error.value)


def test_without_a_network_the_collection_is_one_error(monkeypatch, tmp_path):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path))
    monkeypatch.setenv("LLMUTILS_OFFLINE", "1")
    with pytest.raises(DownloadError, match="could not get https://archive.ics.uci.edu"):
        load_messages("uci")
