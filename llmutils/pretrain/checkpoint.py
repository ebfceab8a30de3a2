"""Save a pretraining run, and go on with it as if it had never stopped.

What a step draws is a function of the seed and the step (see `run`), so a checkpoint holds no
random state: weights, optimizer, step, history, and facts by which another run is told apart.
"""

import pickle
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from llmutils.formats.files import replacing
from llmutils.train import History

FORMAT = 2
STEP_FILES = "step-" + "[0-9]" * 8 + ".pt"


def save_checkpoint(
    folder: str | Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    step: int,
    history: History,
    facts: Mapping[str, Any],
    keep: int = 2,
) -> Path:
    """Write `step-NNNNNNNN.pt`, whole or not at all, and remove the oldest beyond `keep`.

    Raises:
        FloatingPointError: a weight is not finite; the checkpoints before stay as they are.
    """
    for name, parameter in model.named_parameters():
        if not parameter.isfinite().all():
            raise FloatingPointError(f"{name} is not finite after step {step}: nothing was saved")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:08d}.pt"
    state = {
        "format": FORMAT,
        "facts": plain(facts),
        "step": step,
        "history": plain(asdict(history)),
        "model": model.state_dict(),
        "optimizer": plain(optimizer.state_dict()),
    }
    with replacing(path) as part:
        torch.save(state, part)
    for old in sorted(folder.glob(STEP_FILES))[:-keep]:
        old.unlink()
    return path


def latest_checkpoint(folder: str | Path) -> Path | None:
    """Return the checkpoint with the most steps in a folder, None if it has none."""
    return max(Path(folder).glob(STEP_FILES), default=None)


def read_checkpoint(path: str | Path) -> dict:
    """Return what a checkpoint holds, on the CPU; no code in the file is ever run.

    Raises:
        ValueError: not a checkpoint, of another format, or with weights that are not finite.
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
    for name, weight in state["model"].items():
        if not weight.isfinite().all():
            raise ValueError(f"{path}: {name} is not finite; without it, the one before is used")
    return state


def load_checkpoint(
    path: str | Path, model: nn.Module, optimizer: torch.optim.Optimizer, facts: Mapping[str, Any]
) -> tuple[int, History]:
    """Put weights and optimizer state in place and return (step, history).

    Raises:
        ValueError: not a whole checkpoint, or of a run with other facts; differences are named.
            Nothing was touched then.
    """
    state, facts = read_checkpoint(path), plain(facts)
    differences = [
        f"{name} was {state['facts'].get(name)!r}, is {facts.get(name)!r}"
        for name in dict.fromkeys([*state["facts"], *facts])
        if state["facts"].get(name) != facts.get(name)
    ]
    if differences:
        raise ValueError(f"{path} is of another run: {'; '.join(differences)}")
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"], History(**state["history"])


def plain(value: Any) -> Any:
    """Return a value with numpy's numbers and one-element tensors as Python's own, for reading.

    Raises:
        TypeError: something that a checkpoint, read without running code, cannot give back.
    """
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, torch.Tensor | bool | int | float | str | None) and type(
        value
    ).__module__ in ("builtins", "torch", "torch.nn.parameter"):
        return value
    if hasattr(value, "item"):  # numpy's numbers
        return value.item()
    raise TypeError(f"a checkpoint cannot hold {value!r} of type {type(value).__name__}")
