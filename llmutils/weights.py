"""GPT-2's weights in, ours out.

A folder holds a model in one of three layouts, which `formats` reads and writes: OpenAI's
TensorFlow checkpoint, transformers' safetensors, or our compact one. The numbers of GPT-2's are
ours. Only the names differ, some matrices are transposed, and those of queries, keys and values
stand side by side in one: `GPT2_PARTS` and `GPT2_BLOCK_PARTS` say which.

Built in notebooks/06_weight_loading.ipynb
"""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from llmutils.config import GPTConfig
from llmutils.model import GPTModel

GPT2_PARTS = {  # GPT-2's name: (whether it is transposed, our parameters side by side in it)
    "wte.weight": (False, ["tok_emb.weight"]),
    "wpe.weight": (False, ["pos_emb.weight"]),
    "ln_f.weight": (False, ["final_norm.scale"]),
    "ln_f.bias": (False, ["final_norm.shift"]),
}
GPT2_BLOCK_PARTS = {  # the same in block N, where theirs begin with h.N. and ours with blocks.N.
    "ln_1.weight": (False, ["norm1.scale"]),
    "ln_1.bias": (False, ["norm1.shift"]),
    "attn.c_attn.weight": (True, ["att.W_query.weight", "att.W_key.weight", "att.W_value.weight"]),
    "attn.c_attn.bias": (False, ["att.W_query.bias", "att.W_key.bias", "att.W_value.bias"]),
    "attn.c_proj.weight": (True, ["att.out_proj.weight"]),
    "attn.c_proj.bias": (False, ["att.out_proj.bias"]),
    "ln_2.weight": (False, ["norm2.scale"]),
    "ln_2.bias": (False, ["norm2.shift"]),
    "mlp.c_fc.weight": (True, ["ff.layers.0.weight"]),
    "mlp.c_fc.bias": (False, ["ff.layers.0.bias"]),
    "mlp.c_proj.weight": (True, ["ff.layers.2.weight"]),
    "mlp.c_proj.bias": (False, ["ff.layers.2.bias"]),
}


def gpt2_parts(config: GPTConfig) -> dict[str, tuple[bool, list[str]]]:
    """Return the table for a model's size, {GPT-2's name: (transposed, our parameters)}."""
    parts = dict(GPT2_PARTS)
    for n in range(config.n_layers):
        for name, (transposed, ours) in GPT2_BLOCK_PARTS.items():
            parts[f"h.{n}.{name}"] = (transposed, [f"blocks.{n}.{our}" for our in ours])
    if not config.tie_embeddings:
        parts["lm_head.weight"] = (False, ["out_head.weight"])  # GPT-2 has none: it uses wte
    return parts


def from_gpt2(weights: Mapping[str, Any], config: GPTConfig) -> dict[str, torch.Tensor]:
    """Return GPT-2's weights under our names, as views; what the table lacks keeps its name."""
    rest = {name: torch.as_tensor(weight) for name, weight in weights.items()}
    own = {}
    for name, (transposed, ours) in gpt2_parts(config).items():
        if name in rest and rest[name].dim():
            weight = rest.pop(name)
            weight = weight.transpose(0, -1) if transposed else weight
            own |= zip(ours, weight.chunk(len(ours)), strict=False)
    return own | rest


def to_gpt2(own: Mapping[str, torch.Tensor], config: GPTConfig) -> dict[str, torch.Tensor]:
    """Return our parameters under GPT-2's names; biases that a model lacks are 0."""
    weights = {}
    for name, (transposed, ours) in gpt2_parts(config).items():
        if name.endswith("c_attn.bias") and not config.qkv_bias:
            weights[name] = own["pos_emb.weight"].new_zeros(3 * config.emb_dim)
        else:
            weight = torch.cat([own[our] for our in ours])
            weights[name] = weight.T.contiguous() if transposed else weight
    return weights


class NoInit(TorchFunctionMode):
    """Draw no initial weights, for a model that is filled at once."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Call a function of PyTorch, unless it belongs to torch.nn.init."""
        if getattr(func, "__module__", None) != "torch.nn.init":
            return func(*args, **(kwargs or {}))


def empty_model(config: GPTConfig, kind: type = GPTModel) -> GPTModel:
    """Return a model that has shapes, but neither memory nor numbers."""
    with torch.device("meta"), NoInit():
        return kind(config)


def check_weights(own: Mapping, model: nn.Module, what: str = "the weights") -> None:
    """Refuse weights with other names, shapes or types than a model's; name all that is wrong."""
    expected, faults = dict(model.named_parameters()), []
    for name in sorted(own | expected):
        if name not in own:
            faults.append(f"{name} {tuple(expected[name].shape)} is missing")
        elif name not in expected:
            faults.append(f"{name} {tuple(own[name].shape)} is extra")
        elif own[name].shape != expected[name].shape:
            faults.append(f"{name} is {tuple(own[name].shape)}, not {tuple(expected[name].shape)}")
        elif not own[name].is_floating_point():
            faults.append(f"{name} holds {own[name].dtype}")
    if faults:
        raise ValueError(f"{what} do not fit the model: {'; '.join(faults)}")


def load_weights_into_gpt(model: GPTModel, weights: Mapping[str, Any], config: GPTConfig) -> None:
    """Copy GPT-2's weights into a model of the very same sizes, all of them or none.

    Args:
        model: the GPT.
        weights: {GPT-2's name: array}.
        config: of the model that they are from; no shape tells the number of heads.

    Raises:
        ValueError: something does not fit; the model is as it was.
    """
    ours, theirs = asdict(model.config), asdict(GPTConfig.of(config))
    odd = [name for name in ours if ours[name] != theirs[name] and name != "drop_rate"]
    if odd:
        faults = "; ".join(f"{name} is {theirs[name]}, the model has {ours[name]}" for name in odd)
        raise ValueError(f"the weights do not fit the model: {faults}")
    own = from_gpt2(weights, model.config)
    check_weights(own, model)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(own[name])


def own_weights(model: nn.Module, kind=GPTModel, sizes=GPTConfig) -> tuple[GPTConfig, dict]:
    """Return a GPT's config and its parameters by name, in float32 on the CPU.

    Raises:
        ValueError: adapters, another head, or numbers that are not finite: no layout has a place.
    """
    # torch.compile and DistributedDataParallel wrap a model, or a part of one
    while (inner := getattr(model, "_orig_mod", getattr(model, "module", None))) is not None:
        model = inner
    if not isinstance(getattr(model, "config", None), sizes):
        raise ValueError(f"expected a {kind.__name__}, got {type(model).__name__}")
    own = {name.replace("_orig_mod.", ""): p.detach() for name, p in model.named_parameters()}
    check_weights(own, empty_model(model.config, kind))
    own = {name: weight.to("cpu", torch.float32) for name, weight in own.items()}
    odd = [name for name, weight in own.items() if not weight.isfinite().all()]
    if odd:
        raise ValueError(f"numbers that are not finite in {', '.join(odd)}")
    return model.config, own


def load_pretrained(
    name_or_folder: str | Path,
    source: str = "openai",
    drop_rate: float | None = None,
    dtype: torch.dtype = torch.float32,
) -> GPTModel:
    """Return a pretrained GPT, in evaluation mode, its weights mapped into memory.

    Args:
        name_or_folder: "llmutils-small", which ships with the project; "gpt2", "gpt2-medium",
            "gpt2-large" or "gpt2-xl", fetched once; or a folder in one of the three layouts.
            "smollm2-135m-instruct", or a Llama's folder or GGUF file, give a `LlamaModel`.
        source: of a GPT-2: "openai", whose layout is converted once, which needs TensorFlow; or
            "huggingface", the hub (or the mirror in `HF_ENDPOINT`), for SmolLM2 as well.
        drop_rate: dropout for training it further; as it was trained if None.
        dtype: of the parameters.

    Raises:
        ValueError: an unknown name or source, or files that do not hold what they should.
        DownloadError: a file could not be fetched.
    """
    from llmutils.formats import compact, huggingface, llama, openai
    from llmutils.formats.folders import find_folder, find_layout

    folder = find_folder(name_or_folder, source)
    if folder.is_file() or find_layout(folder) == "llama":
        return llama.load_llama(folder, drop_rate, dtype)
    if find_layout(folder) == "compact":
        config, own = compact.read_compact(folder)
    else:
        config, weights = huggingface.read_huggingface(openai.converted(folder))
        own = from_gpt2(weights, config)
    model = empty_model(config if drop_rate is None else replace(config, drop_rate=drop_rate))
    check_weights(own, model, f"the weights in {folder}")
    own = {name: weight.float().contiguous() for name, weight in own.items()}  # no copy if it is
    model.load_state_dict(own, strict=False, assign=True)
    if config.tie_embeddings:
        model.out_head.weight = model.tok_emb.weight
    return model.to(dtype).eval()


def save_pretrained(model: GPTModel, folder: str | Path) -> None:
    """Write a model in transformers' layout, with GPT-2's tokenizer, all of it or nothing.

    Raises:
        ValueError: what is no plain GPT, a vocabulary that is not GPT-2's, or a folder that holds
            another layout.
    """
    from llmutils.formats import huggingface, llama

    if llama.is_llama(model):
        return llama.write_llama(model, Path(folder))
    config, own = own_weights(model)
    huggingface.write_huggingface(Path(folder), config, to_gpt2(own, config))
