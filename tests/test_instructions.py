import json
import re
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random
from statistics import median

import pytest

from llmutils.tokenizer import get_tokenizer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
import make_instructions  # noqa: E402

KEYS = ["kind", "instruction", "input", "output"]
SLOTS = {"order": r"from \w+ to \w+", "case": r"\w+ letters", "word": r"\w+"}  # others: anything
SENTENCES = (
    "definition, passive voice, polite request, question form, explanation, completion, summary"
).split(", ")
PRONOUNS = {"him": "he", "her": "she", "us": "we", "me": "i"}
BE = {"is", "are", "was", "were", "be", "been", "being"}

ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {word: i for i, word in enumerate(ONES)}
for ten, tens in enumerate(TENS, start=2):
    NUMBERS |= {tens: 10 * ten} | {f"{tens}-{ONES[i]}": 10 * ten + i for i in range(1, 10)}

LENGTHS = {"mm": 1, "cm": 10, "m": 1000, "km": 10**6, "inches": Fraction(254, 10)}
LENGTHS |= {"feet": 12 * LENGTHS["inches"], "yards": 36 * LENGTHS["inches"], "miles": 1609344}
TIMES = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400, "weeks": 604800}
SCALES = [LENGTHS, TIMES, {"months": 1, "years": 12}, {"g": 1, "kg": 1000}]

PLURALS = dict(
    pair.split()
    for pair in """man men, woman women, child children, foot feet, tooth teeth, mouse mice,
    goose geese, ox oxen, sheep sheep, deer deer, person people, crisis crises, piano pianos,
    photo photos, leaf leaves, wolf wolves, knife knives, wife wives, half halves, shelf shelves,
    loaf loaves, thief thieves""".split(",")
)
PASTS = dict(
    pair.split()
    for pair in """go went, see saw, eat ate, drink drank, sing sang, swim swam, begin began,
    write wrote, drive drove, ride rode, break broke, speak spoke, steal stole, choose chose,
    give gave, take took, know knew, grow grew, throw threw, draw drew, come came, run ran,
    find found, sit sat, buy bought, bring brought, think thought, catch caught, teach taught,
    sleep slept, keep kept, feel felt, leave left, make made, say said, sell sold, send sent,
    build built, lose lost, win won, stand stood, fall fell, forget forgot, cut cut""".split(",")
)
DOUBLED = "stop plan clap beg nod grab".split()

BRITISH_OR_AMERICAN = re.compile(
    r"\b((col|fav|harb|neighb|hon|hum|lab|rum|behavi|flav|od|arm|parl)ou?r|cent(re|er)s?\b"
    r"|theat(re|er)|(kilo|centi|milli)?met(re|er)s?\b|lit(re|er)s?\b|gr[ae]y\b|practi[cs]|licen[cs]e"
    r"|defen[cs]e|(trave|mode|cance|signa|marve)ll?(ed|ing|er)|jewel|program|cheque|t[iy]re\b"
    r"|p[ay]jama|mou?ld|plou?[gw]h?|m[ou]m\b|skill?ful|fulfil|catalog|dialog|a(ir|ero)plane"
    r"|judge?ment|c[oz][sz]y\b|s[ck]eptic|curb\b|kerb\b|wool+en|mo?ustache|yogh?urt|do(ugh)?nut"
    r"|(learn|burn|dream|lean|spoil|spell|leap)(t|ed)\b|spelt\b"
    r"|(organ|real|recogn|apolog|summar|critic)i[sz])",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def entries():
    return json.loads(make_instructions.FILE.read_text(encoding="utf-8"))


def of(kind, entries):
    return [entry for entry in entries if entry["kind"] == kind]


def pattern(template):
    """The instruction and the input of a template as one pattern, its slots as named groups."""
    instruction, _, text = template.partition(" | ")
    escaped = re.escape(f"{instruction}\n{text}")
    return re.sub(r"\\{(\w+)\\}", lambda m: f"(?P<{m[1]}>{SLOTS.get(m[1], '.+?')})", escaped)


PATTERNS = {
    kind: [re.compile(pattern(line)) for line in block.strip("\n").split("\n")]
    for kind, block in make_instructions.TEMPLATES.items()
}


def fitting(entry):
    """Each template of the entry's kind that it fits, by number, with what its slots hold."""
    text = f"{entry['instruction']}\n{entry['input']}"
    matches = [template.fullmatch(text) for template in PATTERNS[entry["kind"]]]
    return [(i, match.groupdict()) for i, match in enumerate(matches) if match]


def slots(entry):
    return fitting(entry)[0][1]


def words(text):
    return re.findall(r"[\w'-]+", text.lower())


def bag(text):
    """A text whatever the case, the punctuation and the order of its words."""
    return " ".join(sorted(words(text)))


def thing(entry):
    """What is left of an entry when its template is taken out."""
    found = slots(entry)
    return bag(f"{found['x']} {found.get('word', '')}")


def split(entries, seed):
    """The chapter's: shuffled, 85 % to train, 5 % to validate, the rest to test."""
    shuffled = list(entries)
    Random(seed).shuffle(shuffled)
    end_train, end_validation = int(0.85 * len(shuffled)), int(0.9 * len(shuffled))
    return shuffled[:end_train], shuffled[end_train:end_validation], shuffled[end_validation:]


def known(train, test):
    """The entries of `test` whose object is one of `train`, or is the answer to one."""
    learnt = {(entry["kind"], thing(entry)) for entry in train}
    for entry in train:
        if entry["kind"] not in ("category", "sentiment", "sentence type"):  # answers: labels
            learnt.add((entry["kind"], bag(entry["output"])))
    return [entry for entry in test if (entry["kind"], thing(entry)) in learnt]


def similarity(one, other):
    return len(one & other) / len(one | other)


def distance(one, other):
    """Letters to add, drop, change or swap with the next."""
    rows = {(i, 0): i for i in range(len(one) + 1)} | {(0, j): j for j in range(len(other) + 1)}
    for i in range(1, len(one) + 1):
        for j in range(1, len(other) + 1):
            changed = rows[i - 1, j - 1] + (one[i - 1] != other[j - 1])
            rows[i, j] = min(rows[i - 1, j] + 1, rows[i, j - 1] + 1, changed)
            if i > 1 and j > 1 and one[i - 2 : i] == other[j - 2 : j][::-1]:
                rows[i, j] = min(rows[i, j], rows[i - 2, j - 2] + 1)
    return rows[len(one), len(other)]


def plural(noun):
    if noun in PLURALS:
        return PLURALS[noun]
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|ch|sh|o)$", noun) else "s")


def past(verb):
    if verb in PASTS:
        return PASTS[verb]
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ied"
    if verb in DOUBLED:
        return verb + verb[-1] + "ed"
    return verb + ("d" if verb.endswith("e") else "ed")


def quantity(text):
    number, unit = re.fullmatch(r"(-?[\d.]+) (.+)", text).groups()
    return Fraction(number), unit


def same_quantity(one, other, rounded=False):
    (amount, unit), (result, target) = quantity(one), quantity(other)
    if unit == "degrees Celsius":
        return target == "degrees Fahrenheit" and result == amount * 9 / 5 + 32
    if unit == "degrees Fahrenheit":
        return target == "degrees Celsius" and result == (amount - 32) * 5 / 9
    for scale in SCALES:
        if unit in scale and target in scale:
            exact = amount * Fraction(scale[unit]) / Fraction(scale[target])
            return result == (round(exact) if rounded else exact)
    return False


def test_the_file_is_what_the_generator_writes():
    assert make_instructions.FILE.read_bytes() == make_instructions.build().encode()
    command = [sys.executable, ROOT / "scripts" / "make_instructions.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0


def test_a_check_of_an_edited_file_fails(tmp_path, monkeypatch, capsys):
    edited, text = tmp_path / "instructions.json", make_instructions.build()
    edited.write_text(text.replace("mice", "mouses"), encoding="utf-8", newline="\n")
    monkeypatch.setattr(make_instructions, "FILE", edited)
    monkeypatch.setattr(sys, "argv", ["make_instructions.py", "--check"])
    assert make_instructions.main() == 1 and "differs" in capsys.readouterr().out
    edited.unlink()
    assert make_instructions.main() == 1
    monkeypatch.setattr(sys, "argv", ["make_instructions.py"])
    assert make_instructions.main() == 0 and edited.read_text(encoding="utf-8") == text


def test_every_line_is_an_entry_with_four_texts():
    first, *lines, last, end = make_instructions.FILE.read_text(encoding="utf-8").split("\n")
    assert (first, last, end) == ("[", "]", "") and not lines[-1].endswith(",")
    for line in lines:
        entry = json.loads(line.removesuffix(","))
        assert list(entry) == KEYS and all(isinstance(text, str) for text in entry.values()), line
        assert entry["kind"] and entry["instruction"] and entry["output"], line


def test_texts_are_plain_ascii_without_stray_spaces_or_braces(entries):
    for entry in entries:
        for text in entry.values():
            assert re.fullmatch(r"[ -~]*", text) and text == text.strip(), entry
            assert "  " not in text and not re.search(r"[{}\[\]|=/]| [,;:?!]", text), entry
        assert not re.search(r" \.(?!\.\.)", " ".join(entry.values())), entry


def test_words_are_spelled_alike_on_both_sides_of_the_atlantic(entries):
    for entry in entries:
        if entry["kind"] != "author":  # a title is as it is
            assert not BRITISH_OR_AMERICAN.search(" ".join(entry.values())), entry


def test_there_are_28_kinds_of_at_least_45_entries_each(entries):
    counts = Counter(entry["kind"] for entry in entries)
    assert 1400 <= len(entries) <= 1700
    assert len(counts) == 28 and min(counts.values()) >= 45 and max(counts.values()) <= 90
    assert all(re.fullmatch(r"[a-z]+( [a-z]+)?", kind) for kind in counts)


def test_between_a_third_and_half_of_the_inputs_are_empty_and_every_kind_has_both(entries):
    empty = [entry for entry in entries if not entry["input"]]
    assert 0.35 <= len(empty) / len(entries) <= 0.5
    counts = Counter(entry["kind"] for entry in empty)
    for kind, count in Counter(entry["kind"] for entry in entries).items():
        assert 0.2 <= counts[kind] / count <= 0.7, kind


def test_texts_are_short(entries):
    encode = get_tokenizer().encode
    lengths = [len(encode(" ".join([e["instruction"], e["input"], e["output"]]))) for e in entries]
    assert median(lengths) < 40 and max(lengths) <= 120
    instructions = [len(entry["instruction"].split()) for entry in entries]
    assert sum(5 <= length <= 20 for length in instructions) > 0.9 * len(entries)
    assert max(len(entry["input"].split()) for entry in entries) <= 30
    assert max(len(entry["output"].split()) for entry in entries) <= 25


def test_every_entry_fits_one_template_and_every_template_is_used_but_not_too_often(entries):
    uses = Counter()
    for entry in entries:
        found = fitting(entry)
        assert len(found) == 1, entry
        uses[entry["kind"], found[0][0]] += 1
    assert set(uses) == {(kind, i) for kind in PATTERNS for i in range(len(PATTERNS[kind]))}
    assert all(4 <= len(templates) <= 8 for templates in PATTERNS.values())
    assert max(uses.values()) <= 0.06 * len(entries)


def test_no_entry_comes_twice_whatever_its_case_and_punctuation(entries):
    asked = Counter(" ".join(words(f"{e['instruction']} {e['input']}")) for e in entries)
    assert [text for text, count in asked.items() if count > 1] == []


def test_no_object_comes_twice_within_a_kind(entries):
    objects = Counter((entry["kind"], thing(entry)) for entry in entries)
    assert [found for found, count in objects.items() if count > 1] == []


def test_no_object_is_the_answer_to_another(entries):
    labels = ("category", "sentiment", "sentence type")
    for kind in PATTERNS.keys() - labels:
        answers = {bag(entry["output"]): entry for entry in of(kind, entries)}
        for entry in of(kind, entries):
            assert answers.get(thing(entry), entry) is entry, entry


def test_no_two_sentences_of_a_kind_are_nearly_the_same(entries):
    for kind in PATTERNS.keys() - {"arithmetic", "unit conversion"}:
        found = [set(words(slots(entry)["x"])) for entry in of(kind, entries)]
        found = [sentence for sentence in found if len(sentence) > 3]
        for i, one in enumerate(found):
            for other in found[:i]:
                assert similarity(one, other) <= 0.6, (kind, one, other)


def test_what_is_tested_was_not_learnt_under_another_wording(entries):
    for seed in range(10):
        train, validation, test = split(entries, seed)
        assert len(test) > 0.09 * len(entries)
        assert known(train, validation + test) == [] and known(validation, test) == []


def test_every_kind_is_tested_on_some_split_and_most_on_each(entries):
    tested = [{entry["kind"] for entry in split(entries, seed)[2]} for seed in range(10)]
    assert min(map(len, tested)) >= 26 and set.union(*tested) == set(PATTERNS)


@pytest.mark.parametrize(
    ("kind", "instruction", "text"),
    [
        ("plural", "Give the plural form of this noun.", "mouse"),
        ("plural", "What is the plural of 'Mouse'?", ""),
        ("antonym", "What is the opposite of 'cold'?", ""),
        ("capital city", "Which city is the capital of France?", ""),
        (
            "passive voice",
            "Use the passive voice instead of the active.",
            "The cat chased the mouse.",
        ),
    ],
)
def test_another_wording_of_what_was_learnt_is_noticed(entries, kind, instruction, text):
    other = dict(kind=kind, instruction=instruction, input=text, output="")
    assert known(entries, [other]) == [other]


def test_case_first_word_last_word_and_quotation_marks_are_right(entries):
    for entry in of("letter case", entries):
        text, small = slots(entry)["x"], "small letters" in entry["instruction"]
        assert entry["output"].islower() if small else entry["output"].isupper(), entry
        assert entry["output"] != text and entry["output"].lower() == text.lower(), entry
    for entry in of("first word", entries):
        assert re.match(rf"{entry['output']}\s", slots(entry)["x"]), entry
    for entry in of("last word", entries):
        assert re.search(rf"\s{entry['output']}[.?!]$", slots(entry)["x"]), entry
    for entry in of("quotation marks", entries):
        assert entry["output"] == '"' + slots(entry)["x"] + '"', entry


def test_words_are_counted_right_and_counts_are_spread(entries):
    counts = Counter()
    for entry in of("word count", entries):
        text = slots(entry)["x"]
        assert re.fullmatch(r"[A-Za-z ]+[.?!]", text), entry  # no doubt what a word is
        assert entry["output"] == str(text.count(" ") + 1), entry
        counts[entry["output"]] += 1
    assert sorted(counts) == list("23456789") and min(counts.values()) >= 3


def test_half_of_the_words_searched_are_found_and_the_others_not_even_within_a_word(entries):
    answers = Counter()
    for entry in of("word search", entries):
        word, text = slots(entry)["word"], slots(entry)["x"].lower()
        if word in text:
            assert re.search(rf"\b{word}\b", text) and entry["output"] == "yes", entry
        else:
            assert entry["output"] == "no", entry
        answers[entry["output"]] += 1
    assert answers["yes"] == answers["no"]


def test_lists_are_sorted_and_reversed_right(entries):
    for entry in of("number order", entries):
        numbers = [int(n) for n in re.findall(r"\d+", entry["instruction"] + entry["input"])]
        numbers.sort(reverse="largest to smallest" in entry["instruction"])
        assert len(set(numbers)) == 3 and entry["output"] == "{}, {}, {}".format(*numbers), entry
    for entry in of("alphabetical order", entries):
        one, two, three = entry["output"].split(", ")
        assert one < two < three and bag(entry["output"]) == thing(entry), entry
    for entry in of("reverse order", entries):
        one, two, three = slots(entry)["x"].split(", ")
        assert entry["output"] == f"{three}, {two}, {one}" and one != three, entry
    for kind in ("number order", "alphabetical order"):
        assert all(entry["output"] != slots(entry)["x"] for entry in of(kind, entries))


def test_calculations_are_right_and_no_two_are_one_fact(entries):
    facts, names = Counter(), Counter()
    for entry in of("arithmetic", entries):
        one, name, two = re.fullmatch(
            r"(\S+) (plus|minus|times|divided by) (\S+)", slots(entry)["x"]
        ).groups()
        a, b, c = NUMBERS[one], NUMBERS[two], NUMBERS[entry["output"]]
        results = {"plus": a + b, "minus": a - b, "times": a * b, "divided by": Fraction(a, b)}
        assert c == results[name], entry
        facts[tuple(sorted((a, b, c)))] += 1
        names[name] += 1
    assert max(facts.values()) == 1 and min(names.values()) == max(names.values())


def test_conversions_are_right_and_none_is_another_backwards(entries):
    quantities = Counter()
    for entry in of("unit conversion", entries):
        amount, unit = slots(entry)["x"], slots(entry)["unit"]
        assert entry["output"].split(" ", 1)[1] == unit.split(" (")[0], entry
        assert same_quantity(amount, entry["output"], rounded="rounded" in unit), entry
        quantities.update({amount, entry["output"]})
    assert quantities.most_common(1)[0][1] == 1


@pytest.mark.parametrize("wrong", ["3001 m", "3000 cm", "3000 g", "2999.5 m"])
def test_a_wrong_conversion_is_noticed(wrong):
    assert same_quantity("3 km", "3000 m") and not same_quantity("3 km", wrong)


def test_plurals_follow_the_rules_or_are_known_exceptions(entries):
    for entry in of("plural", entries):
        assert entry["output"] == plural(slots(entry)["x"]), entry


def test_past_tenses_follow_the_rules_or_are_known_exceptions(entries):
    for entry in of("past tense", entries):
        assert entry["output"] == past(slots(entry)["x"]), entry


def test_one_word_is_misspelled_by_a_letter_or_two_and_mended_only_once(entries):
    right = set()
    wrong = set()
    for entry in of("spelling", entries):
        before, after = slots(entry)["x"].split(), entry["output"].split()
        assert len(before) == len(after), entry
        ((bad, good),) = [pair for pair in zip(before, after, strict=True) if len(set(pair)) > 1]
        assert 1 <= distance(bad, good) <= 2 and good not in right, entry
        right.add(good)
        wrong.add(bad.lower().strip("."))
    texts = [" ".join([e["output"], e["input"]]) for e in entries if e["kind"] != "spelling"]
    assert not wrong & {word for text in texts for word in words(text)}


@pytest.mark.parametrize("kind", ["antonym", "synonym"])
def test_no_word_stands_in_two_pairs(entries, kind):
    found = Counter()
    for entry in of(kind, entries):
        found.update([slots(entry)["x"], entry["output"]])
    assert [word for word, count in found.items() if count > 1] == []


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("category", ["animals", "clothes", "furniture", "plants", "vehicles"]),
        ("sentiment", ["negative", "positive"]),
        ("sentence type", ["command", "question", "statement"]),
    ],
)
def test_every_label_is_given_equally_often_and_named_in_the_instruction(entries, kind, labels):
    counts = Counter(entry["output"] for entry in of(kind, entries))
    assert sorted(counts) == labels and len(set(counts.values())) == 1
    for entry in of(kind, entries):
        assert all(label in entry["instruction"] for label in labels), entry


def test_questions_end_in_question_marks_and_commands_have_no_subject(entries):
    subjects = {"i", "you", "he", "she", "it", "we", "they", "there", "nobody", "my", "the"}
    for entry in of("sentence type", entries):
        text = slots(entry)["x"]
        assert text.endswith("?") == (entry["output"] == "question"), entry
        if entry["output"] == "command":
            assert words(text)[0] not in subjects, entry


def test_names_are_names_and_no_capital_is_given_twice(entries):
    for entry in of("capital city", entries) + of("author", entries):
        assert re.fullmatch(r"[A-Z]\S*( (de )?[A-Z]\S*)*", entry["output"]), entry
    capitals = Counter(entry["output"] for entry in of("capital city", entries))
    authors = Counter(entry["output"] for entry in of("author", entries))
    assert max(capitals.values()) == 1 and max(authors.values()) <= 3


def test_answers_in_sentences_begin_with_a_capital_and_end_with_a_mark(entries):
    for kind in SENTENCES:
        for entry in of(kind, entries):
            mark = "?" if kind in ("polite request", "question form") else "."
            assert re.fullmatch(rf"[A-Z][^.?!]*\{mark}", entry["output"]), entry


def test_no_answer_in_sentences_is_given_twice(entries):
    answers = Counter(entry["output"] for kind in SENTENCES for entry in of(kind, entries))
    assert [answer for answer, count in answers.items() if count > 1] == []


def test_no_definition_uses_its_word(entries):
    for entry in of("definition", entries):
        assert slots(entry)["x"] not in words(entry["output"]), entry


def test_a_passive_sentence_has_the_words_of_the_active_one_and_names_who_did_it(entries):
    for entry in of("passive voice", entries):
        active, passive = slots(entry)["x"], entry["output"]
        before = [PRONOUNS.get(word, word) for word in words(active)]
        after = words(passive)
        assert f"by {before[0]} " in f"{' '.join(after)} " and set(after) & BE, entry
        assert after[0] in before[1:], entry  # who did it is no longer first
        # Only the verb may change; 'has' becomes 'have'.
        assert len(set(before) - set(after) - BE) <= 1, entry
        assert len(set(after) - set(before) - BE - {"by"}) <= 1, entry


def test_a_polite_request_asks_for_the_same(entries):
    for entry in of("polite request", entries):
        rude = slots(entry)["x"].removesuffix(".")
        if rude.startswith("I want to "):
            polite = f"May I {rude.removeprefix('I want to ')}, please?"
        elif rude.startswith("I want "):
            polite = f"Could I have {rude.removeprefix('I want ')}, please?"
        elif rude.startswith("Do not "):
            verb, *rest = rude.removeprefix("Do not ").split()
            doing = " ".join([verb.removesuffix("e") + "ing", *rest])
            polite = f"Would you mind not {doing}, please?"
        else:
            polite = f"Could you {rude[0].lower()}{rude[1:]}, please?"
        assert entry["output"] == polite, entry


def test_a_question_moves_the_verb_forward_or_asks_with_do(entries):
    for entry in of("question form", entries):
        statement, (first, *rest) = words(slots(entry)["x"]), words(entry["output"])
        if first in ("do", "does", "did"):
            assert len(rest) == len(statement), entry
            changed = [pair for pair in zip(statement, rest, strict=True) if len(set(pair)) > 1]
            assert len(changed) == (first != "do"), entry
            for said, asked in changed:
                present = "has" if asked == "have" else asked + "s"
                assert said == (present if first == "does" else past(asked)), entry
        else:
            moved = statement.index(first)
            assert rest == statement[:moved] + statement[moved + 1 :], entry


def test_a_completed_sentence_begins_as_asked_and_goes_on(entries):
    for entry in of("completion", entries):
        start = slots(entry)["x"]
        assert re.fullmatch(rf"{re.escape(start)} [A-Za-z ]+\.", entry["output"]), entry
        assert entry["instruction"].endswith("...") or entry["input"].endswith("..."), entry


def test_an_explanation_answers_a_why_in_a_sentence(entries):
    for entry in of("explanation", entries):
        assert re.fullmatch(r"Why [^.?!]+\?", slots(entry)["x"]), entry
        assert 5 <= len(entry["output"].split()) <= 20, entry


def test_a_summary_is_much_shorter_than_its_text(entries):
    for entry in of("summary", entries):
        text = slots(entry)["x"]
        assert text.count(". ") >= 1, entry
        assert len(entry["output"].split()) <= 0.6 * len(text.split()), entry


def test_a_summary_shares_more_words_with_its_text_than_with_any_other(entries):
    def stems(text):
        return {word[:4] for word in words(text) if len(word) > 2} - {"the", "and", "his", "her"}

    texts = [stems(slots(entry)["x"]) for entry in of("summary", entries)]
    for i, entry in enumerate(of("summary", entries)):
        shared = [len(stems(entry["output"]) & text) for text in texts]
        own = shared.pop(i)
        assert own >= 2 and own > max(shared), (entry, own, shared)
