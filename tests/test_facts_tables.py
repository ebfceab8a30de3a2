import re
import sys
from collections import Counter
from pathlib import Path
from random import Random
from string import Formatter

import pytest

from llmutils.pretrain.corpus import TokenFile
from llmutils.tokenizer import get_tokenizer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import write_statements as ws  # noqa: E402

FORBIDDEN = re.compile(r"#|\?|Below is an|Instruction|Response|Answer:|Question:|\b(\w+) \1\b")
SENTENCE = re.compile(r"(?<=[.!]) (?=[A-Z0-9])")


@pytest.fixture(scope="module")
def facts():
    return ws.load_facts()


@pytest.fixture(scope="module")
def texts(facts):
    return list(ws.all_passes(*facts, passes=4))


@pytest.fixture(scope="module")
def statements(facts):
    """Every fact that is read in every wording, symmetric ones both ways."""
    return [
        ws.state(wording, row)
        for fact in ws.facts_of(*facts)
        for row in ([fact.row, ws.swapped(fact.row)] if fact.table in ws.SYMMETRIC else [fact.row])
        for wording in facts[1][fact.table, fact.relation]
    ]


def columns(row):
    return [name for name in row if name != "read"]


def keys(table, row):
    """Return what a line's facts are about; a symmetric pair, in either order."""
    first, second, *_ = row.values()
    return {str(first), str(second)} if table in ws.SYMMETRIC else {str(first)}


def test_a_table_with_a_missing_or_empty_cell_is_refused(tmp_path):
    for line in ("mouse\t\tyes", "mouse\tmice", "mouse\tmice \tyes"):
        path = tmp_path / "plurals.tsv"
        path.write_text(f"word\tplural\tread\n{line}\n", encoding="utf-8")
        with pytest.raises(ValueError, match="plurals.tsv, line 2"):
            ws.read_tsv(path)


def test_no_table_has_a_thing_or_a_pair_twice(facts):
    for table, rows in facts[0].items():
        firsts = Counter(str(next(iter(row.values()))) for row in rows)
        assert max(firsts.values()) == 1, (table, firsts.most_common(3))
        if table in ws.SYMMETRIC:
            pairs = Counter(frozenset(keys(table, row)) for row in rows)
            assert max(pairs.values()) == 1 and min(map(len, pairs)) == 2, (table, pairs)


def test_one_line_of_every_ten_is_unread_a_place_that_moves_on_by_three(facts):
    for table, rows in facts[0].items():
        for number, row in enumerate(rows):
            unread = number % 10 == (3 * (number // 10) + 4) % 10
            assert row["read"] == ("no" if unread else "yes"), (table, number, row)
        assert 0 < sum(row["read"] == "no" for row in rows) <= len(rows) / 5


def test_every_table_has_wordings_and_every_placeholder_is_a_column(facts):
    tables, wordings = facts
    assert {table for table, _ in wordings} == set(tables)
    for (table, relation), texts in wordings.items():
        header = columns(tables[table][0])
        assert relation in header and len(texts) == len(set(texts)) >= 5, (table, relation)
        for text in texts:
            slots = [(name, spec) for _, name, spec, _ in Formatter().parse(text) if name]
            assert {name for name, _ in slots} <= set(header), text
            assert {spec for _, spec in slots} <= {"", "a"} and len(slots) > 1, text


def test_most_relations_have_wordings_that_end_in_the_answer(facts):
    ends = {key for key, texts in facts[1].items() for text in texts if f"{{{key[1]}" in text[-14:]}
    assert len(ends) > 0.9 * len(facts[1])


def test_the_article_follows_the_sound():
    for word in ("apple", "hour", "honest man", "uncle", "onion", "English", "heir", "egg"):
        assert f"{ws.Word(word):a}" == f"an {word}"
    for word in ("dog", "unicorn", "European", "ewe", "one-way street", "horse", "T-shirt"):
        assert f"{ws.Word(word):a}" == f"a {word}"


def test_every_sentence_begins_with_a_capital_and_ends_with_a_mark(statements, texts):
    for text in [*statements, *texts]:
        assert "  " not in text and "{" not in text and "}" not in text
        for sentence in SENTENCE.split(text):
            assert sentence[0].isupper() or sentence[0].isdigit(), text
            assert sentence[-1] == "." and ".." not in sentence, text


def test_the_text_is_prose_without_questions_and_instructions(statements):
    for text in statements:
        found = FORBIDDEN.search(text)
        assert not found, (found, text)
        for phrase, word in re.findall(r"(?<=[a-z] )(an? ([\w'-]+))", text):
            assert phrase == f"{ws.Word(word):a}", text


def test_paragraphs_have_three_to_a_dozen_statements(facts):
    sizes = [len(part) for part in ws.paragraphs(ws.facts_of(*facts), Random(1))]
    assert min(sizes) >= 3 and max(sizes) <= 12


def test_every_pass_states_every_fact_that_is_read_once(facts):
    read = ws.facts_of(*facts)
    stated = [fact for part in ws.paragraphs(read, Random(1)) for fact in part]
    identity = [(fact.table, fact.relation, id(fact.row)) for fact in stated]
    assert len(identity) == len(set(identity)) == len(read)
    assert all(fact.row["read"] == "yes" for fact in read)


def test_no_wording_joins_the_two_sides_of_an_unread_fact(facts, statements):
    tables, wordings = facts

    def words(text):
        return re.findall(r"[\w'’-]+", text.lower().replace(",", ""))

    sentences = {part for text in statements for part in SENTENCE.split(text)}
    padded = [f" {' '.join(words(sentence))} " for sentence in sorted(sentences)]
    where = {}
    for number, sentence in enumerate(padded):
        for word in set(sentence.split()):
            where.setdefault(word, set()).add(number)

    def sentences_with(phrase):
        found = set.intersection(*(where.get(word, set()) for word in words(phrase)))
        return {n for n in found if f" {' '.join(words(phrase))} " in padded[n]}

    for table, relation in wordings:
        for row in tables[table]:
            if row["read"] == "no":
                name, *others = [row[column] for column in columns(row)]
                answer = row[relation] if row[relation] != name else others[0]
                leaks = sentences_with(name) & sentences_with(answer)
                if name.lower() != answer.lower():
                    assert not leaks, (table, name, answer, padded[min(leaks)])


def test_the_same_seed_writes_the_same_text(facts, texts):
    first = list(ws.all_passes(*facts))
    assert list(ws.all_passes(*facts, passes=4)) == texts and texts[: len(first)] == first
    assert list(ws.all_passes(*facts, seed=1)) != first


def test_a_cloze_prompt_ends_where_the_answer_begins(facts, tmp_path):
    tables, wordings = facts
    ws.write_cloze(tmp_path / "cloze.tsv", tables, wordings)
    lines = [line.split("\t") for line in (tmp_path / "cloze.tsv").read_text("utf-8").splitlines()]
    assert Counter(read for _, read, *_ in lines) == {"yes": 200, "no": 60}
    assert len({prompt for _, _, prompt, *_ in lines}) == 260
    stated = {
        (table, row["read"], ws.state(wording, turned))
        for (table, _), texts in wordings.items()
        for row in tables[table]
        for turned in ([row, ws.swapped(row)] if table in ws.SYMMETRIC else [row])
        for wording in texts
    }
    for table, read, prompt, *answers in lines:
        assert prompt == prompt.strip() and len(answers) == len(set(answers)) >= 1
        assert (table, read, f"{prompt} {answers[0]}.") in stated


def test_a_prompt_knows_the_other_right_answers(facts):
    answers = {item.prompt: item.answers for item in ws.prompts(*facts)}
    assert sorted(answers["The opposite of light is"]) == ["dark", "heavy"]
    assert answers["The capital of France is"] == ["Paris"]


def test_the_command_line_writes_text_and_tokens(tmp_path, capsys):
    ws.main([str(tmp_path / "a.txt"), "--cloze", str(tmp_path / "cloze.tsv")])
    said = capsys.readouterr().out
    paragraphs = (tmp_path / "a.txt").read_text("utf-8").rstrip("\n").split("\n\n")
    assert f"{len(paragraphs):,} documents" in said
    ws.main([str(tmp_path / "a.tok")])
    ids = TokenFile(tmp_path / "a.tok", 8).token_ids.tolist()
    assert f"{len(ids):,} tokens" in said
    tokenizer = get_tokenizer()
    assert tokenizer.decode(ids).split("<|endoftext|>")[:-1] == paragraphs
