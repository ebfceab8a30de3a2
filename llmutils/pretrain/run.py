"""The long loop: `training_step` with accumulation, several processes and checkpoints.

Randomness is a function of the step, not a state: which windows a step reads depends on (seed,
step), its dropout on (seed, step, rank). So a run that goes on from a checkpoint is the same run,
bit for bit on a CPU, and another number of processes can go on with it.
"""

import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from filelock import FileLock, Timeout
from torch import nn
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from llmutils.formats.files import replacing
from llmutils.pretrain.checkpoint import (
    latest_checkpoint,
    load_checkpoint,
    plain,
    save_checkpoint,
)
from llmutils.pretrain.distributed import any_rank, broadcast, rank_and_world_size
from llmutils.train import (
    Batch,
    History,
    calc_loss_batch,
    calc_loss_loader,
    count_targets,
    resolve_precision,
    training_step,
)

ReadStep = Callable[[int, int, int], list[Batch]]  # step, rank, world size: that rank's batches


def pretrain(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    read_step: ReadStep,
    looked_at: tuple[list[Batch], list[Batch]],
    folder: str | Path,
    steps: int,
    steps_per_epoch: float,
    facts: Mapping[str, Any],
    device: torch.device,
    factor: Callable[[int], float] = lambda step: 1.0,
    precision: str = "fp32",
    max_grad_norm: float | None = 1.0,
    compile: bool = False,
    eval_freq: int = 200,
    keep: int = 2,
    seed: int = 123,
    probe: Callable[[nn.Module], Mapping[str, Any]] | None = None,
) -> History:
    """Train a model, or go on with its training, and return what was measured.

    Each evaluation ends in a checkpoint, and so do Ctrl-C and SIGTERM; a crash costs the steps
    since the last one.

    Args:
        model: the GPT; moved to `device`.
        optimizer: of its parameters; its learning rates are the peaks.
        read_step: which batches a step reads; a function of its arguments alone.
        looked_at: the batches whose training and validation losses an evaluation takes.
        folder: for `step-NNNNNNNN.pt` and `metrics.jsonl`, a line of JSON an evaluation.
        steps: updates in the whole run.
        steps_per_epoch: those that read the corpus once.
        facts: what makes the run what it is, {name: plain value}; a folder with other facts is
            refused.
        device: of this process.
        factor: the share of the peak learning rates at a step.
        precision: of training and evaluation, "fp32", "bf16" or "auto".
        max_grad_norm: longest gradient; None for any.
        compile: whether torch.compile makes faster code of model and loss first.
        eval_freq: steps from one evaluation to the next.
        keep: checkpoints that stay.
        seed: of the dropout.
        probe: called with the model at each evaluation; its result goes into the metrics.

    Raises:
        ValueError: a folder that holds another run.
        FloatingPointError: the loss or a weight is no longer finite.
        KeyboardInterrupt: Ctrl-C or SIGTERM, after a checkpoint was written.
    """
    (rank, world_size), folder, step = rank_and_world_size(), Path(folder), 0
    history, precision = History(), resolve_precision(precision, device)
    peaks = [group["lr"] for group in optimizer.param_groups]  # a checkpoint has lowered ones
    model.to(device).train()
    if found := broadcast(latest_checkpoint(folder)):
        step, history = load_checkpoint(found, model, optimizer, facts)
    start, clock = step, time.perf_counter()
    tokens_per_step = world_size * count_targets(read_step(step, rank, world_size))
    learner = DistributedDataParallel(model) if world_size > 1 else model
    calc_loss = torch.compile(calc_loss_batch) if compile else calc_loss_batch

    def evaluate() -> None:
        losses = [calc_loss_loader(some, model, device, None, precision) for some in looked_at]
        speed = (step - start) * tokens_per_step / (time.perf_counter() - clock)
        note = {"tokens_per_second": round(speed)} | (probe(model) if probe else {})
        row = (step, step / steps_per_epoch, step * tokens_per_step, *losses, note)
        for column, value in zip(vars(history).values(), row, strict=True):
            column.append(value)
        bar.write("step {:4d}: training loss {:.3f}, validation loss {:.3f}".format(step, *losses))
        save_checkpoint(folder, model, optimizer, step, history, facts, keep)
        write_metrics(history, folder / "metrics.jsonl")

    bar = tqdm(total=steps, initial=step, unit="step", disable=rank > 0 or None)
    with only_writer(folder if rank == 0 else None), interrupts() as caught, bar:
        while True:
            due = step % eval_freq == 0 or step == steps
            if rank == 0 and due and step not in history.steps:
                evaluate()
            if step >= steps:
                return history
            if any_rank(bool(caught), device):
                if rank == 0:
                    save_checkpoint(folder, model, optimizer, step, history, facts, keep)
                raise KeyboardInterrupt
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"] = peak * factor(step)
            seed_dropout(seed, step, rank)
            read = read_step(step, rank, world_size)
            training_step(learner, read, optimizer, device, precision, max_grad_norm, calc_loss)
            step += 1
            bar.update()


def seed_dropout(seed: int, step: int, rank: int) -> None:
    """Let what a step draws depend on its place in the run, and on nothing before it."""
    torch.manual_seed(int(np.random.SeedSequence((seed, step, rank)).generate_state(1)[0]))


def warmup_flat_decay(step: int, steps: int, warmup_steps: int, decay_steps: int) -> float:
    """Return the share of the peak learning rate: a line up, the peak, and a line down to zero.

    Until the decay begins, a run may be stopped, or its end moved, and nothing is lost.

    Source: Hu et al. 2024, "MiniCPM"; Hägele et al. 2024, "Scaling Laws and Compute-Optimal
    Training Beyond Fixed Training Durations".
    """
    up = (step + 1) / warmup_steps if step < warmup_steps else 1.0
    down = (steps - step) / decay_steps if step > steps - decay_steps else 1.0
    return min(up, down)


@contextmanager
def only_writer(folder: Path | None) -> Iterator[None]:
    """Refuse a folder that another process writes to."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            for name in ("step-", "metrics.jsonl"):  # what a crash left half-written
                for part in folder.glob(f".{name}*"):
                    shutil.rmtree(part, ignore_errors=True)
            yield
    except Timeout:
        raise ValueError(f"another process is training in {folder}") from None


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """Let the first SIGINT or SIGTERM of a block only be noted, in a list; a second one ends it.

    A signal that the shell has switched off stays off. Other threads get no signals.
    """
    caught: list[int] = []
    before: dict[int, Any] = {}

    def note(number, frame):
        caught.append(number)
        # torchrun sends its own after a Ctrl-C at the terminal; alone, a second one is meant
        alone = rank_and_world_size()[1] == 1
        signal.signal(number, before[number] if alone else signal.SIG_IGN)

    if threading.current_thread() is threading.main_thread():
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    wanted = [number for number, handler in before.items() if handler is not signal.SIG_IGN]
    try:
        for number in wanted:
            signal.signal(number, note)
        yield caught
    finally:
        for number in wanted:
            signal.signal(number, before[number])


def write_metrics(history: History, path: Path) -> None:
    """Write a line of JSON for each evaluation; all of them, so that none stands twice."""
    names = ("step", "tokens", "train_loss", "val_loss")
    columns = (history.steps, history.tokens_seen, history.train_losses, history.val_losses)
    rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    lines = [json.dumps(row | plain(note)) for row, note in zip(rows, history.notes, strict=True)]
    with replacing(path) as part:
        part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
