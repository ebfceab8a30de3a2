"""SmolLM2's tokenizer: tables as people store them, `tiktoken.Encoding` as we use them.

Plumbing: not built in a notebook.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tiktoken

# Digits one by one; else as GPT-2, for which white space before a digit stands at a text's end.
SPLIT_PATTERN = r"\p{N}|'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?![^\s\p{N}])|\s+"
PRINTED = [*range(33, 127), *range(161, 173), *range(174, 256)]  # bytes that stand for themselves
LETTERS = {byte: chr(byte) for byte in PRINTED}  # GPT-2's way to write bytes as text
LETTERS |= {byte: chr(256 + i) for i, byte in enumerate(sorted({*range(256)} - {*PRINTED}))}
BYTES = {letter: byte for byte, letter in LETTERS.items()}
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face"
    "<|im_end|>\\n' }}{% endif %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


class ChatEncoding(tiktoken.Encoding):
    """A tokenizer of a model for conversations, in which a text ends as a turn does."""

    @property
    def eot_token(self) -> int:
        """Return the id of the token that ends a turn."""
        return self.encode_single_token("<|im_end|>")


def make_tokenizer(ids: Mapping[str, int], special: Sequence[str]) -> tiktoken.Encoding:
    """Return a tokenizer; user text never becomes one of its special tokens.

    Args:
        ids: {token, its bytes written as GPT-2 writes them: id}; ids rise in the order of merges.
        special: those among them that stand for no text.
    """
    return ChatEncoding(
        "smollm2",
        pat_str=SPLIT_PATTERN,
        mergeable_ranks={
            bytes(BYTES[letter] for letter in token): i
            for token, i in ids.items()
            if token not in special
        },
        special_tokens={token: ids[token] for token in special},
    )


def tokenizer_files(tokenizer: tiktoken.Encoding) -> dict[str, Any]:
    """Return {file: content} of a tokenizer, for transformers' `AutoTokenizer`."""
    ranks, special = tokenizer._mergeable_ranks, tokenizer._special_tokens
    vocabulary = dict(special) | {as_text(token): rank for token, rank in ranks.items()}
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    bytes_only = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    digits = {"type": "Digits", "individual_digits": True}
    table = {
        "version": "1.0",
        "added_tokens": [{"id": i, "content": token, **flags} for token, i in special.items()],
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [digits, bytes_only | {"use_regex": True}],
        },
        "decoder": bytes_only | {"use_regex": True},
        "model": {"type": "BPE", "vocab": vocabulary, "merges": [*merges(ranks)]},
    }
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": "<|im_start|>",
        "eos_token": "<|im_end|>",
        "pad_token": "<|im_end|>",
        "unk_token": "<|endoftext|>",
        "chat_template": CHAT_TEMPLATE,
    }
    return {"tokenizer.json": table, "tokenizer_config.json": settings}


def as_text(token: bytes) -> str:
    """Return bytes as GPT-2 writes them."""
    return "".join(LETTERS[byte] for byte in token)


def merges(ranks: Mapping[bytes, int]) -> Iterator[list[str]]:
    """Yield the two parts that each token was merged from, in the order of the ranks."""
    for token, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        parts = [bytes([byte]) for byte in token]
        while len(parts) > 2:  # as the tokenizer itself would, without the last merge
            pairs = [ranks.get(a + b, rank) for a, b in zip(parts, parts[1:], strict=False)]
            i = pairs.index(min(pairs))
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        if len(parts) == 2:
            yield [as_text(part) for part in parts]
