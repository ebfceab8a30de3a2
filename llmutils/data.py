"""Text to token ids to (input, target) batches.

Letters: B batch, T tokens in a window (= context_length).

Built in notebooks/01_embeddings.ipynb
"""

import tiktoken
import torch
from torch.utils.data import DataLoader, Dataset

from llmutils.tokenizer import get_tokenizer


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
        if context_length < 1 or stride < 1:
            raise ValueError(
                f"context_length {context_length} and stride {stride} must be at least 1"
            )
        self.token_ids = torch.tensor(tokenizer.encode_ordinary(text), dtype=torch.long)
        self.context_length = context_length
        self.stride = stride
        if len(self.token_ids) <= context_length:
            raise ValueError(
                f"the text has {len(self.token_ids)} tokens; "
                f"context_length {context_length} needs at least {context_length + 1}"
            )

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
