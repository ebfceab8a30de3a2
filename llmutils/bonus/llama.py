"""A model of today: a GPT with another norm, turning positions, a gated network, shared keys.

Letters: B batch, T tokens, S tokens seen so far (cached and new), C = emb_dim, H heads of queries,
G heads of keys and values, D = C // H, V = vocab_size.

Source: Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models".

Built in notebooks/bonus/modern_model.ipynb
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import tiktoken
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from llmutils.attention import KVCache
from llmutils.model import check_inputs, mask_padding

SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


@dataclass(frozen=True)
class LlamaConfig:
    """The sizes of a Llama, checked when it is created."""

    vocab_size: int  # tokens the model knows
    context_length: int  # tokens it can look back on
    emb_dim: int  # numbers that describe one token inside the model
    hidden_dim: int  # numbers inside the feed-forward network
    n_heads: int  # heads of queries in a block
    n_kv_heads: int  # heads of keys and values; each serves n_heads / n_kv_heads of queries
    n_layers: int  # transformer blocks
    rope_base: float = 10000.0  # the slowest pair turns about once in 2 pi times as many tokens
    norm_eps: float = 1e-5  # added to the mean square, so that nothing is divided by 0
    tie_embeddings: bool = False  # whether the output head is the token embedding itself

    def __post_init__(self) -> None:
        """Refuse sizes that no model can have."""
        for name, value in vars(self).items():
            if name != "tie_embeddings" and not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        if self.emb_dim % (2 * self.n_heads) or self.n_heads % self.n_kv_heads:
            raise ValueError(
                f"emb_dim {self.emb_dim} must be a multiple of 2 n_heads, and n_heads "
                f"{self.n_heads} of n_kv_heads {self.n_kv_heads}"
            )

    @property
    def head_dim(self) -> int:
        """Return D."""
        return self.emb_dim // self.n_heads


class RMSNorm(nn.Module):
    """Bring each token's numbers to mean square 1, then scale them; LayerNorm without its means.

    Source: Zhang and Sennrich 2019, "Root Mean Square Layer Normalization".
    """

    def __init__(self, emb_dim: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.ones(emb_dim))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension of x, (..., C)."""
        return F.rms_norm(x, self.scale.shape, self.scale, self.eps)


def rope_table(context_length: int, head_dim: int, base: float = 10000.0) -> Tensor:
    """Return cosine and sine of each position's angle for each pair, (2, context_length, D / 2).

    Pair i turns by base^(-2i / D) radians from one position to the next.
    """
    speeds = base ** -(torch.arange(0, head_dim, 2) / head_dim)  # (D / 2,)
    angles = torch.arange(context_length)[:, None] * speeds  # (context_length, D / 2)
    return torch.stack([angles.cos(), angles.sin()])


def apply_rope(x: Tensor, turns: Tensor) -> Tensor:
    """Turn each pair of numbers of queries or keys by the angle of its position.

    A pair is number i of a head and number i + D / 2. Turned by m and by n, a query and a key have
    a product that depends on m - n alone.

    Args:
        x: (B, H, T, D).
        turns: the table's rows for these positions, (2, T, D / 2) or (2, B, 1, T, D / 2).

    Source: Su et al. 2021, "RoFormer: Enhanced Transformer with Rotary Position Embedding".
    """
    cos, sin = turns.to(x.dtype)
    first, second = x.chunk(2, dim=-1)  # (B, H, T, D / 2) each
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1)


class GroupedQueryAttention(nn.Module):
    """Causal attention in which several heads of queries share one head of keys and values.

    Source: Ainslie et al. 2023, "GQA: Training Generalized Multi-Query Transformer Models".
    """

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        C, self.head_dim = config.emb_dim, config.head_dim
        self.W_query = nn.Linear(C, C, bias=False)
        self.W_key = nn.Linear(C, config.n_kv_heads * self.head_dim, bias=False)
        self.W_value = nn.Linear(C, config.n_kv_heads * self.head_dim, bias=False)
        self.out_proj = nn.Linear(C, C, bias=False)

    def forward(
        self, x: Tensor, turns: Tensor, cache: KVCache | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Let every new token gather from the tokens it may see, (B, T, C) to (B, T, C).

        Args:
            x: the tokens that are new.
            turns: the rows of `rope_table` for their positions.
            cache: turned keys, and values, of the tokens before them; the new ones are added.
            mask: (B, 1, T, S), true where a token may look; None for plain causal order.
        """
        B, T, C = x.shape
        queries = apply_rope(self.split_heads(self.W_query(x)), turns)  # (B, H, T, D)
        keys = apply_rope(self.split_heads(self.W_key(x)), turns)  # (B, G, T, D)
        values = self.split_heads(self.W_value(x))  # (B, G, T, D)
        if cache is not None:
            keys, values = cache.append(keys, values)  # (B, G, S, D)
        S = keys.shape[2]
        if mask is None and 1 < T < S:  # several new tokens behind cached ones
            mask = torch.ones(T, S, dtype=torch.bool, device=x.device).tril(S - T)  # (T, S)
        context = F.scaled_dot_product_attention(
            queries, keys, values, mask, is_causal=mask is None and T > 1, enable_gqa=True
        )  # (B, H, T, D)
        return self.out_proj(context.transpose(1, 2).reshape(B, T, C))  # (B, T, C)

    def split_heads(self, x: Tensor) -> Tensor:
        """Cut the numbers into heads of D, (B, T, H * D) to (B, H, T, D)."""
        return x.unflatten(-1, (-1, self.head_dim)).transpose(1, 2)  # (B, H, T, D)


class SwiGLU(nn.Module):
    """A feed-forward network in which one layer's output opens and shuts another's.

    Source: Shazeer 2020, "GLU Variants Improve Transformer".
    """

    def __init__(self, emb_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.gate = nn.Linear(emb_dim, hidden_dim, bias=False)
        self.up = nn.Linear(emb_dim, hidden_dim, bias=False)
        self.down = nn.Linear(hidden_dim, emb_dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Transform each token's vector, (B, T, C) to (B, T, C)."""
        return self.down(F.silu(self.gate(x)) * self.up(x))


class LlamaBlock(nn.Module):
    """Attention between tokens, then a feed-forward network in each, both behind an RMSNorm."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.att = GroupedQueryAttention(config)
        self.ff = SwiGLU(config.emb_dim, config.hidden_dim)
        self.norm1 = RMSNorm(config.emb_dim, config.norm_eps)
        self.norm2 = RMSNorm(config.emb_dim, config.norm_eps)

    def forward(
        self, x: Tensor, turns: Tensor, cache: KVCache | None = None, mask: Tensor | None = None
    ) -> Tensor:
        """Transform the vectors of new tokens, (B, T, C) to (B, T, C)."""
        x = x + self.att(self.norm1(x), turns, cache, mask)  # (B, T, C)
        return x + self.ff(self.norm2(x))  # (B, T, C)


class LlamaModel(nn.Module):
    """A Llama style language model; what works on a `GPTModel` works on it."""

    def __init__(self, config: LlamaConfig) -> None:
        super().__init__()
        self.config = config
        self.tokenizer: tiktoken.Encoding | None = None  # `load_pretrained` brings it
        self.tok_emb = nn.Embedding(config.vocab_size, config.emb_dim)
        self.blocks = nn.ModuleList(LlamaBlock(config) for _ in range(config.n_layers))
        self.final_norm = RMSNorm(config.emb_dim, config.norm_eps)
        self.out_head = nn.Linear(config.emb_dim, config.vocab_size, bias=False)
        if config.tie_embeddings:
            self.out_head.weight = self.tok_emb.weight
        turns = rope_table(config.context_length, config.head_dim, config.rope_base)
        self.register_buffer("turns", turns, persistent=False)  # (2, context_length, D / 2)

    def forward(self, token_ids: Tensor) -> Tensor:
        """Return the logits of the next token at every position, (B, T) to (B, T, V)."""
        return self.out_head(self.hidden_states(token_ids))  # (B, T, V)

    def hidden_states(
        self, token_ids: Tensor, caches: list[KVCache] | None = None, padding: Tensor | None = None
    ) -> Tensor:
        """Return what the output head reads, (B, T, C); the arguments are those of `GPTModel`'s."""
        end = check_inputs(token_ids, caches or [], self.config)
        positions = torch.arange(end - token_ids.shape[1], end, device=token_ids.device)  # (T,)
        mask, turns = None, self.turns[:, positions]  # (2, T, D / 2)
        if padding is not None:
            mask = mask_padding(padding, positions, end)  # (B, 1, T, S)
            positions = (positions - padding[:, None]).clamp(min=0)  # (B, T)
            turns = self.turns[:, positions][:, :, None]  # (2, B, 1, T, D / 2)
        x = self.tok_emb(token_ids)  # (B, T, C)
        for block, cache in zip(self.blocks, caches or [None] * len(self.blocks), strict=True):
            x = block(x, turns, cache, mask)  # (B, T, C)
        return self.final_norm(x)


def encode_chat(messages: Iterable[Mapping[str, str]], tokenizer: tiktoken.Encoding) -> list[int]:
    """Return the token ids of a conversation, up to where the model's reply begins.

    Args:
        messages: {"role": "system", "user" or "assistant", "content": text} each. Without a system
            message SmolLM2's own comes first: it was trained with one.
        tokenizer: SmolLM2's. What looks like a special token in a text stays text.
    """
    messages = [*messages]
    if not messages or messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": SYSTEM})
    start, end = (tokenizer.encode_single_token(f"<|im_{name}|>") for name in ("start", "end"))
    encode, ids = tokenizer.encode_ordinary, []
    for message in messages:
        ids += [start, *encode(f"{message['role']}\n{message['content']}"), end, *encode("\n")]
    return [*ids, start, *encode("assistant\n")]
