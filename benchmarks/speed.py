"""Compare the module's speed with transformers' GPT-2 of the same size, in one run.

Timings drift from run to run and from machine to machine, so only the ratios mean something.
Both sides get the same 124M model, tied as in GPT-2, the same tokens and the same threads;
each figure is the median of several rounds, in which the two sides take turns.

Run: python benchmarks/speed.py [--rounds 3]
"""

import argparse
import statistics
import time

import torch
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from llmutils.config import GPT2_CONFIGS
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.train import create_optimizer, has_bf16, training_step

B, T, NEW = 2, 256, 100  # rows and tokens of a training batch; tokens to generate


class Logits(nn.Module):
    """A model of transformers that returns its logits, as ours does."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, token_ids):
        """Return (B, T, V)."""
        return self.model(token_ids).logits


def update(model, optimizer, precision):
    """Return a function that makes one update of the weights, the same one on both sides."""
    batch = torch.randint(0, 50257, (2, B, T), generator=torch.Generator().manual_seed(1))
    return lambda: training_step(model.train(), [batch], optimizer, "cpu", precision)


def compare(name, ours, theirs, tokens, rounds):
    """Time both sides in turn and print tokens per second and their ratio."""
    ours(), theirs()  # warm up
    times = {"ours": [], "theirs": []}
    for _ in range(rounds):
        for side, run in (("ours", ours), ("theirs", theirs)):
            start = time.perf_counter()
            run()
            times[side].append(time.perf_counter() - start)
    a, b = (tokens / statistics.median(times[side]) for side in ("ours", "theirs"))
    print(f"{name:42} {a:8.0f} {b:14.0f} {a / b:8.2f}", flush=True)


def main():
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    torch.manual_seed(0)
    ours, theirs = GPTModel(GPT2_CONFIGS["gpt2"]), GPT2LMHeadModel(GPT2Config())
    print(f"{torch.get_num_threads()} threads, 124M parameters; tokens per second")
    print(f"{'':42} {'llmutils':>8} {'transformers':>14} {'ratio':>8}")

    prompt = torch.tensor([[6109, 3626, 6100, 345]])
    for rows in (1, 8):
        batch = prompt.expand(rows, -1)
        compare(
            f"greedy, {NEW} new tokens, batch {rows}, float32",
            lambda batch=batch: generate(ours, batch, NEW),
            lambda batch=batch: theirs.eval().generate(
                batch,
                attention_mask=torch.ones_like(batch),
                max_new_tokens=NEW,
                min_new_tokens=NEW,
                do_sample=False,
                pad_token_id=50256,
            ),
            NEW * rows,
            rounds,
        )
    plain = torch.optim.AdamW(theirs.parameters(), lr=1e-5)
    fused = torch.optim.AdamW(theirs.parameters(), lr=1e-5, fused=True)
    for precision in ("fp32", "bf16") if has_bf16("cpu") else ("fp32",):
        for optimizer, kind in ((plain, "plain"), (fused, "fused")):
            compare(
                f"training step, {precision}, their AdamW {kind}",
                update(ours, create_optimizer(ours, lr=1e-5), precision),
                update(Logits(theirs), optimizer, precision),
                B * T,
                rounds,
            )


if __name__ == "__main__":
    main()
