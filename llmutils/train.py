"""Losses, evaluation, and one training loop for all stages.

Losses are cross-entropies in nats per token. Evaluating or sampling never changes the training
that follows: both run without dropout and give every random stream back as they found it.

Letters: B batch, T tokens.

Built in notebooks/04_pretraining.ipynb
"""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import tiktoken
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
from tqdm import tqdm

from llmutils.generate import evaluation_mode, generate
from llmutils.model import GPTModel
from llmutils.tokenizer import text_to_token_ids, token_ids_to_text


@dataclass
class History:
    """What a training run measured; entry i of every list but `samples` is one evaluation."""

    steps: list[int] = field(default_factory=list)  # weight updates made
    epochs: list[float] = field(default_factory=list)  # passes over the training data
    tokens_seen: list[int] = field(default_factory=list)
    train_losses: list[float] = field(default_factory=list)  # nats per token
    val_losses: list[float] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)  # one text an epoch


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
    with evaluation_mode(model), _random_state_kept(data_loader):
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


def train_model(
    model: GPTModel,
    train_loader: DataLoader,
    val_loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    device: torch.device | str,
    num_epochs: int,
    eval_freq: int = 5,
    eval_iter: int | None = 5,
    start_context: str | None = None,
    tokenizer: tiktoken.Encoding | None = None,
    warmup_steps: int = 0,
    max_grad_norm: float | None = 1.0,
    precision: str = "fp32",
) -> History:
    """Train a model and return what was measured on the way.

    Losses are taken before the first update, after every `eval_freq` updates and after the last,
    always in float32.

    Args:
        model: the GPT, moved to `device` and left in training mode.
        train_loader: yields (input_batch, target_batch), (B, T) each.
        val_loader: the same, of text kept out of the training.
        optimizer: as `create_optimizer` returns it.
        device: "cpu", "cuda", "mps" or a torch.device.
        num_epochs: passes over the training data.
        eval_freq: updates from one evaluation to the next.
        eval_iter: batches of either loader an evaluation looks at; None for all.
        start_context: the beginning of the text that is sampled after each epoch; None for none.
        tokenizer: needed with start_context.
        warmup_steps: updates over which the learning rate climbs in a straight line to its value
            in the optimizer.
        max_grad_norm: the gradient is shortened to this length if longer; None to leave it.
        precision: "fp32"; "bf16" to compute the updates' losses under autocast; or "auto" for
            bf16 where the processor has instructions for it, else fp32.

    Raises:
        ValueError: an unknown precision, no batches, or start_context without a tokenizer.
        FloatingPointError: the loss is no longer a number.
    """
    if precision not in ("fp32", "bf16", "auto"):
        raise ValueError(f"precision must be 'fp32', 'bf16' or 'auto', got {precision!r}")
    if start_context is not None and tokenizer is None:
        raise ValueError(f"start_context {start_context!r} needs a tokenizer")
    if num_epochs < 0 or eval_freq < 1 or warmup_steps < 0:
        raise ValueError(
            f"num_epochs {num_epochs} and warmup_steps {warmup_steps} must be 0 or more, "
            f"eval_freq {eval_freq} 1 or more"
        )
    device = torch.device(device)
    model.to(device)
    bf16 = precision == "bf16" or (precision == "auto" and _has_bf16(device))
    history, step, tokens_seen, total = History(), 0, 0, num_epochs * len(train_loader)
    peak_lrs = [group["lr"] for group in optimizer.param_groups]

    def evaluate():
        losses = evaluate_model(model, train_loader, val_loader, device, eval_iter)
        _record(history, step, step / len(train_loader), tokens_seen, losses, bar)

    model.train()
    with tqdm(total=total, unit="step", file=sys.stdout) as bar:  # one stream for bar and log
        evaluate()
        for _ in range(num_epochs):
            for input_batch, target_batch in train_loader:
                optimizer.zero_grad()
                with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                    loss = calc_loss_batch(input_batch, target_batch, model, device)
                loss.backward()
                if max_grad_norm is not None:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
                for group, peak_lr in zip(optimizer.param_groups, peak_lrs, strict=True):
                    group["lr"] = peak_lr * min(1.0, (step + 1) / max(1, warmup_steps))
                optimizer.step()
                step += 1
                tokens_seen += input_batch.numel()
                bar.update()
                if step % eval_freq == 0 or step == total:
                    evaluate()
            if start_context is not None:
                prompt = text_to_token_ids(start_context, tokenizer)
                sample = token_ids_to_text(generate(model, prompt, 50), tokenizer)
                history.samples.append(sample)
                bar.write(" ".join(sample.split()))
    return history


def _has_bf16(device: torch.device) -> bool:
    """Whether the processor computes in bfloat16 itself; where it does not, autocast is slow."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu.get_capabilities().get("avx512_bf16", False)


def _record(history, step, epochs, tokens_seen, losses, bar):
    train_loss, val_loss = losses
    if not math.isfinite(train_loss):
        raise FloatingPointError(f"the loss is {train_loss} at step {step}: lower the lr")
    history.steps.append(step)
    history.epochs.append(epochs)
    history.tokens_seen.append(tokens_seen)
    history.train_losses.append(train_loss)
    history.val_losses.append(val_loss)
    bar.write(
        f"epoch {epochs:5.2f}, step {step:4d}: "
        f"training loss {train_loss:.3f}, validation loss {val_loss:.3f}"
    )


@contextmanager
def _random_state_kept(data_loader: DataLoader) -> Iterator[None]:
    """Let a block iterate over a loader and then forget every random number it drew."""
    state = data_loader.generator.get_state() if data_loader.generator else None
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        if state is not None:
            data_loader.generator.set_state(state)
