"""Losses, evaluation, and one training loop for all stages.

Losses are cross-entropies in nats per token. Evaluating or sampling never changes the training
that follows: both run without dropout and give PyTorch's random streams back as they found them.

Letters: B batch, T tokens.

Built in notebooks/04_pretraining.ipynb
"""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import tiktoken
import torch
import torch.nn.functional as F
from filelock import FileLock, Timeout
from torch import nn
from torch.utils.data import DataLoader, RandomSampler
from tqdm import tqdm

from llmutils.checkpoint import (
    batches_left,
    describe_run,
    latest_checkpoint,
    load_checkpoint,
    loader_state,
    random_state,
    save_checkpoint,
)
from llmutils.distributed import (
    from_first,
    gather,
    hold_gradients,
    in_any_process,
    note_interrupts,
    rank_and_processes,
    share_gradients,
)
from llmutils.generate import evaluation_mode, generate
from llmutils.model import GPTModel
from llmutils.tokenizer import text_to_token_ids, token_ids_to_text


@dataclass
class History:
    """What a training run measured; entry i of each list is one evaluation, or as commented."""

    steps: list[int] = field(default_factory=list)  # weight updates made
    epochs: list[float] = field(default_factory=list)  # passes over the training data
    tokens_seen: list[int] = field(default_factory=list)
    train_losses: list[float] = field(default_factory=list)  # nats per token
    val_losses: list[float] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)  # one text an epoch
    # for chapter 7: the rows of batches seen, and shares of right answers, one before the first
    # epoch and one after each
    examples_seen: list[int] = field(default_factory=list)
    train_accuracies: list[float] = field(default_factory=list)
    val_accuracies: list[float] = field(default_factory=list)


@contextmanager
def random_state_kept(data_loader: DataLoader) -> Iterator[None]:
    """Let a block iterate over a loader and then forget every random number it drew."""
    state = data_loader.generator.get_state() if data_loader.generator else None
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        if state is not None:
            data_loader.generator.set_state(state)


def calc_loss_batch(
    input_batch: torch.Tensor,
    target_batch: torch.Tensor,
    model: GPTModel,
    device: torch.device | str,
) -> torch.Tensor:
    """Return the mean cross-entropy of a batch, a scalar tensor in nats per token.

    Args:
        input_batch: token ids, (B, T).
        target_batch: the next token at each position, (B, T); -100 marks those not to count.
        model: the GPT.
        device: where the model is; the batch is moved there.
    """
    logits = model(input_batch.to(device))  # (B, T, V)
    return F.cross_entropy(logits.flatten(0, 1), target_batch.to(device).flatten())


def calc_loss_loader(
    data_loader: DataLoader,
    model: GPTModel,
    device: torch.device | str,
    num_batches: int | None = None,
) -> float:
    """Return the mean loss over a loader, in nats per token, every token counting the same.

    Args:
        data_loader: yields (input_batch, target_batch), (B, T) each.
        model: the GPT; evaluated without dropout and left in the mode it was found in.
        device: where the model is.
        num_batches: how many batches to look at; None for all.

    Raises:
        ValueError: there is no batch to look at, or no target in it.
    """
    num_batches = len(data_loader) if num_batches is None else min(num_batches, len(data_loader))
    if num_batches < 1:
        raise ValueError(f"no batch to evaluate: the loader has {len(data_loader)}")
    total, count = 0.0, 0  # of the targets' losses, and of the targets
    with evaluation_mode(model), random_state_kept(data_loader):
        for (input_batch, target_batch), _ in zip(data_loader, range(num_batches), strict=False):
            tokens = int((target_batch != -100).sum())
            if tokens:
                loss = calc_loss_batch(input_batch, target_batch, model, device)
                total, count = total + loss.item() * tokens, count + tokens
    if not count:
        raise ValueError(f"no target to evaluate: all in {num_batches} batches are -100")
    return total / count


def evaluate_model(
    model: GPTModel,
    train_loader: DataLoader,
    val_loader: DataLoader,
    device: torch.device | str,
    eval_iter: int | None = None,
) -> tuple[float, float]:
    """Return (training loss, validation loss), each over the first `eval_iter` batches."""
    train_loss = calc_loss_loader(train_loader, model, device, eval_iter)
    val_loss = calc_loss_loader(val_loader, model, device, eval_iter)
    return train_loss, val_loss


def create_optimizer(
    model: GPTModel, lr: float = 4e-4, weight_decay: float = 0.1
) -> torch.optim.AdamW:
    """Return a fused AdamW that pulls matrices towards zero but leaves biases and norms alone.

    Args:
        model: whose trainable parameters it updates.
        lr: learning rate, how far one update may move a weight.
        weight_decay: share of a matrix, times lr, taken away at each update.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, fused=True)


def learning_rate_factor(step: int, steps: int, warmup_steps: int, decay_to: float) -> float:
    """Return the share of the peak learning rate that one update uses.

    It climbs in a straight line over the warm-up, then falls along half a cosine.

    Args:
        step: the update, 0 for the first.
        steps: updates in the whole run.
        warmup_steps: updates until the peak.
        decay_to: the share left at the last update; 1 to stay at the peak.

    Source: Loshchilov and Hutter 2017, "SGDR"; the warm-up as in Vaswani et al. 2017.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1, steps - 1 - warmup_steps)  # 0 at the peak, 1 at the end
    return decay_to + (1 - decay_to) * (1 + math.cos(math.pi * done)) / 2


def train_model(
    model: GPTModel,
    train_loader: DataLoader,
    val_loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
    num_epochs: float,
    eval_freq: int = 5,
    eval_iter: int | None = 5,
    start_context: str | None = None,
    tokenizer: tiktoken.Encoding | None = None,
    calc_accuracy: Callable[..., float] | None = None,
    warmup_steps: int = 0,
    decay_to: float = 1.0,
    accumulation_steps: int = 1,
    max_grad_norm: float | None = 1.0,
    precision: str = "fp32",
    compile: bool = False,
    patience: int | None = None,
    folder: str | Path | None = None,
    keep: int = 2,
) -> History:
    """Train a model and return what was measured on the way.

    Losses are taken before the first update, after every `eval_freq` updates and after the last,
    always in float32. With a folder, each of these evaluations ends in a checkpoint: the same
    call, made again after a crash or Ctrl-C, goes on from the last one exactly as if the run had
    never stopped. Under torchrun each process takes its rows of every batch; the first one
    evaluates, prints and writes.

    Args:
        model: the GPT, moved to `device` and left in training mode.
        train_loader: yields (input_batch, target_batch), (B, T) each.
        val_loader: the same, of text kept out of the training.
        optimizer: as `create_optimizer` returns it.
        device: "cpu", "cuda", "mps" or a torch.device.
        num_epochs: passes over the training data; 0.5 stops in the middle of the first.
        eval_freq: updates from one evaluation to the next.
        eval_iter: batches of either loader an evaluation looks at; None for all.
        start_context: the beginning of the text that is sampled after each epoch; None for none.
        tokenizer: needed with start_context.
        calc_accuracy: for a classifier, `classify.calc_accuracy_loader`: called for both loaders
            before the first epoch and after each, for `eval_iter` batches.
        warmup_steps: updates over which the learning rate climbs in a straight line to its value
            in the optimizer.
        decay_to: share of that value to which a cosine then lowers it by the last update.
        accumulation_steps: batches whose gradients are added up for one update; it then equals
            an update from one batch of all their rows.
        max_grad_norm: the gradient is shortened to this length if longer; None to leave it.
        precision: "fp32"; "bf16" to compute the updates' losses under autocast; or "auto" for
            bf16 where the processor has instructions for it, else fp32.
        compile: whether torch.compile makes faster code of the updates' losses first.
        patience: evaluations without a new lowest validation loss after which to stop; None to
            train to the end.
        folder: where checkpoints go (`step-NNNNNNNN.pt`, `best.pt`) and `metrics.jsonl`, a line
            of JSON for each evaluation.
        keep: how many of the latest checkpoints stay.

    Raises:
        ValueError: an unknown precision, a number out of range, no batches, start_context
            without a tokenizer, a folder that holds or serves another run, or loaders that
            cannot be followed exactly.
        FloatingPointError: the loss is no longer a number.
        KeyboardInterrupt: Ctrl-C, after a checkpoint was written if there is a folder.
    """
    if precision not in ("fp32", "bf16", "auto"):
        raise ValueError(f"precision must be 'fp32', 'bf16' or 'auto', got {precision!r}")
    if start_context is not None and tokenizer is None:
        raise ValueError(f"start_context {start_context!r} needs a tokenizer")
    for name, value, least in [
        ("num_epochs", num_epochs, 0),
        ("eval_freq", eval_freq, 1),
        ("eval_iter", eval_iter, 1),
        ("warmup_steps", warmup_steps, 0),
        ("accumulation_steps", accumulation_steps, 1),
        ("patience", patience, 1),
        ("keep", keep, 1),
    ]:
        if value is not None and value < least:
            raise ValueError(f"{name} must be {least} or more, got {value}")
    if not 0 <= decay_to <= 1:
        raise ValueError(f"decay_to must lie within 0..1, got {decay_to}")
    if train_loader.persistent_workers or val_loader.persistent_workers:
        raise ValueError("loaders with persistent_workers start afresh at each evaluation")
    rank, processes = rank_and_processes()
    if processes > 1 and isinstance(train_loader.sampler, RandomSampler):
        if train_loader.generator is None:
            raise ValueError(f"{processes} processes need a loader with a generator, for one order")
    device = torch.device(device)
    model.to(device).train()
    bf16 = precision == "bf16" or (precision == "auto" and _has_bf16(device))
    total_loss = _TotalLoss(model, device)
    total_loss = share_gradients(torch.compile(total_loss) if compile else total_loss)
    updates_per_epoch = -(-len(train_loader) // accumulation_steps)
    steps = round(num_epochs * updates_per_epoch)
    at, saved = _Place(History(), epoch_start=loader_state(train_loader)), None
    if folder is not None:
        run = describe_run(
            model,
            train_loader,
            val_loader,
            optimizer,
            num_epochs=num_epochs,
            eval_iter=eval_iter,
            warmup_steps=warmup_steps,
            decay_to=decay_to,
            accumulation_steps=accumulation_steps,
            max_grad_norm=max_grad_norm,
            precision=precision,
        )
        if path := from_first(latest_checkpoint(folder)):
            with _learning_rates_kept(optimizer):
                saved = load_checkpoint(path, model, optimizer, run)
            at = _Place(**saved["progress"])
            at.history = History(**saved["progress"]["history"])
    clock, tokens_before = time.perf_counter(), at.tokens_seen

    def save():
        random_states = gather(random_state(device))
        if folder is not None and rank == 0:
            losses = at.history.val_losses
            best = at.step == at.history.steps[-1] and losses[-1] == min(losses)
            place = asdict(at)
            save_checkpoint(folder, model, optimizer, run, place, random_states, keep, best)

    def evaluate():
        nonlocal clock, tokens_before
        metrics = {"step": at.step, "epoch": at.step / max(1, updates_per_epoch)}
        metrics["examples_seen"] = at.examples_seen
        metrics["tokens_seen"] = at.tokens_seen
        metrics["lr"] = optimizer.param_groups[0]["lr"] if at.step else 0.0
        speed = (at.tokens_seen - tokens_before) / (time.perf_counter() - clock)
        losses = None
        if rank == 0:
            losses = evaluate_model(model, train_loader, val_loader, device, eval_iter)
        metrics["train_loss"], metrics["val_loss"] = from_first(losses)
        _record(at.history, metrics)
        if rank == 0:
            bar.write(
                f"epoch {metrics['epoch']:5.2f}, step {at.step:4d}: training loss "
                f"{metrics['train_loss']:.3f}, validation loss {metrics['val_loss']:.3f}"
            )
            if folder is not None:
                metrics["tokens_per_second"] = round(speed)
                _write_metrics(metrics, Path(folder) / "metrics.jsonl")
        save()
        clock, tokens_before = time.perf_counter(), at.tokens_seen

    def measure_accuracies():
        found = None
        if rank == 0:
            loaders = (train_loader, val_loader)
            found = [calc_accuracy(loader, model, device, eval_iter) for loader in loaders]
            bar.write(f"training accuracy {found[0]:.1%}, validation accuracy {found[1]:.1%}")
        train_accuracy, val_accuracy = from_first(found)
        at.history.train_accuracies.append(train_accuracy)
        at.history.val_accuracies.append(val_accuracy)

    with (
        _only_writer(folder if rank == 0 else None),
        _progress_bar(steps, at.step, rank) as bar,
        note_interrupts(folder is not None) as interrupts,
        _learning_rates_kept(optimizer) as peak_lrs,
    ):
        if saved is None:
            if calc_accuracy is not None:
                measure_accuracies()
            evaluate()
        elif rank == 0:
            bar.write(f"going on from step {at.step}, as saved in {path.name}")
        while at.epoch < num_epochs and not _waited(at.history, patience):
            if saved is not None and at.step < steps:
                batches, saved = batches_left(train_loader, saved, device), None
            else:
                batches = iter(train_loader if at.step < steps else ())
            while at.step < steps and (batch_group := list(islice(batches, accumulation_steps))):
                factor = learning_rate_factor(at.step, steps, warmup_steps, decay_to)
                for group, peak_lr in zip(optimizer.param_groups, peak_lrs, strict=True):
                    group["lr"] = peak_lr * factor
                optimizer.zero_grad()
                _add_gradients(total_loss, batch_group, device, bf16)
                if max_grad_norm is not None:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
                optimizer.step()
                at.step += 1
                at.batches_used += len(batch_group)
                at.examples_seen += sum(len(inputs) for inputs, _ in batch_group)
                at.tokens_seen += sum(inputs.numel() for inputs, _ in batch_group)
                bar.update()
                if at.step % eval_freq == 0 or at.step == steps:
                    evaluate()
                if in_any_process(bool(interrupts), device):
                    save()
                    gather(None)  # nobody leaves before it is written
                    raise KeyboardInterrupt
                if _waited(at.history, patience):
                    break
            if _waited(at.history, patience):
                break
            if start_context is not None and rank == 0:
                prompt = text_to_token_ids(start_context, tokenizer)
                sample = generate(model, prompt, 50, eos_id=tokenizer.eot_token)
                sample = token_ids_to_text(sample, tokenizer)
                at.history.samples.append(sample)
                bar.write(" ".join(sample.split()))
            if calc_accuracy is not None:
                measure_accuracies()
            at.epoch, at.batches_used = at.epoch + 1, 0
            at.epoch_start = loader_state(train_loader)
    return at.history


@dataclass
class _Place:
    """Where a run stands, apart from weights, optimizer and random states."""

    history: History
    epoch_start: dict  # the random states from which the epoch's order is drawn
    step: int = 0  # weight updates made
    examples_seen: int = 0
    tokens_seen: int = 0
    epoch: int = 0
    batches_used: int = 0  # of this epoch


class _TotalLoss(nn.Module):
    """A model and its loss in one module, for torch.compile and DistributedDataParallel."""

    def __init__(self, model: GPTModel, device: torch.device) -> None:
        super().__init__()
        self.model, self.device = model, device

    def forward(self, input_batch: torch.Tensor, target_batch: torch.Tensor) -> torch.Tensor:
        """Return the sum of the targets' losses, for batches as in `calc_loss_batch`."""
        logits = self.model(input_batch.to(self.device))  # (B, T, V)
        targets = target_batch.to(self.device).flatten()
        return F.cross_entropy(logits.flatten(0, 1), targets, reduction="sum")


def _add_gradients(total_loss: nn.Module, batches: list, device: torch.device, bf16: bool) -> None:
    """Add up the gradients of the mean loss over all targets of some batches, and all processes.

    Each process computes those of its own rows.
    """
    rank, processes = rank_and_processes()
    targets = sum(int((target_batch != -100).sum()) for _, target_batch in batches)
    if not targets:
        raise ValueError(f"no target to learn from: all in {len(batches)} batches are -100")
    for index, batch in enumerate(batches):
        if len(batch[0]) < processes:
            raise ValueError(f"{len(batch[0])} rows are too few for {processes} processes")
        inputs, target_batch = (part[rank::processes] for part in batch)
        last = index == len(batches) - 1
        with nullcontext() if last else hold_gradients(total_loss):
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                loss = total_loss(inputs, target_batch) / targets
                loss = loss * processes  # by which DistributedDataParallel divides
            loss.backward()


def _waited(history: History, patience: int | None) -> bool:
    """Whether the lowest validation loss is `patience` evaluations old."""
    if patience is None or not history.val_losses:
        return False
    best = history.val_losses.index(min(history.val_losses))
    return len(history.val_losses) - 1 - best >= patience


def _record(history: History, metrics: dict) -> None:
    for name in ("train_loss", "val_loss"):
        if not math.isfinite(metrics[name]):
            raise FloatingPointError(
                f"the loss is {metrics[name]} at step {metrics['step']}: lower the lr"
            )
    history.steps.append(metrics["step"])
    history.epochs.append(metrics["epoch"])
    history.examples_seen.append(metrics["examples_seen"])
    history.tokens_seen.append(metrics["tokens_seen"])
    history.train_losses.append(metrics["train_loss"])
    history.val_losses.append(metrics["val_loss"])


def _write_metrics(metrics: dict, path: Path) -> None:
    """Add a line to a file of JSON lines, in place of those that a lost part of the run left."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = [line for line in lines if json.loads(line)["step"] < metrics["step"]]
    part = path.with_suffix(".part")
    part.write_text("\n".join([*lines, json.dumps(metrics)]) + "\n", encoding="utf-8")
    part.replace(path)


def _progress_bar(steps: int, done: int, rank: int) -> tqdm:
    """Return a bar on standard output, one stream for bar and log; only the first process shows."""
    hidden = {"disable": True} if rank else {}
    return tqdm(total=steps, initial=done, unit="step", file=sys.stdout, **hidden)


@contextmanager
def _only_writer(folder: str | Path | None) -> Iterator[None]:
    """Keep every other run out of a folder for the length of a block; a crash frees it."""
    if folder is None:
        yield
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    lock = FileLock(Path(folder) / ".lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ValueError(f"another run is writing to {folder}") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _learning_rates_kept(optimizer: torch.optim.Optimizer) -> Iterator[list[float]]:
    """Give an optimizer its learning rates back after a block; yield them."""
    rates = [group["lr"] for group in optimizer.param_groups]
    try:
        yield rates
    finally:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate


def _has_bf16(device: torch.device) -> bool:
    """Whether the processor computes in bfloat16 itself; where it does not, autocast is slow."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu.get_capabilities().get("avx512_bf16", False)
