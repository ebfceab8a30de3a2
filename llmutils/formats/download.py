"""Fetch a file once, whole and checked, or raise.

A file that is already there is used without a request. Otherwise it grows beside its place as
`NAME.part`, is continued after a break, checked, and renamed into place only when it is whole.

Plumbing: not built in a notebook.
"""

import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_dir
from tqdm import tqdm


class DownloadError(OSError):
    """A file could not be fetched; the message says what failed and how to do it by hand."""


def cache_folder() -> Path:
    """Return the folder for downloaded files: `LLMUTILS_CACHE`, or the platform's own."""
    return Path(os.environ.get("LLMUTILS_CACHE") or user_cache_dir("llmutils", appauthor=False))


def download(
    url: str,
    path: str | Path,
    size: int | None = None,
    sha256: str | None = None,
    attempts: int = 5,
    timeout: float = 30.0,
) -> Path:
    """Return the local path of a file, fetching it first if it is not there yet.

    Args:
        url: where the file is; proxies are taken from the environment.
        path: where it belongs; a relative path lies under `cache_folder()`.
        size: its length in bytes, if known; checked.
        sha256: its SHA-256 in hexadecimal, if known; checked.
        attempts: how often to try again where the last attempt broke off.
        timeout: seconds without a byte after which an attempt counts as broken.

    Raises:
        DownloadError: the file is not there and could not be fetched whole.
    """
    path = cache_folder() / path
    wrong = _what_is_wrong(path, size, sha256)
    if wrong is None:
        return path
    if os.environ.get("LLMUTILS_OFFLINE") == "1":
        raise DownloadError(_advice(url, path, f"{wrong}, and LLMUTILS_OFFLINE=1 forbids fetching"))
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(path.name + ".lock")):
            if _what_is_wrong(path, size, sha256) is None:  # another process was faster
                return path
            if size is None and sha256 is None:
                part.unlink(missing_ok=True)  # nothing could tell whether a rest fits it
            for attempt in range(1, attempts + 1):
                try:
                    _fetch(url, part, timeout, checked=bool(size or sha256))
                    wrong = _what_is_wrong(part, size, sha256)
                    if wrong is None:
                        part.replace(path)
                        return path
                    part.unlink()  # whole by its server's account, but not what was asked for
                except urllib.error.HTTPError as error:
                    wrong = f"the server answers {error.code} {error.reason}"
                    if error.code == 416:  # what we have is longer than the file
                        part.unlink(missing_ok=True)
                    elif error.code < 500 and error.code not in (408, 429):
                        break  # asking again will not help
                except (urllib.error.URLError, http.client.HTTPException, TimeoutError) as error:
                    wrong = str(getattr(error, "reason", error)) or type(error).__name__
                except ConnectionError as error:
                    wrong = str(error) or type(error).__name__
                if attempt < attempts:
                    time.sleep(min(0.2 * 2**attempt, 10))
    except OSError as error:  # a full disk, a folder that may not be written
        raise DownloadError(_advice(url, path, str(error))) from error
    raise DownloadError(_advice(url, path, wrong))


def _fetch(url: str, part: Path, timeout: float, checked: bool) -> None:
    """Append to `part` what it lacks, or start it afresh if the server cannot continue."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=timeout) as response:
        if response.status != 206:
            have = 0
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            part.unlink()
            raise ConnectionError("the server continues at another place than asked")
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        if total is None and not checked and not response.chunked:
            raise ConnectionError("the server does not say how long the file is")
        with (
            open(part, "ab" if have else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=part.stem) as bar,
        ):
            while chunk := response.read1(1 << 18):  # what has arrived, for a stall loses nothing
                file.write(chunk)
                bar.update(len(chunk))
    found = part.stat().st_size
    if total is not None and found != total:
        raise ConnectionError(f"the connection ended after {found:,} of {total:,} bytes")


def _what_is_wrong(path: Path, size: int | None, sha256: str | None) -> str | None:
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


def _advice(url: str, path: Path, reason: str) -> str:
    return (
        f"could not get {url}: {reason}. The file belongs at {path}; "
        "you can fetch it with a browser and put it there by hand."
    )
