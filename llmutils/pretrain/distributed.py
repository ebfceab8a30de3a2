"""Several processes that train one model, as torchrun starts them.

Every function also works in a process that is alone. The first process has rank 0.

Shown in notebooks/bonus/scaling_pretraining.ipynb
"""

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def rank_and_processes() -> tuple[int, int]:
    """Return (the rank of this process, the number of processes)."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


@contextmanager
def process_group(device: torch.device | str) -> Iterator[torch.device]:
    """Join the processes that torchrun started, if it did, for the length of a block.

    Yields the device of this process: with "cuda", the GPU that has its number on this machine.
    GPUs talk through nccl, CPUs through gloo.
    """
    device = torch.device(device)
    if "RANK" not in os.environ or not dist.is_torchelastic_launched():
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        timeout=timedelta(hours=2),  # the others wait while the first process evaluates
        device_id=device if device.type == "cuda" else None,
    )
    yield device
    gc.collect()  # frees DistributedDataParallel, whose threads must not outlive the interpreter
    dist.barrier()
    dist.destroy_process_group()  # not after an error: it would wait for processes that go on


def share_gradients(module: nn.Module) -> nn.Module:
    """Return a module that computes the same and averages its gradients over the processes."""
    return module if rank_and_processes()[1] == 1 else DistributedDataParallel(module)


def hold_gradients(module: nn.Module):
    """Return a context in which `share_gradients`' module keeps its gradients to itself."""
    return module.no_sync() if isinstance(module, DistributedDataParallel) else nullcontext()


def from_first(value: Any) -> Any:
    """Return what the first process passed."""
    values = [value]
    if rank_and_processes()[1] > 1:
        dist.broadcast_object_list(values)
    return values[0]


def in_any_process(fact: bool, device: torch.device) -> bool:
    """Return whether a fact holds in at least one process, the same answer in all of them."""
    if rank_and_processes()[1] == 1:
        return fact
    number = torch.tensor(int(fact), device=device)
    dist.all_reduce(number, dist.ReduceOp.MAX)
    return bool(number)


def gather(value: Any) -> list:
    """Return what all processes passed, in the order of their ranks."""
    values = [value]
    if rank_and_processes()[1] > 1:
        values *= dist.get_world_size()
        dist.all_gather_object(values, value)
    return values


@contextmanager
def note_interrupts(wanted: bool = True) -> Iterator[list[int]]:
    """Let the first Ctrl-C of a block only be noted, in a list; a second one ends the block.

    Under torchrun every further one is ignored; torchrun itself ends a process that takes too long.

    Args:
        wanted: False to change nothing, as also happens outside the main thread.
    """
    noted: list[int] = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield noted
        return

    def note(signal_number, frame):
        noted.append(signal_number)
        signal.signal(signal.SIGINT, signal.SIG_IGN if rank_and_processes()[1] > 1 else before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)
