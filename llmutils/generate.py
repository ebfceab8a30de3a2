"""One token after another: greedy or sampled, for one prompt or many, with a key-value cache.

Letters: B prompts, T tokens of the longest prompt, C = emb_dim, V = vocab_size. Prompts of
different length are padded on the left, so that every row's next token stands in the last column;
the padding is masked out of the attention and left out of the positions.

Built in notebooks/05_decoding.ipynb
"""

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch import nn

from llmutils.attention import KVCache
from llmutils.model import GPTModel, evaluation_mode

Prompts = torch.Tensor | Sequence[Sequence[int]]


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
    """Continue each prompt by up to `max_new_tokens` tokens.

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
        generator: the source of randomness, on the model's device; PyTorch's global one if None.

    Returns:
        For a tensor, (B, T + new), rows that ended earlier filled up with eos_id. For lists, B
        tensors of one dimension: each prompt with its continuation, up to and with its eos_id.

    Raises:
        ValueError: an empty prompt or a setting that makes no sense.
    """
    settings = (temperature, top_k, top_p, eos_id, generator)
    new = [*stream(model, token_ids, max_new_tokens, *settings)]  # (B,) each
    if isinstance(token_ids, torch.Tensor):
        token_ids = token_ids.to(_device(model))
        return torch.cat([token_ids, *(column[:, None] for column in new)], dim=1)  # (B, T + new)
    rows = []
    for i, prompt in enumerate(token_ids):
        added = [int(column[i]) for column in new]
        if eos_id in added:
            added = added[: added.index(eos_id) + 1]
        rows.append(torch.tensor([*prompt, *added], device=_device(model)))
    return rows


def stream(
    model: GPTModel,
    token_ids: Prompts,
    max_new_tokens: int,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    eos_id: int | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[torch.Tensor]:
    """Yield the tokens of `generate` as they are made, one (B,) tensor a step.

    Takes the arguments of `generate` and checks them at once. A row that has ended yields eos_id
    until all rows have.
    """
    _check_settings(temperature, top_k, top_p)
    if not isinstance(max_new_tokens, int) or max_new_tokens < 0:
        raise ValueError(f"max_new_tokens must be an integer of 0 or more, got {max_new_tokens!r}")
    rows = [torch.as_tensor(row, dtype=torch.long, device=_device(model)) for row in token_ids]
    if not rows or any(row.dim() != 1 or not row.numel() for row in rows):
        raise ValueError(
            "token_ids must be a (B, T) tensor or B lists with at least one id each, "
            f"got rows of shape {[tuple(row.shape) for row in rows]}"
        )
    pick = partial(
        pick_next_token, temperature=temperature, top_k=top_k, top_p=top_p, generator=generator
    )
    return _decode(model, rows, max_new_tokens, pick, eos_id)


def pick_next_token(
    logits: torch.Tensor,
    temperature: float = 0.0,
    top_k: int | None = None,
    top_p: float | None = None,
    generator: torch.Generator | None = None,
) -> torch.Tensor:
    """Choose one token a row: the likeliest, or a draw after temperature, top-k and top-p.

    Args:
        logits: (B, V).
        temperature: as in `generate`, like the rest.
        top_k: see there.
        top_p: see there.
        generator: see there.

    Returns:
        Token ids, (B,).

    Raises:
        ValueError: a setting that makes no sense.

    Source: for top-k Fan et al. 2018, "Hierarchical Neural Story Generation"; for top-p
    Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration".
    """
    _check_settings(temperature, top_k, top_p)
    if temperature == 0:
        return logits.argmax(dim=-1)  # (B,)
    logits, token_ids = (logits.float() - logits.amax(dim=-1, keepdim=True)) / temperature, None
    if top_k is not None or top_p is not None:  # the k likeliest (or all), likeliest first
        V = logits.shape[-1]
        logits, token_ids = logits.topk(min(top_k or V, V), dim=-1)  # (B, k)
    probas = torch.softmax(logits, dim=-1)  # (B, k)
    if top_p is not None and top_p < 1:
        before = probas.cumsum(dim=-1) - probas  # (B, k), what the likelier tokens hold together
        probas = probas.masked_fill(before >= top_p, 0.0)
    choice = torch.multinomial(probas, num_samples=1, generator=generator)  # (B, 1)
    return (choice if token_ids is None else token_ids.gather(1, choice)).squeeze(1)  # (B,)


def _check_settings(temperature, top_k, top_p):
    if not temperature >= 0:
        raise ValueError(f"temperature must be 0 or more, got {temperature!r}")
    if top_k is not None and (not isinstance(top_k, int) or top_k < 1):
        raise ValueError(f"top_k must be an integer of 1 or more, or None, got {top_k!r}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, or None, got {top_p!r}")


def _decode(model, rows, max_new_tokens, pick, eos_id):
    """Yield one column of tokens a step; within the context, each position is computed once."""
    context_length = model.config.context_length
    length = max(len(row) for row in rows)
    room = min(length + max_new_tokens, context_length)
    ended = torch.zeros(len(rows), dtype=torch.bool, device=_device(model))
    caches, last = [], None
    for _ in range(max_new_tokens):
        with evaluation_mode(model):
            if last is None or length > context_length:  # every position is new: start afresh
                caches = [KVCache(room) for _ in model.blocks]
                new, padding = _pad_left([row[-context_length:] for row in rows])
            else:
                new = last[:, None]  # (B, 1)
            hidden = model.hidden_states(new, caches, padding)[:, -1]  # (B, C)
            last = pick(model.out_head(hidden))  # (B,)
        if eos_id is not None:
            last = last.masked_fill(ended, eos_id)
            ended = ended | (last == eos_id)
        rows = [torch.cat([row, token[None]]) for row, token in zip(rows, last, strict=True)]
        length += 1
        yield last
        if eos_id is not None and ended.all():
            return


def _pad_left(rows):
    """Return the rows as one (B, T) tensor, and the (B,) counts of padding if there is any."""
    lengths = torch.tensor([len(row) for row in rows], device=rows[0].device)
    padded = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_side="left")
    padding = padded.shape[1] - lengths
    return padded, padding if padding.any() else None


def _device(model):
    return next(model.parameters()).device
