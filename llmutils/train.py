"""Losses, evaluation, and the training step that every stage shares.

Losses are cross-entropies in nats per target. Letters: B batch, T tokens.

Built in notebooks/04_pretraining.ipynb
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from tqdm.auto import tqdm

from llmutils.model import GPTModel, evaluation_mode

Batch = tuple[torch.Tensor, torch.Tensor]  # input_ids and target_ids, (B, T) each


@dataclass
class History:
    """What a run measured; entry i of each list is one evaluation, `notes` has one entry an epoch."""

    steps: list[int] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    tokens_seen: list[int] = field(default_factory=list)  # targets that counted, not padding
    train_losses: list[float] = field(default_factory=list)
    val_losses: list[float] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)  # what `after_epoch` returned


def calc_loss_batch(
    input_batch: torch.Tensor,
    target_batch: torch.Tensor,
    model: GPTModel,
    device: torch.device | str,
    reduction: str = "mean",
) -> torch.Tensor:
    """Return the cross-entropy of a batch; targets of -100 do not count.

    Args:
        input_batch: token ids, (B, T).
        target_batch: the next token at each position, (B, T).
        model: the GPT.
        device: where the model is; the batch is moved there.
        reduction: "mean" or "sum" over the targets.
    """
    logits = model(input_batch.to(device, non_blocking=True))  # (B, T, V)
    targets = target_batch.to(device, non_blocking=True).flatten()
    return F.cross_entropy(logits.flatten(0, 1), targets, reduction=reduction)


def count_targets(batches: Iterable[Batch]) -> int:
    """Return how many targets of some batches count."""
    return sum(int((targets != -100).sum()) for _, targets in batches)


def calc_loss_loader(
    batches: Iterable[Batch],
    model: GPTModel,
    device: torch.device | str,
    num_batches: int | None = None,
    precision: str = "fp32",
) -> float:
    """Return the mean loss over a loader or a list of batches, every target counting the same.

    Raises:
        ValueError: there is no target to look at.
    """
    total, count = 0.0, 0
    with evaluation_mode(model), autocast(device, precision):
        for batch in islice(batches, num_batches):
            total += calc_loss_batch(*batch, model, device, "sum").item()
            count += count_targets([batch])
    if not count:
        raise ValueError(f"no target to evaluate in {num_batches or 'all'} batches")
    return total / count


def create_optimizer(
    model: GPTModel, lr: float = 4e-4, weight_decay: float = 0.1
) -> torch.optim.AdamW:
    """Return a fused AdamW that decays matrices but neither biases nor norms.

    Source: Loshchilov and Hutter 2019, "Decoupled Weight Decay Regularization".
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.dim() >= 2], "weight_decay": weight_decay},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, fused=True)


def learning_rate_factor(step: int, steps: int, warmup_steps: int, decay_to: float) -> float:
    """Return the share of the peak learning rate at a step: a straight line up, half a cosine down.

    Source: Loshchilov and Hutter 2017, "SGDR"; the warm-up as in Vaswani et al. 2017.
    """
    if step < warmup_steps:
        return (step + 1) / warmup_steps
    done = (step - warmup_steps) / max(1, steps - 1 - warmup_steps)  # 0 at the peak, 1 at the end
    return decay_to + (1 - decay_to) * (1 + math.cos(math.pi * done)) / 2


def training_step(
    model: GPTModel,
    batches: list[Batch],
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
    precision: str = "fp32",
    max_grad_norm: float = 1.0,
) -> None:
    """Make one update from one batch, or from several as if they were one.

    Raises:
        ValueError: no target to learn from.
    """
    targets = count_targets(batches)
    if not targets:
        raise ValueError(f"no target to learn from: all in {len(batches)} batches are -100")
    optimizer.zero_grad()
    for batch in batches:
        with autocast(device, precision):
            loss = calc_loss_batch(*batch, model, device, "sum") / targets
        loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()


def train_model(
    model: GPTModel,
    train_loader: DataLoader,
    val_loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
    num_epochs: float,
    eval_freq: int = 5,
    eval_iter: int | None = 5,
    warmup_steps: int = 0,
    decay_to: float = 1.0,
    precision: str = "fp32",
    after_epoch: Callable[[GPTModel], Any] | None = None,
) -> History:
    """Train a model and return what was measured on the way.

    Losses are taken before the first update, after every `eval_freq` updates and after the last,
    always over the same `eval_iter` batches, so that looking draws no random number.

    Args:
        model: the GPT, moved to `device` and left in training mode.
        train_loader: yields (input_batch, target_batch), (B, T) each.
        val_loader: the same, of text kept out of the training.
        optimizer: as `create_optimizer` returns it.
        device: "cpu", "cuda", "mps" or a torch.device.
        num_epochs: passes over the training data; 0.5 stops in the middle of the first.
        eval_freq: updates from one evaluation to the next.
        eval_iter: batches of either loader an evaluation looks at; None for all.
        warmup_steps: updates until the learning rate has climbed to the optimizer's.
        decay_to: the share of it that is left at the last update.
        precision: "fp32", or "bf16" for autocast.
        after_epoch: called with the model after each epoch; what it returns goes into `notes`.
    """
    model.to(device).train()
    steps, step, tokens, history = math.ceil(num_epochs * len(train_loader)), 0, 0, History()
    peaks = [group["lr"] for group in optimizer.param_groups]
    looked_at = [list(islice(loader, eval_iter)) for loader in (train_loader, val_loader)]

    def evaluate() -> None:
        losses = [calc_loss_loader(some, model, device, None, precision) for some in looked_at]
        history.steps.append(step)
        history.epochs.append(step / len(train_loader))
        history.tokens_seen.append(tokens)
        history.train_losses.append(losses[0])
        history.val_losses.append(losses[1])
        bar.write("step {:4d}: training loss {:.3f}, validation loss {:.3f}".format(step, *losses))

    with tqdm(total=steps, unit="step") as bar:
        evaluate()
        while step < steps:
            for batch in islice(train_loader, steps - step):
                factor = learning_rate_factor(step, steps, warmup_steps, decay_to)
                for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                    group["lr"] = peak * factor
                training_step(model, [batch], optimizer, device, precision)
                step, tokens = step + 1, tokens + count_targets([batch])
                bar.update()
                if step % eval_freq == 0 or step == steps:
                    evaluate()
            if after_epoch is not None:
                history.notes.append(after_epoch(model))
    for group, peak in zip(optimizer.param_groups, peaks, strict=True):
        group["lr"] = peak
    return history


def autocast(device: torch.device | str, precision: str):
    """Return a context in which matrix products run in bfloat16, if that is the precision."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bf16")
