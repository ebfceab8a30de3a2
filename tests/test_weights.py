import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.utils.data import DataLoader

from llmutils.config import GPTConfig
from llmutils.data import GPTDataset
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_batch, calc_loss_loader, create_optimizer
from llmutils.weights import (
    ASSETS,
    export_openai,
    gpt2_params,
    load_pretrained,
    load_weights_into_gpt,
    save_compact,
    save_pretrained,
)

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
    with pytest.raises(
        ValueError, match="expected a model's folder or one of llmutils-small, gpt2, gpt"
    ):
        load_pretrained("gpt-small")
    path, config = folder / "model.safetensors", folder / "config.json"
    whole = {name: tensor.clone() for name, tensor in load_file(path).items()}
    save_file({k: v for k, v in whole.items() if "blocks.1.ff" not in k}, path)
    with pytest.raises(ValueError, match="do not fit the config: blocks.1.ff.layers.0.bias, "):
        load_pretrained(folder)
    save_file(whole, path)
    sizes = json.loads(config.read_text(encoding="utf-8"))
    config.write_text(json.dumps(sizes | {"context_length": 13}), encoding="utf-8")
    with pytest.raises(ValueError, match="do not fit the config: pos_emb.weight$"):
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


# --- GPT-2's names and layouts -------------------------------------------------------------------

GPT2 = {"qkv_bias": True, "tie_embeddings": True, "drop_rate": 0.1}
SHAPES = [
    GPTConfig(50257, 12, 32, 4, 2, **GPT2),
    GPTConfig(50257, 7, 24, 1, 1, **GPT2),
    GPTConfig(50257, 20, 16, 8, 5, **GPT2),
]


def random_gpt(config, seed=0):
    torch.manual_seed(seed)
    model = GPTModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.2 * torch.randn_like(parameter)
    return model


def peer_of(config, **settings):
    torch.manual_seed(1)
    peer = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=config.vocab_size,
            n_positions=config.context_length,
            n_embd=config.emb_dim,
            n_head=config.n_heads,
            n_layer=config.n_layers,
            initializer_range=0.3,
            **settings,
        )
    ).eval()
    for parameter in peer.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return peer


def token_ids(config):
    return torch.randint(0, config.vocab_size, (2, config.context_length))


@pytest.mark.parametrize("config", SHAPES, ids=lambda c: f"{c.n_layers}x{c.emb_dim}")
def test_transformers_computes_our_logits_from_what_we_save(config, tmp_path):
    model, ids = random_gpt(config), token_ids(config)
    save_pretrained(model, tmp_path)
    peer = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        torch.testing.assert_close(peer(ids).logits, model(ids), atol=1e-4, rtol=0)
        prompt, new = ids[:1, :3], config.context_length - 3
        theirs = peer.generate(prompt, max_new_tokens=new, do_sample=False, eos_token_id=None)
    assert torch.equal(theirs, generate(model, prompt, new))
    loaded = load_pretrained(tmp_path)
    assert loaded.config == config and torch.equal(loaded(ids), model(ids))


@pytest.mark.parametrize("config", SHAPES, ids=lambda c: f"{c.n_layers}x{c.emb_dim}")
def test_we_compute_the_logits_of_transformers_from_what_it_saves(config, tmp_path):
    peer, ids = peer_of(config), token_ids(config)
    peer.save_pretrained(tmp_path)
    model = load_pretrained(tmp_path)
    assert model.config == config
    with torch.no_grad():
        torch.testing.assert_close(model(ids), peer(ids).logits, atol=1e-4, rtol=0)


def test_transformers_reads_our_tokenizer_and_generation_config(tmp_path):
    save_pretrained(random_gpt(SHAPES[0]), tmp_path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    for text in ("Every effort moves you", " naïve\n\n  🙂<|endoftext|>"):
        ours = get_tokenizer().encode(text, allowed_special="all")
        assert tokenizer(text)["input_ids"] == ours and tokenizer.decode(ours) == text
    assert tokenizer.model_max_length == 12
    generation = transformers.GenerationConfig.from_pretrained(tmp_path)
    assert generation.eos_token_id == generation.bos_token_id == 50256


def test_a_model_with_a_head_of_its_own_or_without_biases_is_saved_too(tmp_path):
    config = GPTConfig(50257, 12, 16, 2, 1, 0.0, False)
    model, ids = random_gpt(config), token_ids(config)
    save_pretrained(model, tmp_path)
    peer = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        torch.testing.assert_close(peer(ids).logits, model(ids), atol=1e-4, rtol=0)
        torch.testing.assert_close(load_pretrained(tmp_path)(ids), model(ids), atol=1e-5, rtol=0)
    assert load_pretrained(tmp_path).out_head.weight is not load_pretrained(tmp_path).tok_emb.weight
    with pytest.raises(ValueError, match="no place for a head of its own"):
        export_openai(model, tmp_path / "openai")


@pytest.mark.parametrize("config", SHAPES[:2], ids=lambda c: f"{c.n_layers}x{c.emb_dim}")
def test_openais_layout_gives_the_very_same_logits(config, tmp_path):
    model, ids = random_gpt(config), token_ids(config)
    export_openai(model, tmp_path)
    loaded = load_pretrained(tmp_path)
    assert loaded.config == config and torch.equal(loaded(ids), model(ids))
    assert loaded.out_head.weight is loaded.tok_emb.weight


def test_what_is_learned_after_loading_stays_out_of_the_file(tmp_path):
    export_openai(random_gpt(SHAPES[0]), tmp_path)
    load_pretrained(tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    model = load_pretrained(tmp_path).train()
    ids = token_ids(model.config)
    optimizer = create_optimizer(model, lr=1e-2)
    loss = calc_loss_batch(ids, ids, model, "cpu")
    loss.backward()
    optimizer.step()
    assert calc_loss_batch(ids, ids, model, "cpu") < loss
    assert (tmp_path / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize(
    "change, message",
    [
        ({"n_layers": 3}, r"n_layer is 2, the model has 3; .*model/h2/ln_1/b \(32,\) is missing"),
        ({"n_layers": 1}, r"n_layer is 2, the model has 1; .*model/h1/ln_1/b \(32,\) is extra"),
        ({"n_heads": 8}, "n_head is 4, the model has 8$"),
        ({"qkv_bias": False}, r"model/h0/attn/c_attn/b \(96,\) is extra"),
        ({"tie_embeddings": False}, r"lm_head \(50257, 32\) is missing"),
        ({"emb_dim": 16}, r"model/wte is \(50257, 32\), expected \(50257, 16\)"),
        ({"context_length": 13}, r"model/wpe is \(12, 32\), expected \(13, 32\)"),
    ],
)
def test_weights_that_do_not_fit_are_all_named_and_the_model_stays_as_it_was(change, message):
    params = gpt2_params(random_gpt(SHAPES[0]))
    model = random_gpt(replace(SHAPES[0], **change), seed=1)
    before = [parameter.clone() for parameter in model.parameters()]
    with pytest.raises(ValueError, match=message):
        load_weights_into_gpt(model, params)
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


def test_one_error_lists_everything_missing_extra_and_misshapen():
    params = gpt2_params(random_gpt(SHAPES[0]))
    del params["model/h1/mlp/c_fc/w"], params["hparams"]
    params["model/h9/attn/c_attn/w"] = torch.zeros(2, 3)
    params["model/ln_f/g"] = params["model/ln_f/g"][:5]
    with pytest.raises(ValueError) as error:
        load_weights_into_gpt(random_gpt(SHAPES[0]), params)
    assert str(error.value) == (
        "the weights do not fit the model: n_vocab is None, the model has 50257; n_ctx is None, "
        "the model has 12; n_embd is None, the model has 32; n_head is None, the model has 4; "
        "n_layer is None, the model has 2; model/h1/mlp/c_fc/w (32, 128) is missing; "
        "model/h9/attn/c_attn/w (2, 3) is extra; model/ln_f/g is (5,), expected (32,)"
    )


def test_weights_go_in_as_openai_lays_them_out():
    model, other = random_gpt(SHAPES[0]), random_gpt(SHAPES[0], seed=1)
    params = {
        name: value.numpy()[None] if name.endswith("/w") else value
        for name, value in gpt2_params(model).items()
    }
    load_weights_into_gpt(other, params)
    assert all(
        torch.equal(*pair) for pair in zip(model.parameters(), other.parameters(), strict=True)
    )
    assert other.out_head.weight is other.tok_emb.weight


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"activation_function": "relu"}, "activation_function is 'relu'"),
        ({"n_inner": 64}, "n_inner is 64"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon is 1e-06"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
    ],
)
def test_a_config_that_means_another_function_is_refused(settings, message, tmp_path):
    peer_of(SHAPES[0], **settings).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=f"config.json: {message}"):
        load_pretrained(tmp_path)


def test_damaged_weights_of_transformers_are_named_as_such(tmp_path):
    save_pretrained(random_gpt(SHAPES[0]), tmp_path)
    path = tmp_path / "model.safetensors"
    whole = {name: tensor.clone() for name, tensor in load_file(path).items()}
    copied = whole | {"lm_head.weight": whole["transformer.wte.weight"].clone()}
    save_file(copied, path)
    assert load_pretrained(tmp_path).config == SHAPES[0]  # a head tied by copy
    copied["lm_head.weight"][0, 0] += 1
    save_file(copied, path)
    with pytest.raises(ValueError, match="model.safetensors: .*lm_head.weight .* is extra$"):
        load_pretrained(tmp_path)
    del whole["transformer.wte.weight"]
    save_file(whole, path)
    with pytest.raises(ValueError, match=r"model.safetensors: .*model/wte .* is missing$"):
        load_pretrained(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="^[^ ]*model.safetensors is not a whole safetensors"):
        load_pretrained(tmp_path)


def test_a_folder_without_a_model_says_what_it_lacks(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(ValueError, match="has neither config.json .* it holds pytorch_model.bin"):
        load_pretrained(tmp_path)
    with pytest.raises(ValueError, match="source must be 'openai' or 'huggingface', got 'web'"):
        load_pretrained("gpt2", source="web")
