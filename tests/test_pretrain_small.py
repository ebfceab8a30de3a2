"""The recipe of llmutils-small: the circuit that it begins with, and what it reads."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from llmutils.pretrain.corpus import TokenFile

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import pretrain_small as recipe  # noqa: E402


@pytest.fixture(scope="module")
def model():
    return recipe.create_model()


@pytest.fixture
def mixture(tmp_path):
    random = np.random.default_rng(0)
    TokenFile.write(tmp_path / "books.tok", [random.integers(0, 20_000, 9000)])
    TokenFile.write(tmp_path / "facts.tok", [[50_000] * 9000])
    books, facts = (TokenFile(tmp_path / f"{name}.tok", recipe.T) for name in ("books", "facts"))
    return recipe.Mixture(books, facts, decay_from=50)


def test_the_model_copies_before_it_has_read_anything(model):
    strings = np.random.default_rng(1).integers(0, recipe.CONFIG.vocab_size, (8, 60))
    found = recipe.Probe({"uniform": strings})(model)
    first, second = found["uniform"]
    assert first == pytest.approx(np.log(recipe.CONFIG.vocab_size), abs=0.2)
    assert second < first - 4
    layer, _, score = found["head"]
    assert layer == 1 and score > 0.95


def test_without_the_circuit_it_does_not(model):
    strings = torch.from_numpy(np.random.default_rng(1).integers(0, 50_257, (4, 60)))
    plain = recipe.GPTModel(recipe.CONFIG)
    recipe.init_gpt2_weights(plain)
    with torch.no_grad():
        score = recipe.prefix_matching(plain, torch.cat([strings, strings], 1), 60).max()
    assert score < 0.1


def test_positions_are_fixed_and_all_else_learns(model):
    frozen = [name for name, p in model.named_parameters() if not p.requires_grad]
    assert frozen == ["pos_emb.weight"]


def test_a_step_reads_the_same_whenever_it_is_asked(mixture):
    first = recipe.reading_batch(mixture, 7, 0, 1)[0]
    recipe.reading_batch(mixture, 60, 0, 1)
    again = recipe.reading_batch(mixture, 7, 0, 1)[0]
    assert all(map(torch.equal, first, again))
    assert torch.equal(first[0][:, 1:], first[1][:, :-1])


def test_facts_come_when_the_decay_begins(mixture):
    def facts(steps):
        rows = torch.cat([recipe.reading_batch(mixture, step, 0, 1)[0][0] for step in steps])
        return (rows == 50_000).all(dim=1).float().mean().item()

    assert facts(range(50)) == 0
    assert facts(range(50, 100)) == pytest.approx(0.25, abs=0.07)


def test_a_copied_passage_stands_twice():
    random = np.random.default_rng(3)
    for _ in range(50):
        window = np.arange(257)
        copied = recipe.with_copy(random, window)
        changed = np.flatnonzero(copied != window)
        assert 8 <= len(changed) <= 100 and (np.diff(changed) == 1).all()
        assert (np.diff(copied[changed]) == 1).all() and copied[changed[-1]] < changed[0]


def test_the_rates_climb_stay_and_fall_to_zero():
    factors = [recipe.factor(step, 2000, 400) for step in range(2001)]
    assert factors[0] == 1 / recipe.WARMUP and factors[recipe.WARMUP] == factors[1599] == 1.0
    assert factors[1800] == 0.5 and factors[2000] == 0.0
