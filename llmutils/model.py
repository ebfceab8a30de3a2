"""The GPT: token ids in, a score for every possible next token out.

Letters: B batch, T tokens, C = emb_dim, V = vocab_size. The parts create their weights in the
order in which they appear, with PyTorch's default initialisation, so that a seed fixes the model.
The operations are PyTorch's fused ones; the notebook writes each out and proves it equal.

Built in notebooks/03_gpt_model.ipynb
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import nn

from llmutils.attention import KVCache, MultiHeadAttention
from llmutils.config import GPTConfig


class LayerNorm(nn.Module):
    """Bring each token's C numbers to mean 0 and variance 1, then scale and shift them.

    The variance is the biased one (divided by C), as in GPT-2.

    Source: Ba et al. 2016, "Layer Normalization".
    """

    def __init__(self, emb_dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.ones(emb_dim))
        self.shift = nn.Parameter(torch.zeros(emb_dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise the last dimension of x, (..., C)."""
        return F.layer_norm(x, self.scale.shape, self.scale, self.shift, self.eps)


class GELU(nn.Module):
    """A smooth ReLU, in the tanh form that GPT-2 was trained with.

    Source: Hendrycks and Gimpel 2016, "Gaussian Error Linear Units".
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
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

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Transform each token's vector, (B, T, C) to (B, T, C)."""
        return self.layers(x)


class TransformerBlock(nn.Module):
    """Attention between tokens, then a feed-forward network in each, both with a shortcut.

    Each part normalises its input (pre-LayerNorm, as in GPT-2) and adds its output to it.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.att = MultiHeadAttention(
            d_in=config.emb_dim,
            d_out=config.emb_dim,
            context_length=config.context_length,
            dropout=config.drop_rate,
            num_heads=config.n_heads,
            qkv_bias=config.qkv_bias,
        )
        self.ff = FeedForward(config)
        self.norm1 = LayerNorm(config.emb_dim)
        self.norm2 = LayerNorm(config.emb_dim)
        self.drop_shortcut = nn.Dropout(config.drop_rate)

    def forward(
        self, x: torch.Tensor, cache: KVCache | None = None, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Transform (B, T, C) to (B, T, C); `cache` and `mask` as in `MultiHeadAttention`."""
        x = x + self.drop_shortcut(self.att(self.norm1(x), cache, mask))  # (B, T, C)
        return x + self.drop_shortcut(self.ff(self.norm2(x)))  # (B, T, C)


class GPTModel(nn.Module):
    """A GPT-2 style language model.

    Args:
        config: a `GPTConfig`, or a dictionary with its fields.

    Attributes:
        config: the `GPTConfig`.

    Raises:
        ValueError: unknown, missing or impossible config values.

    Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
    """

    def __init__(self, config: GPTConfig | Mapping) -> None:
        super().__init__()
        self.config = config = GPTConfig.of(config)
        self.tok_emb = nn.Embedding(config.vocab_size, config.emb_dim)
        self.pos_emb = nn.Embedding(config.context_length, config.emb_dim)
        self.drop_emb = nn.Dropout(config.drop_rate)
        self.blocks = nn.ModuleList(TransformerBlock(config) for _ in range(config.n_layers))
        self.final_norm = LayerNorm(config.emb_dim)
        self.out_head = nn.Linear(config.emb_dim, config.vocab_size, bias=False)
        if config.tie_embeddings:
            self.out_head.weight = self.tok_emb.weight
            self.apply(_init_gpt2)

    def forward(self, token_ids: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next token at every position, (B, T) to (B, T, V).

        Raises:
            ValueError: more tokens than the context, or an id outside the vocabulary.
        """
        return self.out_head(self.hidden_states(token_ids))  # (B, T, V)

    def hidden_states(
        self,
        token_ids: torch.Tensor,
        caches: list[KVCache] | None = None,
        padding: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Return what the output head reads, (B, T, C).

        Args:
            token_ids: (B, T), the tokens that are new.
            caches: one cache a block, holding the tokens before them.
            padding: (B,), how many tokens at the start of each row only fill it up.

        Raises:
            ValueError: more tokens than the context, or an id outside the vocabulary.
        """
        seen = caches[0].length if caches else 0
        end = seen + token_ids.shape[1]
        _check_token_ids(token_ids, end, self.config)
        positions = torch.arange(seen, end, device=token_ids.device)  # (T,)
        mask = None
        if padding is not None:
            mask = _mask_padding(padding, positions)  # (B, 1, T, S)
            positions = (positions - padding[:, None]).clamp(min=0)  # (B, T)
        x = self.drop_emb(self.tok_emb(token_ids) + self.pos_emb(positions))  # (B, T, C)
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks), strict=True):
            x = block(x, cache, mask)  # (B, T, C)
        return self.final_norm(x)


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Run a block without dropout and without gradients, then restore every module's mode."""
    training = [module for module in model.modules() if module.training]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


def _check_token_ids(token_ids: torch.Tensor, end: int, config: GPTConfig) -> None:
    """Refuse what the embeddings have no vector for."""
    if end > config.context_length:
        raise ValueError(f"{end} tokens exceed the context length {config.context_length}")
    if token_ids.numel() and not token_ids.is_meta and not torch.compiler.is_compiling():
        low, high = token_ids.min().item(), token_ids.max().item()
        if low < 0 or high >= config.vocab_size:
            raise ValueError(f"token ids must lie in 0..{config.vocab_size - 1}, got {low}..{high}")


def _mask_padding(padding: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """Return (B, 1, T, S), true where a token may look: not ahead, and not at the padding.

    A padding token may look nowhere; its vector is never used.
    """
    slots = torch.arange(int(positions[-1]) + 1, device=padding.device)  # (S,)
    mask = (slots <= positions[:, None]) & (slots >= padding[:, None, None])  # (B, T, S)
    return mask[:, None]  # (B, 1, T, S)


def _init_gpt2(module: nn.Module) -> None:
    """Start small, as GPT-2 does: from large numbers, a tied head would only repeat its input."""
    if isinstance(module, nn.Linear | nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    if isinstance(module, nn.Linear) and module.bias is not None:
        nn.init.zeros_(module.bias)
