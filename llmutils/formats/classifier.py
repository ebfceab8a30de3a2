"""A classifier in one safetensors file: weights, labels, length, and a hash of all of it.

Plumbing of `llmutils.classify`, built nowhere.
"""

import hashlib
import json
import operator
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from llmutils.classify import add_classification_head
from llmutils.config import GPTConfig, check_number
from llmutils.formats.files import replacing
from llmutils.model import GPTModel
from llmutils.weights import check_weights, empty_model


def write_classifier(
    model: GPTModel, path: Path, labels: Sequence[str], max_length: int | None
) -> None:
    """Write a classifier, or raise ValueError before a file is touched; see `save_classifier`."""
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    if type(model) is not GPTModel or not all(isinstance(label, str) for label in labels):
        raise ValueError(f"expected a GPTModel and texts, got {type(model).__name__} and {labels}")
    if max_length is not None:
        rule = "max_length must be a positive integer or None"
        max_length = check_number(max_length, operator.index, lambda n: n > 0, rule)
    own = {name: p.detach().cpu().contiguous() for name, p in model.named_parameters()}
    check_weights(own, empty_classifier(model.config, labels))
    settings = {
        "config": asdict(model.config),
        "labels": [*labels],
        "max_length": max_length,
        "trainable": [name for name, p in model.named_parameters() if p.requires_grad],
    }
    text = json.dumps(settings)
    with replacing(path) as part:
        save_file(own, part, metadata={"classifier": text, "sha256": hash_content(text, own)})


def read_classifier(path: Path) -> tuple[GPTModel, tuple[str, ...], int | None]:
    """Return the model, in evaluation mode, the labels and the length; see `load_classifier`."""
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
        text, own = metadata["classifier"], load_file(path)
        if hash_content(text, own) != metadata["sha256"]:
            raise ValueError("its content has changed")
        settings = json.loads(text)
        model = empty_classifier(GPTConfig.of(settings["config"]), settings["labels"])
        check_weights(own, model)
    except (SafetensorError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is not a whole file of save_classifier ({error})") from error
    model.load_state_dict(own, assign=True)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name in settings["trainable"])
    return model.eval(), tuple(settings["labels"]), settings["max_length"]


def empty_classifier(config: GPTConfig, labels: Sequence[str]) -> GPTModel:
    """Return a classifier that has shapes, but no numbers yet."""
    model = empty_model(config)
    add_classification_head(model, len(labels))
    return model


def hash_content(settings: str, own: Mapping[str, torch.Tensor]) -> str:
    """Return a SHA-256 that any other bit in settings or weights would change."""
    found = hashlib.sha256(settings.encode())
    for name, weight in sorted(own.items()):
        found.update(f"{name} {weight.dtype} {[*weight.shape]}".encode())
        found.update(weight.flatten().view(torch.uint8).numpy())
    return found.hexdigest()
