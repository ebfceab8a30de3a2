"""A GPT that follows instructions: prompts, batches with masked targets, replies, scores.

An entry has the texts `instruction`, `input` (may be empty) and `output`, answered also `response`.
Letters: B batch, T tokens. Built in notebooks/08_instruction_finetuning.ipynb
"""

import operator
import random
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import tiktoken
import torch
from torch.utils.data import Dataset

from llmutils.config import check_number
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer, token_ids_to_text

EOS_ID = 50256  # <|endoftext|>
UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
Entry = Mapping[str, str]


def load_entries(data: str | Path, skip_faulty: bool = False) -> list[Entry]:
    """Return a file's entries ("instructions": ours); faulty ones are all named, or left out."""
    from llmutils.formats.entries import read_entries

    return read_entries(data, skip_faulty)


def split_entries(entries: Sequence[Entry], seed: int = 123) -> tuple[list[Entry], ...]:
    """Return 85 % of the entries for training, 5 % for validation and 10 % for the test."""
    shuffled = random.Random(operator.index(seed)).sample(entries, len(entries))
    ends = int(0.85 * len(entries)), int(0.9 * len(entries))
    return shuffled[: ends[0]], shuffled[ends[0] : ends[1]], shuffled[ends[1] :]


def format_input(entry: Entry) -> str:
    """Return an entry's prompt, in the style of Alpaca (Taori et al. 2023)."""
    prompt = f"### Instruction:\n{entry['instruction']}\n\n"
    if entry["input"]:
        prompt += f"### Input:\n{entry['input']}\n\n"
    return prompt + "### Response:\n"


class InstructionDataset(Dataset):
    """Entries as token ids: (those of the prompt, those of the response) of each."""

    def __init__(self, entries: Iterable[Entry], tokenizer: tiktoken.Encoding) -> None:
        from llmutils.formats.entries import check_entries

        encode, entries = tokenizer.encode_ordinary, check_entries(entries)
        self.pairs = [(encode(format_input(entry)), encode(entry["output"])) for entry in entries]

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[list[int], list[int]]:
        """Return the token ids of a prompt and of its response."""
        return self.pairs[index]


def collate(
    batch: Sequence[tuple[Sequence[int], Sequence[int]]],
    max_length: int | None = None,
    mask_instruction: bool = False,
    eos_id: int = EOS_ID,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return inputs and targets of a batch of pairs, (B, T) each, T that of its longest entry.

    An entry is cut to `max_length` tokens (not if None), then `eos_id` is appended; it also pads.
    Targets are -100 at the padding and, with `mask_instruction`, where the prompt is predicted.
    """
    if max_length is not None:
        check_number(max_length, operator.index, lambda n: n > 0, "max_length must be 1 or more")
    try:  # lists, arrays or tensors; int() would cut 1.7 to 1
        pairs = [[[operator.index(i) for i in ids] for ids in pair] for pair in batch]
    except TypeError as error:
        raise ValueError(f"token ids must be integers: {error}") from error
    rows = [[*(prompt + response)[:max_length], eos_id] for prompt, response in pairs]
    T = max(len(row) for row in rows) - 1
    input_batch = torch.full((len(rows), T), eos_id)  # (B, T)
    target_batch = torch.full((len(rows), T), -100)  # (B, T)
    for i, (row, (prompt, _)) in enumerate(zip(rows, pairs, strict=True)):
        input_batch[i, : len(row) - 1] = torch.tensor(row[:-1])
        first = max(len(prompt) - 1, 0) if mask_instruction else 0  # predicts the response
        target_batch[i, first : len(row) - 1] = torch.tensor(row[first + 1 :])
    if (target_batch == -100).all():
        raise ValueError(f"no target is left in {len(rows)} entries with max_length {max_length}")
    return input_batch, target_batch


def respond(
    model: GPTModel, entry: Entry | Iterable[Entry], max_new_tokens: int = 64, **settings
) -> str | list[str]:
    """Return a response, for several entries a list; the settings are those of `generate`."""
    from llmutils.formats.entries import check_entries

    if isinstance(entry, Mapping):
        return respond(model, [entry], max_new_tokens, **settings)[0]
    tokenizer = getattr(model, "tokenizer", None) or get_tokenizer()  # its own, or GPT-2's
    entries, end = check_entries(entry, ("instruction", "input")), tokenizer.eot_token
    prompts = [tokenizer.encode_ordinary(format_input(one)) for one in entries]
    rows = generate(model, prompts, max_new_tokens, eos_id=end, **settings) if prompts else []
    replies = [row[len(prompt) :] for row, prompt in zip(rows, prompts, strict=True)]
    # "replace": a padded vocabulary has ids that the tokenizer lacks
    return [token_ids_to_text(ids[ids != end], tokenizer, "replace").strip() for ids in replies]


def save_responses(
    model: GPTModel, entries: Iterable[Entry], path: Path, max_new_tokens: int = 64, batch_size=16
) -> list[Entry]:
    """Answer entries, write them with their `response` to a JSON file, and return them.

    The same call goes on after a break: `run` tells the answers of this model from another's.
    """
    from llmutils.formats.entries import AnswerFile, fingerprint

    file = AnswerFile(path, entries, fingerprint(model, max_new_tokens))
    for batch in file.unanswered(batch_size):
        file.add(batch, respond(model, batch, max_new_tokens))
    return file.answers


def words_of(text: str) -> list[str]:
    """Return words without case and punctuation; scripts without spaces count by character."""
    spaced = ""
    for c in unicodedata.normalize("NFC", text).casefold():
        kept = unicodedata.category(c)[0] in "LMN"  # letters, marks such as accents, numbers
        alone = unicodedata.name(c, "").startswith(UNSPACED)
        spaced += (f" {c} " if alone else c) if kept else " "
    return spaced.split()


def exact_match(response: str, output: str) -> bool:
    """Whether a response is the expected output, spaces around it aside."""
    response, output = (unicodedata.normalize("NFC", text).strip() for text in (response, output))
    return response == output


def token_f1(response: str, output: str) -> float:
    """Return the F1 of a response's words, in any order (Rajpurkar et al. 2016, "SQuAD")."""
    found, wanted = Counter(words_of(response)), Counter(words_of(output))
    if not found or not wanted:
        return float(exact_match(response, output))
    return 2 * (found & wanted).total() / (found.total() + wanted.total())
