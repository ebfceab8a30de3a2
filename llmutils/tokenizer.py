"""GPT-2's byte-pair encoding, from a table that ships with the project.

The encoder is tiktoken's, equal to `tiktoken.get_encoding("gpt2")`; only the table comes from
`llmutils/assets/` instead of the network. A user's text is ordinary text: `<|endoftext|>` typed
into it becomes seven ordinary tokens, and only code that means it inserts the marker 50256.

Built in notebooks/01_embeddings.ipynb
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

import tiktoken
import torch

GPT2_SPLIT_PATTERN = (
    r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
)
GPT2_TABLE_SHA256 = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"


@cache
def get_tokenizer() -> tiktoken.Encoding:
    """Return GPT-2's tokenizer, 50,257 tokens, without touching the network.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
    """
    path = files("llmutils") / "assets" / "gpt2.tiktoken"
    table = path.read_bytes()
    if (found := hashlib.sha256(table).hexdigest()) != GPT2_TABLE_SHA256:
        raise ValueError(f"{path} has SHA-256 {found}, expected {GPT2_TABLE_SHA256}: restore it")
    pairs = (line.split() for line in table.splitlines())  # a token in base64, and its rank
    ranks, special = {base64.b64decode(t): int(rank) for t, rank in pairs}, {"<|endoftext|>": 50256}
    return tiktoken.Encoding(
        "gpt2", pat_str=GPT2_SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens=special
    )


def text_to_token_ids(text: str, tokenizer: tiktoken.Encoding) -> torch.Tensor:
    """Encode one text, special tokens in it as plain characters, as a batch of one row, (1, T)."""
    try:
        text.encode()  # tiktoken would put a replacement character there, without a word
    except UnicodeEncodeError as error:
        place = f"{text[error.start]!r} at character {error.start}"
        raise ValueError(f"the text holds half a surrogate pair, {place}: was it cut?") from None
    return torch.tensor([tokenizer.encode_ordinary(text)], dtype=torch.long)  # (1, T)


def token_ids_to_text(
    token_ids: torch.Tensor, tokenizer: tiktoken.Encoding, errors: str = "strict"
) -> str:
    """Decode the token ids of one text, (T,) or (1, T).

    A part of a character shows as the replacement character. So does, with errors="replace", an id
    that the tokenizer has no token for (a model may have a larger vocabulary).
    """
    if token_ids.shape[:-1] not in ((), (1,)):
        raise ValueError(f"expected the ids of one text, got shape {tuple(token_ids.shape)}")
    ids = token_ids.flatten().tolist()
    if not all(type(i) is int for i in ids):
        raise ValueError(f"token ids must be integers, got {token_ids.dtype}")
    wrong = [i for i in ids if not 0 <= i < tokenizer.n_vocab]
    if wrong and errors == "strict":
        raise ValueError(f"token id {wrong[0]} is outside the vocabulary of {tokenizer.n_vocab}")
    unknown = tokenizer.encode_ordinary("\ufffd") if wrong else []
    return tokenizer.decode([j for i in ids for j in (unknown if i in wrong else [i])])
