"""GPT-2's weights in, ours out.

A folder holds a model in one of three layouts, and its files tell which: OpenAI's TensorFlow
checkpoint (`hparams.json`), transformers' (`config.json` with a `model_type`), or ours
(`config.json` with the fields of `GPTConfig`). The numbers are the same in each. Only names differ,
some matrices are transposed, and those of queries, keys and values stand side by side in one:
`GPT2_PARTS` and `GPT2_BLOCK_PARTS` say which.

Letters: C = emb_dim, V = vocab_size.

Built in notebooks/06_weight_loading.ipynb
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch.overrides import TorchFunctionMode

from llmutils.formats import openai as gpt2_files
from llmutils.config import GPT2_CONFIGS, GPTConfig
from llmutils.model import GPTModel

ASSETS = Path(__file__).parent / "assets"

GPT2_PARTS = {  # OpenAI's variable: (whether it is transposed, our parameters side by side in it)
    "model/wte": (False, ["tok_emb.weight"]),
    "model/wpe": (False, ["pos_emb.weight"]),
    "model/ln_f/g": (False, ["final_norm.scale"]),
    "model/ln_f/b": (False, ["final_norm.shift"]),
}
GPT2_BLOCK_PARTS = {  # the same in block N, where all names begin with model/hN/ and blocks.N.
    "ln_1/g": (False, ["norm1.scale"]),
    "ln_1/b": (False, ["norm1.shift"]),
    "attn/c_attn/w": (True, ["att.W_query.weight", "att.W_key.weight", "att.W_value.weight"]),
    "attn/c_attn/b": (False, ["att.W_query.bias", "att.W_key.bias", "att.W_value.bias"]),
    "attn/c_proj/w": (True, ["att.out_proj.weight"]),
    "attn/c_proj/b": (False, ["att.out_proj.bias"]),
    "ln_2/g": (False, ["norm2.scale"]),
    "ln_2/b": (False, ["norm2.shift"]),
    "mlp/c_fc/w": (True, ["ff.layers.0.weight"]),
    "mlp/c_fc/b": (False, ["ff.layers.0.bias"]),
    "mlp/c_proj/w": (True, ["ff.layers.2.weight"]),
    "mlp/c_proj/b": (False, ["ff.layers.2.bias"]),
}


def gpt2_parts(config: GPTConfig) -> dict[str, tuple[bool, list[str]]]:
    """Return GPT-2's variables for a model's size, {variable: (transposed, our parameters)}."""
    parts = dict(GPT2_PARTS)
    for n in range(config.n_layers):
        for variable, (transposed, names) in GPT2_BLOCK_PARTS.items():
            parts[f"model/h{n}/{variable}"] = (transposed, [f"blocks.{n}.{name}" for name in names])
    if not config.tie_embeddings:
        parts["lm_head"] = (False, ["out_head.weight"])  # GPT-2 has none: it uses wte
    return parts


def gpt2_hparams(config: GPTConfig) -> dict[str, int]:
    """Return a model's sizes under OpenAI's names."""
    return {
        "n_vocab": config.vocab_size,
        "n_ctx": config.context_length,
        "n_embd": config.emb_dim,
        "n_head": config.n_heads,
        "n_layer": config.n_layers,
    }


def load_weights_into_gpt(model: GPTModel, params: Mapping[str, Any]) -> None:
    """Copy GPT-2's weights into a model of the very same sizes, all of them or none.

    Args:
        model: with qkv_bias and tie_embeddings, as GPT-2 has them.
        params: {OpenAI's variable: array}, (C, 3C) or (1, C, 3C) for a matrix of attention, and
            so on; and under "hparams" the sizes, as `gpt2_hparams` names them.

    Raises:
        ValueError: something is missing, extra or of another shape; all of it is listed, and the
            model is as it was.
    """
    weights = {name: _as_matrix(value) for name, value in params.items() if name != "hparams"}
    _check_weights(weights, params.get("hparams"), model.config)
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, weight in _to_ours(weights, model.config):
            own[name].copy_(weight)


def load_pretrained(
    name_or_folder: str | Path, source: str = "openai", drop_rate: float | None = None
) -> GPTModel:
    """Return a pretrained GPT in float32, in evaluation mode.

    A GPT-2 is fetched once, into the cache. OpenAI's checkpoint is converted when it is loaded for
    the first time, which needs TensorFlow; from then on its weights are mapped into memory from the
    `model.safetensors` written beside it.

    Args:
        name_or_folder: "llmutils-small", which ships with the project; "gpt2", "gpt2-medium",
            "gpt2-large" or "gpt2-xl" (or OpenAI's "124M", "355M", "774M", "1558M"); or a folder
            in one of the three layouts.
        source: where a GPT-2 comes from, "openai", or "huggingface" for the hub (or the mirror in
            `HF_ENDPOINT`).
        drop_rate: dropout for training it further; as it was trained if None.

    Raises:
        ValueError: an unknown name or source, or files that do not hold what they should.
        DownloadError: a file could not be fetched.
    """
    if source not in ("openai", "huggingface"):
        raise ValueError(f"source must be 'openai' or 'huggingface', got {source!r}")
    name = str(name_or_folder)
    name = {size: gpt2 for gpt2, size in gpt2_files.SIZES.items()}.get(name, name)
    if name == "llmutils-small":
        folder = ASSETS / name
    elif name in GPT2_CONFIGS:
        fetch = gpt2_files.fetch_openai if source == "openai" else gpt2_files.fetch_huggingface
        folder = fetch(name)
    elif Path(name).is_dir():
        folder = Path(name)
    else:
        names = ", ".join(["llmutils-small", *GPT2_CONFIGS])
        raise ValueError(f"expected a model's folder or one of {names}; got '{name}'")
    config, weights = _read(folder)
    if name in GPT2_CONFIGS and config != GPT2_CONFIGS[name]:
        raise ValueError(f"{folder} holds {config}, expected {GPT2_CONFIGS[name]}: delete it")
    if drop_rate is not None:
        config = replace(config, drop_rate=drop_rate)
    with torch.device("meta"), _NoInit():  # neither memory nor numbers for what is replaced at once
        model = GPTModel(config)
    expected = {name: parameter.shape for name, parameter in model.named_parameters()}
    found = {name: weight.shape for name, weight in weights.items()}
    if found != expected:
        odd = sorted(name for name in found | expected if found.get(name) != expected.get(name))
        raise ValueError(f"{folder}: the weights do not fit the config: {', '.join(odd)}")
    model.load_state_dict(weights, strict=False, assign=True)
    if config.tie_embeddings:
        model.out_head.weight = model.tok_emb.weight
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
    save_file(stored, folder / "model.safetensors", metadata={"format": "pt"})
    text = json.dumps(asdict(model.config), indent=2) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")


def save_pretrained(model: GPTModel, folder: str | Path) -> None:
    """Write a model in transformers' layout, for `GPT2LMHeadModel` and `AutoTokenizer`.

    The folder gets `config.json`, `generation_config.json`, `model.safetensors` and GPT-2's
    tokenizer. A model without qkv_bias gets biases of 0, which is the same function.

    Args:
        model: the GPT; it is not changed.
        folder: made if it does not exist.

    Raises:
        ValueError: a vocabulary that is not GPT-2's.
    """
    gpt2_files.write_huggingface(Path(folder), gpt2_params(model), model.config.drop_rate)


def export_openai(model: GPTModel, folder: str | Path) -> None:
    """Write a model in OpenAI's layout, a TensorFlow checkpoint, without the graph in `.meta`.

    Args:
        model: the GPT, with a tied head; it is not changed.
        folder: made if it does not exist.

    Raises:
        ValueError: an untied head, or a vocabulary that is not GPT-2's.
    """
    if not model.config.tie_embeddings:
        raise ValueError(
            "OpenAI's layout has no place for a head of its own: tie_embeddings is False"
        )
    gpt2_files.write_openai(Path(folder), gpt2_params(model))


def export_gguf(model: GPTModel, path: str | Path) -> None:
    """Write a model as a GGUF file, for llama.cpp, and a `Modelfile` for Ollama beside it.

    Args:
        model: the GPT; it is not changed.
        path: the file, `NAME.gguf`.

    Raises:
        ValueError: a vocabulary that is not GPT-2's.
    """
    gpt2_files.write_gguf(Path(path), gpt2_params(model))


def gpt2_params(model: GPTModel) -> dict[str, Any]:
    """Return a model's weights as `load_weights_into_gpt` takes them, in float32 on the CPU."""
    own = {name: p.detach().float().cpu() for name, p in model.named_parameters()}
    params: dict[str, Any] = {"hparams": gpt2_hparams(model.config)}
    for variable, (transposed, names) in gpt2_parts(model.config).items():
        if names[0] in own:
            parts = [own[name].T if transposed else own[name] for name in names]
            params[variable] = torch.cat(parts, dim=-1)
        else:  # the biases of queries, keys and values
            params[variable] = torch.zeros(3 * model.config.emb_dim)
    return params


def _read(folder: Path) -> tuple[GPTConfig, dict[str, torch.Tensor]]:
    """Return the config and our parameters from a folder in any of the three layouts."""
    if gpt2_files.is_openai(folder):
        return _read_openai(folder)
    path = folder / "config.json"
    if not path.is_file() or not (folder / "model.safetensors").is_file():
        found = ", ".join(sorted(file.name for file in folder.iterdir())) or "nothing"
        raise ValueError(
            f"{folder} has neither config.json and model.safetensors (ours, or transformers') nor "
            f"hparams.json and model.ckpt.* (OpenAI's); it holds {found}"
        )
    try:
        settings = json.loads(path.read_bytes())
        theirs = "model_type" in settings
        config = _transformers_config(settings) if theirs else GPTConfig.of(settings)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    if theirs:
        return config, _read_transformers(folder / "model.safetensors", config)
    weights = _load_safetensors(folder / "model.safetensors")
    for name in [name for name in weights if name.endswith(".row_scale")]:
        scale = weights.pop(name).float()  # of `save_compact`, (rows, 1)
        weights[name.removesuffix(".row_scale")] = weights[name.removesuffix(".row_scale")] * scale
    return config, {name: weight.float() for name, weight in weights.items()}


def _read_openai(folder: Path) -> tuple[GPTConfig, dict[str, torch.Tensor]]:
    """Convert a TensorFlow checkpoint if that was not done yet, and map what came of it."""
    hparams, path = gpt2_files.read_hparams(folder), folder / "model.safetensors"
    try:
        config = GPTConfig(
            *(hparams[f"n_{name}"] for name in ("vocab", "ctx", "embd", "head", "layer")),
            drop_rate=0.1,
            qkv_bias=True,
            tie_embeddings=True,
        )
    except ValueError as error:
        raise ValueError(f"{folder / 'hparams.json'} is damaged: {error}") from error
    for name, known in GPT2_CONFIGS.items():  # no shape would tell
        if config != known and asdict(config) | {"n_heads": known.n_heads} == asdict(known):
            raise ValueError(
                f"{folder / 'hparams.json'} is damaged: n_head is {config.n_heads}, {name} has "
                f"{known.n_heads}"
            )
    state = gpt2_files.stamp(folder)
    if _metadata(path).get("made from") == state:
        return config, _load_safetensors(path)
    with FileLock(folder / ".lock"):
        if _metadata(path).get("made from") != state:  # no other process was faster
            params = gpt2_files.read_openai(folder)
            del params["hparams"]
            weights = {name: _as_matrix(params.pop(name)) for name in [*params]}
            try:
                _check_weights(weights, hparams, config)
            except ValueError as error:
                raise ValueError(
                    f"hparams.json in {folder} disagrees with the rest: {error}"
                ) from None
            ours = {name: weight.contiguous() for name, weight in _to_ours(weights, config)}
            part = folder / "model.safetensors.part"
            save_file(ours, part, metadata={"format": "pt", "made from": state})
            part.replace(path)
    return config, _load_safetensors(path)


def _transformers_config(settings: Mapping[str, Any]) -> GPTConfig:
    """Return the sizes in transformers' config.json, if the rest of it is GPT-2's."""
    C = settings.get("n_embd", 768)
    for name, accepted in {  # where another value would make it another function
        "model_type": ["gpt2"],
        "activation_function": ["gelu_pytorch_tanh", "gelu_new"],
        "layer_norm_epsilon": [1e-5],
        "n_inner": [None, 4 * C],
        "scale_attn_weights": [True],
        "scale_attn_by_inverse_layer_idx": [False],
        "add_cross_attention": [False],
    }.items():
        if name in settings and settings[name] not in accepted:
            raise ValueError(f"{name} is {settings[name]!r}, a GPT-2 has {accepted[-1]!r}")
    return GPTConfig(
        settings.get("vocab_size", 50257),
        settings.get("n_positions", 1024),
        C,
        settings.get("n_head", 12),
        settings.get("n_layer", 12),
        drop_rate=settings.get("resid_pdrop", 0.1),
        qkv_bias=True,
        tie_embeddings=settings.get("tie_word_embeddings", True),
    )


def _read_transformers(path: Path, config: GPTConfig) -> dict[str, torch.Tensor]:
    """Return our parameters from transformers' model.safetensors."""
    stored = {
        name.removeprefix("transformer."): weight
        for name, weight in _load_safetensors(path).items()
        if not name.endswith((".attn.bias", ".attn.masked_bias"))  # old files hold the causal mask
    }
    if config.tie_embeddings and {"lm_head.weight", "wte.weight"} <= stored.keys():
        if torch.equal(stored["lm_head.weight"], stored["wte.weight"]):
            del stored["lm_head.weight"]  # tied by copy
    weights = {}
    for variable in gpt2_parts(config):
        name = gpt2_files.hub_name(variable).removeprefix("transformer.")
        if name in stored:
            weights[variable] = stored.pop(name).float()
    try:
        _check_weights(weights | stored, gpt2_hparams(config), config)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return {name: weight.contiguous() for name, weight in _to_ours(weights, config)}


def _as_matrix(value: Any) -> torch.Tensor:
    """Return an array as a tensor, without the 1 that OpenAI's matrices have in front."""
    weight = torch.as_tensor(value)
    return weight[0] if weight.dim() == 3 and weight.shape[0] == 1 else weight


def _check_weights(
    weights: Mapping[str, torch.Tensor], hparams: Mapping[str, int] | None, config: GPTConfig
) -> None:
    """Compare names, shapes and sizes with what a model has; name every difference at once."""
    with torch.device("meta"):
        own = dict(GPTModel(config).named_parameters())
    expected, hparams = {}, hparams or {}
    for variable, (transposed, names) in gpt2_parts(config).items():
        if names[0] in own:  # the biases of queries, keys and values may be missing
            shape = list(own[names[0]].shape)
            if transposed:
                shape.reverse()
            shape[-1] *= len(names)
            expected[variable] = tuple(shape)
    found = {name: tuple(weight.shape) for name, weight in weights.items()}
    faults = [
        f"{name} is {hparams.get(name)}, the model has {size}"
        for name, size in gpt2_hparams(config).items()
        if hparams.get(name) != size
    ]
    for name in sorted(found | expected):
        if name not in found:
            faults.append(f"{name} {expected[name]} is missing")
        elif name not in expected:
            faults.append(f"{name} {found[name]} is extra")
        elif found[name] != expected[name]:
            faults.append(f"{name} is {found[name]}, expected {expected[name]}")
    if faults:
        raise ValueError(f"the weights do not fit the model: {'; '.join(faults)}")


def _to_ours(
    weights: dict[str, torch.Tensor], config: GPTConfig
) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield our parameters, as views of GPT-2's, which leave the dictionary one by one."""
    for variable, (transposed, names) in gpt2_parts(config).items():
        pieces = weights.pop(variable).chunk(len(names), dim=-1)
        for name, piece in zip(names, pieces, strict=True):
            yield name, piece.T if transposed else piece


class _NoInit(TorchFunctionMode):
    """Skip drawing initial weights; on the meta device, that would import half of PyTorch first."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if getattr(func, "__module__", None) == "torch.nn.init":
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return func(*args, **kwargs)


def _load_safetensors(path: Path) -> dict[str, torch.Tensor]:
    """Map a file's tensors into memory; what is written to them stays out of the file."""
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file ({error})") from error


def _metadata(path: Path) -> dict[str, str]:
    """Return the texts in a safetensors file's header; none if it is missing or broken."""
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}
    except (SafetensorError, FileNotFoundError):
        return {}


def _half_rounded_up(numbers: torch.Tensor) -> torch.Tensor:
    """Return positive 16-bit floats that are at least as large as the numbers."""
    halves = numbers.half()
    bits = halves.view(torch.int16) + (halves.float() < numbers)  # the next larger one
    return bits.to(torch.int16).view(torch.half).clamp(min=2**-24)
