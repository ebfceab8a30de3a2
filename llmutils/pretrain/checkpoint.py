"""Save a training run, and go on with it as if it had never stopped.

A checkpoint is one file that holds all that the rest of a run depends on: weights, optimizer, every
random state, the place in the data, and a description of the run to which a later one is held.
It is written beside its place and renamed, so a file with a checkpoint's name is always whole.

Shown in notebooks/bonus/scaling_pretraining.ipynb
"""

import hashlib
import os
import pickle
import random
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from llmutils.data import TokenFile
from llmutils.pretrain.distributed import rank_and_processes

FORMAT = 1
STEP_FILES = "step-" + "[0-9]" * 8 + ".pt"


def save_checkpoint(
    folder: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    run: Mapping,
    progress: Mapping,
    random_states: list[dict] | None = None,
    keep: int = 2,
    best: bool = False,
) -> Path:
    """Write `step-NNNNNNNN.pt` into a folder, remove the oldest ones, and return its path.

    Args:
        folder: where the run's checkpoints lie; made if it does not exist.
        model: whose weights to save.
        optimizer: whose state to save.
        run: what the run is, {name: value}: its data, sizes and settings.
        progress: what else the run needs to go on, in plain values and tensors; its "step", the
            weight updates made so far, names the file.
        random_states: of each process, as `random_state` returns it; this one's, of the CPU, if
            None.
        keep: how many of the latest checkpoints stay.
        best: whether this is also to become `best.pt`, which stays until a better one comes.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{progress['step']:08d}.pt"
    part = folder / "checkpoint.part"
    state = {
        "format": FORMAT,
        "run": dict(run),
        "progress": dict(progress),
        "random": random_states or [random_state()],
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    with open(part, "wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    if best:  # first, so that the latest checkpoint never stands without the best one
        link = folder / "best.part"
        _link_or_copy(part, link)
        link.replace(folder / "best.pt")
    part.replace(path)
    for old in sorted(folder.glob(STEP_FILES))[:-keep]:
        old.unlink()
    return path


def latest_checkpoint(folder: str | Path) -> Path | None:
    """Return the checkpoint with the most steps in a folder, None if it has none."""
    return max(Path(folder).glob(STEP_FILES), default=None)


def load_checkpoint(
    path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, run: Mapping
) -> dict:
    """Put a checkpoint's weights and optimizer state in place and return all that it holds.

    Nothing is touched unless the checkpoint is whole and of the very run that wants to go on.

    Args:
        path: the file.
        model: gets the weights.
        optimizer: gets its state.
        run: what the run is, to be equal to what was saved.

    Returns:
        {"progress", "random", ...}, as `save_checkpoint` was given them.

    Raises:
        ValueError: not a checkpoint, of another format, or of another run; differences are named.
    """
    state = read_checkpoint(path)
    differences = [
        f"{name} was {state['run'].get(name)!r}, is {run.get(name)!r}"
        for name in [*state["run"], *(name for name in run if name not in state["run"])]
        if state["run"].get(name) != run.get(name)
    ]
    if differences:
        raise ValueError(f"{path} is of another run: {'; '.join(differences)}")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state


def read_checkpoint(path: str | Path) -> dict:
    """Return what a checkpoint holds, on the CPU; no code in the file is ever run.

    Raises:
        ValueError: not a checkpoint, or of another format.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = (str(error) or "it is empty").splitlines()[0]
        raise ValueError(
            f"{path} is not a whole checkpoint ({reason}); without it, the one before is used"
        ) from error
    found = state.get("format") if isinstance(state, dict) else None
    if found != FORMAT:
        raise ValueError(f"{path} has checkpoint format {found}, expected {FORMAT}")
    return state


def random_state(device: torch.device | str = "cpu") -> dict:
    """Return the states of the global random generators, and of a GPU if `device` is one."""
    device = torch.device(device)
    on_device = None
    if device.type == "cuda":
        on_device = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        on_device = torch.mps.get_rng_state()
    name, keys, *rest = np.random.get_state()
    return {
        "torch": torch.get_rng_state(),
        device.type: on_device,
        "numpy": [name, keys.tolist(), *rest],
        "python": random.getstate(),
    }


def set_random_state(state: Mapping, device: torch.device | str = "cpu") -> None:
    """Go back to a state that `random_state` returned; a GPU's only on the same kind of GPU."""
    device = torch.device(device)
    torch.set_rng_state(state["torch"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
    elif device.type == "mps" and "mps" in state:
        torch.mps.set_rng_state(state["mps"])
    np.random.set_state(tuple(state["numpy"]))
    random.setstate(state["python"])


def describe_run(
    model: nn.Module,
    train_loader: DataLoader,
    val_loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    **settings: Any,
) -> dict:
    """Return what decides the course of a run, {name: value}: sizes, data, optimizer, settings."""
    run = asdict(model.config)
    for name, loader in (("training", train_loader), ("validation", val_loader)):
        run[f"{name} data"] = hash_dataset(loader.dataset)
        run[f"{name} batch_size"] = loader.batch_size
        run[f"{name} batches"] = len(loader)
        run[f"{name} order"] = type(loader.sampler).__name__
        run[f"{name} seed"] = loader.generator.initial_seed() if loader.generator else None
    for number, group in enumerate(optimizer.param_groups):
        values = {key: value for key, value in group.items() if key != "params"}
        values["shapes"] = [tuple(parameter.shape) for parameter in group["params"]]
        run |= {f"{key} of parameter group {number}": value for key, value in values.items()}
    return run | settings


def hash_dataset(dataset: Dataset) -> str:
    """Return a SHA-256, in hexadecimal, of all that a dataset yields.

    A `TokenFile` is known by the hash in its header, so a large corpus is not read for it.
    """
    if isinstance(dataset, TokenFile):
        text = f"{dataset.sha256} {dataset.context_length} {dataset.stride}"
        return hashlib.sha256(text.encode()).hexdigest()
    digest, before = hashlib.sha256(), random_state()
    for index in range(len(dataset)):
        for part in dataset[index]:
            digest.update(np.ascontiguousarray(part))
    set_random_state(before)
    return digest.hexdigest()


def loader_state(loader: DataLoader) -> dict:
    """Return the random states from which a loader draws the order of its next epoch."""
    own = loader.generator.get_state() if loader.generator else None
    return {"torch": torch.get_rng_state(), "loader": own}


def batches_left(loader: DataLoader, saved: Mapping, device: torch.device | str) -> Iterator:
    """Return what is left of the epoch in which a checkpoint was saved, and restore its randomness.

    Args:
        loader: a loader over the same data as then.
        saved: the checkpoint; its progress has "epoch_start", as `loader_state` returned it,
            and "batches_used", how many batches of the epoch were used.
        device: where the training draws its dropout.
    """
    progress, states = saved["progress"], saved["random"]
    torch.set_rng_state(progress["epoch_start"]["torch"])
    if loader.generator:
        loader.generator.set_state(progress["epoch_start"]["loader"])
    batches = iter(loader) if progress["batches_used"] else None
    for _ in range(progress["batches_used"]):
        next(batches)
    rank, _ = rank_and_processes()
    set_random_state(states[rank % len(states)], device)
    if rank >= len(states):  # more processes than before: each draws its own dropout
        torch.manual_seed(progress["step"] * len(states) + rank)
    return batches or iter(loader)  # an order not drawn yet comes from the restored state


def _link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name; copy it where the file system has no links."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
