"""Low-rank adapters: a matrix stays as it is, and two thin ones beside it learn.

Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".

Built in notebooks/bonus/lora.ipynb
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class LoRALinear(nn.Module):
    """A frozen linear layer, and beside it (alpha / rank) · B A, of which A and B learn."""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.linear = linear.requires_grad_(False)
        like = {"device": linear.weight.device, "dtype": linear.weight.dtype}
        self.A = nn.Parameter(torch.empty(rank, linear.in_features, **like))
        self.B = nn.Parameter(torch.zeros(linear.out_features, rank, **like))  # it begins as 0
        nn.init.kaiming_uniform_(self.A, a=5**0.5)  # as PyTorch's linear layers begin
        self.register_buffer("scale", torch.tensor(alpha / rank, **like))

    def forward(self, x: Tensor) -> Tensor:
        """Transform x, (..., in_features) to (..., out_features)."""
        return self.linear(x) + self.scale * (x @ self.A.T @ self.B.T)


def lora_layers(model: nn.Module) -> dict[str, LoRALinear]:
    """Return {name: layer} of a model's adapters."""
    return {name: m for name, m in model.named_modules() if isinstance(m, LoRALinear)}


def add_lora(
    model: nn.Module,
    rank: int = 8,
    alpha: float = 16.0,
    names: Sequence[str] = ("W_query", "W_value"),
) -> None:
    """Freeze a model, and give its linear layers of some names adapters that learn.

    Raises:
        ValueError: there is no such layer, a rank below 1, or adapters are there already.
    """
    found = {
        name: module
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and name.rpartition(".")[2] in names
    }
    if not found or rank < 1 or lora_layers(model):
        raise ValueError(
            f"expected layers named {', '.join(names)}, a rank of 1 or more and no adapters; "
            f"got {len(found)}, {rank} and {len(lora_layers(model))}"
        )
    model.requires_grad_(False)
    for name, linear in found.items():
        model.set_submodule(name, LoRALinear(linear, rank, alpha))


@torch.no_grad()
def merge_lora(model: nn.Module) -> None:
    """Add each adapter to its matrix and take it away; what the model computes stays the same."""
    for name, layer in lora_layers(model).items():
        layer.linear.weight += layer.scale * layer.B @ layer.A
        model.set_submodule(name, layer.linear)


@contextmanager
def without_lora(model: nn.Module) -> Iterator[None]:
    """Run a block with a model as it was before it got adapters."""
    scales = {layer: layer.scale.clone() for layer in lora_layers(model).values()}
    try:
        for layer in scales:
            layer.scale.zero_()
        yield
    finally:
        for layer, scale in scales.items():
            layer.scale.copy_(scale)


def lora_weights(model: nn.Module) -> dict[str, Tensor]:
    """Return what tells an adapted model from the one below, for `load_state_dict(strict=False)`.

    A model that is to take them first needs adapters of the same rank in the same places.
    """
    return {
        f"{name}.{part}": getattr(layer, part).detach()
        for name, layer in lora_layers(model).items()
        for part in ("A", "B", "scale")
    }
