"""Files of instructions and of the answers to them, in JSON.

`llmutils.instruct` says what an entry is. Plumbing: not built in a notebook.
"""

import hashlib
import json
import operator
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from llmutils.config import check_number
from llmutils.formats.files import replacing

SHIPPED = Path(__file__).parents[1] / "assets" / "instructions.json"
KEYS = ("instruction", "input", "output")


def find_faults(entries: Iterable[Any], keys: Sequence[str] = KEYS) -> dict[int, str]:
    """Return {number, from 1: what is wrong}: texts that are missing, empty or no text."""
    faults = {}
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, Mapping):
            faults[number] = f"expected an object, found {entry!r:.60}"
            continue
        for key in reversed(keys):  # so that the first fault is the one that stays
            if key not in entry:
                faults[number] = f"'{key}' is missing"
            elif not isinstance(entry[key], str):
                faults[number] = f"'{key}' is {entry[key]!r:.60}, expected a text"
            elif key in ("instruction", "output") and not entry[key].strip():
                faults[number] = f"'{key}' is empty"
            elif re.search("[\ud800-\udfff]", entry[key]):
                faults[number] = f"'{key}' holds half a surrogate pair, which is no character"
    return faults


def check_entries(entries: Iterable[Any], keys: Sequence[str] = KEYS) -> list[Any]:
    """Return entries as a list, or raise a ValueError that names all that are faulty."""
    entries = list(entries)
    if faults := find_faults(entries, keys):
        raise ValueError("; ".join(f"entry {n}: {fault}" for n, fault in faults.items()))
    return entries


def read_entries(data: str | Path, skip_faulty: bool = False) -> list[dict[str, str]]:
    """Return the entries of a file, a JSON list or JSON lines; keys of other names are kept.

    Args:
        data: "instructions", those that ship; or a path.
        skip_faulty: leave faulty entries out, with a warning that counts and names them.

    Raises:
        ValueError: no such file, no JSON or no entry; or faulty entries, all of which are named.
    """
    path = SHIPPED if str(data) == "instructions" else Path(data)
    if not path.is_file():
        raise ValueError(f"expected 'instructions' or the path of a file; got '{data}'")
    content = path.read_bytes()
    try:
        text = content.decode(json.detect_encoding(content))  # UTF-8, UTF-16 or UTF-32
        lines = [line for line in text.split("\n") if line.strip()]  # U+2028 ends no line here
        entries = json.loads(text) if text.lstrip()[:1] == "[" else [*map(from_json, lines)]
        if entries and all(isinstance(entry, str) for entry in entries):
            json.loads(lines[0])  # says what is wrong
    except ValueError as error:
        raise ValueError(f"{path} is neither a JSON list nor JSON lines: {error}") from error
    faults = find_faults(entries)
    named = "; ".join(f"entry {number}: {fault}" for number, fault in faults.items())
    if len(faults) == len(entries) or (faults and not skip_faulty):
        raise ValueError(f"{path}: {named or 'no entry'} (skip_faulty=True leaves them out)")
    if faults:
        counted = f"{len(faults)} of {len(entries)} entries are left out"
        warnings.warn(f"{path}: {counted}: {named}", stacklevel=3)
    return [entry for number, entry in enumerate(entries, start=1) if number not in faults]


def from_json(line: str) -> Any:
    """Return what a line of JSON says, or the line itself if it is none."""
    try:
        return json.loads(line)
    except ValueError:
        return line


def fingerprint(model: nn.Module, *settings: object) -> str:
    """Return a hash of a model's weights and layers and of the settings of a run."""
    model = getattr(model, "_orig_mod", model)  # what torch.compile wraps
    found = hashlib.sha256(" ".join(map(str, [model, model.config, *settings])).encode())
    for tensor in model.state_dict().values():
        found.update(tensor.cpu().reshape(-1).view(torch.uint8).numpy())
    return found.hexdigest()[:16]


class AnswerFile:
    """A JSON file of entries with their `response` and the `run` that it came from.

    Args:
        path: the file; if it is there, its answers are gone on with.
        entries: those to answer.
        run: what the answers depend on, as `fingerprint` returns it.

    Raises:
        ValueError: the file holds answers of another run or to other entries, or something else.
    """

    def __init__(self, path: str | Path, entries: Iterable[Mapping], run: str) -> None:
        self.path, self.run, self.answers = Path(path), run, []
        # through JSON and back, so that they are what is read after a break
        entries = [dict(entry) for entry in check_entries(entries, KEYS[:2])]
        self.entries = json.loads(json.dumps(entries, default=to_json))
        if not self.path.exists():
            return
        advice = "; name another file or delete it"
        try:
            answers = json.loads(self.path.read_text(encoding="utf-8"))
            if not isinstance(answers, list):
                raise ValueError(f"expected a list, found {answers!r:.60}")
            self.answers = check_entries(answers, ("response", "run"))
        except ValueError as error:
            raise ValueError(f"{path} is no file of answers: {error}{advice}") from error
        if any(answer["run"] != run for answer in self.answers):
            raise ValueError(f"{path} holds answers of another model or other settings{advice}")
        both = self.answers, self.entries[: len(self.answers)]
        asked, wanted = ([[e.get(key) for key in KEYS] for e in some] for some in both)
        if asked != wanted:
            raise ValueError(f"{path} holds answers to other entries{advice}")

    def unanswered(self, batch_size: int) -> Iterator[list[dict]]:
        """Yield the entries without an answer, in batches."""
        rule = "batch_size must be 1 or more"
        size = check_number(batch_size, operator.index, lambda n: n > 0, rule)
        for start in range(len(self.answers), len(self.entries), size):
            yield self.entries[start : start + size]

    def add(self, entries: Iterable[dict], replies: Iterable[str]) -> None:
        """Append entries with their replies, and write the file, whole or not at all."""
        for entry, reply in zip(entries, replies, strict=True):
            self.answers.append(entry | {"response": reply, "run": self.run})
        text = json.dumps(self.answers, indent=1, ensure_ascii=False)
        with replacing(self.path) as part:  # half a surrogate pair is written as an escape
            part.write_text(text, encoding="utf-8", errors="backslashreplace")


def to_json(value: Any) -> Any:
    """Return the plain numbers of an array or tensor, and of anything else its text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
