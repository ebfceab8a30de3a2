import json
import random
from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from llmutils import instruct
from llmutils.config import GPTConfig
from llmutils.generate import generate
from llmutils.instruct import (
    EOS_ID,
    InstructionDataset,
    collate,
    exact_match,
    format_input,
    load_entries,
    respond,
    save_responses,
    split_entries,
    token_f1,
    words_of,
)
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_batch, calc_loss_loader, create_optimizer, train_model

CONFIG = GPTConfig(50257, 48, 32, 4, 2, 0.0, True)
LONE = "\ud83d"  # half of a surrogate pair, as a text has it that was cut in an emoji


def entry(instruction="Name a colour.", text="", output="Red.", **others):
    return {"instruction": instruction, "input": text, "output": output, **others}


def model(seed=0, **sizes):
    torch.manual_seed(seed)
    return GPTModel(CONFIG if not sizes else GPTConfig(**(vars(CONFIG) | sizes)))


# --- entries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("layout", ["list", "lines", "lines with empty ones"])
def test_a_json_list_and_json_lines_are_read_alike(layout, encoding, tmp_path):
    entries = [entry(), entry("Sort.", "b\u2028a", "a b", kind="sort"), entry(output="赤です。")]
    text = json.dumps(entries, indent=2)
    if layout != "list":
        text = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        text += "\n\n" if "empty" in layout else ""
    (tmp_path / "some.json").write_bytes(text.encode(encoding))
    assert load_entries(tmp_path / "some.json") == entries


FAULTS = [
    ({"instruction": "a", "output": "b"}, "'input' is missing"),
    (entry(output="  "), "'output' is empty"),
    (entry(instruction=""), "'instruction' is empty"),
    (entry(output=5), "'output' is 5, expected a text"),
    (entry(text=None), "'input' is None, expected a text"),
    (entry(text=f"a smile {LONE}"), "'input' holds half a surrogate pair"),
    (None, "expected an object, found None"),
    ("text", "expected an object, found 'text'"),
]


def test_all_faulty_entries_are_named_by_number(tmp_path):
    path = tmp_path / "some.json"
    path.write_text(json.dumps([entry(), *(fault for fault, _ in FAULTS)]), encoding="utf-8")
    with pytest.raises(ValueError) as error:
        load_entries(path)
    assert str(path) in str(error.value) and "entry 1:" not in str(error.value)
    for number, (_, message) in enumerate(FAULTS, start=2):
        assert f"entry {number}: {message}" in str(error.value)


def test_faulty_entries_can_be_left_out_and_are_counted(tmp_path):
    path = tmp_path / "some.json"
    lines = [json.dumps(e) for e in (entry(), entry(output=""), entry("Sort."))]
    path.write_text("\n".join([lines[0], '{"instruction": ', *lines[1:]]), encoding="utf-8")
    with pytest.raises(ValueError, match="entry 2: expected an object.*entry 3: 'output' is empty"):
        load_entries(path)
    with pytest.warns(UserWarning, match="2 of 4 entries are left out: entry 2: .*; entry 3: "):
        assert load_entries(path, skip_faulty=True) == [entry(), entry("Sort.")]
    path.write_text(lines[1], encoding="utf-8")
    with pytest.raises(ValueError, match="'output' is empty"):  # nothing would be left
        load_entries(path, skip_faulty=True)


@pytest.mark.parametrize(
    "content", [b"[{]", b'{"instruction": ', b"hello", b"\xff\xfe[", b"[\xe9]"]
)
def test_a_file_that_is_no_json_is_named(content, tmp_path):
    (tmp_path / "some.json").write_bytes(content)
    with pytest.raises(ValueError, match="some.json is neither a JSON list nor JSON lines"):
        load_entries(tmp_path / "some.json")


@pytest.mark.parametrize("content", [b"", b"\n", b"[]"])
def test_a_file_without_entries_is_refused(content, tmp_path):
    (tmp_path / "some.json").write_bytes(content)
    with pytest.raises(ValueError, match="no entry"):
        load_entries(tmp_path / "some.json")


def test_a_path_that_is_no_file_says_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match="expected 'instructions' or the path of a file"):
        load_entries(tmp_path)


def test_every_entry_is_in_one_part():
    entries = [entry(f"Say {n}.") for n in range(200)]
    parts = split_entries(entries)
    assert [len(part) for part in parts] == [170, 10, 20]
    assert sorted(sum(parts, []), key=str) == sorted(entries, key=str)
    assert parts == split_entries(entries, np.int64(123)) != split_entries(entries, seed=1)
    assert entries[0] == entry("Say 0.")  # left in its order


# --- batches -------------------------------------------------------------------------------------


def test_a_prompt_names_the_input_only_if_there_is_one():
    assert format_input(entry("Do it.")) == "### Instruction:\nDo it.\n\n### Response:\n"
    found = format_input(entry("Sort.", "b a"))
    assert found == "### Instruction:\nSort.\n\n### Input:\nb a\n\n### Response:\n"


def test_the_dataset_splits_an_entry_where_the_response_begins():
    one = entry("Sort <|endoftext|>.", "b a", "a b")
    [(prompt, response)] = InstructionDataset(iter([one]), get_tokenizer())
    assert get_tokenizer().decode(prompt) == format_input(one)
    assert get_tokenizer().decode(response) == "a b" and EOS_ID not in prompt + response


@pytest.mark.parametrize(
    "use",
    [
        lambda entries: InstructionDataset(entries, get_tokenizer()),
        lambda entries: respond(None, entries),
        lambda entries: save_responses(model(), entries, "never.json"),
    ],
)
def test_entries_that_lack_a_key_are_all_named_wherever_they_are_used(use):
    good, bad = entry(), {"input": "", "output": "b"}
    with pytest.raises(ValueError, match="entry 2: 'instruction' is missing; entry 4: 'instr"):
        use([good, bad, good, bad])


BATCH = [([1, 2, 3], [4, 5]), ([6], [7]), ([EOS_ID, 8], [EOS_ID])]


def test_targets_are_the_inputs_moved_by_one_and_end_with_one_end_of_text():
    for eos in (EOS_ID, 9):
        inputs, targets = collate(BATCH, eos_id=eos)
        assert inputs.tolist() == [
            [1, 2, 3, 4, 5],
            [6, 7, *[eos] * 3],
            [EOS_ID, 8, EOS_ID, eos, eos],
        ]
        assert targets.tolist() == [
            [2, 3, 4, 5, eos],
            [7, eos, -100, -100, -100],
            [8, EOS_ID, eos, -100, -100],  # a real 50256 is not taken for filler
        ]


def test_a_masked_instruction_leaves_the_response_and_the_end():
    _, targets = collate([*BATCH, ([], [1, 2])], mask_instruction=True)
    assert targets.tolist() == [
        [-100, -100, 4, 5, EOS_ID],
        [7, EOS_ID, -100, -100, -100],
        [-100, EOS_ID, EOS_ID, -100, -100],
        [2, EOS_ID, -100, -100, -100],  # without a prompt nothing predicts the first
    ]


def test_cutting_never_loses_the_end_of_text():
    inputs, targets = collate(BATCH, max_length=4)
    assert inputs.tolist()[0] == [1, 2, 3, 4] and targets.tolist()[0] == [2, 3, 4, EOS_ID]
    inputs, targets = collate(BATCH, max_length=np.int64(2))
    assert inputs.tolist()[0] == [1, 2] and targets.tolist()[0] == [2, EOS_ID]


@pytest.mark.parametrize(
    "kind", [torch.tensor, np.array, tuple, iter, lambda ids: map(np.int32, ids)]
)
def test_token_ids_may_come_in_any_sequence(kind):
    expected = collate(BATCH, mask_instruction=True)
    found = collate([(kind(p), kind(r)) for p, r in BATCH], mask_instruction=True)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    "ids", [[1.7], [1, 2.0], ["1"], [None], torch.tensor([1.5]), np.array([2.0])]
)
def test_ids_that_are_no_integers_are_refused(ids):
    for pair in ((ids, [3]), ([3], ids)):
        with pytest.raises(ValueError, match="token ids must be integers"):
            collate([([1, 2], [3]), pair])


@pytest.mark.parametrize("length", [0, -1, 2.5, "3", float("nan"), np.int64(-1)])
def test_a_max_length_that_is_none_is_refused(length):
    with pytest.raises(ValueError, match="max_length must be 1 or more"):
        collate(BATCH, max_length=length)


def test_a_batch_without_a_target_is_refused():
    with pytest.raises(ValueError, match="no target is left in 1 entries with max_length 2"):
        collate(BATCH[:1], max_length=2, mask_instruction=True)
    with pytest.raises(ValueError, match="no target is left"):
        collate([([], [])])
    with pytest.raises(ValueError):
        collate([])
    collate(BATCH[:2], max_length=2, mask_instruction=True)  # the other row has some


def test_filler_and_masks_leave_the_loss_as_it_is():
    gpt = model().eval()
    expected = torch.cat([
        F.cross_entropy(gpt(row[0])[0], row[1][0], reduction="none")
        for row in (collate([pair]) for pair in BATCH)
    ]).mean()  # fmt: skip
    torch.testing.assert_close(calc_loss_batch(*collate(BATCH), gpt, "cpu"), expected)
    inputs, targets = collate(BATCH)
    inputs[targets == -100] = 17  # other filler
    torch.testing.assert_close(calc_loss_batch(inputs, targets, gpt, "cpu"), expected)


# --- replies -------------------------------------------------------------------------------------

TASKS = [entry(f"Say {word}.", output=word) for word in ["yes", "no", "maybe"] * 5]


def batches():
    dataset = InstructionDataset(TASKS, get_tokenizer())
    return DataLoader(dataset, 5, collate_fn=partial(collate, mask_instruction=True))


@pytest.fixture(scope="module")
def taught():
    """A tiny GPT that has learned to say one of three words and to stop."""
    gpt = model()
    optimizer = create_optimizer(gpt, lr=5e-3)
    train_model(gpt, batches(), batches(), optimizer, "cpu", 40, eval_freq=1000, decay_to=0.1)
    return gpt


def test_a_taught_model_answers_and_stops(taught):
    assert respond(taught, TASKS[0]) == "yes"
    assert respond(taught, TASKS) == [task["output"] for task in TASKS]
    assert respond(taught, iter(TASKS)) == [task["output"] for task in TASKS]
    assert calc_loss_loader(batches(), taught, "cpu") < 0.2
    assert calc_loss_loader(batches(), model(), "cpu") > 5


def test_answers_of_many_are_those_of_each_alone(taught):
    tasks = [*TASKS[:3], entry("Say it, please, in a friendly way.", "no"), entry("?")]
    together = respond(taught, tasks, max_new_tokens=9)
    assert together == [respond(taught, task, max_new_tokens=9) for task in tasks]
    assert respond(taught, []) == []


def test_an_answer_with_the_marks_of_a_prompt_survives(monkeypatch):
    text = "### Response:\nis what comes last."
    ids = get_tokenizer().encode_ordinary(text)

    def repeat(model, prompts, *_, **__):
        return [torch.tensor([*prompt, *ids, EOS_ID]) for prompt in prompts]

    monkeypatch.setattr(instruct, "generate", repeat)
    assert respond(model(), entry()) == text


def test_ids_beyond_the_tokenizers_show_as_unknown_characters():
    gpt = model(vocab_size=50304, tie_embeddings=True)  # padded to a multiple of 64
    with torch.no_grad():  # let an unused id win
        gpt.final_norm.scale.zero_()
        gpt.final_norm.shift.normal_()
        gpt.tok_emb.weight[50290] = 3 * gpt.final_norm.shift
    assert respond(gpt, [entry(), entry("?")], 4) == ["\ufffd" * 4] * 2


def test_sampling_takes_the_settings_of_generate(taught):
    settings = {"temperature": 1.5, "top_k": 50, "top_p": 0.9}
    prompt = get_tokenizer().encode_ordinary(format_input(entry()))
    expected = generate(
        taught, [prompt], 6, **settings, eos_id=EOS_ID, generator=torch.Generator().manual_seed(3)
    )[0][len(prompt) :]
    found = respond(taught, entry(), 6, **settings, generator=torch.Generator().manual_seed(3))
    expected = [i for i in expected.tolist() if i != EOS_ID]
    assert found == get_tokenizer().decode(expected).strip()


# --- a file of answers ---------------------------------------------------------------------------


def test_responses_stand_beside_their_entries(taught, tmp_path):
    path = tmp_path / "answers.json"
    found = save_responses(taught, TASKS, path, batch_size=4)
    run = found[0]["run"]
    assert found == [task | {"response": task["output"], "run": run} for task in TASKS]
    assert json.loads(path.read_text(encoding="utf-8")) == found == load_entries(path)
    assert [path.name for path in tmp_path.iterdir()] == ["answers.json"]


def test_a_break_loses_at_most_one_batch_and_the_next_call_goes_on(taught, tmp_path, monkeypatch):
    path, asked = tmp_path / "answers.json", []

    def breaks(gpt, batch, *settings):
        asked.append([task["instruction"] for task in batch])
        if len(asked) == 3:
            raise KeyboardInterrupt
        return respond(gpt, batch, *settings)

    monkeypatch.setattr(instruct, "respond", breaks)
    with pytest.raises(KeyboardInterrupt):
        save_responses(taught, TASKS, path, batch_size=4)
    assert len(json.loads(path.read_text(encoding="utf-8"))) == 8
    found = save_responses(taught, TASKS, path, batch_size=4)
    assert [len(batch) for batch in asked] == [4, 4, 4, 4, 3] and asked[2] == asked[3]
    assert [task["response"] for task in found] == [task["output"] for task in TASKS]
    assert save_responses(taught, TASKS, path, np.int64(64)) == found and len(asked) == 5


def retrained(gpt):
    other = model()
    other.load_state_dict(gpt.state_dict())
    with torch.no_grad():
        other.blocks[1].ff.layers[0].bias[3] += 1e-6  # by next to nothing
    return other


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda gpt: (retrained(gpt), TASKS[:2]), "another model or other settings"),
        (lambda gpt: (gpt, TASKS[:2], 9), "another model or other settings"),
        (lambda gpt: (gpt.half(), TASKS[:2]), "another model or other settings"),
        (lambda gpt: (gpt, TASKS[1:]), "other entries"),
        (lambda gpt: (gpt, TASKS[:1]), "other entries"),
        (lambda gpt: (gpt, [TASKS[0], TASKS[1] | {"output": "nay"}]), "other entries"),
    ],
)
def test_answers_of_another_run_are_not_taken_for_ones_own(change, message, tmp_path):
    gpt, path = model(), tmp_path / "answers.json"
    save_responses(gpt, TASKS[:2], path, 3)
    before = path.read_bytes()
    other, entries, *length = change(gpt)
    with pytest.raises(ValueError, match=f"answers.json holds answers (of|to) {message}; name"):
        save_responses(other, entries, path, *(length or [3]))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["", "{", "null", "{}", "3", '"text"', "[1]", '[{"response": "a"}]']
)
def test_a_file_that_holds_no_answers_is_named_and_left_alone(text, tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="answers.json is no file of answers"):
        save_responses(model(), TASKS, path)
    assert path.read_text(encoding="utf-8") == text


@pytest.mark.parametrize(
    "extra",
    [
        {"response": "of an earlier model", "run": "3"},
        {"score": float("nan")},
        {"tags": ("a", "b"), "n": np.int64(5), "x": np.float32(0.5)},
        {"ids": torch.tensor([1, 2]), "source": {"a"}},
        {"note": LONE, "note in Chinese": "红"},
    ],
)
def test_answers_are_gone_on_with_whatever_else_the_entries_hold(extra, tmp_path):
    path, gpt = tmp_path / "answers.json", model()
    entries = [entry(f"Say {n}.", **extra) for n in range(2)]
    save_responses(gpt, entries[:1], path, 2)
    found = save_responses(gpt, entries, path, 2)
    plain = respond(gpt, entries, 2)
    assert [e["response"] for e in found] == plain and found[0]["run"] == found[1]["run"]
    assert save_responses(gpt, entries, path, 2)[1].keys() == entries[1].keys() | {
        "response",
        "run",
    }


def test_a_compiled_model_is_the_same_model(tmp_path):
    gpt = model()
    found = save_responses(gpt, TASKS[:2], tmp_path / "answers.json", 2)
    compiled = torch.compile(gpt, backend="eager")
    assert save_responses(compiled, TASKS[:2], tmp_path / "answers.json", 2) == found


@pytest.mark.parametrize("size", [0, -1, 2.5, "4"])
def test_a_batch_size_that_is_none_is_refused(size, tmp_path):
    with pytest.raises(ValueError, match="batch_size must be 1 or more"):
        save_responses(model(), TASKS, tmp_path / "answers.json", batch_size=size)
    assert list(tmp_path.iterdir()) == []


# --- scores --------------------------------------------------------------------------------------


def test_exact_match_asks_for_every_character_but_spaces_around():
    assert exact_match(" Paris\n", "Paris")
    assert not exact_match("paris", "Paris") and not exact_match("Paris.", "Paris")


@pytest.mark.parametrize(
    ("response", "output", "expected"),
    [
        ("The cat sat.", "the cat sat", 1),
        ("a b", "a b c d", 2 / 3),  # precision 1, recall 1/2
        ("a a a a", "a", 2 / 5),  # a repeated word is counted once
        ("b a", "a b", 1),
        ("x", "y", 0),
        ("", "y", 0),
        ("!", "!", 1),
        ("?", "!", 0),
        ("我喜欢猫", "我很喜欢猫。", 8 / 9),  # 4 of 4 characters, and 4 of 5
        ("猫はGPTです", "犬はGPTです", 4 / 5),
        ("แมว", "แมว", 1),
        ("나는 고양이", "나는 개", 1 / 2),  # Korean sets spaces
        ("हिन्दी भाषा", "हिन्दी", 2 / 3),  # the vowel signs are parts of a word
    ],
)
def test_token_f1_counts_shared_words(response, output, expected):
    assert token_f1(response, output) == pytest.approx(expected)
    assert token_f1(output, response) == pytest.approx(expected)


def test_words_are_those_of_the_same_text_in_another_normal_form():
    composed, decomposed = "Le café, à Noël", "Le cafe\u0301, a\u0300 Noe\u0308l"
    assert words_of(composed) == words_of(decomposed) == ["le", "café", "à", "noël"]
    assert exact_match(composed, decomposed) and token_f1(composed, decomposed) == 1
    assert words_of("STRASSE") == words_of("Straße") and words_of("カフェ、ﾈｺ") == list("カフェﾈｺ")
    assert words_of("... !") == [] and words_of("don't") == ["don", "t"]


def test_token_f1_is_the_harmonic_mean_of_precision_and_recall():
    draw = random.Random(1)
    for _ in range(50):
        found, wanted = (draw.choices("abcdef", k=draw.randint(1, 8)) for _ in range(2))
        common = sum(min(found.count(word), wanted.count(word)) for word in set(found))
        precision, recall = common / len(found), common / len(wanted)
        expected = 2 * precision * recall / (precision + recall) if common else 0
        assert token_f1(" ".join(found), " ".join(wanted)) == pytest.approx(expected)
