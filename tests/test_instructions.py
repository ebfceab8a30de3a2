"""The rules of llmutils/assets/instructions.json, which is edited by hand."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from llmutils.instruct import load_entries, words_of

FILE = Path(__file__).parents[1] / "llmutils" / "assets" / "instructions.json"
LABELS = {
    "category": ["animals", "clothes", "furniture", "plants", "vehicles"],
    "sentiment": ["negative", "positive"],
    "sentence type": ["command", "question", "statement"],
}
UNITS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
UNITS = [*UNITS.split(), "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {word: number for number, word in enumerate(UNITS)}
for number, tens in enumerate(TENS, start=2):
    NUMBERS |= {tens: 10 * number}
    NUMBERS |= {f"{tens}-{UNITS[i]}": 10 * number + i for i in range(1, 10)}


@pytest.fixture(scope="module")
def entries():
    return load_entries("instructions")


def of(kind, entries):
    found = [entry for entry in entries if entry["kind"] == kind]
    assert found, kind
    return found


def given(entry):
    """What a task is about: the input, else what the instruction quotes or ends in."""
    quoted = re.search(r"'(.+)'", entry["instruction"])
    last = re.split(r"[:?] ", entry["instruction"])[-1]
    return entry["input"] or (quoted[1] if quoted else last)


def test_every_line_is_one_entry_of_four_plain_texts(entries):
    first, *lines, last, end = FILE.read_text(encoding="utf-8").split("\n")
    assert (first, last, end) == ("[", "]", "")
    assert [json.loads(line.removesuffix(",")) for line in lines] == entries
    for entry in entries:
        assert list(entry) == ["kind", "instruction", "input", "output"], entry
        for text in entry.values():
            assert re.fullmatch(r"[ -~]*", text) and text == text.strip(), entry
            assert "  " not in text and not re.search(r"[{}\[\]|=/]| [,;:?!]", text), entry


def test_there_are_28_kinds_none_of_which_is_rare_and_none_has_only_one_form(entries):
    counts = Counter(entry["kind"] for entry in entries)
    assert len(counts) == 28 and min(counts.values()) >= 45 and max(counts.values()) <= 90
    empty = Counter(entry["kind"] for entry in entries if not entry["input"])
    assert all(0.2 <= empty[kind] / count <= 0.7 for kind, count in counts.items())


def test_nothing_is_asked_twice_and_no_task_is_the_answer_to_another(entries):
    asked = Counter(" ".join(words_of(f"{e['instruction']} {e['input']}")) for e in entries)
    assert [text for text, count in asked.items() if count > 1] == []
    for kind in ("antonym", "synonym", "plural", "past tense", "capital city"):
        texts = [text for entry in of(kind, entries) for text in {given(entry), entry["output"]}]
        assert [text for text, count in Counter(texts).items() if count > 1] == [], kind


@pytest.mark.parametrize("kind", LABELS)
def test_every_label_is_named_in_the_instruction_and_given_equally_often(kind, entries):
    counts = Counter(entry["output"] for entry in of(kind, entries))
    assert sorted(counts) == LABELS[kind] and len(set(counts.values())) == 1
    for entry in of(kind, entries):
        assert all(label in entry["instruction"] for label in LABELS[kind]), entry


def test_an_instruction_says_in_which_form_the_answer_is_wanted(entries):
    for entry in of("arithmetic", entries):
        assert re.search(r"in words\b", entry["instruction"]), entry
    for entry in of("spelling", entries):
        wanted = "sentence" if " " in entry["output"] else "word"
        assert re.search(rf"\b{wanted}\b", entry["instruction"]), entry
    for entry in of("category", entries):
        assert not entry["instruction"].startswith("Does"), entry  # that wants a yes or a no


def test_what_can_be_worked_out_is_right(entries):
    for entry in of("letter case", entries):
        small = "small letters" in entry["instruction"]
        assert entry["output"] == (given(entry).lower() if small else given(entry).upper()), entry
    for entry in of("quotation marks", entries):
        assert entry["output"] == f'"{given(entry)}"', entry
    for entry in of("first word", entries):
        assert given(entry).split()[0] == entry["output"], entry
    for entry in of("last word", entries):
        assert given(entry).rstrip(".?!").split()[-1] == entry["output"], entry
    for entry in of("word search", entries):
        word = re.search(r"'(\w+)'", entry["instruction"])[1]
        asked = f"{entry['instruction']} {entry['input']}".replace(f"'{word}'", "")
        assert entry["output"] == ("yes" if word in words_of(asked) else "no"), entry
    for entry in of("word count", entries):
        assert str(len(given(entry).split())) == entry["output"], entry
    for entry in of("reverse order", entries):
        assert ", ".join(given(entry).split(", ")[::-1]) == entry["output"], entry
    for entry in of("alphabetical order", entries):
        one, two, three = entry["output"].split(", ")
        assert one < two < three and {one, two, three} <= set(words_of(str(entry))), entry
    for entry in of("number order", entries):
        numbers = sorted(map(int, re.findall(r"\d+", entry["instruction"] + entry["input"])))
        largest_first = "largest to smallest" in entry["instruction"]
        wanted = numbers[::-1] if largest_first else numbers
        assert entry["output"] == ", ".join(map(str, wanted)), entry


def test_calculations_are_right(entries):
    for entry in of("arithmetic", entries):
        text = f"{entry['instruction']} {entry['input']}"
        one, sign, two = re.search(r"(\S+) (plus|minus|times|divided by) ([\w-]+)", text).groups()
        a, b, c = NUMBERS[one], NUMBERS[two], NUMBERS[entry["output"]]
        assert {"plus": a + b == c, "minus": a - b == c, "times": a * b == c}.get(sign, a == b * c)
