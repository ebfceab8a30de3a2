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
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel

from llmutils.config import GPT2_CONFIGS
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.train import create_optimizer

B, T, NEW = 2, 256, 100  # rows and tokens of a training batch; tokens to generate


def training_step(model, forward, optimizer, bf16):
    """Return a function that makes one update of the weights."""
    inputs, targets = torch.randint(0, 50257, (2, B, T), generator=torch.Generator().manual_seed(1))

    def step():
        model.train()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = F.cross_entropy(forward(inputs).flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()

    return step


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
    for bf16, name in ((False, "float32"), (True, "bf16 autocast")):
        for optimizer, kind in ((plain, "plain"), (fused, "fused")):
            compare(
                f"training step, {name}, their AdamW {kind}",
                training_step(ours, ours, create_optimizer(ours, lr=1e-5), bf16),
                training_step(theirs, lambda ids: theirs(ids).logits, optimizer, bf16),
                B * T,
                rounds,
            )


if __name__ == "__main__":
    main()
