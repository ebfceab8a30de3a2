"""Pretrain llmutils-small, the model that ships: what it reads, how fast, and what is watched.

It begins with a circuit that copies, drawn by hand; low rates kept it, weakening slowly, over the
first 400 steps, which is as far as was tried. It reads windows of books, some with a passage that
comes twice, some of one string that repeats itself, and at the end plain statements of fact. Which
windows a step reads depends on the seed and the step alone.

Run: python -m llmutils.pretrain prepare books -o build/books.tok --val-files ...   (see the card)
     python scripts/write_statements.py build/facts.tok --passes 40 --cloze build/cloze.tsv
     python scripts/pretrain_small.py build -o build/small     (again, to go on where it stopped)
"""

import argparse
from collections.abc import Mapping
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
from llmutils.train import Batch, autocast

T, SEED, WARMUP = 256, 123, 300
CONFIG = GPTConfig(50257, T, 320, 5, 7, 0.0, False, tie_embeddings=True)
READING = {"rows": 8, "lr": 3e-4, "muon_lr": 1e-3}
SHARES = {"books": 0.66, "copy": 0.14, "uniform": 0.1, "frequent": 0.1}
SHARES_WHILE_DECAYING = SHARES | {"books": 0.41, "facts": 0.25}
LENGTHS = ((8, 32), (8, 32), (16, 80))  # of a string that repeats: one pair, then one length


def repeated(random: np.random.Generator, tokens: np.ndarray | int) -> np.ndarray:
    """Return T + 1 ids of a window that is one string, drawn from some tokens, to its end."""
    low, high = LENGTHS[int(random.integers(len(LENGTHS)))]
    string = random.choice(tokens, int(random.integers(low, high + 1)))
    start = int(random.integers(0, len(string)))
    return np.tile(string, T // len(string) + 3)[start : start + T + 1].astype(np.int64)


def with_copy(random: np.random.Generator, window: np.ndarray) -> np.ndarray:
    """Return a window in which a passage of 8 to 100 tokens stands a second time, later on."""
    size = len(window)
    length = int(random.integers(8, min(100, size // 2) + 1))
    source = int(random.integers(0, size - 2 * length + 1))
    target = int(random.integers(source + length, size - length + 1))
    window = window.copy()
    window[target : target + length] = window[source : source + length]
    return window


class Mixture:
    """Window n of the run, a function of (SEED, n) and of when the decay begins."""

    def __init__(self, books: TokenFile, facts: TokenFile | None, decay_from: int) -> None:
        self.books, self.ids = ShuffledWindows(books, SEED), books.token_ids
        self.facts, self.decay_from = facts and ShuffledWindows(facts, SEED + 1), decay_from

    def window(self, n: int) -> np.ndarray:
        """Return T + 1 token ids."""
        random = np.random.default_rng((SEED, 7, n))
        decaying = self.facts and n >= self.decay_from * READING["rows"]
        shares = SHARES_WHILE_DECAYING if decaying else SHARES
        kind = random.choice(list(shares), p=list(shares.values()))
        if kind == "uniform":
            return repeated(random, CONFIG.vocab_size)
        if kind == "frequent":  # as in the books
            return repeated(random, self.ids)
        window = (self.facts if kind == "facts" else self.books)[n]
        return with_copy(random, window) if kind == "copy" else window


def stack(windows: list[np.ndarray]) -> list[Batch]:
    """Return windows as one batch."""
    ids = torch.from_numpy(np.stack(windows))  # (B, T + 1)
    return [(ids[:, :-1], ids[:, 1:])]


def reading_batch(mixture: Mixture, step: int, rank: int, world_size: int) -> list[Batch]:
    """Return what a step reads."""
    rows = range(step * READING["rows"], (step + 1) * READING["rows"])
    return stack([mixture.window(n) for n in rows])


def factor(step: int, steps: int, decay_steps: int) -> float:
    """Return the share of the peak learning rates: up, flat, and in a line to zero."""
    down = (steps - step) / decay_steps if step > steps - decay_steps else 1.0
    return min(1.0, (step + 1) / WARMUP, down)


def create_model() -> GPTModel:
    """Return the model at its start: GPT-2's initialisation with two changes.

    The residual projections are zero, so that each block begins as the identity, but for a circuit
    that copies. The positions are sine waves, as in Vaswani et al. 2017, and stay as they are.
    """
    torch.manual_seed(SEED)
    model = GPTModel(CONFIG)
    init_gpt2_weights(model)
    with torch.no_grad():
        for block in model.blocks:
            block.att.out_proj.weight.zero_()
            block.ff.layers[2].weight.zero_()
        wire_copying(model)
    model.pos_emb.requires_grad_(False)
    return model


def wire_copying(model: GPTModel) -> None:
    """Draw by hand, with what is there, a circuit that copies: an induction head.

    A head of block 0 looks one token back, by the positions alone, and writes part of what it finds
    there beside the token. Three heads of block 1 look for the places where that part is the
    token's own, the places after its earlier ones, and write what stands there into the stream.
    """
    D = CONFIG.emb_dim // CONFIG.n_heads
    speeds = 3.0 * 150 ** (-torch.arange(48) / 47)  # radians a token
    angles = torch.arange(T)[:, None] * speeds  # (T, 48)
    model.pos_emb.weight.zero_()
    model.pos_emb.weight[:, 0:96:2] = angles.sin() * 0.04 * 2**0.5
    model.pos_emb.weight[:, 1:96:2] = angles.cos() * 0.04 * 2**0.5
    token, before = slice(96, 160), slice(160, 224)  # numbers of the stream
    att = model.blocks[0].att
    for layer in (att.W_query, att.W_key, att.W_value):
        layer.weight[:D].zero_()
    att.W_key.weight[:D, :D] = torch.eye(D)
    for i in range(D // 2):  # turn back by one token
        cos, sin = speeds[i].cos(), speeds[i].sin()
        turn = torch.tensor([[cos, -sin], [sin, cos]])  # of (sine, cosine)
        att.W_query.weight[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = turn
    att.W_value.weight[:D, token] = torch.eye(D)
    att.out_proj.weight[before, :D] = 0.09 * torch.eye(D)
    att = model.blocks[1].att
    for head, part in enumerate((token, slice(224, 288), slice(288, 320))):
        rows, size = slice(head * D, (head + 1) * D), part.stop - part.start
        for layer in (att.W_query, att.W_key, att.W_value):
            layer.weight[rows].zero_()
        att.W_query.weight[rows, token] = 1.7 * torch.eye(D)
        att.W_key.weight[rows, before] = 1.7 * torch.eye(D)
        att.W_value.weight[head * D : head * D + size, part] = torch.eye(size)
        att.out_proj.weight[part, head * D : head * D + size] = 0.4 * torch.eye(size)


class Probe:
    """What is measured at each evaluation beside the losses, in the run's own precision.

    Args:
        strings: {name: (32, 60) token ids}; what they cost the first and the second time.
        cloze: a file of prompts and answers, as scripts/write_statements.py writes it.
    """

    def __init__(self, strings: Mapping[str, np.ndarray], cloze: Path | None = None) -> None:
        self.strings = {name: torch.from_numpy(each) for name, each in strings.items()}
        lines = cloze.read_text(encoding="utf-8").splitlines() if cloze else []
        self.cloze = [line.split("\t") for line in lines]

    def __call__(self, model: GPTModel) -> dict:
        """Return {what: [loss the first time, the second time]}, the best head, and cloze."""
        found = {}
        with evaluation_mode(model), autocast("cpu", "auto"):
            for name, strings in self.strings.items():
                ids = torch.cat([strings, strings], dim=1)  # (32, 120)
                losses = torch.nn.functional.cross_entropy(
                    model(ids)[:, :-1].transpose(1, 2).float(), ids[:, 1:], reduction="none"
                )  # (32, 119)
                found[name] = [losses[:, :59].mean().item(), losses[:, 60:].mean().item()]
        with evaluation_mode(model):
            scores = prefix_matching(model, ids[:8], 60)
            layer, head = divmod(int(scores.argmax()), CONFIG.n_heads)
            found["head"] = [layer, head, scores.max().item()]
            for read in ("yes", "no") if self.cloze else ():
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
    parser.add_argument("--steps", type=int, default=10**8, help="updates in the whole run")
    parser.add_argument("--decay-steps", type=int, default=0, help="the last of them")
    options = parser.parse_args()
    books, val = (TokenFile(options.data / f"books{part}.tok", T) for part in ("", ".val"))
    facts = TokenFile(options.data / "facts.tok", T)
    mixture = Mixture(books, facts, options.steps - options.decay_steps)
    model = create_model()
    random = np.random.default_rng(5)
    strings = {
        "frequent": random.choice(val.token_ids, (32, 60)).astype(np.int64),
        "uniform": random.integers(0, CONFIG.vocab_size, (32, 60)),
    }
    pretrain(
        model,
        MuonAdamW(model, READING["lr"], READING["muon_lr"]),
        partial(reading_batch, mixture),
        tuple(batches_from_all_over(each, 8, 24) for each in (books, val)),
        options.output,
        steps=options.steps,
        steps_per_epoch=mixture.books.per_epoch / READING["rows"],
        facts={"books": books.sha256, "facts": facts.sha256} | READING | SHARES,
        device=torch.device("cpu"),
        factor=partial(factor, steps=options.steps, decay_steps=options.decay_steps),
        precision="auto",
        compile=True,
        eval_freq=500,
        probe=Probe(strings, options.data / "cloze.tsv"),
    )


if __name__ == "__main__":
    main()
