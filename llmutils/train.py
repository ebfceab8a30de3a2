"""Losses in nats per target, evaluation, and the training step that every stage shares.

Built in notebooks/04_pretraining.ipynb
"""

import math
import sys
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from operator import index
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import AdamW, Optimizer
from torch.utils.data import DataLoader
from tqdm import tqdm

from llmutils.config import check_number
from llmutils.model import GPTModel, evaluation_mode

Batch = tuple[Tensor, Tensor]  # input ids and target ids, (B, T) each: B texts, T tokens
Device = torch.device | str


@dataclass
class History:
    """What a run measured; entry i of each list is one evaluation, `notes` has one an epoch."""

    steps: list[int] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    tokens_seen: list[int] = field(default_factory=list)  # targets that counted, not padding
    train_losses: list[float] = field(default_factory=list)
    val_losses: list[float] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)  # what `after_epoch` returned


def has_bf16(device: Device) -> bool:
    """Say whether the processor has bfloat16 instructions; without them autocast is slow."""
    kind, names = torch.device(device).type, ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16")
    if kind == "cpu":  # two of these names are x86's, two ARM's
        return any(torch.cpu.get_capabilities().get(name) for name in names)
    if kind == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return kind == "mps" and torch.backends.mps.is_macos_or_newer(14, 0)


def resolve_precision(precision: str, device: Device) -> str:
    """Return "fp32" or "bf16"; "auto" is bf16 where the processor has instructions for it."""
    if precision not in ("fp32", "bf16", "auto"):
        raise ValueError(f"precision must be 'fp32', 'bf16' or 'auto', got {precision!r}")
    if precision == "bf16" and not has_bf16(device):
        warnings.warn("bf16 is slower than fp32 here: no instructions for it", stacklevel=3)
    return ("bf16" if has_bf16(device) else "fp32") if precision == "auto" else precision


def autocast(device: Device, precision: str) -> torch.autocast:
    """Return a context in which matrix products run in bfloat16, if that is the precision."""
    bf16 = precision == "bf16" or resolve_precision(precision, device) == "bf16"
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16)


def calc_loss_batch(
    input_batch: Tensor, target_batch: Tensor, model: GPTModel, device: Device, reduction="mean"
) -> Tensor:
    """Return a batch's cross-entropy, the "mean" or the "sum" over its targets; -100 is none."""
    logits = model(input_batch.to(device)).flatten(0, 1)  # (B * T, V)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))  # bfloat16 adds up badly
    return F.cross_entropy(logits, target_batch.to(device).flatten(), reduction=reduction)


def count_targets(batches: Iterable[Batch]) -> int:
    """Return how many targets of some batches count."""
    return sum(int((targets != -100).sum()) for _, targets in batches)


def calc_loss_loader(
    batches: Iterable[Batch], model: GPTModel, device: Device, num_batches=None, precision="fp32"
) -> float:
    """Return the mean loss over a loader or a list of batches, every target counting the same."""
    from llmutils.pretrain.randomness import first_batches, random_state_kept

    total, count = 0.0, 0
    with random_state_kept(device), evaluation_mode(model), autocast(device, precision):
        for batch in first_batches(batches, num_batches):
            total += calc_loss_batch(*batch, model, device, "sum").item()
            count += count_targets([batch])
    if not count:
        raise ValueError(f"no target to evaluate in {num_batches or 'all'} batches")
    if not math.isfinite(total):
        raise FloatingPointError(f"the loss is {total / count}")
    return total / count


def create_optimizer(model: GPTModel, lr: float = 4e-4, weight_decay: float = 0.1) -> AdamW:
    """Return a fused AdamW (arXiv 1711.05101) that decays matrices but neither biases nor norms."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": float(weight_decay)},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return AdamW(groups, lr=float(lr), fused=True)


def learning_rate_factor(step: int, steps: int, warmup_steps: int, decay_to: float) -> float:
    """Return the share of the peak rate at a step: a line up, half a cosine down (1608.03983)."""
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1, steps - 1 - warmup_steps)  # 0 at the peak, 1 at the end
    return decay_to + (1 - decay_to) * (1 + math.cos(math.pi * done)) / 2


def training_step(
    model: GPTModel,
    batches: Iterable[Batch],
    optimizer: Optimizer,
    device: Device,
    precision: str = "fp32",
    max_grad_norm: float | None = 1.0,
    calc_loss: Callable[..., Tensor] = calc_loss_batch,  # or what torch.compile makes of it
) -> float:
    """Make one update from one batch, or from several as if they were one; return the mean loss."""
    if max_grad_norm is not None:
        check_number(max_grad_norm, float, lambda n: n > 0, "max_grad_norm must be above 0 or None")
    batches, loss = list(batches), 0.0
    if not (targets := count_targets(batches)):
        raise ValueError(f"no target to learn from: all in {len(batches)} batches are -100")
    model.zero_grad()  # forget the last step's gradients
    for batch in batches:
        with autocast(device, precision):
            part = calc_loss(*batch, model, device, "sum") / targets
        part.backward()  # adds to the gradients of the batches before
        loss += part.detach()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm or math.inf)
    if not torch.isfinite(loss + norm):  # then the weights stay as they are
        raise FloatingPointError(f"the loss is {loss.item()}, its gradient's norm {norm.item()}")
    optimizer.step()
    return loss.item()


def train_model(
    model: GPTModel,
    train_loader: DataLoader,
    val_loader: DataLoader,
    optimizer: Optimizer,
    device: Device,
    num_epochs: float,
    eval_freq: int = 5,
    eval_iter: int | None = 5,
    warmup_steps: int = 0,
    decay_to: float = 1.0,
    precision: str = "fp32",
    after_epoch: Callable[[GPTModel], Any] | None = None,
) -> History:
    """Train a model and return what was measured on the way.

    Losses are taken before the first update, after every `eval_freq` and after the last, over the
    same `eval_iter` batches of each loader (None: all). The learning rate climbs to the optimizer's
    over `warmup_steps` and falls to `decay_to` of it. `after_epoch` gets the model in evaluation
    mode; `notes` get what it returns. Neither looking nor `after_epoch` changes the run. NaN or
    infinity in a loss or gradient raises FloatingPointError before weights are changed.
    """
    from llmutils.pretrain.randomness import first_batches, random_state_kept

    epochs = check_number(num_epochs, float, lambda n: 0 <= n < 1e9, "num_epochs must be 0 or more")
    eval_freq = check_number(eval_freq, index, lambda n: n > 0, "eval_freq must be 1 or more")
    warmup = check_number(warmup_steps, index, lambda n: n >= 0, "warmup_steps must be 0 or more")
    share = check_number(decay_to, float, lambda n: 0 <= n <= 1, "decay_to must lie within 0..1")
    if not (after_epoch is None or callable(after_epoch)):
        raise ValueError(f"after_epoch must be a function of the model, got {after_epoch!r}")
    precision = resolve_precision(precision, device)
    model.to(device).train()
    if not {p for g in optimizer.param_groups for p in g["params"]} <= {*model.parameters()}:
        raise ValueError("the optimizer updates weights that are not this model's")
    looked_at = [first_batches(part, eval_iter, "eval_iter") for part in (train_loader, val_loader)]
    per_epoch, step, tokens, rows, notes = len(train_loader), 0, 0, [], []
    steps = math.ceil(epochs * per_epoch - 1e-6) or int(epochs > 0)  # 1.1 * 50 exceeds 55
    peaks = [group["lr"] for group in optimizer.param_groups]

    def evaluate() -> None:
        losses = [calc_loss_loader(some, model, device, None, precision) for some in looked_at]
        rows.append((step, step / per_epoch, tokens, *losses))
        bar.write("step {:4d}: training loss {:.3f}, validation loss {:.3f}".format(step, *losses))

    try:
        with tqdm(total=steps, unit="step", file=sys.stdout) as bar:
            evaluate()
            for _ in range(math.ceil(steps / per_epoch)):
                for batch in islice(train_loader, steps - step):
                    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                        group["lr"] = peak * learning_rate_factor(step, steps, warmup, share)
                    training_step(model, [batch], optimizer, device, precision)
                    step, tokens = step + 1, tokens + count_targets([batch])
                    bar.update()
                    if step % eval_freq == 0 or step == steps:
                        evaluate()
                if after_epoch is not None:
                    with random_state_kept(device, train_loader), evaluation_mode(model):
                        notes.append(after_epoch(model))
    except FloatingPointError as error:
        raise FloatingPointError(f"{error} at step {step}: lower the learning rate") from error
    finally:
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak
    if step < steps:
        raise ValueError(f"the training loader ended after {step} of {steps} batches")
    return History(*map(list, zip(*rows, strict=True)), notes)
