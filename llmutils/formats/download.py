"""Fetch a file once, whole and checked, or raise.

A file that is there is used without a request. Otherwise it grows beside its place as `NAME.part`,
is continued after a break, checked, and renamed when it is whole. The requests are
huggingface_hub's: it knows proxies, tries again, and shows a bar.

Plumbing: not built in a notebook.
"""

import hashlib
import os
from pathlib import Path


class DownloadError(OSError):
    """A file could not be fetched; the message says what failed and how to do it by hand."""


def cache_folder() -> Path:
    """Return the folder for downloads and conversions: `LLMUTILS_CACHE`, or ~/.cache/llmutils."""
    return Path(os.environ.get("LLMUTILS_CACHE") or "~/.cache/llmutils").expanduser()


def download(
    url: str, path: str | Path, size: int | None = None, sha256: str | None = None
) -> Path:
    """Return the local path of a file, fetching it first if it is not there yet.

    Args:
        url: where the file is; proxies are taken from the environment.
        path: where it belongs; a relative path lies under `cache_folder()`.
        size: its length in bytes; without it and sha256 the server's word must do.
        sha256: its SHA-256 in hexadecimal.

    Raises:
        DownloadError: it could not be fetched whole, or `LLMUTILS_OFFLINE=1` forbids it.
    """
    path = cache_folder() / path
    part = path.with_name(path.name + ".part")
    fault = find_fault(path, size, sha256)
    if fault is None:
        return path
    try:
        if os.environ.get("LLMUTILS_OFFLINE") == "1":
            raise OSError(f"{fault}, and LLMUTILS_OFFLINE=1 forbids fetching")
        from filelock import FileLock

        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock")):
            if find_fault(path, size, sha256) is not None:  # no other process was faster
                fetch(url, part, size, sha256)
                os.replace(part, path)
    except Exception as error:  # the client's own errors, and those of network and disk beneath it
        reason = (str(error) or type(error).__name__).partition("\n")[0]
        raise DownloadError(
            f"could not get {url}: {reason}. The file belongs at {path}; "
            "you can fetch it with a browser and put it there by hand."
        ) from error
    return path


def fetch(url: str, part: Path, size: int | None, sha256: str | None) -> None:
    """Append to `part` what it lacks, and check it."""
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.file_download import http_get

    have = part.stat().st_size if part.exists() else 0
    if have > (size or have) or size is sha256 is None:  # too long, or nothing to check it by
        part.unlink(missing_ok=True)
        have = 0
    if not have or find_fault(part, size, sha256) is not None:
        try:
            with open(part, "ab") as file:
                plain = {"Accept-Encoding": "identity"}
                http_get(url, file, resume_size=have, expected_size=size, headers=plain)
        except HfHubHTTPError as error:
            if error.response.status_code == 416:  # there is no rest: start afresh the next time
                part.unlink()
            raise
    if (fault := find_fault(part, size, sha256)) is not None:
        part.unlink()
        raise OSError(fault)


def find_fault(path: Path, size: int | None, sha256: str | None) -> str | None:
    """Return None for a whole file, else one clause that says what is wrong with it."""
    if not path.is_file():
        return f"{path.name} is not there"
    found = path.stat().st_size
    if size is not None and found != size:
        return f"{path.name} has {found:,} bytes, expected {size:,}"
    if sha256 is not None:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != sha256:
            return f"{path.name} has SHA-256 {digest}, expected {sha256}"
    return None
