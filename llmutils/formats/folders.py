"""Folders that hold a model: which of three layouts it has, where it is, how one is filled.

Plumbing: not built in a notebook.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from llmutils.config import GPT2_CONFIGS
from llmutils.formats.files import ASSETS, sync

SIZES_IN = {"openai": "hparams.json"} | dict.fromkeys(["gpt2", "llama", "compact"], "config.json")


@contextmanager
def filling(folder: Path, layout: str) -> Iterator[Path]:
    """Yield an empty folder; unless there is an error, its files then take their places.

    Raises:
        ValueError: `folder` holds something else, which would be overwritten or read instead.
    """
    if folder.is_dir() and (found := find_layout(folder)) not in (layout, None):
        raise ValueError(f"{folder} holds a model in another layout ({found}): name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    sizes = folder / SIZES_IN[layout]
    with TemporaryDirectory(prefix=".part.", dir=folder) as beside:
        yield Path(beside)
        parts = sorted(Path(beside).iterdir(), key=lambda part: part.name == sizes.name)
        for part in parts:
            sync(part)
        # An interrupt between two renames must not leave one model's sizes with another's
        # weights: where the sizes change, they go first and come last, and no loader does without.
        if sizes.exists() and sizes.read_bytes() != parts[-1].read_bytes():
            sizes.unlink()
        for part in parts:
            os.replace(part, folder / part.name)
    sync(folder)


def find_layout(folder: Path) -> str | None:
    """Return "openai", "compact", a "model_type" of transformers such as "gpt2", or None.

    Raises:
        ValueError: there are two layouts, of which either may be the older one.
    """
    names, config = {file.name for file in folder.iterdir()}, folder / "config.json"
    openai = any(name.startswith("model.ckpt.") for name in names)
    if config.name not in names:
        stray = "a file model.safetensors" if "model.safetensors" in names else None
        return "openai" if openai else stray
    if openai:
        raise ValueError(
            f"{folder} holds two models, one in OpenAI's layout (model.ckpt.*) and one in another "
            "(config.json): move one of them"
        )
    try:
        return json.loads(config.read_bytes()).get("model_type", "compact")
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{config} is damaged: {error}") from error


def find_folder(name_or_folder: str | Path, source: str) -> Path:
    """Return the folder of a model, fetched if need be; see `llmutils.weights.load_pretrained`.

    It is a file if the model is one in GGUF.
    """
    from llmutils.formats.huggingface import fetch_files
    from llmutils.formats.llama import SMOLLM2, fetch_smollm2
    from llmutils.formats.openai import SIZES, fetch_openai

    if source not in ("openai", "huggingface"):
        raise ValueError(f"source must be 'openai' or 'huggingface', got {source!r}")
    folder, names = Path(name_or_folder), ["llmutils-small", *GPT2_CONFIGS, SMOLLM2]
    if folder.suffix == ".gguf" and folder.is_file():
        return folder
    name = {size: name for name, (size, _) in SIZES.items()}.get(name_or_folder, name_or_folder)
    files = sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []
    if files and find_layout(folder):
        if name in names:
            raise ValueError(
                f"'{folder}' is a model's name and a model's folder: './{folder}' is the folder"
            )
        return folder
    if name not in names:
        raise ValueError(
            f"expected one of {', '.join(names)} or a model's folder; "
            f"'{folder}' holds {', '.join(files) or 'nothing'}"
        )
    if name == "llmutils-small":
        return ASSETS / name
    if name == SMOLLM2:
        return fetch_smollm2(source)
    if source == "openai":
        return fetch_openai(name)
    return fetch_files(f"openai-community/{name}", "config.json", "model.safetensors")
