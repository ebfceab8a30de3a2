"""Files of instructions, and of the answers to them, in JSON.

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
from llmutils.formats.files import ASSETS, replacing

INSTRUCTIONS = ASSETS / "instructions.json"
KEYS = ("instruction", "input", "output")


def fault_of(entry: Any, keys: Sequence[str]) -> str:
    """Return what is wrong with an entry, "" if nothing is."""
    if not isinstance(entry, Mapping):
        return f"expected an object, found {entry!r:.60}"
    for key in keys:
        if key not in entry:
            return f"'{key}' is missing"
        if not isinstance(entry[key], str):
            return f"'{key}' is {entry[key]!r:.60}, expected a text"
        if key in ("instruction", "output") and not entry[key].strip():
            return f"'{key}' is empty"
        if re.search("[\ud800-\udfff]", entry[key]):
            return f"'{key}' holds half a surrogate pair, which is no character"
    return ""


def check_entries(
    entries: Iterable[Any], keys: Sequence[str] = KEYS, skip_faulty: bool = False
) -> list[Any]:
    """Return entries as a list; a ValueError, or a warning where they are skipped, names faults."""
    entries = list(entries)
    faults = {n: fault for n, e in enumerate(entries, start=1) if (fault := fault_of(e, keys))}
    named = "; ".join(f"entry {number}: {fault}" for number, fault in faults.items())
    if faults and not (skip_faulty and len(faults) < len(entries)):
        raise ValueError(named)
    if faults:
        skipped = f"{len(faults)} of {len(entries)} entries are left out: {named}"
        warnings.warn(skipped, stacklevel=4)
    return [entry for number, entry in enumerate(entries, start=1) if number not in faults]


def read_entries(data: str | Path, skip_faulty: bool = False) -> list[dict[str, str]]:
    """Return the entries of a JSON list or of JSON lines; keys of other names are kept.

    Args:
        data: "instructions", those that ship; or a path.
        skip_faulty: leave faulty entries out, with a warning that counts and names them.

    Raises:
        ValueError: no such file, no JSON, no entry, or faulty entries, all of which are named.
    """
    path = INSTRUCTIONS if str(data) == "instructions" else Path(data)
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
    try:
        entries = check_entries(entries, KEYS, skip_faulty)
    except ValueError as error:
        raise ValueError(f"{path}: {error} (skip_faulty=True leaves them out)") from error
    if not entries:
        raise ValueError(f"{path}: no entry")
    return entries


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
    """A JSON file of entries with their `response`, and the `run` (a fingerprint) it came from.

    If the file is there, its answers are gone on with; those of another run or to other entries,
    or what is no such file, are a ValueError.
    """

    def __init__(self, path: str | Path, entries: Iterable[Mapping], run: str) -> None:
        self.path, self.run, self.answers = Path(path), run, []
        entries = [dict(entry) for entry in check_entries(entries, KEYS[:2])]
        # through JSON and back, so that they are what is read after a break
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
        if any(answer["run"] != run for answer in answers):
            raise ValueError(f"{path} holds answers of another model or other settings{advice}")
        both = answers, self.entries[: len(answers)]
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
