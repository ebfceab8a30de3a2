"""Finetune llmutils-small on the instructions that ship, for the chat page: a few minutes.

The folder gets the model of the best epoch with 8 bits a weight, for `load_pretrained`; it is
written at the end, whole or not at all.

Run: python scripts/finetune_instructions.py build/llmutils-small-instruct
"""

import argparse
import math
import sys
from functools import partial
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from llmutils.formats.compact import save_compact
from llmutils.instruct import InstructionDataset, collate, load_entries, respond, split_entries
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_loader, create_optimizer, train_model
from llmutils.weights import load_pretrained


def finetune(folder: Path, epochs: float, lr: float) -> None:
    """Train, and write the model of the best epoch."""
    folder.mkdir(parents=True, exist_ok=True)  # fails now or never
    torch.manual_seed(123)
    model, tokenizer = load_pretrained("llmutils-small", drop_rate=0.0), get_tokenizer()
    train, val, _ = split_entries(load_entries("instructions"))
    learn_answers = partial(collate, mask_instruction=True)
    train_loader = DataLoader(
        InstructionDataset(train, tokenizer),
        batch_size=8,
        shuffle=True,
        drop_last=True,
        collate_fn=learn_answers,
        generator=torch.Generator().manual_seed(123),
    )
    val_loader = DataLoader(InstructionDataset(val, tokenizer), 8, collate_fn=learn_answers)
    best = {"loss": math.inf, "weights": None}

    def keep_best(model: GPTModel) -> None:
        loss = calc_loss_loader(val_loader, model, "cpu")
        if loss < best["loss"]:
            weights = {name: weight.clone() for name, weight in model.state_dict().items()}
            best.update(loss=loss, weights=weights)
        print(f"loss {loss:.3f} | {val[0]['instruction']} | {respond(model, val[0])}")

    train_model(
        model,
        train_loader,
        val_loader,
        create_optimizer(model, lr=lr),
        "cpu",
        epochs,
        eval_freq=len(train_loader) // 2,
        warmup_steps=20,
        decay_to=0.1,
        precision="auto",
        after_epoch=keep_best,
    )
    if best["weights"] is None:
        raise ValueError(f"no epoch was trained: --epochs is {epochs}")
    model.load_state_dict(best["weights"])
    save_compact(model, folder)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that is not UTF-8 ends no training
        stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the model goes")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--lr", type=float, default=5e-4)
    options = parser.parse_args()
    try:
        finetune(options.folder, options.epochs, options.lr)
    except (ValueError, ArithmeticError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
