"""Pretrain llmutils-small, the model that ships: what it reads, how fast, and what is watched.

A step reads 4 windows of 256 tokens. Which windows is a function of the seed and the step: whole
books, windows of books in which a passage comes twice, strings of random tokens that repeat
themselves, and, at the end, plain statements of fact. The model's card says why.

Run: python -m llmutils.pretrain prepare books -o build/books.tok --val-files ...   (see the card)
     python scripts/write_statements.py build/facts.tok --passes 40 --cloze build/cloze.tsv
     python scripts/pretrain_small.py build -o build/small     (again, to go on where it stopped)
"""

import argparse
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch

from llmutils.bonus.muon import MuonAdamW
from llmutils.config import GPTConfig
from llmutils.model import GPTModel, evaluation_mode, init_gpt2_weights
from llmutils.pretrain.corpus import ShuffledWindows, TokenFile, batches_from_all_over
from llmutils.pretrain.run import pretrain
from llmutils.tokenizer import get_tokenizer
from llmutils.train import autocast

T, ROWS, SEED, COMMON = 256, 4, 123, 2048  # tokens in a window, windows a step, ...
CONFIG = GPTConfig(50257, T, 320, 5, 7, 0.0, False, tie_embeddings=True)
LR, MUON_LR, WARMUP = 2e-3, 5e-3, 100
# from this step on: (share of the learning rates, share of the windows of each kind)
PHASES = {
    0: (1.0, {"common": 1.0}),
    1000: (0.8, dict(books=0.4, copy=0.15, uniform=0.15, common=0.15, frequent=0.15)),
    2000: (0.6, dict(books=0.66, copy=0.14, uniform=0.06, common=0.06, frequent=0.08)),
}
LENGTHS = ((8, 32), (8, 32), (16, 80))  # of a string that repeats: one pair, then one length


class Mixture:
    """Window n of the run, a function of (SEED, n) alone."""

    def __init__(self, books: TokenFile, facts: TokenFile | None) -> None:
        self.books, self.ids = ShuffledWindows(books, SEED), books.token_ids
        self.facts = facts and ShuffledWindows(facts, SEED + 1)
        counts = np.bincount(self.ids, minlength=CONFIG.vocab_size)
        self.common = np.argsort(-counts, kind="stable")[:COMMON]

    def window(self, n: int) -> np.ndarray:
        """Return T + 1 token ids."""
        random = np.random.default_rng((SEED, 7, n))
        _, shares = phase(n // ROWS)
        kind = random.choice(list(shares), p=list(shares.values()))
        lengths = LENGTHS[int(random.integers(len(LENGTHS)))]
        if kind == "books":
            return self.books[n]
        if kind == "facts":
            return self.facts[n]
        if kind == "copy":
            return with_copy(random, self.books[n])
        length = int(random.integers(lengths[0], lengths[1] + 1))
        if kind == "uniform":
            string = random.integers(0, CONFIG.vocab_size, length)
        elif kind == "common":
            string = self.common[random.integers(0, COMMON, length)]
        else:  # as frequent as in the books
            string = self.ids[random.integers(0, len(self.ids), length)].astype(np.int64)
        start = int(random.integers(0, length))
        return np.tile(string, T // length + 3)[start : start + T + 1]

    def read_step(self, step: int, rank: int, world_size: int) -> list:
        """Return the batch of a step for a rank."""
        rows = ROWS // world_size
        first = step * ROWS + rank * rows
        ids = torch.from_numpy(np.stack([self.window(n) for n in range(first, first + rows)]))
        return [(ids[:, :-1], ids[:, 1:])]


def with_copy(random: np.random.Generator, window: np.ndarray) -> np.ndarray:
    """Return a window in which a passage of 8 to 100 tokens stands a second time, later on."""
    size = len(window)
    length = int(random.integers(8, min(100, size // 2) + 1))
    source = int(random.integers(0, size - 2 * length + 1))
    target = int(random.integers(source + length, size - length + 1))
    window = window.copy()
    window[target : target + length] = window[source : source + length]
    return window


def phase(step: int) -> tuple:
    """Return the phase that a step belongs to."""
    return PHASES[max(start for start in PHASES if start <= step)]


def factor(step: int, steps: int, decay_steps: int) -> float:
    """Return the share of the peak learning rates: up, in stairs down, and in a line to zero."""
    down = (steps - step) / decay_steps if step > steps - decay_steps else 1.0
    return min(1.0, (step + 1) / WARMUP) * phase(step)[0] * min(1.0, down)


def create_model() -> GPTModel:
    """Return the model at its start: GPT-2's initialisation with two changes.

    The residual projections are zero, so that each block begins as the identity; the positions are
    sine waves as in Vaswani et al. 2017, from which a head finds the token before it sooner.
    """
    torch.manual_seed(SEED)
    model = GPTModel(CONFIG)
    init_gpt2_weights(model)
    C = CONFIG.emb_dim
    angles = torch.arange(T)[:, None] / 1000 ** (torch.arange(0, C, 2) / C)  # (T, C / 2)
    with torch.no_grad():
        for block in model.blocks:
            block.att.out_proj.weight.zero_()
            block.ff.layers[2].weight.zero_()
        model.pos_emb.weight[:, 0::2] = angles.sin() * 0.02 * 2**0.5
        model.pos_emb.weight[:, 1::2] = angles.cos() * 0.02 * 2**0.5
    return model


class Probe:
    """What is measured at each evaluation beside the losses.

    Args:
        val: token ids of the books kept out, for random tokens as frequent as in them.
        cloze: a file of prompts and answers, as scripts/write_statements.py writes it.
    """

    def __init__(self, val: np.ndarray, cloze: Path, precision: str = "auto") -> None:
        self.precision = precision
        random = np.random.default_rng(5)
        frequent = val[random.integers(0, len(val), (32, 60))].astype(np.int64)
        uniform = random.integers(0, CONFIG.vocab_size, (32, 60))
        self.strings = {"frequent": frequent, "uniform": uniform}
        lines = cloze.read_text(encoding="utf-8").splitlines() if cloze.exists() else []
        self.cloze = [line.split("\t") for line in lines]

    def __call__(self, model: GPTModel) -> dict:
        """Return losses of random tokens the first and the second time, heads, and cloze."""
        found = {}
        with evaluation_mode(model), autocast("cpu", self.precision):
            for name, strings in self.strings.items():
                ids = torch.from_numpy(np.concatenate([strings, strings], axis=1))  # (32, 120)
                logits = model(ids)[:, :-1].float()
                losses = torch.nn.functional.cross_entropy(
                    logits.transpose(1, 2), ids[:, 1:], reduction="none"
                )  # (32, 119)
                found[name] = [losses[:, :59].mean().item(), losses[:, 60:].mean().item()]
        with evaluation_mode(model):
            scores = prefix_matching(model, ids[:8], 60)  # of the uniform ones
            layer, head = divmod(int(scores.argmax()), CONFIG.n_heads)
            found["head"] = [layer, head, scores.max().item()]
            for read in ("yes", "no"):
                right = [self.is_right(model, line) for line in self.cloze if line[1] == read]
                found[f"cloze, read: {read}"] = [sum(right), len(right)]
        return found

    @staticmethod
    def is_right(model: GPTModel, line: list[str]) -> bool:
        """Whether each token of one of the answers is the most likely one after the prompt."""
        encode = get_tokenizer().encode_ordinary
        _, _, prompt, *answers = line
        start = [50256, *encode(prompt)]
        for answer in answers:
            ids = encode(f" {answer}")
            picked = model(torch.tensor([start + ids]))[0, len(start) - 1 : -1].argmax(-1)
            if picked.tolist() == ids:
                return True
        return False


def prefix_matching(model: GPTModel, ids: torch.Tensor, length: int) -> torch.Tensor:
    """Return how much each head looks from a repeated token to the one after its first coming.

    Args:
        model: the GPT.
        ids: (B, 2 * length), strings that come twice.
        length: tokens in a string.

    Returns:
        (layers, heads), mean attention weights.

    Source: Olsson et al. 2022, "In-context Learning and Induction Heads".
    """
    seen = []
    hooks = [
        block.att.register_forward_pre_hook(lambda att, args: seen.append((att, args[0])))
        for block in model.blocks
    ]
    model(ids)
    for hook in hooks:
        hook.remove()
    scores = []
    for att, x in seen:
        B, S, C = x.shape
        queries, keys = (
            layer(x).view(B, S, att.num_heads, -1).transpose(1, 2)  # (B, H, S, D)
            for layer in (att.W_query, att.W_key)
        )
        weights = queries @ keys.mT / queries.shape[-1] ** 0.5  # (B, H, S, S)
        ahead = torch.ones(S, S, dtype=torch.bool).triu(1)
        weights = weights.masked_fill(ahead, -torch.inf).softmax(dim=-1)
        second = torch.arange(length, 2 * length - 1)
        scores.append(weights[:, :, second, second - length + 1].mean(dim=(0, 2)))  # (H,)
    return torch.stack(scores)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="books.tok, books.val.tok, facts.tok, cloze.tsv")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the run's folder")
    parser.add_argument("--steps", type=int, default=10**9, help="updates in the whole run")
    parser.add_argument("--decay-steps", type=int, default=0, help="the last of them")
    options = parser.parse_args()
    books, val = (TokenFile(options.data / f"books{part}.tok", T) for part in ("", ".val"))
    facts = options.data / "facts.tok"
    mixture = Mixture(books, TokenFile(facts, T) if facts.exists() else None)
    model = create_model()
    optimizer = MuonAdamW(model, LR, MUON_LR)
    pretrain(
        model,
        optimizer,
        mixture.read_step,
        tuple(batches_from_all_over(each, 8, 12) for each in (books, val)),
        options.output,
        steps=options.steps,
        steps_per_epoch=mixture.books.per_epoch / ROWS,
        facts={"books": books.sha256, "config": asdict(CONFIG)},
        device=torch.device("cpu"),
        factor=partial(factor, steps=options.steps, decay_steps=options.decay_steps),
        precision="auto",
        compile=True,
        eval_freq=1000,
        probe=Probe(val.token_ids, options.data / "cloze.tsv"),
    )


if __name__ == "__main__":
    main()
