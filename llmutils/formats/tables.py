"""Labelled messages: those that ship, the SMS Spam Collection, or a file of one's own.

They come as a pandas table with the columns `label` and `text`, every line of the file in it or an
error that names the line. Pandas is imported only when messages are loaded.

Plumbing: shown in notebooks/07_classification_finetuning.ipynb, not built there.
"""

import csv
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmutils.formats.download import cache_folder, download

if TYPE_CHECKING:
    from pandas import DataFrame

EMBEDDED = Path(__file__).parent / "assets" / "messages.tsv"
UCI_URL = "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip"
UCI_MEMBER = "SMSSpamCollection"  # the one file of the archive that is read
UCI_COUNTS = {"ham": 4827, "spam": 747}
HEADERS = {"label", "category", "class", "v1"}  # what a first line may call its first column


def load_messages(data: str | Path, labels: Sequence[str] = ("ham", "spam")) -> "DataFrame":
    """Return labelled messages as a table with the columns `label` and `text`.

    Args:
        data: "messages", those that ship; "uci", the SMS Spam Collection (Almeida and Hidalgo
            2011, CC BY 4.0), fetched once into the cache; or the path of a table with two
            columns, label and text, separated by a comma if its name ends in .csv, else by a tab.
            It is UTF-8 or else Latin-1, with a header or without. In a TSV quotes are ordinary
            characters; in a CSV they are unless they enclose a whole message.
        labels: those that may occur.

    Raises:
        ValueError: a line without a known label or a message, or a message with two labels; line
            and file are named.
        DownloadError: the collection could not be fetched.
    """
    if str(data) == "messages":
        return read_messages(EMBEDDED.read_bytes(), EMBEDDED.name, labels)
    if str(data) != "uci":
        path = Path(data)
        if not path.is_file():
            raise ValueError(f"expected 'messages', 'uci' or the path of a file; got '{data}'")
        return read_messages(path.read_bytes(), str(path), labels)
    path = download(UCI_URL, cache_folder() / "sms_spam_collection.zip")
    try:
        with zipfile.ZipFile(path) as archive:  # one member, read by name: nothing is unpacked
            content = archive.read(UCI_MEMBER)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and try again") from error
    messages = read_messages(content, f"{UCI_MEMBER} in {path.name}")
    counts = messages["label"].value_counts().to_dict()
    if counts != UCI_COUNTS:
        raise ValueError(f"{path} holds {counts}, expected {UCI_COUNTS}: delete it and try again")
    return messages


def read_messages(
    content: bytes, name: str, labels: Sequence[str] = ("ham", "spam")
) -> "DataFrame":
    """Return the table in the bytes of a file; see `load_messages`.

    Args:
        content: the bytes.
        name: the file's, for errors; .csv at its end means commas.
        labels: those that may occur.
    """
    import pandas

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    rows, first_seen = [], {}  # message: (its label, the line where it came first)
    for number, line in enumerate(lines, start=1):
        try:
            label, message = _fields(line, "," if name.lower().endswith(".csv") else "\t")
            if number == 1 and label.strip().lower() in HEADERS:
                continue
            if label not in labels:
                raise ValueError(f"the label is '{label}', expected {' or '.join(labels)}")
            if not message.strip():
                raise ValueError("the message is empty")
            before, line_before = first_seen.setdefault(message, (label, number))
            if before != label:
                raise ValueError(f"'{message}' is {label}, and in line {line_before} {before}")
        except ValueError as error:
            raise ValueError(f"{name}, line {number}: {error}") from None
        rows.append((label, message))
    if not rows:
        raise ValueError(f"{name} holds no message")
    return pandas.DataFrame(rows, columns=["label", "text"])


def _fields(line: str, delimiter: str) -> list[str]:
    """Split a line in two."""
    if not line.strip():
        raise ValueError("the line is empty")
    fields = line.split(delimiter)
    if delimiter == ",":
        try:
            fields = next(csv.reader([line], strict=True))
        except csv.Error:  # quotes that do not enclose a field
            pass
    while len(fields) > 2 and not fields[-1]:  # columns that are empty
        fields.pop()
    if len(fields) != 2:
        what = "tab" if delimiter == "\t" else "comma outside of quotes"
        raise ValueError(f"expected a label, one {what} and a message, found {len(fields)} columns")
    return fields
