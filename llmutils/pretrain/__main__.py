"""Pretrain a GPT on a corpus of any size, from the command line.

    python -m llmutils.pretrain prepare books/ -o corpus.tok --val-files books/emma.txt
    python -m llmutils.pretrain train corpus.tok -o runs/first
    torchrun --nproc-per-node=2 -m llmutils.pretrain train corpus.tok -o runs/second
    python -m llmutils.pretrain export runs/first -o my-model
    python -m llmutils.pretrain evaluate my-model corpus.val.tok

`prepare` turns text files into a token file; `train` learns from it, and goes on where it was
stopped when it is called again; `export` writes the weights, 8 bits each, into a folder for
`weights.load_pretrained`, and a picture of the losses; `evaluate` measures such a model on all of
a token file.
"""

import argparse
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from llmutils.bonus.muon import MuonAdamW
from llmutils.config import GPTConfig
from llmutils.formats.compact import save_compact
from llmutils.model import GPTModel, init_gpt2_weights
from llmutils.plots import plot_losses
from llmutils.pretrain.checkpoint import latest_checkpoint, read_checkpoint
from llmutils.pretrain.corpus import (
    ShuffledWindows,
    TokenFile,
    batches_from_all_over,
    prepare,
    read_batches,
    val_path,
)
from llmutils.pretrain.distributed import process_group, rank_and_world_size
from llmutils.pretrain.run import pretrain, warmup_flat_decay
from llmutils.tokenizer import get_tokenizer
from llmutils.train import History, calc_loss_loader, create_optimizer
from llmutils.weights import load_pretrained

TINY = 1e-12  # the least of what must be above 0
TRAIN_NUMBERS = {  # option: (kind, least, default, help)
    "context-length": (int, 1, 256, "tokens in a window"),
    "emb-dim": (int, 1, 320, "width of the model"),
    "n-heads": (int, 1, 5, "attention heads in a block"),
    "n-layers": (int, 1, 7, "blocks"),
    "drop-rate": (float, 0, 0.0, "dropout"),
    "batch-size": (int, 1, 8, "windows in a batch, over all processes"),
    "accumulation-steps": (int, 1, 1, "batches for one step"),
    "epochs": (float, TINY, 1, "passes over the corpus, as 2 or 0.5"),
    "lr": (float, TINY, 1e-3, "peak learning rate of AdamW"),
    "muon-lr": (float, TINY, None, "Muon's, for the matrices in the blocks (default: AdamW)"),
    "warmup-steps": (int, 0, 200, "steps until the peak"),
    "decay": (float, 0, 0.2, "share of the steps over which the rate goes down to zero"),
    "weight-decay": (float, 0, 0.1, "on matrices"),
    "max-grad-norm": (float, TINY, 1.0, "longest gradient"),
    "eval-freq": (int, 1, 200, "steps from evaluation to evaluation"),
    "eval-iter": (int, 1, 20, "batches an evaluation looks at"),
    "keep": (int, 1, 2, "latest checkpoints to keep"),
    "seed": (int, 0, 123, "of weights, order and dropout"),
}
# what may differ between two calls that go on with one run
FREE = {"command", "output", "corpus", "val", "device", "compile", "eval_freq", "keep"}


def train(options: argparse.Namespace) -> None:
    """Run `train`: make the model, the optimizer and the order of reading, and train."""
    corpus = open_corpus(options.corpus, options.context_length)
    val = open_corpus(options.val or val_path(options.corpus), options.context_length)
    with process_group(options.device) as device:
        rank, world_size = rank_and_world_size()
        if options.batch_size % world_size:
            raise ValueError(
                f"{world_size} processes cannot share a batch of {options.batch_size} rows"
            )
        sizes = ("context_length", "emb_dim", "n_heads", "n_layers", "drop_rate", "qkv_bias")
        config = GPTConfig(
            get_tokenizer().n_vocab,
            **{name: getattr(options, name) for name in sizes},
            tie_embeddings=True,
        )
        torch.manual_seed(options.seed)
        model = GPTModel(config)
        init_gpt2_weights(model)
        if options.muon_lr is None:
            optimizer = create_optimizer(model, options.lr, options.weight_decay)
        else:
            optimizer = MuonAdamW(model, options.lr, options.muon_lr, options.weight_decay)
        order = ShuffledWindows(corpus, options.seed)
        steps_per_epoch = order.per_epoch / (options.batch_size * options.accumulation_steps)
        steps = math.ceil(options.epochs * steps_per_epoch)
        decay_steps = round(options.decay * steps)
        read_step = partial(read_batches, order, options.batch_size, options.accumulation_steps)
        if rank == 0:
            size = sum(parameter.numel() for parameter in model.parameters())
            print(f"{size:,} parameters, {steps} steps, {world_size} process(es) on {device.type}")
        facts = {name: value for name, value in vars(options).items() if name not in FREE}
        pretrain(
            model,
            optimizer,
            read_step,
            looked_at=tuple(
                batches_from_all_over(each, options.batch_size, options.eval_iter)
                for each in (corpus, val)
            ),
            folder=options.output,
            steps=steps,
            steps_per_epoch=steps_per_epoch,
            facts=facts | {"corpus": corpus.sha256, "config": asdict(config)},
            device=device,
            factor=partial(
                warmup_flat_decay,
                steps=steps,
                warmup_steps=options.warmup_steps,
                decay_steps=decay_steps,
            ),
            precision=options.precision,
            max_grad_norm=options.max_grad_norm,
            compile=options.compile,
            eval_freq=options.eval_freq,
            keep=options.keep,
            seed=options.seed,
        )


def open_corpus(path: Path, context_length: int) -> TokenFile:
    """Return a token file, or say how to make it."""
    if not path.is_file():
        raise ValueError(
            f"no token file {path}: `prepare` makes it, for validation with --val-files"
        )
    return TokenFile(path, context_length)


def export(checkpoint: Path, output: Path) -> None:
    """Write a checkpoint's weights into a folder for `load_pretrained`, and its loss curves."""
    found = latest_checkpoint(checkpoint) if checkpoint.is_dir() else checkpoint
    if found is None:
        raise ValueError(f"no checkpoint in {checkpoint}")
    state = read_checkpoint(found)
    model = GPTModel(state["facts"]["config"])
    model.load_state_dict(state["model"])
    save_compact(model, output)
    figure = plot_losses(History(**state["history"]))
    figure.savefig(output / "curve.png", dpi=120)


def evaluate(
    model_name: str, token_file: Path, device: torch.device | str = "cpu", batch_size: int = 8
) -> float:
    """Return a pretrained model's loss over a token file, in nats per token.

    The file is cut into windows as long as the model's context; what is left at the end is less
    than a window.
    """
    model = load_pretrained(model_name).to(device)
    windows = TokenFile(token_file, model.config.context_length)
    return calc_loss_loader(DataLoader(windows, batch_size), model, device)


def device_of(name: str) -> torch.device:
    """Return a device that is there."""
    try:
        torch.empty(1, device=name)
        return torch.device(name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise argparse.ArgumentTypeError(
            f"no device {name!r}: cpu, cuda or mps ({reason})"
        ) from None


def number(kind: type, least: float) -> Callable[[str], float]:
    """Return a reader of finite numbers from `least` on."""

    def read(text: str) -> float:
        value = kind(text)
        if not least <= value < math.inf:
            raise argparse.ArgumentTypeError(f"must be a number from {least} on, got {text}")
        return value

    return read


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    main_parser = argparse.ArgumentParser(
        prog="python -m llmutils.pretrain",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = main_parser.add_subparsers(dest="command", required=True)
    best = "cuda" if torch.cuda.is_available() else "cpu"
    device = {"type": device_of, "default": best, "help": f"cpu, cuda or mps (default: {best})"}

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
    for name, (kind, least, default, text) in TRAIN_NUMBERS.items():
        add(f"--{name}", type=number(kind, least), default=default, help=text)
    add("--qkv-bias", action="store_true", help="biases in queries, keys and values")
    add("--precision", choices=["auto", "bf16", "fp32"], default="auto", help="of the products")
    add("--compile", action="store_true", help="use torch.compile (needs a C++ compiler)")
    add("--device", **device)

    add = commands.add_parser("export", help="write a checkpoint's weights").add_argument
    add("checkpoint", type=Path, help="a run's folder, or one of its checkpoints")
    add("-o", "--output", type=Path, required=True, help="the model's folder")

    add = commands.add_parser("evaluate", help="measure a model on a token file").add_argument
    add("model", help="llmutils-small, or a model's folder")
    add("tokens", type=Path, help="the token file, all of which is read")
    add("--device", **device)
    return main_parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return the exit status: 1 for bad input, 130 after Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):  # paths may hold what a terminal cannot print
        stream.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
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
    except (ValueError, OSError, RuntimeError, FloatingPointError) as error:
        return leave(1, f"error: {error}")
    except KeyboardInterrupt:
        goes_on = "; the same command goes on from here" if options.command == "train" else ""
        return leave(130, f"stopped{goes_on}")
    return 0


def leave(status: int, message: str) -> int:
    """Say why, on rank 0 only, and return the status."""
    if os.environ.get("RANK", "0") == "0":
        print(message, file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
