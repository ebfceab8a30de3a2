import io
import re
import subprocess
import sys
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

from llmutils import messages
from llmutils.classify import balance, split_messages
from llmutils.formats.download import DownloadError
from llmutils.formats.tables import load_messages, read_messages

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import make_messages  # noqa: E402

# The slots that name things, and so differ between copies of one text.
NAMING = ("she", "he", "day", "month", "town", "shop", "courier", "bank", "telco", "stream")
NAMES = {option for slot in NAMING for option in make_messages.OPTIONS[slot]}
ADDRESS = r"[\w.@/:-]+\.example[\w/-]*"


@pytest.fixture(scope="module")
def rows():
    text = make_messages.FILE.read_text(encoding="utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")[1:]]


@pytest.fixture(scope="module")
def texts(rows):
    return {label: [t for lab, t in rows if lab == label] for label in ("ham", "spam")}


def split(rows, seed):
    """The chapter's training and test tables."""
    table = pandas.DataFrame(rows, columns=["label", "text"])
    train, _, test = split_messages(balance(table, seed), seed)
    return train, test


def accuracy(rows, seed):
    train, test = split(rows, seed)
    vectorizer = CountVectorizer()
    model = LogisticRegression(max_iter=1000)
    model.fit(vectorizer.fit_transform(train["text"]), train["label"])
    return model.score(vectorizer.transform(test["text"]), test["label"])


def words(text):
    """What CountVectorizer counts."""
    return re.findall(r"\b\w\w+\b", text.lower())


def masked(text):
    text = re.sub(ADDRESS, " LINK ", text)
    names = "|".join(re.escape(name) for name in sorted(NAMES, key=len, reverse=True))
    text = re.sub(rf"\b({names})\b", " NAME ", text, flags=re.IGNORECASE)
    return re.sub(r"[£$€]?\d[\d.,:/ ]*", " 0 ", text)


def trigrams(text):
    found = re.findall(r"\w+", text.lower())
    return {tuple(found[i : i + 3]) for i in range(max(1, len(found) - 2))}


def similarity(one, other):
    return len(one & other) / len(one | other)


def test_the_file_is_what_the_generator_writes():
    assert make_messages.FILE.read_bytes() == make_messages.build().encode()
    command = [sys.executable, ROOT / "scripts" / "make_messages.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_check_of_an_edited_file_fails(tmp_path, monkeypatch, capsys):
    edited = tmp_path / "messages.tsv"
    edited.write_text(make_messages.build() + "ham\tone more\n", encoding="utf-8", newline="\n")
    monkeypatch.setattr(make_messages, "FILE", edited)
    monkeypatch.setattr(sys, "argv", ["make_messages.py", "--check"])
    assert make_messages.main() == 1 and "differs" in capsys.readouterr().out
    edited.unlink()
    assert make_messages.main() == 1
    monkeypatch.setattr(sys, "argv", ["make_messages.py"])
    assert make_messages.main() == 0 and edited.read_text(encoding="utf-8") == make_messages.build()


def test_every_line_is_a_label_a_tab_and_a_text():
    header, *lines = make_messages.FILE.read_text(encoding="utf-8").split("\n")
    assert header == "label\ttext" and lines.pop() == ""
    for line in lines:
        assert re.fullmatch(r"(ham|spam)\t\S(.*\S)?", line), line
        text = line.split("\t")[1]
        assert "  " not in text and not re.search(r"[{}\[\]|]", text), line


def test_there_is_about_four_times_as_much_ham_as_spam(texts):
    assert 1600 <= len(texts["ham"]) + len(texts["spam"]) <= 2000
    assert 3.5 <= len(texts["ham"]) / len(texts["spam"]) <= 4.5


def test_messages_are_as_long_as_in_life(rows):
    lengths = [len(text.split()) for _, text in rows]
    assert 8 <= median(lengths) <= 20
    assert sum(length > 40 for length in lengths) >= 20
    assert sum(length <= 2 for length in lengths) >= 20


def test_no_message_comes_twice_whatever_its_case_digits_and_punctuation(rows):
    assert len({text for _, text in rows}) == len(rows)
    bare = Counter(" ".join(re.findall(r"[^\W\d_]+", text.lower())) for _, text in rows)
    assert [text for text, count in bare.items() if count > 1] == []


def test_no_ham_is_a_spam_with_other_names_and_numbers(texts):
    ham = [(text, trigrams(masked(text))) for text in texts["ham"]]
    for text in texts["spam"]:
        found = trigrams(masked(text))
        assert [other for other, grams in ham if similarity(found, grams) > 0.6] == [], text


def test_telephone_numbers_and_addresses_are_fictional(rows):
    fictional = (
        r"(07700 ?900|020 7946 0|01632 960|0808 1570 |0909 8790)\d{3}|(212|303|617)-555-01\d\d"
    )
    for _, text in rows:
        rest = re.sub(fictional, "", re.sub(ADDRESS, "", text))
        assert not re.search(r"\d{7}|\b0\d{3,}|\d{3}-\d{3}|www|http|@ ?\w+\.", rest), text
        assert not re.search(r"\w\.(com|net|org|co|uk|io|info|ly|me)\b", rest), text


def test_no_word_gives_spam_away(texts):
    often = {}
    for label, found in texts.items():
        counts = Counter(word for text in found for word in words(text))
        often[label] = {word: count / len(found) for word, count in counts.items()}
    holders = Counter(word for text in texts["spam"] for word in set(words(text)))
    telling = {
        word: count
        for word, count in holders.items()
        if often["spam"][word] >= 2 * often["ham"].get(word, 0)
        and count > 0.35 * len(texts["spam"])
    }
    assert telling == {}


def test_counting_words_tells_spam_from_ham_often_but_not_always(rows):
    assert 0.85 <= accuracy(rows, 123) <= 0.97


def test_so_it_does_on_other_splits(rows):
    found = [accuracy(rows, seed) for seed in range(10)]
    assert 0.88 <= mean(found) <= 0.95 and 0.82 <= min(found) and max(found) <= 0.97, found


def test_what_is_tested_was_not_learnt_by_heart(rows):
    train, test = split(rows, 123)
    learnt = [trigrams(text) for text in train["text"]]
    known = [
        text
        for text in test["text"]
        if max(similarity(trigrams(text), grams) for grams in learnt) > 0.6
    ]
    assert len(known) < 0.05 * len(test), known


# --- reading messages ----------------------------------------------------------------------------


def test_the_messages_that_ship_are_all_read(rows):
    assert load_messages("messages").values.tolist() == rows


def read(text, name="some.tsv", labels=("ham", "spam")):
    content = text if isinstance(text, bytes) else text.encode()
    return [tuple(row) for row in read_messages(content, name, labels).values.tolist()]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
@pytest.mark.parametrize("header", ["", "label\ttext\n", "v1\tv2\n", "Category\tMessage\r\n"])
def test_a_header_and_the_ends_of_lines_may_be_of_any_kind(header, end):
    found = read(f"{header}ham\thello you\r\nspam\tWin a prize{end}")
    assert found == [("ham", "hello you"), ("spam", "Win a prize")]


def test_quotes_in_a_tsv_are_ordinary_characters():
    texts = ['"Hello', 'she said "no" to me', '"', '"all of it"', 'it\'s, well, ""']
    assert read("\n".join(f"ham\t{text}" for text in texts)) == [("ham", text) for text in texts]


def test_quotes_in_a_csv_are_ordinary_unless_they_enclose_a_message():
    lines = ['ham,she said "no" to me', 'ham,"well, no"', 'spam,"a ""free"" one, now"', 'ham,"a" b']
    texts = ['she said "no" to me', "well, no", 'a "free" one, now', '"a" b']
    assert [text for _, text in read("\n".join(lines), "some.CSV")] == texts


def test_empty_columns_at_the_end_of_a_line_are_nothing():
    assert read('v1,v2,,,\nham,"yes, you",,,\n', "a.csv") == [("ham", "yes, you")]


def test_what_a_table_library_writes_is_read_back(tmp_path):
    texts = ["plain", "a, b", 'say "hi"', '"quoted"', 'comma, and "both"', "£5 für dich 😀"]
    table = pandas.DataFrame({"label": ["ham", "spam"] * 3, "text": texts})
    table.to_csv(tmp_path / "a.csv", index=False)
    assert load_messages(tmp_path / "a.csv").equals(table)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_utf_8_and_latin_1_are_told_apart(encoding):
    assert read("spam\tWin £1000 für nöthing".encode(encoding)) == [
        ("spam", "Win £1000 für nöthing")
    ]


def test_characters_that_only_look_like_ends_of_lines_are_kept():
    assert read("ham\ta\u2028b\x0bc\x85d") == [("ham", "a\u2028b\x0bc\x85d")]


def test_copies_of_a_message_are_kept_and_other_labels_may_be_named():
    assert len(read("ham\tok\nham\tok")) == 2
    assert read("0\tbad\n2\tgood", labels=("0", "1", "2")) == [("0", "bad"), ("2", "good")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ham\tok\nspam\t", "line 2: the message is empty"),
        ("ham\tok\nspam\t   \nham\tno", "line 2: the message is empty"),
        ("ham\tok\n\nham\tno", "line 2: the line is empty"),
        ("ham\tok\nham\tno\neggs\tyes", "line 3: the label is 'eggs', expected ham or spam"),
        ("hsm\tok\nham\tno", "line 1: the label is 'hsm'"),
        ("label\ttext\nlabel\ttext", "line 2: the label is 'label'"),
        ("ham\tok\nspam\tno\nspam\tok", "line 3: 'ok' is spam, and in line 1 ham"),
        ("ham\tok\nham no tab", "line 2: expected a label, one tab and a message, found 1 col"),
        ("ham\ta\tb", "line 1: .* found 3 columns"),
        ("", "line 1: the line is empty"),
        ("label\ttext\n", "holds no message"),
    ],
)
def test_a_line_that_is_no_message_is_named(text, message):
    with pytest.raises(ValueError, match=f"^some.tsv.*{message}"):
        read(text)


def test_a_comma_too_many_is_named():
    with pytest.raises(ValueError, match="line 1: expected a label, one comma outside of quotes"):
        read("ham,well, no", "a.csv")


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
    monkeypatch.setattr(messages, "UCI_URL", f"http://127.0.0.1:{server.server_port}/sms.zip")
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
    with uci(archive(), monkeypatch, tmp_path) as requests:
        table = load_messages("uci")
    assert load_messages("uci").equals(table) and len(requests) == 1  # the server is gone
    assert len(table) == 5574 and table["text"].iloc[-1] == "Win £746"


def test_nothing_of_the_archive_reaches_the_disk(monkeypatch, tmp_path):
    evil = {"../../evil": "x", "/tmp/evil-of-test-messages": "x"}
    with uci(archive(**evil), monkeypatch, tmp_path):
        assert len(load_messages("uci")) == 5574
    found = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert found <= {"sms_spam_collection.zip", "sms_spam_collection.zip.lock"}
    assert not Path("/tmp/evil-of-test-messages").exists()


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
