"""Pretrained weights: the small model that ships with the project.

A folder holds `config.json`, the fields of `GPTConfig`, and `model.safetensors`, in which each row
of a matrix is 8-bit integers and one scale. That is a quarter of float32's size.

Shown in notebooks/05_decoding.ipynb
"""

import json
from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from llmutils.config import GPTConfig
from llmutils.model import GPTModel

ASSETS = Path(__file__).parent / "assets"


def load_pretrained(name_or_folder: str | Path, drop_rate: float | None = None) -> GPTModel:
    """Return a pretrained GPT in float32, in evaluation mode; the network is not touched.

    Args:
        name_or_folder: "llmutils-small", or a folder that `save_compact` wrote.
        drop_rate: dropout for training it further; as it was trained if None.

    Raises:
        ValueError: an unknown name, or files that do not hold what they should.
    """
    folder = Path(name_or_folder)
    if str(name_or_folder) == "llmutils-small":
        folder = ASSETS / "llmutils-small"
    if not (folder / "config.json").is_file():
        raise ValueError(f"expected 'llmutils-small' or a model's folder, got '{name_or_folder}'")
    config = GPTConfig.of(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    if drop_rate is not None:
        config = replace(config, drop_rate=drop_rate)
    path = folder / "model.safetensors"
    try:
        stored = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error})") from error
    with torch.random.fork_rng(devices=[]):  # the weights drawn here are replaced at once
        model = GPTModel(config)
    weights = {}
    for name in [name for name in stored if not name.endswith(".row_scale")]:
        scale = stored.get(f"{name}.row_scale")
        weights[name] = stored[name].float() * (1.0 if scale is None else scale.float())
    expected = {name: parameter.shape for name, parameter in model.named_parameters()}
    found = {name: weight.shape for name, weight in weights.items()}
    if found != expected:
        odd = sorted(name for name in found | expected if found.get(name) != expected.get(name))
        raise ValueError(f"{path} does not fit config.json: {', '.join(odd)}")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(weights[name])
    return model.eval()


def save_compact(model: GPTModel, folder: str | Path) -> None:
    """Write a model with 8 bits a weight, for `load_pretrained`.

    Each row of a matrix is divided by a scale that takes its largest number to 127, and rounded;
    vectors and scales are kept as 16-bit floats.

    Args:
        model: the GPT; it is not changed.
        folder: made if it does not exist.
    """
    stored = {}
    for name, parameter in model.named_parameters():
        weight = parameter.detach().float().cpu()
        if weight.dim() == 2:
            scale = _half_rounded_up(weight.abs().amax(dim=1, keepdim=True) / 127)  # (rows, 1)
            stored[f"{name}.row_scale"] = scale
            weight = (weight / scale.float()).round().clamp(-127, 127).to(torch.int8)
        else:
            weight = weight.half()
        stored[name] = weight
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(save(stored, metadata={"format": "pt"}))
    text = json.dumps(asdict(model.config), indent=2) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")


def _half_rounded_up(numbers: torch.Tensor) -> torch.Tensor:
    """Return positive 16-bit floats that are at least as large as the numbers."""
    halves = numbers.half()
    bits = halves.view(torch.int16) + (halves.float() < numbers)  # the next larger one
    return bits.to(torch.int16).view(torch.half).clamp(min=2**-24)
