"""OpenAI's layout of a GPT-2, a TensorFlow checkpoint: fetched, converted once, written.

TensorFlow is imported only to read or write its own format.

Plumbing: not built in a notebook.
"""

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import ModuleType

import torch
from torch import nn

from llmutils.config import GPTConfig
from llmutils.formats.download import cache_folder, download
from llmutils.formats.folders import filling, find_layout
from llmutils.formats.huggingface import read_vocabulary, write_huggingface
from llmutils.weights import check_weights, empty_model, from_gpt2, gpt2_parts, own_weights, to_gpt2

URL = "https://openaipublic.blob.core.windows.net/gpt-2/models"
INDEX, DATA = "model.ckpt.index", "model.ckpt.data-00000-of-00001"
FILES = ["hparams.json", INDEX, DATA]  # what a model is made of
SIZES = {  # GPT-2: (OpenAI's name, bytes of its data file, 4 for each parameter)
    "gpt2": ("124M", 497_759_232),
    "gpt2-medium": ("355M", 1_419_292_672),
    "gpt2-large": ("774M", 3_096_120_320),
    "gpt2-xl": ("1558M", 6_230_444_800),
}
HPARAMS = {  # OpenAI's name of a size: ours
    "n_vocab": "vocab_size",
    "n_ctx": "context_length",
    "n_embd": "emb_dim",
    "n_head": "n_heads",
    "n_layer": "n_layers",
}
ONE_THREAD = Lock()  # standard error belongs to all of them


def fetch_openai(name: str) -> Path:
    """Return the folder with OpenAI's checkpoint of a GPT-2, fetched if it is not there yet."""
    size, length = SIZES[name]
    folder = cache_folder() / "gpt2" / size
    for file in FILES:
        download(f"{URL}/{size}/{file}", folder / file, size=length if file == DATA else None)
    return folder


def converted(folder: Path) -> Path:
    """Return a folder in transformers' layout: this one, or what became of OpenAI's in the cache.

    The checkpoint's own folder is only read; when its files change, it is converted anew.
    """
    if find_layout(folder) != "openai":
        return folder
    if missing := [file for file in FILES if not (folder / file).is_file()]:
        raise ValueError(f"{folder} lacks {' and '.join(missing)}: fetch it from {URL}")
    key = hashlib.sha256((folder / INDEX).read_bytes())  # it has a checksum of each variable
    for state in [(folder / file).stat() for file in FILES]:
        key.update(f" {state.st_size}@{state.st_mtime_ns}".encode())
    target = cache_folder() / "converted" / key.hexdigest()[:16]
    if not (target / "config.json").exists():  # the file that is written last
        write_huggingface(target, *read_openai(folder))
    return target


def read_openai(folder: Path) -> tuple[GPTConfig, dict[str, torch.Tensor]]:
    """Return the config and the weights of a TensorFlow checkpoint, under GPT-2's names.

    Raises:
        ValueError: a file is damaged, or does not fit the others; it is named.
    """
    file, weights = folder / "hparams.json", {}  # the one to blame for what goes wrong next
    with quiet_tensorflow() as tf:
        try:
            hparams = json.loads(file.read_bytes())
            if not isinstance(hparams, dict) or hparams.keys() != HPARAMS.keys():
                raise ValueError(f"it holds {hparams}, expected numbers for {', '.join(HPARAMS)}")
            sizes = {HPARAMS[name]: size for name, size in hparams.items()}
            config = GPTConfig(**sizes, drop_rate=0.1, qkv_bias=True, tie_embeddings=True)
            names = {variable_of(name): name for name in gpt2_parts(config)}
            file = folder / INDEX
            reader = tf.train.load_checkpoint(str(folder / "model.ckpt"))
            for variable in sorted(reader.get_variable_to_shape_map()):
                file = folder / DATA
                weight = torch.as_tensor(reader.get_tensor(variable))
                # OpenAI's matrices are convolutions over windows of one token: (1, in, out)
                flat = weight[0] if weight.dim() == 3 and len(weight) == 1 else weight
                weights[names.get(variable, variable)] = flat
            file = folder / "hparams.json"
            check_weights(from_gpt2(weights, config), empty_model(config))
        except (tf.errors.OpError, ValueError, RuntimeError, LookupError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise ValueError(f"{file} is damaged: {reason}. Fetch or copy it again.") from error
    return config, weights


def variable_of(name: str) -> str:
    """Return OpenAI's variable: h.0.attn.c_attn.weight is model/h0/attn/c_attn/w."""
    *words, kind = re.sub(r"^h\.", "h", name).split(".")
    kind = "/b" if kind == "bias" else "/g" if words[-1].startswith("ln_") else "/w"
    return "/".join(["model", *words]) + ("" if words[-1] in ("wte", "wpe") else kind)


def export_openai(model: nn.Module, folder: str | Path) -> None:
    """Write a model in OpenAI's layout, a TensorFlow checkpoint, without the graph in `.meta`.

    Raises:
        ValueError: as `save_pretrained`; or an untied head.
    """
    config, own = own_weights(model)
    if not config.tie_embeddings:
        raise ValueError("OpenAI's layout has no place for an untied head")
    encoder, merges = read_vocabulary(config)
    hparams = {theirs: getattr(config, ours) for theirs, ours in HPARAMS.items()}
    files = {
        "hparams.json": (json.dumps(hparams, indent=2) + "\n").encode(),
        "encoder.json": encoder,
        "vocab.bpe": merges,
        "checkpoint": b'model_checkpoint_path: "model.ckpt"\n'
        b'all_model_checkpoint_paths: "model.ckpt"\n',
    }
    weights = {variable_of(name): weight for name, weight in to_gpt2(own, config).items()}
    arrays = [w.numpy()[None] if v.endswith("/w") else w.numpy() for v, w in weights.items()]
    with quiet_tensorflow() as tf, filling(Path(folder), "openai") as part:
        for name, content in files.items():
            (part / name).write_bytes(content)
        tf.raw_ops.SaveV2(
            prefix=str(part / "model.ckpt"),
            tensor_names=list(weights),
            shape_and_slices=[""] * len(weights),
            tensors=[tf.constant(array) for array in arrays],
        )


@contextmanager
def quiet_tensorflow() -> Iterator[ModuleType]:
    """Yield TensorFlow, with standard error switched off: its C++ greets, and heeds no setting."""
    with ONE_THREAD:
        sys.stderr.flush()
        stderr = os.dup(2)
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            import tensorflow

            yield tensorflow
        except ImportError as error:
            raise ImportError(
                "OpenAI's checkpoints are in TensorFlow's format, and tensorflow is not "
                "installed: pip install tensorflow, or load with source='huggingface'"
            ) from error
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
