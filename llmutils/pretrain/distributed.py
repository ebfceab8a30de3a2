"""The processes that torchrun starts; every function also works in one that is alone."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist


def rank_and_world_size() -> tuple[int, int]:
    """Return (the rank of this process, the number of processes)."""
    if dist.is_available() and dist.is_initialized():
        return dist.get_rank(), dist.get_world_size()
    return 0, 1


@contextmanager
def process_group(device: torch.device | str) -> Iterator[torch.device]:
    """Join torchrun's processes, if there are any, and yield the device of this one.

    With "cuda" that is the GPU of its local rank. GPUs talk through nccl, CPUs through gloo.
    """
    device = torch.device(device)
    if not (dist.is_available() and dist.is_torchelastic_launched()):
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        timeout=timedelta(hours=2),  # the others wait while rank 0 evaluates
        device_id=device if device.type == "cuda" else None,
    )
    yield device
    gc.collect()  # frees DistributedDataParallel, whose threads must not outlive the interpreter
    dist.barrier()
    dist.destroy_process_group()  # not after an error: it would wait for processes that go on


def broadcast(value: Any) -> Any:
    """Return what rank 0 passed."""
    values = [value]
    if rank_and_world_size()[1] > 1:
        dist.broadcast_object_list(values)
    return values[0]


def any_rank(fact: bool, device: torch.device) -> bool:
    """Return whether a fact holds in at least one process, by an all_reduce."""
    if rank_and_world_size()[1] == 1:
        return fact
    number = torch.tensor(int(fact), device=device)
    dist.all_reduce(number, dist.ReduceOp.MAX)
    return bool(number)
