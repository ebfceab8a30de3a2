"""Causal multi-head self-attention, and the cache that makes generation fast.

Letters: B batch, T tokens, S tokens seen so far (cached and new), C = d_out, H heads, D = C // H.

Built in notebooks/02_attention.ipynb
"""

import torch
import torch.nn.functional as F
from torch import nn


class KVCache:
    """The keys and values that one attention layer has computed so far, without gradients."""

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length  # tokens there is room for
        self.length = 0  # tokens stored
        self.keys = self.values = None  # (B, H, max_length, D) once the first tokens arrive

    def append(self, keys: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Store keys and values of T new tokens, (B, H, T, D); return all, (B, H, S, D) each.

        Raises:
            ValueError: there is no room for T more tokens, or the batch is another one.
        """
        B, H, T, D = keys.shape
        end = self.length + T
        if end > self.max_length:
            raise ValueError(f"the cache holds {self.max_length} tokens and cannot take {end}")
        if self.keys is None:
            self.keys = keys.new_empty(B, H, self.max_length, D)
            self.values = values.new_empty(B, H, self.max_length, D)
        if len(self.keys) != B:  # one row would be copied into all of them
            raise ValueError(f"the cache holds a batch of {len(self.keys)} and cannot take {B}")
        self.keys[:, :, self.length : end] = keys
        self.values[:, :, self.length : end] = values
        self.length = end
        return self.keys[:, :, :end], self.values[:, :, :end]  # (B, H, S, D)


class MultiHeadAttention(nn.Module):
    """Self-attention in which a token sees itself and the tokens before it, with several heads.

    Args:
        d_in: numbers in an input vector.
        d_out: C, numbers in an output vector; the heads share them.
        context_length: the longest sequence accepted.
        dropout: share of attention weights zeroed in training; above 0, PyTorch's fused operation
            for CPUs steps aside, and a (T, T) map is computed and kept.
        num_heads: H; it must divide d_out.
        qkv_bias: whether queries, keys and values get a bias.

    Source: Vaswani et al. 2017, "Attention Is All You Need".
    """

    def __init__(
        self,
        d_in: int,
        d_out: int,
        context_length: int,
        dropout: float,
        num_heads: int,
        qkv_bias: bool = False,
    ) -> None:
        super().__init__()
        if d_out % num_heads:
            raise ValueError(f"d_out {d_out} is not divisible by num_heads {num_heads}")
        self.num_heads = num_heads
        self.context_length = context_length
        self.dropout = dropout
        self.W_query = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_key = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.W_value = nn.Linear(d_in, d_out, bias=qkv_bias)
        self.out_proj = nn.Linear(d_out, d_out)

    def forward(
        self, x: torch.Tensor, cache: KVCache | None = None, mask: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Let every new token gather from the tokens it may see, (B, T, d_in) to (B, T, C).

        Args:
            x: (B, T, d_in), the tokens that are new.
            cache: keys and values of the tokens before them; the new ones are added to it.
            mask: (B, 1, T, S), true where a token may look; None for plain causal order.
        """
        B, T, _ = x.shape
        S = T if cache is None else T + cache.length
        if S > self.context_length:
            raise ValueError(f"{S} tokens exceed the context length {self.context_length}")
        queries = self.split_heads(self.W_query(x))  # (B, H, T, D)
        keys = self.split_heads(self.W_key(x))  # (B, H, T, D)
        values = self.split_heads(self.W_value(x))  # (B, H, T, D)
        if cache is not None:  # queries of the new tokens meet keys of all
            keys, values = cache.append(keys, values)  # (B, H, S, D)
        if mask is None and 1 < T < S:  # several new tokens behind cached ones
            mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)  # (T, S)
        context = F.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=mask,
            dropout_p=self.dropout if self.training else 0.0,
            is_causal=mask is None and T > 1,
        )  # (B, H, T, D)
        return self.out_proj(context.transpose(1, 2).reshape(B, T, -1))  # (B, T, C)

    def split_heads(self, x: torch.Tensor) -> torch.Tensor:
        """Cut C numbers into H heads of D, (B, T, C) to (B, H, T, D)."""
        B, T, C = x.shape
        return x.view(B, T, self.num_heads, C // self.num_heads).transpose(1, 2)  # (B, H, T, D)
