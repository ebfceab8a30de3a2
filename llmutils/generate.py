"""One token after another: greedy or sampled, for one prompt or many, with a key-value cache.

Letters: B prompts, T tokens of the longest prompt, C = emb_dim, V = vocab_size. Prompts of
different length are padded on the left, so that every row's next token stands in the last column.

Built in notebooks/05_decoding.ipynb
"""

import operator
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial

import torch
from torch import nn

from llmutils.attention import KVCache
from llmutils.config import check_number
from llmutils.model import GPTModel, evaluation_mode

Prompts = torch.Tensor | Iterable[Iterable[int]]


def generate(
    model: GPTModel,
    token_ids: Prompts,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor | list[torch.Tensor]:
    """Continue each prompt.

    Args:
        model: the GPT; it is left in the mode (training or evaluation) it was found in.
        token_ids: (B, T), or B lists of ids that may differ in length.
        max_new_tokens: the most tokens to add to a row; past the context length the model
            sees the last context_length tokens.
        temperature: 0 takes the most likely token; above 0 the logits are divided by it and
            a token is drawn.
        top_k: draw from the k most likely tokens only; more than V means all.
        top_p: then draw from the fewest tokens whose probabilities reach p together.
        eos_id: a row ends with this token; the others go on.
        generator: what draws, on the model's device; PyTorch's global one if None.

    Returns:
        For a tensor, (B, T + new), rows that ended earlier filled up with eos_id. For lists, B
        tensors of one dimension: each prompt with its continuation, up to and with its eos_id.

    Raises:
        ValueError: an empty prompt, or ids, a setting or logits (NaN) that make no sense.
    """
    rows, settings = check_prompts(token_ids, model), (temperature, top_k, top_p, eos_id, generator)
    with evaluation_mode(model):  # once for all tokens, so a step need not switch
        columns = [*stream(model, rows, max_new_tokens, *settings, mode=nullcontext)]
    device = next(model.parameters()).device
    new = torch.stack(columns, dim=1) if columns else rows[0].new_empty(len(rows), 0)  # (B, new)
    if isinstance(token_ids, torch.Tensor):
        return torch.cat([torch.stack(rows).to(device), new.to(device)], dim=1)  # (B, T + new)
    texts = []
    for row, added in zip(rows, new.tolist(), strict=True):
        if eos_id in added:
            added = added[: added.index(eos_id) + 1]
        texts.append(torch.tensor([*row.tolist(), *added], device=device))
    return texts


def stream(
    model: GPTModel,
    token_ids: Prompts,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
    mode: Callable[[nn.Module], AbstractContextManager] = evaluation_mode,
) -> Iterator[torch.Tensor]:
    """Yield the tokens of `generate` as they are made, one (B,) tensor a step.

    The arguments are checked at once. A row that has ended yields eos_id until all have. Only the
    steps run in `mode(model)`: between two of them the model is as the caller left it, and may even
    be trained, though what has been read is not read again.
    """
    check_settings(temperature, top_k, top_p)
    rule = "max_new_tokens must be an integer of 0 or more"
    max_new_tokens = check_number(max_new_tokens, operator.index, lambda n: n >= 0, rule)
    if eos_id is not None:
        check_number(eos_id, operator.index, lambda i: True, "eos_id must be a token id or None")
    rows = check_prompts(token_ids, model)
    pick = partial(
        pick_next_token, temperature=temperature, top_k=top_k, top_p=top_p, generator=generator
    )
    return decode_columns(model, rows, max_new_tokens, pick, eos_id, mode)


def pick_next_token(
    logits: torch.Tensor,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Choose one token for each row of logits, (B, V) to (B,), by the settings of `generate`.

    Source: for top-k Fan et al. 2018, "Hierarchical Neural Story Generation"; for top-p
    Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration".
    """
    temperature, top_k, top_p = check_settings(temperature, top_k, top_p)
    largest = logits.amax(dim=-1, keepdim=True)  # (B, 1), NaN if there is one in the row
    if not largest.isfinite().all():
        row = (~largest.isfinite()).nonzero()[0, 0]
        raise ValueError(f"row {row} has no token to pick: its largest logit is {largest[row, 0]}")
    if temperature < torch.finfo(torch.float32).tiny:  # as good as 0, and no longer a divisor
        return logits.argmax(dim=-1)  # (B,)
    logits = (logits.float() - largest) / temperature  # none above 0, so exp() cannot overflow
    token_ids = None
    if top_k is not None or top_p is not None:  # the k most likely (or all), most likely first
        V = logits.shape[-1]
        logits, token_ids = logits.topk(min(top_k or V, V), dim=-1)  # (B, k)
    probas = torch.softmax(logits, dim=-1)  # (B, k)
    if top_p is not None and top_p < 1:
        before = probas.cumsum(dim=-1) - probas  # (B, k), what the likelier tokens hold together
        probas = probas.masked_fill((before >= top_p) & (before > 0), 0.0)
    choice = torch.multinomial(probas, num_samples=1, generator=generator)  # (B, 1)
    return (choice if token_ids is None else token_ids.gather(1, choice)).squeeze(1)  # (B,)


def check_settings(temperature: float, top_k: int | None, top_p: float | None) -> tuple:
    """Return the settings as Python's own numbers; refuse those that make no sense."""
    rule = "temperature must be 0 or more"
    temperature = check_number(temperature, float, lambda t: 0 <= t < torch.inf, rule)
    rule = "top_k must be an integer of 1 or more, or None"
    top_k = None if top_k is None else check_number(top_k, operator.index, lambda k: k > 0, rule)
    rule = "top_p must be above 0 and at most 1, or None"
    top_p = None if top_p is None else check_number(top_p, float, lambda p: 0 < p <= 1, rule)
    return temperature, top_k, top_p


def check_prompts(token_ids: Prompts, model: GPTModel) -> list[torch.Tensor]:
    """Return the prompts as B tensors of ids on the CPU, (T,) each, checked once and for all."""
    rows, V = [], getattr(model.config, "vocab_size", torch.inf)
    for row in token_ids.cpu() if isinstance(token_ids, torch.Tensor) else token_ids:
        try:
            rows.append(torch.as_tensor([*row] if isinstance(row, Iterator) else row).cpu())
        except (TypeError, ValueError, RuntimeError):  # text, None, lists in lists
            raise ValueError(f"token ids must be integers, got {row!r}") from None
    if not rows or any(row.dim() != 1 or not row.numel() for row in rows):
        rule = "token_ids must be a (B, T) tensor or B lists with at least one id each"
        raise ValueError(f"{rule}, got rows of shape {[tuple(row.shape) for row in rows]}")
    for row in rows:
        if row.is_floating_point() or row.dtype is torch.bool:
            raise ValueError(f"token ids must be integers, got {row.dtype}: {row.tolist()}")
        low, high = min(row.tolist()), max(row.tolist())
        if low < 0 or high >= V:
            raise ValueError(f"token ids must lie in 0..{V - 1}, got {low}..{high}")
    return [row.long() for row in rows]


def pad_left(rows: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return rows of different length as one (B, T) tensor, and each row's padding, (B,)."""
    padded = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side="left")  # (B, T)
    return padded, torch.tensor([padded.shape[1] - len(row) for row in rows])


def decode_columns(
    model: GPTModel, rows: list[torch.Tensor], max_new_tokens: int, pick: Callable, eos_id, mode
) -> Iterator[torch.Tensor]:
    """Yield one column of tokens a step; within the context, each position is computed once."""
    device, context_length = next(model.parameters()).device, model.config.context_length
    window, padding = pad_left(rows)  # (B, T), (B,)
    length, most_padding = window.shape[1], int(padding.max())
    window, padding, waiting = window.to(device), padding.to(device), []
    room = min(length + max_new_tokens - 1, context_length)  # the last token is not read again
    ended = torch.zeros(len(rows), dtype=torch.bool, device=device)
    for step in range(max_new_tokens):
        gone = max(0, length - context_length)  # columns that the window has left behind
        if step == 0 or gone:  # every position is new: start afresh
            window = torch.cat([window, *waiting], dim=1)[:, -context_length:]
            new, waiting = window, []
            caches = [KVCache(room) for _ in model.blocks] if room > length else None
        shift = (padding - gone).clamp(min=0) if gone < most_padding else None  # (B,)
        with mode(model):
            hidden = model.hidden_states(new, caches, shift)[:, -1]  # (B, C)
            last = pick(model.out_head(hidden))  # (B,)
        if eos_id is not None:
            last = last.masked_fill(ended, eos_id)
            ended = ended | (last == eos_id)
        new = last[:, None]  # (B, 1)
        waiting.append(new)
        length += 1
        yield last
        if eos_id is not None and ended.all():
            return
