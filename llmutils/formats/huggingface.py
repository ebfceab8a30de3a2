"""Transformers' layout of a GPT-2: `config.json`, `model.safetensors` and the tokenizer's files.

Plumbing: not built in a notebook.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from llmutils.config import GPTConfig
from llmutils.formats.download import DownloadError
from llmutils.formats.files import ASSETS
from llmutils.formats.folders import filling

SAME_FUNCTION = {  # settings, and the values with which a model computes what ours does
    "model_type": ["gpt2"],
    "activation_function": ["gelu_new", "gelu_pytorch_tanh"],
    "layer_norm_epsilon": [1e-5],
    "scale_attn_weights": [True],
    "scale_attn_by_inverse_layer_idx": [False],
    "add_cross_attention": [False],
}


def fetch_files(repository: str, *files: str) -> Path:
    """Return the folder of a model in the hub's own cache, its files fetched if need be."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    paths = [try_to_load_from_cache(repository, file) for file in files]
    try:
        if not all(isinstance(path, str) for path in paths):
            if os.environ.get("LLMUTILS_OFFLINE") == "1":
                raise OSError("it is not in the cache, and LLMUTILS_OFFLINE=1 forbids fetching")
            paths = [hf_hub_download(repository, file) for file in files]
    except Exception as error:  # the client's own errors, and those of the network beneath it
        raise DownloadError(
            f"could not get {repository} from the Hugging Face hub: {error} "
            f"(HF_ENDPOINT can name a mirror; or load a folder with {' and '.join(files)})"
        ) from error
    return Path(paths[0]).parent


def read_config(folder: Path) -> GPTConfig:
    """Return the sizes in `config.json`; refuse settings that make it another function."""
    path = folder / "config.json"
    try:
        settings = json.loads(path.read_bytes())
        C = settings.get("n_embd", 768)
        for name, accepted in {**SAME_FUNCTION, "n_inner": [None, 4 * C]}.items():
            if name in settings and settings[name] not in accepted:
                raise ValueError(f"{name} is {settings[name]!r}, a GPT-2 has {accepted[-1]!r}")
        return GPTConfig(
            vocab_size=settings.get("vocab_size", 50257),
            context_length=settings.get("n_positions", 1024),
            emb_dim=C,
            n_heads=settings.get("n_head", 12),
            n_layers=settings.get("n_layer", 12),
            drop_rate=settings.get("resid_pdrop", 0.1),
            qkv_bias=True,
            tie_embeddings=settings.get("tie_word_embeddings", True),
        )
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error


def read_huggingface(folder: Path) -> tuple[GPTConfig, dict[str, torch.Tensor]]:
    """Return a model's config and its weights under GPT-2's names, mapped into memory."""
    config, weights = read_config(folder), load_mapped(folder / "model.safetensors")
    for name in list(weights):
        weight = weights.pop(name)
        if not name.endswith((".attn.bias", ".attn.masked_bias")):  # the mask, in old files
            weights[name.removeprefix("transformer.")] = weight
    if config.tie_embeddings and {"lm_head.weight", "wte.weight"} <= weights.keys():
        if torch.equal(weights["lm_head.weight"], weights["wte.weight"]):  # tied by copy
            del weights["lm_head.weight"]
    return config, weights


def load_mapped(path: Path) -> dict[str, torch.Tensor]:
    """Map a file's tensors into memory; what is written to them stays out of the file."""
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        found = ", ".join(sorted(file.name for file in path.parent.iterdir()))
        raise ValueError(
            f"{path} is not a whole safetensors file ({error}); the folder holds {found}"
        ) from error


def write_huggingface(folder: Path, config: GPTConfig, weights: Mapping[str, torch.Tensor]) -> None:
    """Write a model and GPT-2's tokenizer, for `GPT2LMHeadModel` and `AutoTokenizer`."""
    eos, eos_ids = "<|endoftext|>", {"bos_token_id": 50256, "eos_token_id": 50256}
    texts = {
        "config.json": {
            "architectures": ["GPT2LMHeadModel"],
            **{name: accepted[0] for name, accepted in SAME_FUNCTION.items()},
            "vocab_size": config.vocab_size,
            "n_positions": config.context_length,
            "n_embd": config.emb_dim,
            "n_head": config.n_heads,
            "n_layer": config.n_layers,
            **{f"{part}_pdrop": config.drop_rate for part in ("embd", "attn", "resid")},
            "tie_word_embeddings": config.tie_embeddings,
            **eos_ids,
        },
        "generation_config.json": eos_ids,
        "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer",
            "model_max_length": config.context_length,
            **{f"{role}_token": eos for role in ("bos", "eos", "unk")},
        },
    }
    files = {name: (json.dumps(text, indent=2) + "\n").encode() for name, text in texts.items()}
    files["vocab.json"], files["merges.txt"] = read_vocabulary(config)
    with filling(folder, "gpt2") as part:
        for name, content in files.items():
            (part / name).write_bytes(content)
        named = {full_name(name): weight for name, weight in weights.items()}
        save_file(named, part / "model.safetensors", metadata={"format": "pt"})


def full_name(name: str) -> str:
    """Return the name that a weight has in `GPT2LMHeadModel`."""
    return name if name.startswith("lm_head") else f"transformer.{name}"


def read_vocabulary(config: GPTConfig) -> tuple[bytes, bytes]:
    """Return encoder.json and vocab.bpe, GPT-2's tokenizer, if it is that of the model."""
    if config.vocab_size != 50257:
        raise ValueError(f"GPT-2's tokenizer has 50257 tokens, the model {config.vocab_size}")
    return (ASSETS / "encoder.json").read_bytes(), (ASSETS / "vocab.bpe").read_bytes()
