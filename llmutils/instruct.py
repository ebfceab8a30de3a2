"""A GPT that follows instructions: prompts, batches with masked targets, replies, scores.

An entry is a dictionary with the keys `instruction`, `input` (which may be empty) and `output`;
once the model has answered it, also `response`. Training is that of `train`: the targets of a
batch are -100 where nothing is to be learned.

Letters: B batch, T tokens, N entries.

Built in notebooks/08_instruction_finetuning.ipynb
"""

import json
import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import tiktoken
import torch
from torch.utils.data import Dataset

from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer

EMBEDDED = Path(__file__).parent / "assets" / "instructions.json"
EOS_ID = 50256  # <|endoftext|>

Entry = Mapping[str, str]


def load_entries(data: str | Path) -> list[dict[str, str]]:
    """Return the entries of a file, all of them.

    Args:
        data: "instructions", those that ship; or the path of a JSON list or of JSON lines, with
            the keys of Alpaca's file. Other keys are kept.

    Raises:
        ValueError: the file is no such list, or entries lack a key, hold something that is no
            text, or have nothing to learn; they are named by their numbers, the first being 1.
    """
    path = EMBEDDED if str(data) == "instructions" else Path(data)
    if not path.is_file():
        raise ValueError(f"expected 'instructions' or the path of a file; got '{data}'")
    try:
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("["):
            entries = json.loads(text)
        else:
            entries = [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError as error:
        raise ValueError(f"{path} is neither a JSON list nor JSON lines: {error}") from error
    faults = [
        f"entry {number}: {fault}"
        for number, entry in enumerate(entries, start=1)
        if (fault := _what_is_wrong(entry))
    ]
    if faults or not entries:
        more = f"; and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise ValueError(f"{path}: {'; '.join(faults[:5]) or 'no entry'}{more}")
    return entries


def _what_is_wrong(entry: object) -> str | None:
    """Return None for a good entry, else what it lacks."""
    if not isinstance(entry, dict):
        return f"expected an object, found {entry!r:.60}"
    for key in ("instruction", "input", "output"):
        if key not in entry:
            return f"'{key}' is missing"
        if not isinstance(entry[key], str):
            return f"'{key}' is {entry[key]!r:.60}, expected a text"
        if key != "input" and not entry[key].strip():
            return f"'{key}' is empty"
    return None


def split_entries(
    entries: Sequence[Entry], seed: int = 123
) -> tuple[list[Entry], list[Entry], list[Entry]]:
    """Return 85 % of the entries for training, 5 % for validation and 10 % for the test.

    Args:
        entries: all of them.
        seed: fixes the order.
    """
    shuffled = random.Random(seed).sample(entries, len(entries))
    ends = int(0.85 * len(entries)), int(0.9 * len(entries))
    return shuffled[: ends[0]], shuffled[ends[0] : ends[1]], shuffled[ends[1] :]


def format_input(entry: Entry) -> str:
    """Return an entry's prompt, in the style of Alpaca, up to where the response begins.

    Source: Taori et al. 2023, "Stanford Alpaca", without its opening sentence, which is the same
    in all prompts.
    """
    prompt = f"### Instruction:\n{entry['instruction']}\n\n"
    if entry["input"]:
        prompt += f"### Input:\n{entry['input']}\n\n"
    return prompt + "### Response:\n"


class InstructionDataset(Dataset):
    """Entries as token ids: (those of the prompt, those of the response) of each.

    Args:
        entries: with the keys `instruction`, `input` and `output`.
        tokenizer: as `get_tokenizer` returns it.
    """

    def __init__(self, entries: Sequence[Entry], tokenizer: tiktoken.Encoding) -> None:
        self.pairs = [
            (tokenizer.encode_ordinary(format_input(e)), tokenizer.encode_ordinary(e["output"]))
            for e in entries
        ]

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        """Return the token ids of the prompt and of the response."""
        return self.pairs[index]


def collate(
    batch: Sequence[tuple[list[int], list[int]]],
    max_length: int | None = None,
    mask_instruction: bool = False,
    pad_token_id: int = EOS_ID,
    device: torch.device | str = "cpu",
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch's input ids and targets, (B, T) each, T that of its longest entry.

    Each entry is cut to `max_length` tokens, and then the end-of-text token is appended: it is the
    last target of each row, and the one by which a model learns to stop.

    Args:
        batch: pairs as `InstructionDataset` has them.
        max_length: the largest T; no limit if None.
        mask_instruction: whether only the response is to be learned, not the prompt too.
        pad_token_id: what fills the inputs up; those targets are -100, found from the lengths.
        device: where the tensors go.

    Raises:
        ValueError: all targets of the batch are masked.
    """
    rows = [[*(prompt + response)[:max_length], EOS_ID] for prompt, response in batch]
    T = max(len(row) for row in rows) - 1
    input_batch = torch.full((len(rows), T), pad_token_id)  # (B, T)
    target_batch = torch.full((len(rows), T), -100)  # (B, T)
    for i, (row, (prompt, _)) in enumerate(zip(rows, batch, strict=True)):
        input_batch[i, : len(row) - 1] = torch.tensor(row[:-1])
        first = len(prompt) - 1 if mask_instruction else 0  # there the first target counts
        target_batch[i, first : len(row) - 1] = torch.tensor(row[first + 1 :])
    if (target_batch == -100).all():
        raise ValueError(
            f"no target is left: max_length {max_length} cuts off every response (B = {len(rows)})"
        )
    return input_batch.to(device), target_batch.to(device)


def respond(
    model: GPTModel,
    entry: Entry | Sequence[Entry],
    max_new_tokens: int = 64,
    temperature: float = 0.0,
    top_k: int | None = None,
    generator: torch.Generator | None = None,
) -> str | list[str]:
    """Return the model's response to an entry, or a list of them for a list.

    Args:
        model: the GPT.
        entry: one, or several, which are answered together.
        max_new_tokens: the longest response; it ends earlier at the end-of-text token.
        temperature: as in `generate`, like the rest.
        top_k: see there.
        generator: see there.
    """
    if isinstance(entry, Mapping):
        settings = (max_new_tokens, temperature, top_k, generator)
        return respond(model, [entry], *settings)[0]
    if not entry:
        return []
    prompts = [get_tokenizer().encode_ordinary(format_input(one)) for one in entry]
    rows = generate(
        model,
        prompts,
        max_new_tokens,
        temperature,
        top_k,
        eos_id=EOS_ID,
        generator=generator,
    )
    replies = [row[len(prompt) :].tolist() for row, prompt in zip(rows, prompts, strict=True)]
    return [get_tokenizer().decode([i for i in ids if i != EOS_ID]).strip() for ids in replies]


def save_responses(
    model: GPTModel,
    entries: Sequence[Entry],
    path: str | Path,
    max_new_tokens: int = 64,
    batch_size: int = 16,
) -> list[dict[str, str]]:
    """Answer entries, write them with the key `response` added to a JSON file, and return them.

    The file is written anew after each batch, whole or not at all; the same call, made again after
    a break, keeps the answers that are there.

    Args:
        model: the GPT.
        entries: those to answer.
        path: the file.
        max_new_tokens: as in `respond`.
        batch_size: entries that are answered together.

    Raises:
        ValueError: the file holds answers to other entries.
    """
    path = Path(path)
    answered = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    asked = [{k: v for k, v in entry.items() if k != "response"} for entry in answered]
    if asked != [dict(entry) for entry in entries[: len(asked)]]:
        raise ValueError(f"{path} holds answers to other entries; name another file or delete it")
    for start in range(len(answered), len(entries), batch_size):
        batch = entries[start : start + batch_size]
        replies = respond(model, batch, max_new_tokens)
        answered += [dict(e) | {"response": r} for e, r in zip(batch, replies, strict=True)]
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(answered, indent=1, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
    return answered


def exact_match(response: str, output: str) -> bool:
    """Whether a response is the expected output, spaces around it aside."""
    return response.strip() == output.strip()


def token_f1(response: str, output: str) -> float:
    """Return how far the words of a response are those expected, from 0 to 1.

    The harmonic mean of precision (how many of its words are wanted) and recall (how many of
    those wanted it has), order, case and punctuation aside.

    Source: Rajpurkar et al. 2016, "SQuAD".
    """
    found, wanted = (Counter(re.findall(r"\w+", text.lower())) for text in (response, output))
    if not found or not wanted:
        return float(exact_match(response, output))
    common = (found & wanted).total()
    return 2 * common / (found.total() + wanted.total())
