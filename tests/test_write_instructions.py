"""The rules of what scripts/write_instructions.py writes."""

import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from llmutils.instruct import format_input, load_entries, words_of
from llmutils.tokenizer import get_tokenizer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import write_instructions as wi  # noqa: E402
import write_statements as ws  # noqa: E402

KEYS = ["kind", "instruction", "input", "output"]
LABELS = {
    "continent": ["Africa", "Asia", "Europe"],
    "sentence type": ["statement", "question", "command"],
    "mood": ["positive", "negative"],
}
FACTS = "capital, continent, category, opposite, meaning, plural, past tense, description"
FACTS = FACTS.split(", ")
COUNTS = {"capital": 240, "continent": 192, "category": 270, "opposite": 280, "meaning": 260}
COUNTS |= {"plural": 210, "past tense": 210, "reverse": 180, "sentence type": 180}
COUNTS |= {"mood": 160, "description": 275}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("written") / "instructions.json"
    wi.main([str(path)])
    return path


@pytest.fixture(scope="module")
def entries(file):
    return load_entries(file)


@pytest.fixture(scope="module")
def asks():
    return wi.asks_of()[0]


def of(kind, entries):
    found = [entry for entry in entries if entry["kind"] == kind]
    assert found, kind
    return found


def test_the_generator_writes_the_same_again(file, tmp_path, capsys):
    wi.main([str(tmp_path / "again.json")])
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()
    assert "2,457 entries" in capsys.readouterr().out


def test_another_seed_writes_other_entries(entries):
    assert wi.entries_of(1) != entries


def test_every_line_is_one_entry(file, entries):
    first, *lines, last, end = file.read_text(encoding="utf-8").split("\n")
    assert (first, last, end) == ("[", "]", "")
    assert [json.loads(line.removesuffix(",")) for line in lines] == entries
    for entry in entries:
        optional = [key for key in ("labels", "answers", "read", "group") if key in entry]
        assert list(entry) == KEYS + optional and entry["group"], entry
        for key in KEYS:
            text = entry[key]
            assert text == text.strip() and "  " not in text, entry
            assert not re.search(r"[{}\[\]|=/\t]| [,;:?!]", text), entry


def test_kinds_and_their_counts(entries):
    assert Counter(entry["kind"] for entry in entries) == COUNTS
    empty = Counter(entry["kind"] for entry in entries if not entry["input"])
    assert all(0.2 <= empty[kind] / count <= 0.7 for kind, count in COUNTS.items())


def test_nothing_is_asked_twice(entries):
    asked = Counter((entry["instruction"], entry["input"]) for entry in entries)
    assert max(asked.values()) == 1
    loosely = Counter(" ".join(words_of(f"{e['instruction']} {e['input']}")) for e in entries)
    assert max(loosely.values()) == 1


def test_an_entry_is_short(entries):
    tokenizer = get_tokenizer()
    for entry in entries:
        assert len(tokenizer.encode_ordinary(format_input(entry) + entry["output"])) <= 80, entry
        longest = 30 if entry["kind"] == "description" else 5
        assert len(entry["output"].split()) <= longest, entry


@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_named_in_the_instruction_and_given_equally_often(kind, entries):
    counts = Counter(entry["output"] for entry in of(kind, entries))
    assert sorted(counts) == sorted(LABELS[kind]) and len(set(counts.values())) == 1
    for entry in of(kind, entries):
        assert entry["labels"] == LABELS[kind] and "answers" not in entry, entry
        assert all(label in entry["instruction"] for label in LABELS[kind]), entry


def test_only_closed_kinds_have_labels(entries):
    assert {entry["kind"] for entry in entries if "labels" in entry} == set(LABELS)


def test_the_output_is_the_first_of_several_answers(entries):
    some = [entry for entry in entries if "answers" in entry]
    assert len(some) > 500
    for entry in some:
        answers = entry["answers"]
        assert answers[0] == entry["output"] and len(set(answers)) == len(answers) > 1, entry
        assert all(answer and answer == answer.strip() for answer in answers), entry


def test_what_many_lines_of_a_table_answer_is_right_for_each(entries):
    light = [e for e in of("opposite", entries) if re.search(r"\blight\b", str(list(e.values())))]
    asked = [e for e in light if not {"light"} & set(e["answers"])]
    assert asked and all({"dark", "heavy"} <= set(entry["answers"]) for entry in asked)


def test_a_or_an_follows_the_sound(entries):
    for entry in entries:
        for key in KEYS[1:]:
            for phrase, word in re.findall(r"\b([Aa]n? ([\w'-]+))", entry[key]):
                assert phrase.lower() == f"{ws.Word(word):a}".lower(), entry


def test_sentences_begin_with_a_capital_and_end_with_a_mark(entries):
    for entry in entries:
        assert entry["instruction"][0].isupper() or entry["instruction"][0] == "'", entry
        listed = entry["kind"] == "reverse" and ":" in entry["instruction"]
        assert entry["instruction"][-1] in ".?!" or listed, entry
    for entry in of("description", entries):
        number = 3 if "three sentences" in entry["instruction"] else 2
        sentences = re.split(r"(?<=[^A-Z .]\.) ", entry["output"])  # initials end none
        assert all(text[0].isupper() and text[-1] == "." for text in sentences), entry
        assert len(sentences) == number, (sentences, entry)
        assert f"{ {2: 'two', 3: 'three'}[number] } sentences" in entry["instruction"], entry


def test_what_can_be_worked_out_is_right(entries):
    for entry in of("reverse", entries):
        asked = entry["input"] or re.search(r"[\w-]+, [\w-]+, [\w-]+", entry["instruction"])[0]
        assert ", ".join(asked.split(", ")[::-1]) == entry["output"], entry
    for entry in of("sentence type", entries):
        asked = entry["input"] or re.split(r"question[:.] ", entry["instruction"])[1]
        assert asked.endswith("?") is (entry["output"] == "question"), entry


def test_entries_about_facts_say_whether_the_fact_is_read(entries):
    for kind in COUNTS:
        flags = Counter(entry.get("read") for entry in of(kind, entries))
        if kind in FACTS:
            assert set(flags) == {True, False}
            assert 0.1 <= flags[False] / flags.total() <= 0.2, (kind, flags)
        else:
            assert set(flags) == {None}


def test_the_two_sides_of_an_unread_fact_stand_in_no_statement(entries, asks):
    tables, wordings = ws.load_facts()
    where = defaultdict(set)
    sentences = set()
    for fact in ws.facts_of(tables, wordings):
        rows = [fact.row, ws.swapped(fact.row)] if fact.table in ws.SYMMETRIC else [fact.row]
        for text in wordings[fact.table, fact.relation]:
            for row in rows:
                sentences |= set(re.split(r"(?<=[.!]) (?=[A-Z0-9])", ws.state(text, row)))
    words = [" ".join(re.findall(r"[\w’-]+", sentence.lower())) for sentence in sorted(sentences)]
    padded = [f" {sentence} " for sentence in words]
    for number, sentence in enumerate(padded):
        for word in sentence.split():
            where[word].add(number)

    def with_phrase(text):
        words = re.findall(r"[\w’-]+", text.lower())
        found = set.intersection(*(where.get(word, set()) for word in words))
        return {n for n in found if f" {' '.join(words)} " in padded[n]}

    for asked, entry in zip(asks, entries, strict=True):
        assert (asked.instruction, asked.input) == (entry["instruction"], entry["input"])
        if entry.get("read") is False:
            thing = wi.thing_of(asked.row)
            others = [asked.row[column] for column in list(asked.row)[1:2]]
            if asked.kind == "description":  # says several things of one line
                others = [cell for cell in list(asked.row.values())[1:] if cell in entry["output"]]
            elif entry["output"] != thing:
                others = [entry["output"]]
            for other in others:
                if other.lower() != thing.lower():
                    assert not with_phrase(thing) & with_phrase(other), (thing, other)


def test_one_line_of_a_table_is_one_group(entries, asks):
    groups, answers = defaultdict(set), defaultdict(set)
    for asked, entry in zip(asks, entries, strict=True):
        family = asked.kind if asked.kind in wi.LINKED else ""
        things = list(asked.row.values())[:2] if asked.kind == "opposite" else [asked.row]
        for thing in things:
            key = thing if isinstance(thing, str) else wi.thing_of(thing)
            groups[family or asked.table, key].add(entry["group"])
        if asked.kind in ("capital", "opposite", "meaning", "plural", "past tense"):
            for answer in entry.get("answers", [entry["output"]]):
                answers[asked.kind, answer.lower()].add(entry["group"])
    assert {key: names for key, names in groups.items() if len(names) > 1} == {}
    assert {key: names for key, names in answers.items() if len(names) > 1} == {}
    sizes = Counter(entry["group"] for entry in entries)
    assert len(sizes) > 1600 and max(sizes.values()) <= 12


def test_the_lists_are_used(entries):
    data = wi.load_data()
    tables = {name: {wi.thing_of(row) for row in rows} for name, rows in ws.load_facts()[0].items()}
    for symmetric in ws.SYMMETRIC:
        tables[symmetric] |= {str(list(r.values())[1]) for r in ws.load_facts()[0][symmetric]}
    things = defaultdict(set)
    for kind in data.kinds:
        things[kind["kind"]] |= tables.get(kind["table"], set())
    for kind, thing in data.skip:
        assert thing in things[kind], (kind, thing)
    for kind, thing, _ in data.also:
        assert thing == wi.NONE or thing in things[kind], (kind, thing)
    women = {str(row["name"]) for row in ws.read_tsv(wi.FOLDER / "women.tsv")}
    assert women <= tables["authors"] | tables["people"]
