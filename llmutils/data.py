"""Text to token ids to (input, target) batches.

Letters: B batch, T tokens in a window (= context_length).

Built in notebooks/01_embeddings.ipynb
"""

from numbers import Integral

import tiktoken
import torch
from torch.utils.data import DataLoader, Dataset

from llmutils.tokenizer import get_tokenizer, text_to_token_ids


class GPTDataset(Dataset):
    """Windows of a text and, as targets, the same windows shifted by one token.

    All windows are views of one tensor of token ids, so memory does not grow when they overlap.

    Args:
        text: at least T + 1 tokens to learn from.
        tokenizer: as `get_tokenizer` returns it.
        context_length: T, tokens in a window.
        stride: tokens from the start of one window to the start of the next.
    """

    def __init__(
        self, text: str, tokenizer: tiktoken.Encoding, context_length: int, stride: int
    ) -> None:
        self.token_ids = text_to_token_ids(text, tokenizer)[0]  # (tokens,)
        if not all(isinstance(size, Integral) and size > 0 for size in (context_length, stride)):
            sizes = f"context_length {context_length} and stride {stride}"
            raise ValueError(f"{sizes} must be at least 1, in whole tokens")
        self.context_length, self.stride = int(context_length), int(stride)
        if len(self.token_ids) <= context_length:
            need = f"context_length {context_length} needs at least {context_length + 1}"
            raise ValueError(f"the text has {len(self.token_ids)} tokens; {need}")

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
    """Return batches of (input_ids, target_ids), (B, T) each, from a text in GPT-2's tokens.

    Args:
        text: at least one whole batch of windows, as `GPTDataset` cuts them.
        batch_size: B, windows in a batch.
        context_length: T, tokens in a window.
        stride: tokens from the start of one window to the start of the next.
        shuffle: whether each epoch visits the windows in a new order.
        drop_last: whether to leave out a last batch of fewer than B windows.
        num_workers: processes that prepare batches beside the training.
        seed: fixes the order, which comes from a generator of the loader's own.
    """
    dataset = GPTDataset(text, get_tokenizer(), context_length, stride)
    if not isinstance(batch_size, Integral) or batch_size < 1:
        raise ValueError(f"batch_size must be a positive integer, got {batch_size!r}")
    if drop_last and len(dataset) < batch_size:
        windows = f"{len(dataset)} windows of {context_length} tokens"
        raise ValueError(f"the text gives {windows}, fewer than one batch of {batch_size}")
    order = torch.Generator().manual_seed(int(seed))  # not the global one: that is dropout's
    settings = {"drop_last": drop_last, "num_workers": num_workers, "generator": order}
    return DataLoader(dataset, int(batch_size), shuffle, **settings)
