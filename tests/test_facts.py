"""Figures that are known for this material, reproduced to their printed digits."""

import hashlib
import math
from collections import Counter
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from llmutils.config import GPT2_CONFIGS, GPT_CONFIG_124M
from llmutils.data import create_dataloader
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer, text_to_token_ids, token_ids_to_text
from llmutils.train import calc_loss_loader

VERDICT = Path(__file__).parents[1] / "the-verdict.txt"
TARGETS = torch.tensor([[3626, 6100, 345], [1107, 588, 11311]])
WORDS = ["closer", "every", "effort", "forward", "inches", "moves", "pizza", "toward", "you"]
LOGITS = torch.tensor([4.51, 0.89, -1.90, 6.75, 1.63, -1.62, -1.89, 6.28, 1.79])


@pytest.fixture(scope="module")
def gpt():
    torch.manual_seed(123)
    return GPTModel(GPT_CONFIG_124M).eval()


@pytest.fixture(scope="module")
def loaders():
    text = VERDICT.read_text(encoding="utf-8")
    split = int(0.9 * len(text))
    return [
        create_dataloader(part, 2, 256, 256, shuffle=False, drop_last=False)
        for part in (text[:split], text[split:])
    ]


def test_the_verdict_is_the_text_that_everyone_counts():
    raw = VERDICT.read_bytes()
    assert (
        hashlib.sha256(raw).hexdigest()
        == "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f"
    )
    text = raw.decode("ascii")
    assert len(text) == 20_479 and not text.endswith("\n")
    assert len(get_tokenizer().encode_ordinary(text)) == 5_145


def test_the_vocabulary():
    tokenizer = get_tokenizer()
    assert tokenizer.n_vocab == 50_257
    assert tokenizer.encode("<|endoftext|>", allowed_special="all") == [50256]
    assert tokenizer.encode("Every effort moves you") == [6109, 3626, 6100, 345]


def test_the_split_gives_nine_training_batches_and_one_for_validation(loaders):
    assert [len(loader) for loader in loaders] == [9, 1]
    assert all(x.shape == y.shape == (2, 256) for loader in loaders for x, y in loader)


def test_the_parameters_of_the_124m_model(gpt):
    count = sum(p.numel() for p in gpt.parameters())
    assert count == 162_419_712
    assert count - gpt.out_head.weight.numel() == 123_822_336
    with torch.device("meta"):
        assert sum(p.numel() for p in GPTModel(GPT2_CONFIGS["gpt2"]).parameters()) == 124_439_808


def test_the_greedy_text_of_seed_123(gpt):
    tokenizer = get_tokenizer()
    text = token_ids_to_text(
        generate(gpt, text_to_token_ids("Every effort moves you", tokenizer), 25), tokenizer
    )
    assert text == (
        "Every effort moves you rentingetic wasnم refres RexMeCHicular stren Mortgage TT remember "
        "gard ACTIONSussedOND Land Engeleddedemate breaths proxies GalaxyForm"
    )


@pytest.mark.parametrize(
    ("first", "loss", "guess"),
    [(16833, "10.7940", " Armed heNetflix"), (16822, "10.8449", "women saves Admir")],
)
@torch.no_grad()
def test_the_untrained_loss_of_two_examples(gpt, first, loss, guess):
    logits = gpt(torch.tensor([[first, 3626, 6100], [40, 1107, 588]]))
    found = F.cross_entropy(logits.flatten(0, 1), TARGETS.flatten())
    assert f"{found:.4f}" == loss
    assert token_ids_to_text(logits[0].argmax(dim=-1), get_tokenizer()) == guess


@torch.no_grad()
def test_the_untrained_perplexity(gpt):
    """48725.87 is the exponential of a float32 one step above ours; in float64 it is 48725.82.

    At 10.79 neighbouring float32 numbers lie 9.5e-7 apart, which their exponential turns into
    0.046: the printed cents of this perplexity are rounding, and no float32 lies between.
    """
    logits = gpt(torch.tensor([[16833, 3626, 6100], [40, 1107, 588]]))
    loss = F.cross_entropy(logits.flatten(0, 1), TARGETS.flatten())
    steps = [loss, torch.nextafter(loss, torch.tensor(math.inf))]
    steps.append(torch.nextafter(loss, torch.tensor(0.0)))
    assert "48725.87" in [f"{step.exp():.2f}" for step in steps]


def test_the_untrained_loss_of_the_story(gpt, loaders):
    train_loss, val_loss = (calc_loss_loader(loader, gpt, "cpu") for loader in loaders)
    assert f"{train_loss:.5f}" == "10.98758"
    assert f"{val_loss:.5f}" == "10.98111"


def test_a_thousand_draws_with_seed_123():
    probas = torch.softmax(LOGITS, dim=0)
    torch.manual_seed(123)
    draws = Counter(WORDS[torch.multinomial(probas, 1).item()] for _ in range(1000))
    assert draws == {"closer": 73, "forward": 582, "inches": 2, "toward": 343}


def test_temperature_and_top_k_of_the_nine_words():
    def rounded(logits):
        probas = torch.softmax(logits, dim=0).tolist()
        return {word: f"{p:.4f}" for word, p in zip(WORDS, probas, strict=True)}

    hot = rounded(LOGITS / 5)
    assert [hot[w] for w in ("forward", "toward", "closer")] == ["0.2421", "0.2203", "0.1546"]
    assert rounded(LOGITS / 0.1)["forward"] == "0.9910"
    top = rounded(LOGITS.masked_fill(LOGITS < LOGITS.topk(3).values[-1], -torch.inf))
    assert top == dict.fromkeys(WORDS, "0.0000") | {
        "closer": "0.0615",
        "forward": "0.5775",
        "toward": "0.3610",
    }
