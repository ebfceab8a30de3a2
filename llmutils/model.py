"""The GPT: token ids in, a score for every possible next token out.

Letters: B batch, T tokens, S tokens so far (cached and new), C = emb_dim, V = vocab_size. The parts
create their weights in order, with PyTorch's default initialisation, so that a seed fixes the
model. The operations are PyTorch's fused ones; the notebook writes each out and proves it equal.

Built in notebooks/03_gpt_model.ipynb
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmutils.attention import KVCache, MultiHeadAttention
from llmutils.config import GPTConfig


class LayerNorm(nn.Module):
    """Bring each token's numbers to mean 0 and (biased) variance 1, then scale and shift them."""

    def __init__(self, emb_dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.ones(emb_dim))
        self.shift = nn.Parameter(torch.zeros(emb_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension of x, (..., C)."""
        return F.layer_norm(x, self.scale.shape, self.scale, self.shift, self.eps)


class GELU(nn.Module):
    """A smooth ReLU, in the tanh form that GPT-2 was trained with."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the function to every number of x."""
        return F.gelu(x, approximate="tanh")


class FeedForward(nn.Module):
    """Two linear layers with GELU between them, four times as wide inside, for each token alone."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(config.emb_dim, 4 * config.emb_dim),
            GELU(),
            nn.Linear(4 * config.emb_dim, config.emb_dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Transform each token's vector, (B, T, C) to (B, T, C)."""
        return self.layers(x)


class TransformerBlock(nn.Module):
    """Attention between tokens, then a feed-forward network in each, both pre-LayerNorm."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        C, N = config.emb_dim, config.context_length
        self.att = MultiHeadAttention(C, C, N, config.drop_rate, config.n_heads, config.qkv_bias)
        self.ff = FeedForward(config)
        self.norm1 = LayerNorm(C)
        self.norm2 = LayerNorm(C)
        self.drop_shortcut = nn.Dropout(config.drop_rate)

    def forward(
        self, x: Tensor, cache: KVCache | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Transform (B, T, C) to (B, T, C); `cache` and `mask` as in `MultiHeadAttention`."""
        x = x + self.drop_shortcut(self.att(self.norm1(x), cache, mask))  # (B, T, C)
        return x + self.drop_shortcut(self.ff(self.norm2(x)))  # (B, T, C)


def check_inputs(token_ids: Tensor, caches: list[KVCache], config: GPTConfig) -> int:
    """Return S; refuse ids and caches that give nonsense, without reading a single id."""
    dtype, shape = token_ids.dtype, tuple(token_ids.shape)
    if dtype not in (torch.int32, torch.int64) or len(shape) != 2 or 0 in shape:
        raise ValueError(f"token_ids must be integers, (B, T), got {dtype} of shape {shape}")
    lengths = [cache.length for cache in caches] or [0]
    if caches and (len({*caches}), len({*lengths})) != (config.n_layers, 1):
        raise ValueError(f"expected {config.n_layers} separate caches of one length, got {lengths}")
    if (end := lengths[0] + shape[1]) > config.context_length:
        raise ValueError(f"{end} tokens exceed the context length {config.context_length}")
    return end


def mask_padding(padding: Tensor, positions: Tensor, end: int) -> Tensor:
    """Return (B, 1, T, S), true where a token may look: not ahead, and not at the padding."""
    slots, columns = torch.arange(end, device=padding.device), positions[:, None]  # (S,), (T, 1)
    mask = (slots <= columns) & (slots >= padding[:, None, None])  # (B, T, S)
    # a padding token looks at itself: of a row without an open place, some backends make NaN
    return (mask | (slots == columns))[:, None]  # (B, 1, T, S)


class GPTModel(nn.Module):
    """A GPT-2 style language model; `config` is a `GPTConfig` or a dictionary with its fields.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; LayerNorm is
    from Ba et al. 2016, GELU from Hendrycks and Gimpel 2016.
    """

    def __init__(self, config: GPTConfig | Mapping) -> None:
        super().__init__()
        self.config = config = GPTConfig.of(config)
        self.tok_emb = nn.Embedding(config.vocab_size, config.emb_dim)
        self.pos_emb = nn.Embedding(config.context_length, config.emb_dim)
        self.drop_emb = nn.Dropout(config.drop_rate)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layers))
        self.final_norm = LayerNorm(config.emb_dim)
        device = "meta" if config.tie_embeddings else None  # a tied head needs no numbers
        self.out_head = nn.Linear(config.emb_dim, config.vocab_size, bias=False, device=device)
        if config.tie_embeddings:
            self.out_head.weight = self.tok_emb.weight

    def forward(self, token_ids: Tensor) -> Tensor:
        """Return the logits of the next token at every position, (B, T) to (B, T, V)."""
        return self.out_head(self.hidden_states(token_ids))  # (B, T, V)

    def hidden_states(
        self, token_ids: Tensor, caches: list[KVCache] | None = None, padding: Tensor | None = None
    ) -> Tensor:
        """Return what the output head reads, (B, T, C).

        Args:
            token_ids: (B, T), the tokens that are new.
            caches: one cache a block, holding the tokens before them.
            padding: (B,), how many tokens at the start of each row only fill it up.

        Raises:
            ValueError: no integers of shape (B, T), more tokens than the context, caches that do
                not belong together, or, on a CPU, an id outside the vocabulary.
        """
        end = check_inputs(token_ids, caches or [], self.config)
        positions = torch.arange(end - token_ids.shape[1], end, device=token_ids.device)  # (T,)
        mask = None
        if padding is not None:
            mask = mask_padding(padding, positions, end)  # (B, 1, T, S)
            positions = (positions - padding[:, None]).clamp(min=0)  # (B, T)
        try:  # a CPU notices a foreign id at no cost; asking a GPU would make it wait
            x = self.tok_emb(token_ids)  # (B, T, C)
        except IndexError:
            low, high, V = token_ids.min(), token_ids.max(), self.config.vocab_size
            raise ValueError(f"token ids must lie in 0..{V - 1}, got {low}..{high}") from None
        x = self.drop_emb(x + self.pos_emb(positions))  # (B, T, C)
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks), strict=True):
            x = block(x, cache, mask)  # (B, T, C)
        return self.final_norm(x)


@torch.no_grad()
def init_gpt2_weights(model: GPTModel) -> None:
    """Draw a model's weights as GPT-2's were drawn; a tied model starts badly without it.

    Source: Radford et al. 2019, section 2.3, and OpenAI's src/model.py.
    """
    for name, parameter in model.named_parameters():  # a tied matrix comes once
        std = 0.01 if name.endswith("pos_emb.weight") else 0.02
        if name.endswith(("att.out_proj.weight", "ff.layers.2.weight")):
            # 2 n_layers of these add to the residual stream; the sum must not grow with the depth
            std /= (2 * model.config.n_layers) ** 0.5
        if parameter.dim() > 1:
            parameter.normal_(std=std)
        else:
            parameter.fill_(name.endswith("scale"))  # 1; biases and shifts are 0


evaluating: Counter[nn.Module] = Counter()  # modules taken out of training mode: by how many
evaluating_lock = RLock()


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Run a block without dropout and without gradients, then restore every module's mode."""
    with evaluating_lock:  # of several threads the first to come switches, the last to go restores
        switched = [m for m in model.modules() if m.training or m in evaluating]
        evaluating.update(switched)
        for module in switched:
            module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        with evaluating_lock:
            evaluating.subtract(switched)
            for module in switched:
                if not evaluating[module]:
                    del evaluating[module]
                    module.training = True
