"""Our compact layout: 8 bits a weight, as llmutils-small ships.

`config.json` has the fields of `GPTConfig`; `model.safetensors` has our parameters. Each row of a
matrix is divided by a scale that takes its largest number to 127, and rounded; vectors and scales
are 16-bit floats.

Plumbing: not built in a notebook.
"""

import json
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from llmutils.config import GPTConfig
from llmutils.formats.folders import filling
from llmutils.formats.huggingface import load_mapped
from llmutils.weights import own_weights

SCALE = ".row_scale"  # behind a matrix's name: its rows' scales, (rows, 1)


def save_compact(model: nn.Module, folder: str | Path) -> None:
    """Write a model with 8 bits a weight, for `load_pretrained`, all of it or nothing.

    Raises:
        ValueError: what is no plain GPT, numbers too large for 16 bits, or a folder that holds
            another layout.
    """
    config, own = own_weights(model)
    stored = {}
    for name, weight in own.items():
        if weight.dim() == 2:
            scale = half_rounded_up(weight.abs().amax(dim=1, keepdim=True) / 127)  # (rows, 1)
            stored[name] = (weight / scale.float()).round().clamp(-127, 127).to(torch.int8)
            stored[name + SCALE] = scale
        else:
            stored[name] = weight.half()
    large = [name for name, weight in stored.items() if not weight.isfinite().all()]
    if large:
        raise ValueError(f"numbers too large for 16 bits in {', '.join(large)}")
    with filling(Path(folder), "compact") as part:
        text = json.dumps(asdict(config), indent=2) + "\n"
        (part / "config.json").write_text(text, encoding="utf-8")
        save_file(stored, part / "model.safetensors", metadata={"format": "pt"})


def read_compact(folder: Path) -> tuple[GPTConfig, dict[str, torch.Tensor]]:
    """Return a model's config and its weights by name, as `save_compact` wrote them."""
    path = folder / "config.json"
    try:
        config = GPTConfig.of(json.loads(path.read_bytes()))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    stored, own = load_mapped(folder / "model.safetensors"), {}
    for name, weight in stored.items():
        scale = stored.get(name + SCALE)
        if scale is not None and scale.shape == (len(weight), 1):
            own[name] = weight * scale.float()
        elif not (name.endswith(SCALE) and name.removesuffix(SCALE) in stored):
            own[name] = weight  # a vector, or what `check_weights` will refuse
    return config, own


def half_rounded_up(numbers: torch.Tensor) -> torch.Tensor:
    """Return positive 16-bit floats that are at least as large as the numbers."""
    halves = numbers.half()
    bits = halves.view(torch.int16) + (halves.float() < numbers)  # the next larger one
    return bits.to(torch.int16).view(torch.half).clamp(min=2**-24)
