"""Write instructions for finetuning, from scripts/facts/*.tsv and scripts/instructions/*.tsv.

Their place is llmutils/assets/instructions.json; chapter 8 still has the file before them.

`kinds.tsv` says how many entries a kind draws from which table, and its labels if it is closed;
`wordings.tsv` has their texts, `{capital}` and `{word:a}` as in write_statements.py; `also.tsv`
further right answers; `skip.tsv` what is not asked; `women.tsv` whom `{he}` makes a she.
All of it is a function of the seed.

Run: python scripts/write_instructions.py build/instructions.json
"""

import argparse
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from write_statements import SYMMETRIC, Row, Tables, Word, load_facts, read_tsv, state, swapped

from llmutils.formats.files import replacing

FOLDER = Path(__file__).parent / "instructions"
NONE = "-"  # an empty cell
UNREAD = 0.18  # of the entries about facts of a kind, at most
A_CATEGORY = 13  # things of one category, at most
ARTICLE = re.compile(r"^(a|an|the) (?=\w)")
LINKED = ("opposite", "meaning")  # one answer to two questions puts them into one group


class Ask(NamedTuple):
    """A line of a table in one wording: its texts, and the things it is about."""

    kind: str
    table: str
    row: Row
    instruction: str
    input: str
    output: str


class Data(NamedTuple):
    """What scripts/instructions/*.tsv say."""

    kinds: list[Row]
    wordings: dict[tuple[str, str], list[Row]]
    also: dict[tuple[str, str, str], list[str]]
    skip: set[tuple[str, str]]


def load_data(folder: Path = FOLDER) -> Data:
    """Return the kinds, their wordings, further answers, and what is not asked."""
    wordings = defaultdict(list)
    for line in read_tsv(folder / "wordings.tsv"):
        wordings[str(line["kind"]), str(line["table"])].append(line)
    also = {
        (str(line["kind"]), str(line["thing"]), str(line["output"])): line["answers"].split(" / ")
        for line in read_tsv(folder / "also.tsv")
    }
    skip = {(str(line["kind"]), str(line["thing"])) for line in read_tsv(folder / "skip.tsv")}
    return Data(read_tsv(folder / "kinds.tsv"), dict(wordings), also, skip)


def load_tables(random: Random, folder: Path = FOLDER) -> Tables:
    """Return the tables of facts, those of sentences with a line a label, and threes of words."""
    tables, _ = load_facts()
    women = {line["name"] for line in read_tsv(folder / "women.tsv")}
    for row in [*tables["authors"], *tables["people"]]:
        woman = thing_of(row) in women
        row |= {"he": Word("she" if woman else "he"), "his": Word("her" if woman else "his")}
    for table in ("sentences", "moods"):
        tables[table] = [
            {"topic": line["topic"], "text": line[label], "label": Word(label)}
            for line in read_tsv(folder / f"{table}.tsv")
            for label in list(line)[1:]
        ]
    nouns = [row["word"] for row in tables["plurals"] if row["word"] != row["plural"]]
    tables["threes"] = [
        {"words": Word(" ".join(words)), **dict(zip(("one", "two", "three"), words, strict=True))}
        for words in (random.sample(nouns, 3) for _ in range(400))
    ]
    return tables


def thing_of(row: Row) -> str:
    """Return the first cell of a line, which is what it is about."""
    return str(next(iter(row.values())))


def ask(kind: str, table: str, row: Row, wording: Row) -> Ask:
    """Return a wording filled from a line; a cell by itself keeps its small letters."""
    texts = []
    for part in ("instruction", "input", "output"):
        cell = "" if wording[part] == NONE else str(wording[part])
        sentence = part == "instruction" or cell[-1:] == "."
        texts.append(state(cell, row) if sentence else cell.format_map(row))
    return Ask(kind, table, row, *texts)


def question(asked: Ask) -> tuple[str, str, str]:
    """Return the kind and the two texts of a question."""
    return asked.kind, asked.instruction, asked.input


def turns(table: str, row: Row, random: Random) -> list[Row]:
    """Return a line twice, for two questions; a symmetric pair both ways."""
    return random.sample([row, swapped(row) if table in SYMMETRIC else row], 2)


def all_asks(tables: Tables, data: Data) -> Iterator[Ask]:
    """Yield every line of every table in every wording."""
    for (kind, table), wordings in data.wordings.items():
        for row in tables[table]:
            for turned in [row, swapped(row)] if table in SYMMETRIC else [row]:
                for wording in wordings:
                    yield ask(kind, table, turned, wording)


def answers(asked: Ask, right: dict[tuple, list[Ask]], data: Data) -> list[str]:
    """Return the right answers to a question, its own first, then other lines', then others."""
    found = [asked.output, *(other.output for other in right[question(asked)])]
    for output in list(found):
        for key in ((thing_of(asked.row), NONE), (NONE, output)):
            found += data.also.get((asked.kind, *key), [])
    if asked.kind not in ("description", "reverse"):  # "Lome" for "Lomé", "bird" for "a bird"
        found += [ARTICLE.sub("", plain(answer)) for answer in found]
    return list(dict.fromkeys(found))


def plain(text: str) -> str:
    """Return a text without accents."""
    letters = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def draw(kind: Row, tables: Tables, data: Data, right: dict, random: Random) -> list[Ask]:
    """Draw the entries of a line of kinds.tsv: facts that are unread first, then the others.

    A line of a table comes a second time, in other words, once all lines have come.
    """
    name, table, count = str(kind["kind"]), str(kind["table"]), int(kind["entries"])
    first, second = [], []
    rows = random.sample(tables[table], len(tables[table]))
    taken = Counter()
    for row in rows:
        taken[row.get("category")] += 1
        if taken[row.get("category")] > A_CATEGORY and "category" in row:
            continue
        wordings = random.sample(data.wordings[name, table], 2)
        for turned, wording, turn in zip(
            turns(table, row, random), wordings, (first, second), strict=True
        ):
            asked = ask(name, table, turned, wording)
            flags = {other.row.get("read") for other in right[question(asked)]}
            if (name, thing_of(turned)) not in data.skip and len(flags) == 1:
                turn.append(asked)
    pool = first + second
    labels = [None] if kind["labels"] == NONE else kind["labels"].split(", ")
    found = []
    for label in labels:
        mine = [asked for asked in pool if label in (None, asked.output)]
        share = count // len(labels)
        unread = [asked for asked in mine if asked.row.get("read") == "no"]
        unread = unread[: int(UNREAD * share)]
        others = [asked for asked in mine if asked.row.get("read") != "no"]
        chosen = unread + others[: share - len(unread)]
        if len(chosen) < share:
            raise ValueError(f"{name}, {table}: {len(chosen)} entries of {share} {label or ''}")
        found += chosen
    return found


def group_names(asks: list[Ask], right_answers: list[list[str]]) -> Iterator[str]:
    """Yield the group of each question: those about one line, and of LINKED kinds one answer."""
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    names = []
    for asked, texts in zip(asks, right_answers, strict=True):
        keys = [f"{asked.table}: {thing_of(asked.row)}"]
        if asked.kind in LINKED:
            words = [thing_of(asked.row), *texts]
            keys = [f"{asked.kind}: {word.lower()}" for word in words]
        names.append(keys[0])
        for key in keys[1:]:
            ends = sorted((top(keys[0]), top(key)))
            above[ends[1]] = ends[0]
    return (top(name) for name in names)


def asks_of(seed: int = 123) -> tuple[list[Ask], list[list[str]]]:
    """Return all questions in an order of the seed's, and the right answers to each."""
    random = Random(f"{seed} instructions")
    data, tables = load_data(), load_tables(random)
    right = defaultdict(list)
    for asked in all_asks(tables, data):
        right[question(asked)].append(asked)
    asks = [asked for kind in data.kinds for asked in draw(kind, tables, data, right, random)]
    asks = list({question(asked)[1:]: asked for asked in asks}.values())
    random.shuffle(asks)
    return asks, [answers(asked, right, data) for asked in asks]


def entries_of(seed: int = 123) -> list[dict]:
    """Return all entries, in an order of the seed's."""
    asks, texts = asks_of(seed)
    labels = {str(kind["kind"]): kind["labels"].split(", ") for kind in load_data().kinds}
    found = []
    for asked, others, group in zip(asks, texts, group_names(asks, texts), strict=True):
        entry = {"kind": asked.kind, "instruction": asked.instruction, "input": asked.input}
        entry["output"] = asked.output
        if labels[asked.kind] != [NONE]:
            entry["labels"] = labels[asked.kind]
        elif len(others) > 1:
            entry["answers"] = others
        if "read" in asked.row:
            entry["read"] = asked.row["read"] == "yes"
        found.append(entry | {"group": group})
    return found


def write(path: Path, entries: Iterable[dict]) -> None:
    """Write a JSON list with an entry a line, whole or not at all."""
    lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
    with replacing(path) as part:
        part.write_text(f"[\n{lines}\n]\n", encoding="utf-8", newline="\n")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--seed", type=int, default=123)
    options = parser.parse_args(arguments)
    entries = entries_of(options.seed)
    write(options.output, entries)
    for kind, count in Counter(entry["kind"] for entry in entries).items():
        flags = [entry["read"] for entry in entries if entry["kind"] == kind and "read" in entry]
        print(f"{kind:15} {count:5}" + (f" {flags.count(False):4} unread" if flags else ""))
    print(f"{options.output}: {len(entries):,} entries")


if __name__ == "__main__":
    main()
