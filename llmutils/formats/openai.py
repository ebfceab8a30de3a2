"""GPT-2's files: where they are, and how OpenAI, transformers and llama.cpp lay them out.

Weights go in and out under OpenAI's names, {variable: array}, with the sizes under "hparams".
Nothing here is a pickle, and TensorFlow is imported only to read or write its own format.

Plumbing: not built in a notebook.
"""

import hashlib
import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from safetensors.torch import save_file

from llmutils.formats.download import DownloadError, cache_folder, download
from llmutils.tokenizer import get_tokenizer

SIZES = {"gpt2": "124M", "gpt2-medium": "355M", "gpt2-large": "774M", "gpt2-xl": "1558M"}
URL = "https://openaipublic.blob.core.windows.net/gpt-2/models"
HUB = "openai-community"
INDEX, DATA = "model.ckpt.index", "model.ckpt.data-00000-of-00001"
CHECKPOINT = 'model_checkpoint_path: "model.ckpt"\nall_model_checkpoint_paths: "model.ckpt"\n'
SHA256 = {  # of the files that all sizes share
    "checkpoint": hashlib.sha256(CHECKPOINT.encode()).hexdigest(),
    "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
    "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
}
BYTES = {  # as far as known; 4 for each parameter in the data file
    "124M": {"hparams.json": 90, INDEX: 5_215, DATA: 497_759_232},
    "355M": {DATA: 1_419_292_672},
    "774M": {DATA: 3_096_120_320},
    "1558M": {DATA: 6_230_444_800},
}
FILES = ["hparams.json", *SHA256, INDEX, DATA]


def fetch_openai(name: str) -> Path:
    """Return the folder with OpenAI's checkpoint of a GPT-2, fetched if it is not there yet."""
    size = SIZES[name]
    folder = cache_folder() / "gpt2" / size
    for file in FILES:
        known = BYTES.get(size, {}).get(file)
        download(f"{URL}/{size}/{file}", folder / file, size=known, sha256=SHA256.get(file))
    return folder


def fetch_huggingface(name: str) -> Path:
    """Return the folder with a GPT-2 of the Hugging Face hub, in the hub's own cache.

    Raises:
        DownloadError: it is not in the cache and could not be fetched.
    """
    from huggingface_hub import snapshot_download

    repository, offline = f"{HUB}/{name}", os.environ.get("LLMUTILS_OFFLINE") == "1"
    wanted = ["config.json", "model.safetensors"]
    try:
        folder = snapshot_download(repository, allow_patterns=wanted, local_files_only=offline)
    except Exception as error:  # the client's own errors, and those of the network beneath it
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DownloadError(
            f"could not get {repository} from the Hugging Face hub: {reason} "
            "(HF_ENDPOINT can name a mirror; or load a folder with its two files)"
        ) from error
    return Path(folder)


def is_openai(folder: Path) -> bool:
    """Whether a folder has any of the files that only a TensorFlow checkpoint of OpenAI's has."""
    return any((folder / file).exists() for file in ("hparams.json", "checkpoint", INDEX, DATA))


def read_hparams(folder: Path) -> dict[str, int]:
    """Return the sizes of a checkpoint, after a look at all its files but the two large ones.

    Raises:
        ValueError: a file is missing or damaged.
    """
    for file in FILES:
        if not (folder / file).is_file():
            raise ValueError(
                f"{folder} lacks {file}: OpenAI's checkpoint consists of {', '.join(FILES)}; "
                f"fetch it from {URL}"
            )
    for file, expected in SHA256.items():
        found = hashlib.sha256((folder / file).read_bytes()).hexdigest()
        if found != expected:
            raise _damaged(folder / file, f"its SHA-256 is {found}, expected {expected}")
    path, names = folder / "hparams.json", ["n_ctx", "n_embd", "n_head", "n_layer", "n_vocab"]
    try:
        hparams = json.loads(path.read_bytes())
    except ValueError as error:
        raise _damaged(path, f"it is not JSON ({error})") from error
    if not isinstance(hparams, dict) or sorted(hparams) != names:
        raise _damaged(path, f"it holds {hparams}, expected numbers for {', '.join(names)}")
    return hparams


def stamp(folder: Path) -> str:
    """Return what tells one state of a checkpoint from another: its files' sizes and times."""
    states = [(folder / file).stat() for file in ("hparams.json", INDEX, DATA)]
    return " ".join(f"{state.st_size}@{state.st_mtime_ns}" for state in states)


def read_openai(folder: str | Path) -> dict[str, Any]:
    """Return the weights of a TensorFlow checkpoint and its sizes.

    Args:
        folder: with the files of OpenAI's checkpoint; the graph, `model.ckpt.meta`, is not needed.

    Returns:
        {variable: float32 array, "hparams": {name: number}}.

    Raises:
        ValueError: a file is missing, cut off or damaged; it is named, with what to do.
    """
    folder = Path(folder)
    params: dict[str, Any] = {"hparams": read_hparams(folder)}
    tf = import_tensorflow()
    try:
        reader = tf.train.load_checkpoint(str(folder / "model.ckpt"))
        shapes, types = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise _damaged(folder / INDEX, _first_line(error)) from error
    found = (folder / DATA).stat().st_size
    expected = sum(math.prod(shape) * types[name].size for name, shape in shapes.items())
    if found != expected:
        what = f"it has {found:,} bytes, expected {expected:,} as {INDEX} says"
        raise _damaged(folder / DATA, what)
    for name in sorted(shapes):
        try:
            params[name] = reader.get_tensor(name)
        except (tf.errors.OpError, ValueError, RuntimeError) as error:
            raise _damaged(folder / DATA, f"{name}: {_first_line(error)}") from error
    return params


def write_openai(folder: Path, params: Mapping[str, Any]) -> None:
    """Write weights as OpenAI's checkpoint, without its graph (`model.ckpt.meta`)."""
    files = {**vocabulary_files(params["hparams"]["n_vocab"]), "checkpoint": CHECKPOINT}
    files["hparams.json"] = json.dumps(params["hparams"], indent=2) + "\n"
    tf = import_tensorflow()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    names = sorted(params.keys() - {"hparams"})
    arrays = [params[n].numpy()[None] if n.endswith("/w") else params[n].numpy() for n in names]
    with _stderr_silenced():
        tf.raw_ops.SaveV2(
            prefix=str(folder / "model.ckpt"),
            tensor_names=names,
            shape_and_slices=[""] * len(names),
            tensors=[tf.constant(array) for array in arrays],
        )


def write_huggingface(folder: Path, params: Mapping[str, Any], drop_rate: float) -> None:
    """Write weights, config and tokenizer as transformers reads them."""
    hparams, eos = params["hparams"], "<|endoftext|>"
    vocabulary = vocabulary_files(hparams["n_vocab"])
    eos_ids = {"bos_token_id": 50256, "eos_token_id": 50256}
    config = {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        "vocab_size": hparams["n_vocab"],
        "n_positions": hparams["n_ctx"],
        "n_embd": hparams["n_embd"],
        "n_head": hparams["n_head"],
        "n_layer": hparams["n_layer"],
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        **{f"{place}_pdrop": drop_rate for place in ("embd", "attn", "resid")},
        "tie_word_embeddings": "lm_head" not in params,
        **eos_ids,
    }
    tokenizer = {
        "tokenizer_class": "GPT2Tokenizer",
        "model_max_length": hparams["n_ctx"],
        **{f"{role}_token": eos for role in ("bos", "eos", "unk")},
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "vocab.json": vocabulary["encoder.json"],
        "merges.txt": vocabulary["vocab.bpe"],
        "config.json": json.dumps(config, indent=2) + "\n",
        "generation_config.json": json.dumps(eos_ids, indent=2) + "\n",
        "tokenizer_config.json": json.dumps(tokenizer, indent=2) + "\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    weights = {hub_name(name): params[name].contiguous() for name in params if name != "hparams"}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def write_gguf(path: Path, params: Mapping[str, Any]) -> None:
    """Write weights and tokenizer as GGUF, and a Modelfile beside it."""
    import gguf

    hparams, tokenizer = params["hparams"], get_tokenizer()
    lines = vocabulary_files(hparams["n_vocab"])["vocab.bpe"].splitlines()
    writer = gguf.GGUFWriter(path, "gpt2")
    writer.add_name(path.stem)
    writer.add_context_length(hparams["n_ctx"])
    writer.add_embedding_length(hparams["n_embd"])
    writer.add_feed_forward_length(4 * hparams["n_embd"])
    writer.add_block_count(hparams["n_layer"])
    writer.add_head_count(hparams["n_head"])
    writer.add_layer_norm_eps(1e-5)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    spell = _spelling()
    tokens = [spell(tokenizer.decode_single_token_bytes(i)) for i in range(tokenizer.n_vocab - 1)]
    writer.add_token_list([*tokens, "<|endoftext|>"])
    control = gguf.TokenType.CONTROL
    writer.add_token_types([*[gguf.TokenType.NORMAL] * len(tokens), control])
    writer.add_token_merges(lines[1:])
    writer.add_bos_token_id(tokenizer.eot_token)
    writer.add_eos_token_id(tokenizer.eot_token)
    writer.add_add_bos_token(False)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.GPT2, hparams["n_layer"])
    for variable in sorted(params.keys() - {"hparams"}):
        weight = params[variable].T if variable.endswith("/w") else params[variable]
        name = names.get_name(hub_name(variable), try_suffixes=(".weight", ".bias"))
        writer.add_tensor(name, weight.contiguous().numpy())
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    text = f'FROM ./{path.name}\nTEMPLATE "{{{{ .Prompt }}}}"\nPARAMETER stop "<|endoftext|>"\n'
    path.with_name("Modelfile").write_text(text, encoding="utf-8")


def hub_name(variable: str) -> str:
    """Return transformers' name: model/h0/attn/c_attn/w, transformer.h.0.attn.c_attn.weight."""
    words = variable.replace("model/h", "model/h/").split("/")
    words[0] = words[0].replace("model", "transformer")
    words[-1] = {"w": "weight", "g": "weight", "b": "bias"}.get(words[-1], words[-1] + ".weight")
    return ".".join(words)


def vocabulary_files(n_vocab: int) -> dict[str, str]:
    """Return OpenAI's encoder.json and vocab.bpe, byte for byte, from the shipped table.

    Raises:
        ValueError: a model with another number of tokens.
    """
    tokenizer, spell = get_tokenizer(), _spelling()
    if n_vocab != tokenizer.n_vocab:
        raise ValueError(f"GPT-2's tokenizer has {tokenizer.n_vocab} tokens, the model {n_vocab}")
    ranks = {tokenizer.decode_single_token_bytes(i): i for i in range(tokenizer.eot_token)}
    encoder = {spell(token): rank for token, rank in ranks.items()}
    encoder["<|endoftext|>"] = tokenizer.eot_token
    merges = [
        " ".join(map(spell, _last_merge(token, ranks)))
        for token, rank in ranks.items()
        if rank >= 256
    ]
    return {
        "encoder.json": json.dumps(encoder),
        "vocab.bpe": "\n".join(["#version: 0.2", *merges, ""]),
    }


def _last_merge(token: bytes, ranks: Mapping[bytes, int]) -> list[bytes]:
    """Return the two parts that the merge of a token joins: apply all merges of lower rank."""
    parts = [token[i : i + 1] for i in range(len(token))]
    while len(parts) > 2:
        pairs = [ranks.get(a + b, math.inf) for a, b in zip(parts, parts[1:], strict=False)]
        i = pairs.index(min(pairs))
        parts[i : i + 2] = [parts[i] + parts[i + 1]]
    return parts


def _spelling():
    """Return the function that writes bytes as GPT-2's files do, one visible character a byte."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    letters = {byte: chr(byte) for byte in visible}
    letters |= {byte: chr(256 + i) for i, byte in enumerate(hidden)}
    return lambda token: "".join(letters[byte] for byte in token)


def import_tensorflow() -> ModuleType:
    """Return TensorFlow, imported without its greetings on standard error.

    Raises:
        ImportError: it is not installed.
    """
    try:
        with _stderr_silenced():
            import tensorflow
    except ImportError as error:
        raise ImportError(
            "OpenAI's checkpoints are in TensorFlow's format, and tensorflow is not installed: "
            "pip install tensorflow, or load with source='huggingface'"
        ) from error
    return tensorflow


@contextmanager
def _stderr_silenced() -> Iterator[None]:
    """Send standard error nowhere for a block: TensorFlow's C++ heeds no setting."""
    sys.stderr.flush()
    stderr = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _damaged(path: Path, what: str) -> ValueError:
    return ValueError(f"{path} is damaged: {what}. Delete it and fetch or copy it again.")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
