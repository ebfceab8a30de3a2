"""The one description of a GPT's size.

`GPTConfig` is what the model reads; a dictionary with the same keys, such as `GPT_CONFIG_124M`, is
accepted wherever a config is and checked on the way in.

Built in notebooks/03_gpt_model.ipynb
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np


def check_number(value, kind: Callable, allowed: Callable, rule: str) -> int | float:
    """Return Python's, numpy's or PyTorch's number as Python's own, or raise ValueError.

    `kind` is `operator.index` for an integer or `float`; `allowed` says whether the number makes
    sense; `rule` begins the error, as in "n_heads must be a positive integer".
    """
    try:
        number = None if isinstance(value, bool | str) else kind(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # each library has its own
        number = None
    if number is None or not allowed(number):
        raise ValueError(f"{rule}, got {value!r}")
    return number


@dataclass(frozen=True)
class GPTConfig:
    """The sizes of a GPT, checked when it is created."""

    vocab_size: int  # tokens the model knows; GPT-2's vocabulary has 50,257
    context_length: int  # tokens it can look back on, and positions it has a vector for
    emb_dim: int  # numbers that describe one token inside the model
    n_heads: int  # attention heads in a block; they share emb_dim among them
    n_layers: int  # transformer blocks, one after another
    drop_rate: float  # share of activations that dropout zeroes in training
    qkv_bias: bool  # whether queries, keys and values get a bias; GPT-2's do
    tie_embeddings: bool = False  # whether the output head is the token embedding itself

    def __post_init__(self) -> None:
        """Refuse sizes that no model can have, and keep plain Python numbers."""
        values = vars(self)  # of a frozen object, only this dictionary can be written to
        for name in ("vocab_size", "context_length", "emb_dim", "n_heads", "n_layers"):
            rule = f"{name} must be a positive integer"
            values[name] = check_number(values[name], operator.index, lambda n: n > 0, rule)
        if self.emb_dim % self.n_heads:
            raise ValueError(f"emb_dim {self.emb_dim} is not divisible by n_heads {self.n_heads}")
        rule = "drop_rate must be at least 0 and below 1"
        values["drop_rate"] = check_number(self.drop_rate, float, lambda p: 0 <= p < 1, rule)
        for name in ("qkv_bias", "tie_embeddings"):
            if not isinstance(values[name], bool | np.bool_):
                raise ValueError(f"{name} must be True or False, got {values[name]!r}")
            values[name] = bool(values[name])

    @classmethod
    def of(cls, config: "GPTConfig | Mapping") -> "GPTConfig":
        """Return `config` itself, or the config that a dictionary describes."""
        if isinstance(config, cls):
            return config
        known = {field.name for field in fields(cls)}
        unknown, missing = set(config) - known, known - set(config) - {"tie_embeddings"}
        if unknown or missing:
            raise ValueError(f"config keys unknown: {sorted(unknown)}, missing: {sorted(missing)}")
        return cls(**config)


GPT_CONFIG_124M = {
    "vocab_size": 50257,
    "context_length": 256,  # GPT-2 itself has 1024; 256 is enough for a short story
    "emb_dim": 768,
    "n_heads": 12,
    "n_layers": 12,
    "drop_rate": 0.1,
    "qkv_bias": False,
}

GPT2_CONFIGS = {
    name: GPTConfig(50257, 1024, emb_dim, n_heads, n_layers, 0.1, True, tie_embeddings=True)
    for name, emb_dim, n_heads, n_layers in [
        ("gpt2", 768, 12, 12),
        ("gpt2-medium", 1024, 16, 24),
        ("gpt2-large", 1280, 20, 36),
        ("gpt2-xl", 1600, 25, 48),
    ]
}
