"""Finetune llmutils-small on the instructions that ship, for the chat page: a few minutes.

The folder holds the model with 8 bits a weight, for `load_pretrained`. A run that breaks off goes
on where it stood.

Run: python scripts/finetune_instructions.py build/llmutils-small-instruct
"""

import argparse
import shutil
from functools import partial
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from llmutils.instruct import InstructionDataset, collate, format_input, load_entries, split_entries
from llmutils.tokenizer import get_tokenizer
from llmutils.train import create_optimizer, train_model
from llmutils.weights import load_pretrained, save_compact


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the model goes")
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--lr", type=float, default=5e-4)
    options = parser.parse_args()
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
    checkpoints = options.folder.with_name(options.folder.name + "-checkpoints")
    train_model(
        model,
        train_loader,
        val_loader,
        create_optimizer(model, lr=options.lr),
        "cpu",
        options.epochs,
        eval_freq=len(train_loader) // 2,
        start_context=format_input(val[0]),
        tokenizer=tokenizer,
        warmup_steps=20,
        decay_to=0.1,
        precision="auto",
        folder=checkpoints,
        keep=1,
    )
    save_compact(model, options.folder)
    shutil.rmtree(checkpoints)


if __name__ == "__main__":
    main()
