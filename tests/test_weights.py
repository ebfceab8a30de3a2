import json
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader

from llmutils.config import GPTConfig
from llmutils.data import GPTDataset
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_loader
from llmutils.weights import ASSETS, load_pretrained, save_compact

STORY = Path(__file__).parents[1] / "the-verdict.txt"


@pytest.fixture
def tied():
    torch.manual_seed(0)
    return GPTModel(GPTConfig(64, 12, 32, 4, 2, 0.1, True, tie_embeddings=True))


@pytest.fixture
def folder(tied, tmp_path):
    save_compact(tied, tmp_path / "model")
    return tmp_path / "model"


def test_a_weight_moves_by_at_most_half_a_step_of_its_row(tied, folder):
    loaded = load_pretrained(folder)
    assert loaded.config == tied.config
    for (name, before), after in zip(tied.named_parameters(), loaded.parameters(), strict=True):
        assert after.dtype == torch.float32
        if before.dim() == 2:
            step = before.abs().amax(dim=1, keepdim=True) / 127
            assert ((before - after).abs() <= 0.51 * step).all(), name
        else:
            torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)


def test_the_head_is_the_embedding_after_loading(folder):
    loaded = load_pretrained(folder)
    assert loaded.out_head.weight is loaded.tok_emb.weight


def test_an_untied_model_keeps_both_matrices(tiny_model, tmp_path):
    save_compact(tiny_model, tmp_path)
    loaded = load_pretrained(tmp_path)
    assert not torch.equal(loaded.out_head.weight, loaded.tok_emb.weight)
    torch.testing.assert_close(
        loaded.out_head.weight, tiny_model.out_head.weight, atol=2e-3, rtol=0
    )


def test_matrices_are_stored_as_8_bit_integers(folder):
    stored = load_file(folder / "model.safetensors")
    assert stored["tok_emb.weight"].dtype == torch.int8
    assert stored["tok_emb.weight"].abs().max() == 127
    assert {t.dtype for t in stored.values()} == {torch.int8, torch.float16}


def test_rows_of_zeros_and_of_small_numbers_keep_their_precision(tied, tmp_path):
    with torch.no_grad():
        tied.tok_emb.weight[3] = 0
        tied.tok_emb.weight[4] *= 1e-2
        expected = tied.tok_emb.weight[4].clone()
    save_compact(tied, tmp_path)
    loaded = load_pretrained(tmp_path).tok_emb.weight
    assert torch.equal(loaded[3], torch.zeros(32))
    assert (loaded[4] - expected).abs().max() < 0.55 * expected.abs().max() / 127


def test_loading_draws_nothing_and_returns_a_model_ready_to_write(folder):
    before = torch.get_rng_state()
    model = load_pretrained(folder)
    assert torch.equal(torch.get_rng_state(), before)
    assert not model.training


def test_dropout_can_be_switched_on_for_finetuning(folder):
    assert load_pretrained(folder, drop_rate=0.3).config.drop_rate == 0.3
    model = load_pretrained(folder, drop_rate=0.0).train()
    ids = torch.arange(5)[None]
    assert torch.equal(model(ids), model(ids))


def test_unknown_names_and_files_that_do_not_fit_are_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="expected 'llmutils-small' or a model's folder, got 'gpt"):
        load_pretrained("gpt-small")
    path, config = folder / "model.safetensors", folder / "config.json"
    whole = {name: tensor.clone() for name, tensor in load_file(path).items()}
    save_file({k: v for k, v in whole.items() if "blocks.1.ff" not in k}, path)
    with pytest.raises(ValueError, match="does not fit config.json: blocks.1.ff.layers.0.bias, "):
        load_pretrained(folder)
    save_file(whole, path)
    sizes = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(sizes | {"context_length": 13}), encoding="utf-8")
    with pytest.raises(ValueError, match="does not fit config.json: pos_emb.weight$"):
        load_pretrained(folder)
    config.write_text(json.dumps(sizes), encoding="utf-8")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="is not a whole safetensors file"):
        load_pretrained(folder)


def test_the_shipped_model_is_small_tied_float32_and_needs_no_network(monkeypatch):
    def no_network(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_network)
    size = sum(path.stat().st_size for path in (ASSETS / "llmutils-small").glob("*.safetensors"))
    assert 0 < size <= 25_000_000
    model = load_pretrained("llmutils-small")
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert model.out_head.weight is model.tok_emb.weight
    assert model.config.vocab_size == 50257 and model.config.context_length >= 256


def test_the_shipped_model_has_learned_words_and_their_order():
    model = load_pretrained("llmutils-small")
    text = STORY.read_text(encoding="utf-8")  # by an author it knows, but not this story
    losses = []
    for words in (text.split(" "), text.split(" ")[::-1]):
        story = GPTDataset(" ".join(words), get_tokenizer(), 256, 256)
        losses.append(calc_loss_loader(DataLoader(story), model, "cpu"))
    assert losses[0] < 4.8 and losses[1] > losses[0] + 1
