"""Text to token ids to (input, target) batches; corpora larger than memory.

Letters: B batch, T tokens in a window (= context_length).

Built in notebooks/01_embeddings.ipynb
"""

import hashlib
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tiktoken
import torch
from torch.utils.data import DataLoader, Dataset

from llmutils.tokenizer import GPT2_TABLE_SHA256, get_tokenizer


def _check_windows(tokens: int, context_length: int, stride: int) -> None:
    """Refuse sizes that give no window."""
    if context_length < 1 or stride < 1:
        raise ValueError(f"context_length {context_length} and stride {stride} must be at least 1")
    if tokens <= context_length:
        raise ValueError(
            f"the text has {tokens} tokens; "
            f"context_length {context_length} needs at least {context_length + 1}"
        )


class GPTDataset(Dataset):
    """Windows of a text and, as targets, the same windows moved on by one token.

    All windows are views of one tensor of token ids, so memory does not grow when they overlap.

    Args:
        text: the text to learn from.
        tokenizer: as `get_tokenizer` returns it.
        context_length: T, tokens in a window.
        stride: tokens from the start of one window to the start of the next.

    Raises:
        ValueError: the text is shorter than one window and its target, or a size is below 1.
    """

    def __init__(
        self, text: str, tokenizer: tiktoken.Encoding, context_length: int, stride: int
    ) -> None:
        self.token_ids = torch.tensor(tokenizer.encode_ordinary(text), dtype=torch.long)
        self.context_length = context_length
        self.stride = stride
        _check_windows(len(self.token_ids), context_length, stride)

    def __len__(self) -> int:
        """Return the number of whole windows."""
        return (len(self.token_ids) - self.context_length - 1) // self.stride + 1

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (input_ids, target_ids) of window `index`, (T,) each."""
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        start = index * self.stride
        window = self.token_ids[start : start + self.context_length + 1]  # (T + 1,)
        return window[:-1], window[1:]


def create_dataloader(
    text: str,
    batch_size: int = 4,
    context_length: int = 256,
    stride: int = 128,
    shuffle: bool = True,
    drop_last: bool = True,
    num_workers: int = 0,
    seed: int = 123,
) -> DataLoader:
    """Return batches of (input_ids, target_ids), (B, T) each, from a text.

    Args:
        text: the text to learn from.
        batch_size: B, windows in a batch.
        context_length: T, tokens in a window.
        stride: tokens from the start of one window to the start of the next.
        shuffle: whether each epoch visits the windows in a new order.
        drop_last: whether to leave out a last batch of fewer than B windows.
        num_workers: processes that prepare batches beside the training.
        seed: fixes the order; the loader draws it from a random stream of its own.

    Raises:
        ValueError: the text is shorter than one window, or yields no whole batch.
    """
    dataset = GPTDataset(text, get_tokenizer(), context_length, stride)
    if drop_last and len(dataset) < batch_size:
        raise ValueError(
            f"the text gives {len(dataset)} windows of {context_length} tokens, fewer than one "
            f"batch of {batch_size}: use a longer text, a smaller batch or drop_last=False"
        )
    return DataLoader(
        dataset,
        batch_size=batch_size,
        shuffle=shuffle,
        drop_last=drop_last,
        num_workers=num_workers,
        generator=torch.Generator().manual_seed(seed),
    )


class TokenFile(GPTDataset):
    """Windows of a corpus that lies on disk as token ids, for corpora larger than memory.

    The file is memory-mapped: a window is read when it is asked for, and a worker process opens the
    file anew. It holds a header (magic, version, number of tokens, SHA-256 of the vocabulary and
    of the tokens) and the ids as little-endian uint16; `TokenFile.write` makes one.

    Args:
        path: the file.
        context_length: T, tokens in a window.
        stride: tokens from the start of one window to the start of the next; T if None.

    Attributes:
        sha256: that of the tokens, in hexadecimal, as the header has it.

    Raises:
        ValueError: not a token file, cut short, of another vocabulary, or shorter than a window.
    """

    _HEADER = struct.Struct("<8sQQ32s32s")  # magic, version, tokens, vocabulary, their hash
    _MAGIC, _VERSION, _VOCABULARY = b"llmutok\n", 1, bytes.fromhex(GPT2_TABLE_SHA256)

    def __init__(self, path: str | Path, context_length: int, stride: int | None = None) -> None:
        self.path = Path(path)
        self.context_length = context_length
        self.stride = context_length if stride is None else stride
        with open(self.path, "rb") as file:
            header = file.read(self._HEADER.size)
        if len(header) < self._HEADER.size or not header.startswith(self._MAGIC):
            raise ValueError(f"{self.path} is not a token file")
        _, version, tokens, vocabulary, sha256 = self._HEADER.unpack(header)
        if version != self._VERSION:
            raise ValueError(f"{self.path} has format {version}, expected {self._VERSION}")
        found, expected = self.path.stat().st_size, self._HEADER.size + 2 * tokens
        if found != expected:
            raise ValueError(f"{self.path} has {found:,} bytes, expected {expected:,}")
        if vocabulary != self._VOCABULARY:
            raise ValueError(f"{self.path} was made with another vocabulary than GPT-2's")
        try:
            _check_windows(tokens, self.context_length, self.stride)
        except ValueError as error:
            raise ValueError(f"{self.path}: {error}") from None
        self.sha256 = sha256.hex()
        self.token_ids = np.memmap(self.path, "<u2", "r", self._HEADER.size, (tokens,))

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (input_ids, target_ids) of window `index`, (T,) each."""
        inputs, targets = super().__getitem__(index)
        return torch.from_numpy(inputs.astype(np.int64)), torch.from_numpy(targets.astype(np.int64))

    def __reduce__(self):
        """Travel to a worker process as a path, not as a copy of the corpus."""
        return TokenFile, (self.path, self.context_length, self.stride)

    def verify(self) -> None:
        """Read the whole file and raise ValueError if a token has changed since it was written."""
        found = hashlib.sha256(self.token_ids).hexdigest()
        if found != self.sha256:
            raise ValueError(
                f"{self.path}: the tokens have SHA-256 {found}, expected {self.sha256}"
            )

    @classmethod
    def write(cls, path: str | Path, chunks: Iterable[Iterable[int]]) -> int:
        """Write token ids, chunk after chunk, and return their number.

        The file grows as `NAME.part` and takes its name when it is whole.

        Raises:
            ValueError: an id outside GPT-2's vocabulary.
        """
        path, digest, tokens = Path(path), hashlib.sha256(), 0
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as file:
            file.write(bytes(cls._HEADER.size))
            for chunk in chunks:
                ids = np.asarray(chunk, dtype=np.int64)
                if ids.size and not 0 <= ids.min() <= ids.max() <= 50256:
                    raise ValueError(
                        f"token ids must lie in 0..50256, got {ids.min()}..{ids.max()}"
                    )
                data = ids.astype("<u2").tobytes()
                file.write(data)
                digest.update(data)
                tokens += ids.size
            file.seek(0)
            header = (cls._MAGIC, cls._VERSION, tokens, cls._VOCABULARY, digest.digest())
            file.write(cls._HEADER.pack(*header))
        part.replace(path)
        return tokens
