import json
import random
import re
from functools import partial

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
)
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_batch, calc_loss_loader, create_optimizer, train_model

CONFIG = GPTConfig(50257, 48, 32, 4, 2, 0.0, True)


def entry(instruction="Name a colour.", text="", output="Red.", **others):
    return {"instruction": instruction, "input": text, "output": output, **others}


def model(seed=0):
    torch.manual_seed(seed)
    return GPTModel(CONFIG)


# --- entries -------------------------------------------------------------------------------------


def test_the_entries_that_ship_are_many_and_of_many_kinds():
    entries = load_entries("instructions")
    assert len(entries) >= 1100 and len({entry["kind"] for entry in entries}) >= 20


@pytest.mark.parametrize("layout", ["list", "lines", "lines with empty ones", "list with a mark"])
def test_a_json_list_and_json_lines_are_read_alike(layout, tmp_path):
    entries = [entry(), entry("Sort.", "b\u2028a", "a b", kind="sort")]
    text = json.dumps(entries, indent=2)
    if layout == "list with a mark":
        text = "\ufeff" + text
    elif layout != "list":
        text = "\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        text += "\n\n" if "empty" in layout else ""
    (tmp_path / "some.json").write_text(text, encoding="utf-8")
    assert load_entries(tmp_path / "some.json") == entries


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([entry(), {"instruction": "a", "output": "b"}], "entry 2: 'input' is missing"),
        ([entry(), entry(), entry(output="  ")], "entry 3: 'output' is empty"),
        ([entry(instruction="")], "entry 1: 'instruction' is empty"),
        ([entry(output=5)], "entry 1: 'output' is 5, expected a text"),
        ([entry(), None], "entry 2: expected an object, found None"),
        ([entry(), "text"], "entry 2: expected an object, found 'text'"),
        ([entry(output="")] * 7, r"entry 5: 'output' is empty; and 2 more"),
        ([], "no entry"),
    ],
)
def test_entries_that_cannot_be_learned_are_named_by_number(entries, message, tmp_path):
    (tmp_path / "some.json").write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(ValueError, match=f"some.json: .*{message}"):
        load_entries(tmp_path / "some.json")


@pytest.mark.parametrize("content", [b"[{]", b'{"instruction": ', b"hello", b"\xff\xfe["])
def test_a_file_that_is_no_json_is_named(content, tmp_path):
    (tmp_path / "some.json").write_bytes(content)
    with pytest.raises(ValueError, match="some.json is neither a JSON list nor JSON lines"):
        load_entries(tmp_path / "some.json")


def test_a_path_that_is_no_file_says_what_is_expected(tmp_path):
    with pytest.raises(ValueError, match="expected 'instructions' or the path of a file"):
        load_entries(tmp_path)


def test_every_entry_is_in_one_part():
    entries = [entry(f"Say {n}.") for n in range(200)]
    parts = split_entries(entries)
    assert [len(part) for part in parts] == [170, 10, 20]
    assert sorted(sum(parts, []), key=str) == sorted(entries, key=str)
    assert parts == split_entries(entries) != split_entries(entries, seed=1)
    assert entries[0] == entry("Say 0.")  # left in its order


# --- batches -------------------------------------------------------------------------------------


def test_a_prompt_names_the_input_only_if_there_is_one():
    assert format_input(entry("Do it.")) == "### Instruction:\nDo it.\n\n### Response:\n"
    found = format_input(entry("Sort.", "b a"))
    assert found == "### Instruction:\nSort.\n\n### Input:\nb a\n\n### Response:\n"


def test_the_dataset_splits_an_entry_where_the_response_begins():
    one = entry("Sort <|endoftext|>.", "b a", "a b")
    prompt, response = InstructionDataset([one], get_tokenizer())[0]
    assert get_tokenizer().decode(prompt) == format_input(one)
    assert get_tokenizer().decode(response) == "a b" and EOS_ID not in prompt + response


BATCH = [([1, 2, 3], [4, 5]), ([6], [7]), ([EOS_ID, 8], [EOS_ID])]


def test_targets_are_the_inputs_moved_by_one_and_end_with_one_end_of_text():
    inputs, targets = collate(BATCH, pad_token_id=9)
    assert inputs.tolist() == [[1, 2, 3, 4, 5], [6, 7, 9, 9, 9], [EOS_ID, 8, EOS_ID, 9, 9]]
    assert targets.tolist() == [
        [2, 3, 4, 5, EOS_ID],
        [7, EOS_ID, -100, -100, -100],
        [8, EOS_ID, EOS_ID, -100, -100],  # a real 50256 is not taken for filler
    ]


def test_a_masked_instruction_leaves_the_response_and_the_end():
    _, targets = collate(BATCH, mask_instruction=True)
    assert targets.tolist() == [
        [-100, -100, 4, 5, EOS_ID],
        [7, EOS_ID, -100, -100, -100],
        [-100, EOS_ID, EOS_ID, -100, -100],
    ]


def test_cutting_never_loses_the_end_of_text():
    inputs, targets = collate(BATCH, max_length=4)
    assert inputs.tolist()[0] == [1, 2, 3, 4] and targets.tolist()[0] == [2, 3, 4, EOS_ID]
    inputs, targets = collate(BATCH, max_length=2)
    assert inputs.tolist()[0] == [1, 2] and targets.tolist()[0] == [2, EOS_ID]


def test_a_batch_without_a_target_is_refused():
    with pytest.raises(ValueError, match=r"max_length 2 cuts off every response \(B = 1\)"):
        collate(BATCH[:1], max_length=2, mask_instruction=True)
    collate(BATCH[:2], max_length=2, mask_instruction=True)  # the other row has some


def test_the_device_is_bound_by_a_partial():
    batches = DataLoader(BATCH, 3, collate_fn=partial(collate, device="meta"))
    inputs, targets = next(iter(batches))
    assert inputs.is_meta and targets.is_meta


def test_filler_and_masks_leave_the_loss_as_it_is():
    gpt = model().eval()
    expected = torch.cat([
        F.cross_entropy(gpt(row[0])[0], row[1][0], reduction="none")
        for row in (collate([pair]) for pair in BATCH)
    ]).mean()  # fmt: skip
    torch.testing.assert_close(calc_loss_batch(*collate(BATCH), gpt, "cpu"), expected)
    other = calc_loss_batch(*collate(BATCH, pad_token_id=17), gpt, "cpu")
    torch.testing.assert_close(other, expected)


# --- replies -------------------------------------------------------------------------------------

TASKS = [entry(f"Say {word}.", output=word) for word in ["yes", "no", "maybe"] * 5]


@pytest.fixture(scope="module")
def taught():
    """A tiny GPT that has learned to say one of three words and to stop."""
    gpt = model()
    dataset = InstructionDataset(TASKS, get_tokenizer())
    batches = DataLoader(dataset, 5, collate_fn=partial(collate, mask_instruction=True))
    optimizer = create_optimizer(gpt, lr=5e-3)
    train_model(gpt, batches, batches, optimizer, "cpu", 40, eval_freq=1000, decay_to=0.1)
    return gpt


def test_a_taught_model_answers_and_stops(taught):
    assert respond(taught, TASKS[0]) == "yes"
    assert respond(taught, TASKS) == [task["output"] for task in TASKS]


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


def test_sampling_takes_the_settings_of_generate(taught):
    settings = {"temperature": 1.5, "top_k": 50}
    prompt = get_tokenizer().encode_ordinary(format_input(entry()))
    expected = generate(
        taught, [prompt], 6, **settings, eos_id=EOS_ID, generator=torch.Generator().manual_seed(3)
    )[0][len(prompt) :]
    found = respond(taught, entry(), 6, **settings, generator=torch.Generator().manual_seed(3))
    expected = [i for i in expected.tolist() if i != EOS_ID]
    assert found == get_tokenizer().decode(expected).strip()


def test_responses_stand_beside_their_entries(taught, tmp_path):
    found = save_responses(taught, TASKS, tmp_path / "answers.json", batch_size=4)
    assert found == [task | {"response": task["output"]} for task in TASKS]
    assert json.loads((tmp_path / "answers.json").read_text(encoding="utf-8")) == found
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
    assert save_responses(taught, TASKS, path) == found and len(asked) == 5


def test_answers_to_other_entries_are_not_taken_for_ones_own(taught, tmp_path):
    save_responses(taught, TASKS[:2], tmp_path / "answers.json")
    before = (tmp_path / "answers.json").read_bytes()
    with pytest.raises(ValueError, match="answers.json holds answers to other entries"):
        save_responses(taught, TASKS[1:], tmp_path / "answers.json")
    assert (tmp_path / "answers.json").read_bytes() == before


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
    ],
)
def test_token_f1_counts_shared_words(response, output, expected):
    assert token_f1(response, output) == pytest.approx(expected)
    assert token_f1(output, response) == pytest.approx(expected)


def test_token_f1_is_the_harmonic_mean_of_precision_and_recall():
    draw = random.Random(1)
    for _ in range(50):
        found, wanted = (draw.choices("abcdef", k=draw.randint(1, 8)) for _ in range(2))
        common = sum(min(found.count(word), wanted.count(word)) for word in set(found))
        precision, recall = common / len(found), common / len(wanted)
        expected = 2 * precision * recall / (precision + recall) if common else 0
        assert token_f1(" ".join(found), " ".join(wanted)) == pytest.approx(expected)


def test_the_loss_on_the_responses_is_low_for_a_taught_model(taught):
    dataset = InstructionDataset(TASKS, get_tokenizer())
    batches = DataLoader(dataset, 5, collate_fn=partial(collate, mask_instruction=True))
    assert calc_loss_loader(batches, taught, "cpu") < 0.2
    assert calc_loss_loader(batches, model(), "cpu") > 5


def test_there_is_one_training_loop():
    modules = instruct.EMBEDDED.parents[1].glob("*.py")
    holders = [p.stem for p in modules if re.search(r"\.backward\(", p.read_text("utf-8"))]
    assert holders == ["train"]
