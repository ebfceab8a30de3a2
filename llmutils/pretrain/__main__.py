"""Pretrain a GPT on a corpus of any size, from the command line.

    python -m llmutils.pretrain prepare books/ -o corpus.tok --val-files books/emma.txt
    python -m llmutils.pretrain train corpus.tok -o runs/first
    torchrun --nproc-per-node=2 -m llmutils.pretrain train corpus.tok -o runs/second
    python -m llmutils.pretrain export runs/first/best.pt -o my-model
    python -m llmutils.pretrain evaluate my-model corpus.val.tok

`prepare` turns text files into a `TokenFile`; `train` learns from it, and goes on where it was
stopped when it is called again; `export` writes the weights, 8 bits each, into a folder for
`weights.load_pretrained`, and a picture of the losses; `evaluate` measures such a model on all of
a token file.

Shown in notebooks/bonus/scaling_pretraining.ipynb
"""

import argparse
import codecs
import math
import os
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm

from llmutils.pretrain.checkpoint import read_checkpoint
from llmutils.config import GPTConfig
from llmutils.data import TokenFile
from llmutils.pretrain.distributed import process_group, rank_and_processes
from llmutils.model import evaluation_mode
from llmutils.model import GPTModel
from llmutils.bonus.muon import MuonAdamW
from llmutils.plots import plot_losses
from llmutils.tokenizer import get_tokenizer
from llmutils.train import History, calc_loss_batch, create_optimizer, train_model
from llmutils.weights import load_pretrained, save_compact

BLOCK = 1 << 18  # bytes of text that are tokenised at a time


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
        ValueError: no text file, one that is not UTF-8, or a validation file that does not exist.
    """
    val_texts = find_texts(val_files or [])
    held_out = {path.resolve() for path in val_texts}
    texts = [path for path in find_texts(sources) if path.resolve() not in held_out]
    if not texts:
        raise ValueError(f"no training text left in {', '.join(map(str, sources))}")
    val_path(output).unlink(missing_ok=True)  # of another division of the texts
    jobs = {output: texts} | ({val_path(output): val_texts} if val_texts else {})
    return {path: TokenFile.write(path, tokenise(texts, path.name)) for path, texts in jobs.items()}


def find_texts(sources: list[Path]) -> list[Path]:
    """Return the files among some paths, and the `*.txt` files below the folders, each once.

    Raises:
        ValueError: a path that does not exist, or a folder without texts.
    """
    found: list[Path] = []
    for source in sources:
        texts = sorted(source.rglob("*.txt")) if source.is_dir() else [source]
        if not texts:
            raise ValueError(f"no *.txt file in the folder {source}")
        if not source.exists():
            raise ValueError(f"no such file or folder: {source}")
        found += texts
    return list(dict.fromkeys(found))


def val_path(path: Path) -> Path:
    """Return where the validation tokens of a token file lie: corpus.tok, corpus.val.tok."""
    return path.with_suffix(".val" + path.suffix)


def tokenise(files: list[Path], name: str = "tokenising") -> Iterator[np.ndarray]:
    """Yield the token ids of some text files, piece by piece, each file ended by the eos token.

    All cores tokenise; a bar counts bytes.
    """
    tokenizer = get_tokenizer()
    end = np.array([tokenizer.eot_token])
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    total = sum(file.stat().st_size for file in files)
    waiting: deque = deque()

    def encode(piece: str | None) -> np.ndarray:
        if piece is None:
            return end
        return tokenizer.encode_to_numpy(piece, disallowed_special=())

    with (
        ThreadPoolExecutor(workers) as pool,
        tqdm(total=total, unit="B", unit_scale=True, desc=name, file=sys.stdout) as bar,
    ):
        for file in files:
            for size, piece in _pieces(file):
                waiting.append((size, pool.submit(encode, piece)))
                if len(waiting) > 2 * workers:
                    size, ids = waiting.popleft()
                    bar.update(size)
                    yield ids.result()
        for size, ids in waiting:
            bar.update(size)
            yield ids.result()


def _pieces(file: Path) -> Iterator[tuple[int, str | None]]:
    """Yield (bytes, text) until a file is read, cut where no token can cross; then (0, None)."""
    with open(file, "rb") as stream:
        offset, rest = 0, bytearray()
        while block := stream.read(BLOCK):
            rest += block
            if cut := _last_cut(rest, len(rest) - len(block)):
                yield cut, _text_of(rest[:cut], file, offset)
                offset, rest = offset + cut, rest[cut:]
        yield len(rest), _text_of(rest, file, offset)
    yield 0, None


def _last_cut(block: bytearray, start: int) -> int:
    """Return the last place from `start` on where a text can be cut, 0 if there is none.

    GPT-2's pattern never matches across the end of a word and the white space that follows.
    """
    end = len(block)
    while (end := max(block.rfind(b" ", start, end), block.rfind(b"\n", start, end))) > 0:
        before = block[max(0, end - 4) : end].decode("utf-8", "ignore")[-1:]
        if before and not before.isspace():
            return end
    return 0


def _text_of(data: bytearray, file: Path, offset: int) -> str:
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


def train(options: argparse.Namespace) -> None:
    """Run `train`: make the model, the loaders and the optimizer, and hand them to train_model."""
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # huge pages for the large logits, on Linux
    with process_group(options.device) as device:
        config = GPTConfig(
            get_tokenizer().n_vocab,
            options.context_length,
            options.emb_dim,
            options.n_heads,
            options.n_layers,
            options.drop_rate,
            options.qkv_bias,
            tie_embeddings=True,
        )
        train_loader = _loader(options.corpus, options)
        val_loader = _loader(options.val or val_path(options.corpus), options)
        torch.manual_seed(options.seed)
        model = GPTModel(config)
        rank, processes = rank_and_processes()
        if rank == 0:
            size = sum(parameter.numel() for parameter in model.parameters())
            print(f"{size:,} parameters, {processes} process(es) on {device.type}", flush=True)
        torch.manual_seed(options.seed + rank)  # each process its own dropout
        if options.muon_lr is None:
            optimizer = create_optimizer(model, options.lr, options.weight_decay)
        else:
            optimizer = MuonAdamW(model, options.lr, options.muon_lr, options.weight_decay)
        train_model(
            model,
            train_loader,
            val_loader,
            optimizer,
            device,
            num_epochs=options.epochs,
            eval_freq=options.eval_freq,
            eval_iter=options.eval_iter,
            warmup_steps=options.warmup_steps,
            decay_to=options.decay_to,
            accumulation_steps=options.accumulation_steps,
            max_grad_norm=options.max_grad_norm,
            precision=options.precision,
            compile=options.compile,
            patience=options.patience,
            folder=options.output,
            keep=options.keep,
        )


def export(checkpoint: Path, output: Path) -> None:
    """Write a checkpoint's weights into a folder for `load_pretrained`, and its loss curves."""
    state = read_checkpoint(checkpoint)
    config = {field.name: state["run"][field.name] for field in fields(GPTConfig)}
    model = GPTModel(config)
    model.load_state_dict(state["model"])
    save_compact(model, output)
    figure = plot_losses(History(**state["progress"]["history"]))
    figure.savefig(output / "curve.png", dpi=120)


def evaluate(
    model_name: str, token_file: Path, device: torch.device | str = "cpu", batch_size: int = 8
) -> float:
    """Return a pretrained model's loss over a token file, in nats per token.

    The file is cut into windows as long as the model's context, which do not overlap; what is left
    at the end is less than a window.
    """
    model = load_pretrained(model_name).to(device)
    loader = DataLoader(TokenFile(token_file, model.config.context_length), batch_size)
    total, count = 0.0, 0
    with evaluation_mode(model), tqdm(loader, unit="batch", file=sys.stdout) as batches:
        for input_batch, target_batch in batches:
            loss = calc_loss_batch(input_batch, target_batch, model, device).item()
            total, count = total + loss * target_batch.numel(), count + target_batch.numel()
            batches.set_postfix(loss=f"{total / count:.3f}")
    return total / count


def _loader(path: Path, options: argparse.Namespace) -> DataLoader:
    """Return batches from a token file, in an order that the seed fixes.

    The validation windows are shuffled too, once: the first few batches then stand for all files.
    """
    if not path.is_file():
        raise ValueError(
            f"no token file {path}: `prepare` makes it, for validation with --val-files"
        )
    dataset = TokenFile(path, options.context_length)
    if len(dataset) < options.batch_size:
        raise ValueError(
            f"{path} has {len(dataset)} windows of {options.context_length} tokens, "
            f"fewer than one batch of {options.batch_size}"
        )
    return DataLoader(
        dataset,
        batch_size=options.batch_size,
        shuffle=True,
        drop_last=True,
        generator=torch.Generator().manual_seed(options.seed),
    )


def _known_device(name: str) -> torch.device:
    try:
        return torch.device(name)
    except RuntimeError:
        raise argparse.ArgumentTypeError(f"no device {name!r}: cpu, cuda or mps") from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m llmutils.pretrain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    best = "cuda" if torch.cuda.is_available() else "cpu"
    device = {"type": _known_device, "default": best, "help": f"cpu, cuda or mps (default: {best})"}

    add = commands.add_parser("prepare", help="tokenise text files").add_argument
    add("sources", nargs="+", type=Path, help="text files, and folders to search for *.txt")
    add("-o", "--output", type=Path, required=True, help="the token file, NAME.tok")
    add("--val-files", nargs="+", type=Path, help="those that go into NAME.val.tok instead")

    add = commands.add_parser(
        "train",
        help="train on a token file, or go on where it was stopped",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    ).add_argument
    add("corpus", type=Path, help="the token file")
    add("--val", type=Path, help="token file for validation (default: CORPUS.val.tok)")
    add("-o", "--output", type=Path, required=True, help="folder for checkpoints and metrics")
    add("--context-length", type=int, default=256, help="tokens in a window")
    add("--emb-dim", type=int, default=320, help="width of the model")
    add("--n-heads", type=int, default=5, help="attention heads in a block")
    add("--n-layers", type=int, default=7, help="blocks")
    add("--drop-rate", type=float, default=0.0, help="dropout")
    add("--qkv-bias", action="store_true", help="biases in queries, keys and values")
    add("--batch-size", type=int, default=8, help="windows in a batch, over all processes")
    add("--accumulation-steps", type=int, default=1, help="batches for one update")
    add("--epochs", type=float, default=1, help="passes over the corpus, as 2 or 0.5")
    add("--lr", type=float, default=1e-3, help="peak learning rate of AdamW")
    add("--muon-lr", type=float, help="Muon's, for the matrices in the blocks (default: AdamW)")
    add("--warmup-steps", type=int, default=200, help="updates until the peak")
    add("--decay-to", type=float, default=0.1, help="share of the peak at the end")
    add("--weight-decay", type=float, default=0.1, help="on matrices")
    add("--max-grad-norm", type=float, default=1.0, help="longest gradient")
    add("--precision", choices=["auto", "bf16", "fp32"], default="auto", help="of the updates")
    add("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    add("--eval-freq", type=int, default=200, help="updates from evaluation to evaluation")
    add("--eval-iter", type=int, default=20, help="batches an evaluation looks at")
    add("--patience", type=int, help="stop after as many evaluations without improvement")
    add("--keep", type=int, default=2, help="latest checkpoints to keep beside the best")
    add("--device", **device)
    add("--seed", type=int, default=123, help="of weights, order and dropout")

    add = commands.add_parser("export", help="write a checkpoint's weights").add_argument
    add("checkpoint", type=Path, help="best.pt or step-NNNNNNNN.pt")
    add("-o", "--output", type=Path, required=True, help="the model's folder")

    add = commands.add_parser("evaluate", help="measure a model on a token file").add_argument
    add("model", help="llmutils-small, or a model's folder")
    add("tokens", type=Path, help="the token file, all of which is read")
    add("--device", **device)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status: 1 for bad input, 130 after Ctrl-C."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "prepare":
            for path, tokens in prepare(options.sources, options.output, options.val_files).items():
                print(f"{path}: {tokens:,} tokens")
        elif options.command == "train":
            train(options)
        elif options.command == "export":
            export(options.checkpoint, options.output)
        else:
            loss = evaluate(options.model, options.tokens, options.device)
            print(f"{loss:.4f} nats per token, perplexity {math.exp(loss):.1f}")
    except (ValueError, OSError, FloatingPointError) as error:
        return _leave(1, f"error: {error}")
    except KeyboardInterrupt:
        goes_on = "; the same command goes on from here" if options.command == "train" else ""
        return _leave(130, f"stopped{goes_on}")
    return 0


def _leave(status: int, message: str) -> int:
    """Say why, in the first process only, and return the status."""
    if os.environ.get("RANK", "0") == "0":
        print(message, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
