"""Labelled messages from a table: those that ship, the SMS Spam Collection, or a file of one's own.

Plumbing: used in notebooks/07_classification_finetuning.ipynb, built nowhere.
"""

import codecs
import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from llmutils.formats.download import cache_folder, download
from llmutils.formats.files import ASSETS

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MESSAGES = ASSETS / "messages.tsv"
UCI_URL = "https://archive.ics.uci.edu/static/public/228/sms+spam+collection.zip"
UCI_COUNTS = {"ham": 4827, "spam": 747}
HEADERS = {"label", "category", "class", "v1"}  # what a first line may call its labels


def load_messages(
    data: str | Path, labels: Sequence[str] = ("ham", "spam"), skip_faulty: bool = False
) -> "DataFrame":
    """Return a table with the columns `label` and `text`, and `group` where the file has one.

    Args:
        data: "messages", those that ship; "uci", the SMS Spam Collection (Almeida and Hidalgo
            2011, CC BY 4.0), fetched once into the cache; or a file: .csv with commas or
            semicolons, anything else with tabs; UTF-8, UTF-16 or CP1252; with a header or without.
            In a CSV, quotes that enclose a whole message are no part of it.
        labels: those that may occur.
        skip_faulty: leave faulty rows out and warn how many, instead of raising.

    Raises:
        ValueError: faulty rows, each named by its line; or no message at all.
        DownloadError: the collection could not be fetched.
    """
    if str(data) == "messages":
        return read_messages(MESSAGES.read_bytes(), MESSAGES.name)
    if str(data) != "uci":
        if not Path(data).is_file():
            raise ValueError(f"expected 'messages', 'uci' or the path of a file; got '{data}'")
        return read_messages(Path(data).read_bytes(), str(data), labels, skip_faulty)
    path = download(UCI_URL, cache_folder() / "sms_spam_collection.zip")
    try:
        with zipfile.ZipFile(path) as archive:  # one member, read by name: nothing is unpacked
            messages = read_messages(archive.read("SMSSpamCollection"), "SMSSpamCollection")
        counts = messages["label"].value_counts().to_dict()
        if counts != UCI_COUNTS:
            raise ValueError(f"it holds {counts}, expected {UCI_COUNTS}")
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, RuntimeError, ValueError) as error:
        raise ValueError(f"{path} is damaged ({error}): delete it and try again") from error
    return messages


def read_messages(
    content: bytes, name: str, labels: Sequence[str] = ("ham", "spam"), skip_faulty: bool = False
) -> "DataFrame":
    """Return the table in the bytes of a file of that name; see `load_messages`."""
    import pandas

    text = decode_text(content).replace("\r\n", "\n").rstrip("\r\n").replace("\0", "\udc00")
    if not text.strip():
        raise ValueError(f"{name} holds no message")
    text = text if "\n" in text else text.replace("\r", "\n")  # lines as old Macs end them
    sep, quoting = "\t", csv.QUOTE_NONE
    if name.lower().endswith(".csv"):
        sep, quoting = (re.search("[,;\t]", text) or ",")[0], csv.QUOTE_MINIMAL
        text = double_odd_quotes(text, sep, labels)
    width = max(line.count(sep) for line in text.split("\n")) + 2  # no row is cut
    form = {"sep": sep, "quoting": quoting, "header": None, "names": range(width)}
    as_is = {"dtype": str, "na_filter": False, "skip_blank_lines": False, "lineterminator": "\n"}
    source = io.StringIO(text)
    table = pandas.read_csv(source, **form, **as_is, encoding_errors="surrogatepass")
    newlines = table.map(lambda cell: cell.count("\n")).sum(axis=1)  # within quotes
    table.index = 1 + table.index + newlines.cumsum() - newlines  # the line where each row begins

    places, first = {"label": 0, "text": 1}, [cell.strip().lower() for cell in table.iloc[0]]
    if HEADERS & {*first}:
        kind = {cell: "label" for cell in HEADERS} | {"group": "group"}
        places = {kind.get(cell, "text"): i for i, cell in enumerate(first) if cell}
        table = table.iloc[1:]
    if {"label", "text"} - places.keys():
        raise ValueError(f"{name}: the header names no column of messages: {first}")
    found = table[[*places.values()]].set_axis([*places], axis=1)
    found = found.apply(lambda column: column.str.strip("\r"))
    filled = (table.map(str.strip) != "").mul([*range(1, width + 1)]).max(axis=1)
    odd = table.map(lambda cell: re.search("[\ud800-\udfff]", cell) is not None).any(axis=1)
    faults = find_faults(found, filled, odd, labels)
    if len(faults):
        lines = faults.groupby(faults, sort=False).groups  # {what is wrong: the lines}
        what = "".join(f"\n  line {', '.join(map(str, n))}: {why}" for why, n in lines.items())
        if not skip_faulty:
            advice = f"{len(faults)} of {len(table)} rows are faulty (skip_faulty=True omits them)"
            raise ValueError(f"{name}: {advice}:{what}")
        warnings.warn(f"{name}: left out {len(faults)} of {len(table)} rows:{what}", stacklevel=3)
    if len(faults) == len(table):
        raise ValueError(f"{name} holds no message")
    if "group" in found:
        found["group"] = found["group"].where(found["group"] != "")  # NaN: a group of its own
    return found.drop(faults.index).reset_index(drop=True)


def find_faults(
    found: "DataFrame", filled: "Series", odd: "Series", labels: Sequence[str]
) -> "Series":
    """Return what is wrong with each faulty row; of several faults the first one here."""
    label, message = found["label"], found["text"]
    kinds = (
        found[label.isin(labels)].groupby("text")["label"].agg(lambda k: " and ".join(sorted({*k})))
    )
    wrong = {
        "holds NUL, half a surrogate pair or bytes of another encoding": odd,
        "the line is empty": filled == 0,
        "the message is empty": label.isin(labels) & (message.str.strip() == ""),
    }
    for n in {*filled} - {2, len(found.columns)}:
        wrong[f"expected a label and a message, found {n} columns"] = filled == n
    for other in {*label} - {*labels}:
        wrong[f"the label is {other!r}, expected {' or '.join(labels)}"] = label == other
    for text, both in kinds[~kinds.isin(labels)].items():
        wrong[f"{text!r} is {both}"] = message == text
    reason = label.where(label == "", "")  # all empty
    for what, where in wrong.items():
        reason = reason.mask(where & (reason == ""), what)
    return reason[reason != ""]


def decode_text(content: bytes) -> str:
    """Return the text of a file; bytes and halves that are no character become lone surrogates."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        half = "\udc00" if len(content) % 2 else ""  # cut within a character
        return content[: len(content) & ~1].decode("utf-16", "surrogatepass") + half
    try:
        text = content.decode("utf-8-sig", "surrogatepass")
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # pairs
    except UnicodeDecodeError:
        text = content.decode("utf-8-sig", "surrogateescape")
    odd, good = (len(re.findall(c, text)) for c in ("[\udc80-\udcff]", "[^\0-\x7f\udc80-\udcff]"))
    return text if good >= odd else content.decode("cp1252", "surrogateescape")


def double_odd_quotes(text: str, sep: str, labels: Sequence[str]) -> str:
    """Return a CSV in which quotes that do not enclose a whole message are ordinary characters."""
    start = rf'"?(?:{"|".join(map(re.escape, labels))})"?{sep}'  # of a row
    rest = rf'(?:[^"\n]|""|\n(?!{start}))*"[ \r]*(?:{sep}|\n|\Z)'  # of an enclosed message
    return re.sub(
        rf'^({start})(?="(?!{rest}))(.*)$',
        lambda match: match[1] + '"' + match[2].replace('"', '""') + '"',
        text,
        flags=re.MULTILINE,
    )
