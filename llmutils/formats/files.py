"""Whole files or none: what is written lies beside its place until it is complete.

Plumbing: not built in a notebook.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

ASSETS = Path(__file__).parents[1] / "assets"  # what ships with the project


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Yield a path to write to; unless there is an error, the file then takes its place."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
        part = Path(beside, path.name)
        yield part
        sync(part)
        os.replace(part, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of names, is on the disk."""
    if path.is_file():
        with open(path, "rb+") as file:
            os.fsync(file.fileno())
        return
    with suppress(OSError):  # Windows cannot do it for a folder, nor can every disk
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
