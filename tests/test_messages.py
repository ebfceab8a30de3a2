import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import mean, median

import pandas
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

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
    """The chapter's: as much ham as spam, shuffled, 70 % to train, 10 % to validate, the rest."""
    table = pandas.DataFrame(rows, columns=["label", "text"])
    spam = table[table["label"] == "spam"]
    ham = table[table["label"] == "ham"].sample(len(spam), random_state=seed)
    table = pandas.concat([ham, spam]).sample(frac=1, random_state=seed)
    end_train, end_validation = int(0.7 * len(table)), int(0.7 * len(table)) + int(0.1 * len(table))
    return table[:end_train], table[end_validation:]


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
    for label, messages in texts.items():
        counts = Counter(word for text in messages for word in words(text))
        often[label] = {word: count / len(messages) for word, count in counts.items()}
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
