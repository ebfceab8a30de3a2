"""Random numbers that are drawn on the way and that the training must never notice."""

import copy
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from operator import index
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader

from llmutils.config import check_number


@contextmanager
def random_state_kept(device: torch.device | str, *loaders: Iterable) -> Iterator[None]:
    """Run a block, then forget all random numbers that it drew.

    PyTorch's streams (the CPU's and `device`'s), numpy's and Python's go on as if nothing had been
    drawn, and so do the generators that the loaders, their samplers and their data sets hold.
    """
    undo = [rewind for loader in loaders for rewind in rewinds(loader)]
    undo.append(partial(random.setstate, random.getstate()))
    undo.append(partial(np.random.set_state, np.random.get_state()))
    device = torch.device(device)
    try:
        with torch.random.fork_rng(devices=[] if device.type == "cpu" else [device]):
            yield
    finally:
        for rewind in undo:
            rewind()


def first_batches(loader: Iterable, number: int | None = None, name: str = "num_batches") -> list:
    """Return the first batches of a loader, all if `number` is None, and leave no trace of it.

    Raises:
        ValueError: `number`, which the caller calls `name`, is not a positive integer.
    """
    if number is not None:
        number = check_number(number, index, lambda n: n > 0, f"{name} must be 1 or more")
    with random_state_kept("cpu", loader):
        if isinstance(loader, DataLoader):
            loader = copy.copy(loader)
            loader._iterator = None  # persistent workers draw too: these are not the training's
        return list(islice(loader, number))


def rewinds(part: Any, depth: int = 4) -> list[Callable[[], None]]:
    """Return calls that set the random generators in an object, or in its parts, back to now.

    Args:
        part: a loader, say; its sampler and its data set are among its parts.
        depth: how many levels of parts to look at.
    """
    if isinstance(part, torch.Generator | np.random.RandomState):
        return [partial(part.set_state, part.get_state())]
    if isinstance(part, random.Random):
        return [partial(part.setstate, part.getstate())]
    if isinstance(part, np.random.Generator):
        return [partial(setattr, part.bit_generator, "state", part.bit_generator.state)]
    inner = vars(part).values() if depth and hasattr(part, "__dict__") else ()
    return [rewind for one in inner for rewind in rewinds(one, depth - 1)]
