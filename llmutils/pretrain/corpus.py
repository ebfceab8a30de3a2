"""Text files to token ids on disk, and the windows that a run reads of them.

Letters: T tokens in a window (= context_length).
"""

import codecs
import hashlib
import os
import struct
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Subset
from tqdm import tqdm

from llmutils.formats.files import replacing
from llmutils.tokenizer import GPT2_TABLE_SHA256, get_tokenizer

BLOCK = 1 << 18  # bytes of text that are tokenised at a time


class TokenFile(Dataset):
    """Windows of a corpus that lies on disk as token ids, for corpora larger than memory.

    The file holds a header (magic, version, number of tokens, SHA-256 of the vocabulary and of the
    tokens) and the ids as little-endian uint16; it is memory-mapped, so a window is read when it is
    asked for. A worker process opens the file anew.

    Args:
        path: the file.
        context_length: T, tokens in a window.
        stride: tokens from the start of one window to the start of the next; T if None.

    Attributes:
        sha256: that of the tokens, in hexadecimal, as the header has it.

    Raises:
        ValueError: not a token file, cut short, of another vocabulary, or shorter than a window.
    """

    HEADER = struct.Struct("<8sQQ32s32s")  # magic, version, tokens, vocabulary, their hash
    MAGIC, VERSION, VOCABULARY = b"llmutok\n", 1, bytes.fromhex(GPT2_TABLE_SHA256)

    def __init__(self, path: str | Path, context_length: int, stride: int | None = None) -> None:
        self.path = Path(path).resolve()  # a worker may start in another folder
        self.context_length = context_length
        self.stride = context_length if stride is None else stride
        if self.context_length < 1 or self.stride < 1:
            raise ValueError(f"context_length {context_length} and stride {stride} must be above 0")
        with open(path, "rb") as file:
            header = file.read(self.HEADER.size)
        if len(header) < self.HEADER.size or not header.startswith(self.MAGIC):
            raise ValueError(f"{path} is not a token file")
        _, version, tokens, vocabulary, sha256 = self.HEADER.unpack(header)
        if version != self.VERSION:
            raise ValueError(f"{path} has format {version}, expected {self.VERSION}")
        found, expected = self.path.stat().st_size, self.HEADER.size + 2 * tokens
        if found != expected:
            raise ValueError(f"{path} has {found:,} bytes, expected {expected:,}")
        if vocabulary != self.VOCABULARY:
            raise ValueError(f"{path} was made with another vocabulary than GPT-2's")
        if tokens <= context_length:
            raise ValueError(
                f"{path}: the text has {tokens} tokens; "
                f"context_length {context_length} needs at least {context_length + 1}"
            )
        self.sha256 = sha256.hex()
        self.token_ids = np.memmap(self.path, "<u2", "r", self.HEADER.size, (tokens,))

    def __len__(self) -> int:
        """Return the number of whole windows."""
        return (len(self.token_ids) - self.context_length - 1) // self.stride + 1

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (input_ids, target_ids) of window `index`, (T,) each."""
        if not 0 <= index < len(self):
            raise IndexError(f"window {index} of {len(self)}")
        window = torch.from_numpy(self.window(index * self.stride))
        return window[:-1], window[1:]

    def window(self, start: int) -> np.ndarray:
        """Return the ids of a window and of the token after it, (T + 1,), int64."""
        return self.token_ids[start : start + self.context_length + 1].astype(np.int64)

    def __reduce__(self):
        """Travel to a worker process as a path, not as a copy of the corpus."""
        return type(self), (self.path, self.context_length, self.stride)

    def verify(self) -> None:
        """Read the whole file and raise ValueError if a token has changed since it was written."""
        found = hashlib.sha256(self.token_ids).hexdigest()
        if found != self.sha256:
            raise ValueError(
                f"{self.path}: the tokens have SHA-256 {found}, expected {self.sha256}"
            )

    @classmethod
    def write(cls, path: str | Path, chunks: Iterable[Iterable[int]]) -> int:
        """Write token ids, chunk after chunk, whole or not at all, and return their number.

        Raises:
            ValueError: something that is no id of GPT-2's vocabulary.
        """
        digest, tokens = hashlib.sha256(), 0
        with replacing(path) as part, open(part, "wb") as file:
            file.write(bytes(cls.HEADER.size))
            for chunk in chunks:
                ids = np.asarray(chunk if isinstance(chunk, Sequence | np.ndarray) else [*chunk])
                if ids.size and ids.dtype.kind not in "iu":  # floats, texts and truth values
                    raise ValueError(f"token ids must be integers, got {ids.dtype}: {ids[:5]}")
                if ids.size and not 0 <= ids.min() <= ids.max() <= 50256:
                    raise ValueError(
                        f"token ids must lie in 0..50256, got {ids.min()}..{ids.max()}"
                    )
                data = ids.astype("<u2").tobytes()
                file.write(data)
                digest.update(data)
                tokens += ids.size
            file.seek(0)
            header = (cls.MAGIC, cls.VERSION, tokens, cls.VOCABULARY, digest.digest())
            file.write(cls.HEADER.pack(*header))
        return tokens


class ShuffledWindows:
    """The windows of a token file in the order in which a run reads them, epoch after epoch.

    Epoch e has an order of its own, and its first window begins at another token, both drawn from
    (seed, e): window n of the run depends on nothing else.
    """

    def __init__(self, corpus: TokenFile, seed: int) -> None:
        self.corpus, self.seed = corpus, seed
        # one window less than fits, so that an epoch may begin anywhere in the first one
        self.per_epoch = max(1, len(corpus.token_ids) // corpus.context_length - 1)
        self.epoch = -1

    def __getitem__(self, n: int) -> np.ndarray:
        """Return window n of the run with the token after it, (T + 1,)."""
        epoch, place = divmod(n, self.per_epoch)
        if epoch != self.epoch:
            T, spare = self.corpus.context_length, len(self.corpus.token_ids) - 1
            random = np.random.default_rng((self.seed, epoch))
            self.first = int(random.integers(0, min(T, spare - self.per_epoch * T + 1)))
            self.order, self.epoch = random.permutation(self.per_epoch), epoch
        start = self.first + int(self.order[place]) * self.corpus.context_length
        return self.corpus.window(start)


def read_batches(
    windows: ShuffledWindows, size: int, number: int, step: int, rank: int, world_size: int
) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Return a rank's share of a step that reads `number` batches of `size` windows."""
    rows, batches = size // world_size, []
    for batch in range(step * number, (step + 1) * number):
        first = batch * size + rank * rows
        ids = np.stack([windows[n] for n in range(first, first + rows)])  # (B, T + 1)
        batches.append((torch.from_numpy(ids[:, :-1]), torch.from_numpy(ids[:, 1:])))
    return batches


def batches_from_all_over(corpus: TokenFile, size: int, number: int) -> list:
    """Return at most `number` batches of `size` windows, evenly spread, for evaluations."""
    rows = np.linspace(0, len(corpus), min(len(corpus), size * number), endpoint=False).astype(int)
    return [*DataLoader(Subset(corpus, rows.tolist()), size)]


def prepare(
    sources: list[Path], output: Path, val_files: list[Path] | None = None
) -> dict[Path, int]:
    """Tokenise text files into a `TokenFile`, with `<|endoftext|>` after each document.

    The texts stream through: memory does not grow with the corpus, unless a text has no white space
    to cut it at. A file is one document; what looks like a special token in it is ordinary text.

    Args:
        sources: text files in UTF-8, and folders to search for `*.txt`.
        output: the token file for training, `NAME.tok`.
        val_files: text files, and folders of them, that go into `NAME.val.tok` instead.

    Returns:
        {token file: number of tokens}.

    Raises:
        ValueError: no text file, one that is not UTF-8 or does not exist, or an output that is one
            of the texts. What was there before stays.
    """
    val_texts = find_texts(val_files or [])
    held_out = {path.resolve() for path in val_texts}
    texts = [path for path in find_texts(sources) if path.resolve() not in held_out]
    if not texts:
        raise ValueError(f"no training text left in {', '.join(map(str, sources))}")
    jobs = {output: texts} | ({val_path(output): val_texts} if val_texts else {})
    for path in (output, val_path(output)):
        if path.resolve() in {text.resolve() for text in [*texts, *val_texts]}:
            raise ValueError(f"{path} would overwrite one of the texts")
    counts = {}
    with ExitStack() as stack:  # neither file takes its name before both are whole
        parts = {path: stack.enter_context(replacing(path)) for path in jobs}
        for path, part in parts.items():
            counts[path] = TokenFile.write(part, tokenise(jobs[path], path.name))
    if not val_texts:
        val_path(output).unlink(missing_ok=True)  # of another division of the texts
    return counts


def find_texts(sources: list[Path]) -> list[Path]:
    """Return the files among some paths, and the `*.txt` files below the folders, each once.

    Hidden files, linked folders and folders named like texts are left out, with a warning.

    Raises:
        ValueError: a path that does not exist, or a folder without texts.
    """
    found: dict[Path, Path] = {}  # by what they resolve to: one text may have several paths
    left_out = []
    for source in sources:
        if not source.exists():
            raise ValueError(f"no such file or folder: {source}")
        texts = [source] if source.is_file() else []
        for path in source.rglob("*"):
            if path.is_dir() and (path.is_symlink() or path.suffix.lower() == ".txt"):
                left_out.append(path)
            elif path.suffix.lower() == ".txt":
                (left_out if path.name.startswith(".") else texts).append(path)
        if not texts:
            raise ValueError(f"no *.txt file in the folder {source}")
        for path in sorted(texts):
            found.setdefault(path.resolve(), path)
    if left_out:
        warnings.warn(f"left out: {', '.join(map(str, sorted(left_out)))}", stacklevel=2)
    return list(found.values())


def val_path(path: Path) -> Path:
    """Return where the validation tokens of a token file lie: corpus.tok, corpus.val.tok."""
    return path.with_suffix(".val" + path.suffix)


def tokenise(files: list[Path], name: str = "tokenising") -> Iterator[list[int]]:
    """Yield the token ids of some text files, piece by piece, each file ended by the eos token.

    All cores tokenise; a bar counts bytes.
    """
    tokenizer, cores = get_tokenizer(), os.cpu_count() or 1
    total = sum(file.stat().st_size for file in files)
    with tqdm(total=total, unit="B", unit_scale=True, desc=name, file=sys.stdout) as bar:
        for file in files:
            cut = pieces(file)
            while some := [*islice(cut, 4 * cores)]:
                texts = [text for _, text in some]
                yield from tokenizer.encode_ordinary_batch(texts, num_threads=cores)
                bar.update(sum(size for size, _ in some))
            yield [tokenizer.eot_token]


def pieces(file: Path) -> Iterator[tuple[int, str]]:
    """Yield (bytes, text) until a file is read, cut where no token can cross."""
    with open(file, "rb") as stream:
        offset, rest = 0, bytearray()
        while block := stream.read(BLOCK):
            rest += block
            if cut := last_cut(rest, len(rest) - len(block)):
                yield cut, text_of(rest[:cut], file, offset)
                offset, rest = offset + cut, rest[cut:]
        yield len(rest), text_of(rest, file, offset)


def last_cut(block: bytearray, start: int) -> int:
    """Return the last place from `start` on where a text can be cut, 0 if there is none.

    GPT-2's pattern never matches across the end of a word and the white space that follows.
    """
    end = len(block)
    while (end := max(block.rfind(b" ", start, end), block.rfind(b"\n", start, end))) > 0:
        before = block[max(0, end - 4) : end].decode("utf-8", "ignore")[-1:]
        if before and not before.isspace():
            return end
    return 0


def text_of(data: bytearray, file: Path, offset: int) -> str:
    """Return text as Python's text mode reads it: line ends as newlines, no byte order mark."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = offset + error.start
        raise ValueError(
            f"{file} is not UTF-8: byte 0x{data[error.start]:02x} at offset {place:,}"
        ) from None
    if offset == 0:
        text = text.removeprefix(codecs.BOM_UTF8.decode("utf-8"))
    return text.replace("\r\n", "\n").replace("\r", "\n")
