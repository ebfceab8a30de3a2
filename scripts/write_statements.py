"""Write plain statements of fact, for the last part of a pretraining, from scripts/facts/*.tsv.

A table has one fact, or one thing with several facts, a line; `wordings.tsv` holds the sentences,
several for each relation: `{capital}` is a column's cell, `{word:a}` has a or an before it. Each
pass states every fact marked `read` once, in a new order and with wordings drawn anew, in short
paragraphs about one thing, one table or anything. All of it is a function of the seed.

Run: python scripts/write_statements.py build/facts.tok --passes 4      (a document a paragraph)
     python scripts/write_statements.py build/facts.txt                 (a blank line between them)
     python scripts/write_statements.py build/facts.txt --cloze build/cloze.tsv
"""

import argparse
import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path
from random import Random
from typing import NamedTuple

from llmutils.pretrain.corpus import TokenFile
from llmutils.tokenizer import get_tokenizer

FOLDER = Path(__file__).parent / "facts"
SYMMETRIC = ("opposites", "synonyms", "homophones")  # the first two columns may change places
SENTENCES = (3, 12)  # in a paragraph, fewest and most
GEOGRAPHY = [("countries", relation) for relation in ("capital", "continent", "currency")]
AN = re.compile(r"(?!uni|eu|ewe|one|use|uku)[aeiou]|hour|heir|hono|honest", re.IGNORECASE)


class Word(str):
    """A cell of a table; the format `{word:a}` puts the indefinite article before it."""

    def __format__(self, spec: str) -> str:
        """Return the cell, with its article where `spec` is "a"."""
        if spec == "a":
            return f"an {self}" if AN.match(self) else f"a {self}"
        return super().__format__(spec)


Row = dict[str, Word]


class Fact(NamedTuple):
    """What one sentence says: one relation of one line of a table."""

    table: str
    relation: str
    row: Row


class Cloze(NamedTuple):
    """The beginning of a statement, and what may follow it after a space, the stated one first."""

    fact: Fact
    prompt: str
    answers: list[str]


Tables = dict[str, list[Row]]
Wordings = dict[tuple[str, str], list[str]]


def read_tsv(path: Path) -> list[Row]:
    """Return the lines below a table's header, as {column: cell}.

    Raises:
        ValueError: a line with too few, too many or empty cells.
    """
    with open(path, encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header) or not all(cell and cell == cell.strip() for cell in line):
            raise ValueError(f"{path.name}, line {number}: {line} does not fill {header}")
    return [dict(zip(header, map(Word, line), strict=True)) for line in lines]


def load_facts(folder: Path = FOLDER) -> tuple[Tables, Wordings]:
    """Return the tables by name, and the wordings by (table, relation)."""
    paths = [path for path in sorted(folder.glob("*.tsv")) if path.stem != "wordings"]
    tables, wordings = {path.stem: read_tsv(path) for path in paths}, defaultdict(list)
    for line in read_tsv(folder / "wordings.tsv"):
        wordings[str(line["table"]), str(line["relation"])].append(str(line["wording"]))
    return tables, dict(wordings)


def state(wording: str, row: Row) -> str:
    """Return a wording filled from a row, each of its sentences beginning with a capital."""
    text = wording.format_map(row)
    return re.sub(r"(?:^|(?<=[.!?] ))\w", lambda match: match.group().upper(), text)


def swapped(row: Row) -> Row:
    """Return a row with its first two cells exchanged."""
    first, second, *_ = row
    return row | {first: row[second], second: row[first]}


def facts_of(tables: Tables, wordings: Wordings, read: str = "yes") -> list[Fact]:
    """Return the facts of all lines so marked, table by table."""
    return [
        Fact(table, relation, row)
        for table, relation in wordings
        for row in tables[table]
        if row["read"] == read
    ]


def chunks(facts: list[Fact], random: Random) -> Iterator[list[Fact]]:
    """Cut facts into paragraphs of 3 to 12; a shorter rest joins the last one."""
    fewest, most = SENTENCES
    while facts:
        size = random.randint(fewest, most - fewest)
        size = len(facts) if len(facts) < size + fewest else size
        yield facts[:size]
        facts = facts[size:]


def paragraphs(facts: list[Fact], random: Random) -> list[list[Fact]]:
    """Divide facts among paragraphs about one thing, about one table, and about anything."""
    things, themes, rest = defaultdict(list), defaultdict(list), []
    for fact in facts:
        things[fact.table, id(fact.row)].append(fact)
    found = []
    for (table, _), about in things.items():
        draw = random.random()
        if len(about) >= SENTENCES[0] and draw < 0.5:
            found.append(random.sample(about, len(about)))
        elif draw < 0.75:
            themes[table] += about
        else:
            rest += about
    for group in [*themes.values(), rest]:  # `rest` comes last and takes what is too little
        if group is not rest and len(group) < SENTENCES[0]:
            rest += group
        else:
            random.shuffle(group)
            found += chunks(group, random)
    random.shuffle(found)
    return found


def one_pass(facts: list[Fact], wordings: Wordings, random: Random) -> Iterator[str]:
    """Yield paragraphs that state every fact once."""
    for paragraph in paragraphs(facts, random):
        sentences = []
        for table, relation, row in paragraph:
            turned = table in SYMMETRIC and random.random() < 0.5
            wording = random.choice(wordings[table, relation])
            sentences.append(state(wording, swapped(row) if turned else row))
        yield " ".join(sentences)


def all_passes(
    tables: Tables, wordings: Wordings, passes: int = 1, seed: int = 123
) -> Iterator[str]:
    """Yield the paragraphs of several passes over the facts that are read."""
    facts = facts_of(tables, wordings)
    for number in range(passes):
        yield from one_pass(facts, wordings, Random(f"{seed} {number}"))


def prompts(tables: Tables, wordings: Wordings) -> list[Cloze]:
    """Return the beginnings of all statements that end in a short answer.

    What other lines of a table put after the same beginning is right as well.
    """
    found = []
    for (table, relation), texts in wordings.items():
        ends = (f"{{{relation}}}.", f"{{{relation}:a}}.")
        right: dict[str, list[str]] = defaultdict(list)
        asked = []
        both = [[row, swapped(row)] if table in SYMMETRIC else [row] for row in tables[table]]
        for row in chain.from_iterable(both):
            for wording in (text for text in texts if text.endswith(ends)):
                answer, text = str(row[relation]), state(wording, row)
                prompt = text[: -len(answer) - 1].rstrip()
                right[prompt].append(answer)
                if len(prompt.split()) > 2 > answer.count(" "):
                    asked.append((Fact(table, relation, row), prompt, answer))
        found += [
            Cloze(fact, prompt, list(dict.fromkeys([answer, *right[prompt]])))
            for fact, prompt, answer in asked
        ]
    return found


def draw_prompts(items: list[Cloze], count: int, random: Random) -> list[Cloze]:
    """Draw prompts, a third about countries, the others from all relations in turn.

    No line of a table comes twice in one relation.
    """
    once = {}
    for item in random.sample(items, len(items)):
        table, relation, row = item.fact
        once[table, relation, frozenset(row.values())] = item  # a symmetric pair, either way
    pools = defaultdict(list)
    for (table, relation, _), item in once.items():
        pools[table, relation].append(item)
    countries = [pools.pop(key) for key in GEOGRAPHY]
    chosen = list(islice(_in_turn(countries), count // 3))
    return chosen + list(islice(_in_turn(pools.values()), count - len(chosen)))


def _in_turn(pools: Iterable[list[Cloze]]) -> Iterator[Cloze]:
    """Yield the first of each list, then the second of each."""
    return (item for items in zip_longest(*pools) for item in items if item is not None)


def write_cloze(path: Path, tables: Tables, wordings: Wordings, seed: int = 123) -> None:
    """Write 200 prompts about facts that are read and 60 about facts that are not.

    A line holds the table, yes or no, the prompt, its answer, and other right answers.
    """
    items = prompts(tables, wordings)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for read, count in (("yes", 200), ("no", 60)):
            marked = [item for item in items if item.fact.row["read"] == read]
            for item in draw_prompts(marked, count, Random(f"{seed} {read}")):
                print(item.fact.table, read, item.prompt, *item.answers, sep="\t", file=file)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="NAME.tok for tokens, anything else for text")
    parser.add_argument("--passes", type=int, default=1, help="times that each fact is stated")
    parser.add_argument("--seed", type=int, default=123)
    parser.add_argument("--cloze", type=Path, help="a TSV of prompts and answers to write as well")
    options = parser.parse_args(arguments)
    tables, wordings = load_facts()
    texts = list(all_passes(tables, wordings, options.passes, options.seed))
    tokenizer = get_tokenizer()
    ids = [[*tokenizer.encode_ordinary(text), tokenizer.eot_token] for text in texts]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    if options.output.suffix == ".tok":
        TokenFile.write(options.output, ids)
    else:
        options.output.write_text("\n\n".join(texts) + "\n", encoding="utf-8", newline="\n")
    if options.cloze:
        write_cloze(options.cloze, tables, wordings, options.seed)
    lines = sum(row["read"] == "yes" for rows in tables.values() for row in rows)
    facts = len(facts_of(tables, wordings))
    print(
        f"{options.output}: {lines:,} lines of the tables, {facts:,} facts in {options.passes} "
        f"passes: {len(texts):,} documents, {facts * options.passes:,} statements, "
        f"{sum(map(len, ids)):,} tokens"
    )


if __name__ == "__main__":
    main()
