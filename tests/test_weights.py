import errno
import json
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils import parametrizations, prune
from torch.utils.data import DataLoader

from llmutils.config import GPTConfig
from llmutils.data import GPTDataset
from llmutils.formats import compact, folders, huggingface
from llmutils.formats.compact import save_compact
from llmutils.formats.files import ASSETS
from llmutils.formats.gguf import export_gguf
from llmutils.formats.openai import export_openai
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_loader
from llmutils.weights import (
    empty_model,
    load_pretrained,
    load_weights_into_gpt,
    own_weights,
    save_pretrained,
    to_gpt2,
)

STORY = Path(__file__).parents[1] / "the-verdict.txt"
GPT2 = {"qkv_bias": True, "tie_embeddings": True, "drop_rate": 0.1}
CONFIG = GPTConfig(50257, 12, 8, 2, 2, **GPT2)
SHAPES = [GPTConfig(50257, 12, 32, 4, 2, **GPT2), GPTConfig(50257, 20, 16, 8, 5, **GPT2)]
IDS = torch.tensor([[1, 2, 3, 50256]])


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path_factory.mktemp("cache")))


def random_gpt(config=CONFIG, seed=0):
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


def equal(model, other):
    pairs = zip(model.parameters(), other.parameters(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


# --- llmutils-small ------------------------------------------------------------------------------


def test_the_shipped_model_is_small_tied_float32_and_needs_no_network(monkeypatch):
    def no_network(*_):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", no_network)
    size = sum(path.stat().st_size for path in (ASSETS / "llmutils-small").glob("*.safetensors"))
    assert 0 < size <= 25_000_000
    before = torch.get_rng_state()
    model = load_pretrained("llmutils-small")
    assert torch.equal(torch.get_rng_state(), before) and not model.training
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert model.out_head.weight is model.tok_emb.weight
    assert model.config.vocab_size == 50257 and model.config.context_length >= 256


def test_the_shipped_model_has_learned_words_and_their_order():
    model = load_pretrained("llmutils-small")
    text = STORY.read_text(encoding="utf-8")  # by an author it knows, but not this story
    losses = []
    for words in (text.split(" "), text.split(" ")[::-1]):
        story = GPTDataset(" ".join(words), get_tokenizer(), 256, 256)
        losses.append(calc_loss_loader(DataLoader(story, 2), model, "cpu", 1))
    assert losses[0] < 5.5 and losses[1] > losses[0] + 1


def test_dropout_and_the_type_of_the_numbers_can_be_chosen(tmp_path):
    model = load_pretrained("llmutils-small", drop_rate=0.3, dtype=torch.bfloat16)
    assert model.config.drop_rate == model.drop_emb.p == 0.3
    assert {parameter.dtype for parameter in model.parameters()} == {torch.bfloat16}
    assert model.out_head.weight is model.tok_emb.weight
    whole = load_pretrained("llmutils-small").train()
    assert torch.equal(whole(IDS), whole(IDS))  # it was trained without dropout
    assert (model.eval()(IDS) - whole(IDS)).abs().max() < 0.3


# --- transformers' layout ------------------------------------------------------------------------


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
    assert loaded.config == config and equal(loaded, model)
    assert all(parameter.is_contiguous() for parameter in loaded.parameters())


@pytest.mark.parametrize("config", SHAPES, ids=lambda c: f"{c.n_layers}x{c.emb_dim}")
def test_we_compute_the_logits_of_transformers_from_what_it_saves(config, tmp_path):
    peer, ids = peer_of(config), token_ids(config)
    peer.save_pretrained(tmp_path)
    model = load_pretrained(tmp_path)
    assert model.config == config
    with torch.no_grad():
        torch.testing.assert_close(model(ids), peer(ids).logits, atol=1e-4, rtol=0)


def test_transformers_reads_our_tokenizer_and_generation_config(tmp_path):
    save_pretrained(random_gpt(), tmp_path)
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
    loaded = load_pretrained(tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(peer(ids).logits, model(ids), atol=1e-4, rtol=0)
        torch.testing.assert_close(loaded(ids), model(ids), atol=1e-5, rtol=0)
    assert loaded.out_head.weight is not loaded.tok_emb.weight


def test_what_is_learned_after_loading_stays_out_of_the_file(tmp_path):
    save_pretrained(random_gpt(), tmp_path)
    before = (tmp_path / "model.safetensors").read_bytes()
    model = load_pretrained(tmp_path)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    assert (tmp_path / "model.safetensors").read_bytes() == before
    save_pretrained(model, tmp_path)  # over the file that it is mapped from
    assert equal(load_pretrained(tmp_path), model)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"activation_function": "relu"}, "activation_function is 'relu'"),
        ({"n_inner": 64}, "n_inner is 64"),
        ({"layer_norm_epsilon": 1e-6}, "layer_norm_epsilon is 1e-06"),
        ({"scale_attn_by_inverse_layer_idx": True}, "scale_attn_by_inverse_layer_idx is True"),
        ({"model_type": "bert"}, "model_type is 'bert'"),
        ({"n_head": 3}, "emb_dim 8 is not divisible by n_heads 3"),
        ({"n_embd": "wide"}, "emb_dim must be"),
    ],
)
def test_a_config_that_means_another_function_is_refused(settings, message, tmp_path):
    save_pretrained(random_gpt(), tmp_path)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings), encoding="utf-8")
    with pytest.raises(ValueError, match=f"config.json: {message}"):
        load_pretrained(tmp_path)


WTE = "transformer.wte.weight"


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda w: w.pop(WTE), r"tok_emb.weight \(50257, 8\) is missing$"),
        (lambda w: w.update(lm_head=w[WTE] + 1), r"lm_head \(50257, 8\) is extra$"),
        (lambda w: w.update({"lm_head.weight": w[WTE] + 1}), r"lm_head.weight .* is extra$"),
        (lambda w: w.update({WTE: w[WTE][:9]}), r"tok_emb.weight is \(9, 8\), not \(50257, 8"),
        (lambda w: w.update({WTE: w[WTE].to(torch.int8)}), "tok_emb.weight holds torch.int8$"),
        (
            lambda w: w.update({WTE: torch.tensor(1.0)}),
            r"tok_emb.weight .* missing; wte.weight \(\)",
        ),
    ],
)
def test_a_file_with_other_names_shapes_or_types_is_refused(change, message, tmp_path):
    save_pretrained(random_gpt(), tmp_path)
    weights = {name: t.clone() for name, t in load_file(tmp_path / "model.safetensors").items()}
    change(weights)
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(
        ValueError, match=f"the weights in {tmp_path} do not fit the model: {message}"
    ):
        load_pretrained(tmp_path)


def test_half_precision_a_head_tied_by_copy_and_masks_of_old_files_are_read(tmp_path):
    model = random_gpt()
    save_pretrained(model, tmp_path)
    path = tmp_path / "model.safetensors"
    weights = {name: tensor.half() for name, tensor in load_file(path).items()}
    weights["lm_head.weight"] = weights[WTE].clone()
    weights["transformer.h.0.attn.bias"] = torch.ones(1, 1, 12, 12)
    save_file(weights, path)
    assert equal(load_pretrained(tmp_path), model.half().float())


def test_a_damaged_or_missing_file_is_named(tmp_path):
    save_pretrained(random_gpt(), tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ValueError, match="model.safetensors is not a whole safetensors file"):
        load_pretrained(tmp_path)
    path.rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="model.safetensors .*holds .*pytorch_model.bin"):
        load_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="config.json is damaged"):
        load_pretrained(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(ValueError, match="a model's folder; '.*' holds .*pytorch_model.bin"):
        load_pretrained(tmp_path)


# --- into a model of one's own -------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"n_layers": 3},
        {"n_heads": 4},  # which no shape tells
        {"qkv_bias": False},
        {"tie_embeddings": False},
        {"emb_dim": 16},
        {"context_length": 13},
    ],
    ids=str,
)
def test_weights_of_another_size_are_refused_and_the_model_stays_as_it_was(change):
    weights = to_gpt2(own_weights(random_gpt())[1], CONFIG)
    model = random_gpt(replace(CONFIG, **change), seed=1)
    before = [parameter.clone() for parameter in model.parameters()]
    (field, value), *_ = change.items()
    message = f"fit the model: {field} is {getattr(CONFIG, field)}, the model has {value}"
    with pytest.raises(ValueError, match=message):
        load_weights_into_gpt(model, weights, CONFIG)
    if field != "n_heads":
        with pytest.raises(ValueError, match="missing|extra| not "):
            load_weights_into_gpt(model, weights, model.config)
    assert all(torch.equal(*pair) for pair in zip(before, model.parameters(), strict=True))


def test_one_error_lists_everything_missing_extra_and_misshapen():
    weights = to_gpt2(own_weights(random_gpt())[1], CONFIG)
    weights["h.9.attn.c_attn.weight"] = torch.zeros(2, 3)
    weights["ln_f.weight"] = weights["ln_f.weight"][:5]
    del weights["h.1.mlp.c_fc.weight"]
    with pytest.raises(ValueError) as error:
        load_weights_into_gpt(random_gpt(), weights, CONFIG)
    assert str(error.value) == (
        "the weights do not fit the model: blocks.1.ff.layers.0.weight (32, 8) is missing; "
        "final_norm.scale is (5,), not (8,); h.9.attn.c_attn.weight (2, 3) is extra"
    )


def test_arrays_go_into_the_model_and_the_head_stays_tied():
    model, other = random_gpt(), random_gpt(replace(CONFIG, drop_rate=0.5), seed=1)
    weights = {n: w.numpy() for n, w in to_gpt2(own_weights(model)[1], CONFIG).items()}
    load_weights_into_gpt(other, weights, CONFIG)
    assert equal(model, other) and other.out_head.weight is other.tok_emb.weight


# --- what is saved is what is loaded -------------------------------------------------------------


class Adapter(nn.Module):
    def __init__(self, linear):
        super().__init__()
        self.linear, self.down = linear, nn.Linear(linear.in_features, 2, bias=False)


def adapted(model):
    model.blocks[0].att.out_proj = Adapter(model.blocks[0].att.out_proj)


def weight_normed(model):
    parametrizations.weight_norm(model.blocks[1].ff.layers[0])


def pruned(model):
    prune.l1_unstructured(model.blocks[0].att.W_key, "weight", 0.5)


def a_classifier(model):
    model.out_head = nn.Linear(8, 2)


def another_head(model):
    model.out_head = nn.Linear(8, 50257, bias=False)


def quantised(model):
    layer = model.blocks[0].ff.layers[0]
    layer.weight = nn.Parameter(layer.weight.data.to(torch.int8), requires_grad=False)


def a_block_too_few(model):
    del model.blocks[1]


def a_block_too_many(model):
    model.blocks.append(model.blocks[0])


def not_finite(model):
    model.blocks[1].norm2.shift.data[3] = torch.nan


SAVERS = [save_pretrained, save_compact, export_openai, export_gguf]


@pytest.mark.parametrize(
    "change, names",
    [
        (adapted, "att.out_proj.down.weight .* is extra.*att.out_proj.weight .* is missing"),
        (weight_normed, "ff.layers.0.parametrizations.weight.original0 .* is extra"),
        (pruned, r"W_key.weight .* is missing.*W_key.weight_orig .* is extra"),
        (a_classifier, "out_head.bias .* is extra; out_head.weight .* is extra"),
        (another_head, "out_head.weight .* is extra"),
        (quantised, "blocks.0.ff.layers.0.weight holds torch.int8"),
        (a_block_too_few, "blocks.1.*is missing"),
        (not_finite, "not finite in blocks.1.norm2.shift"),
    ],
)
@pytest.mark.parametrize("save", SAVERS)
def test_a_model_that_no_layout_has_a_place_for_is_refused_before_a_file_is_touched(
    save, change, names, tmp_path
):
    model = random_gpt()
    change(model)
    with pytest.raises(ValueError, match=names):
        save(model, tmp_path / "new")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("save", SAVERS)
def test_what_is_no_gpt_is_refused(save, tmp_path):
    with pytest.raises(ValueError, match="expected a GPTModel, got Linear"):
        save(nn.Linear(2, 2), tmp_path / "new")


class Wrapper(nn.Module):  # as DistributedDataParallel and averaged models do it
    def __init__(self, module):
        super().__init__()
        self.module = module


def with_a_compiled_block(model):
    model.blocks[0] = torch.compile(model.blocks[0], backend="eager")
    return model


@pytest.mark.parametrize(
    "wrap",
    [
        lambda model: torch.compile(model, backend="eager"),
        lambda model: Wrapper(torch.compile(model, backend="eager")),
        with_a_compiled_block,
        Wrapper,
        lambda model: model.double(),
        lambda model: model.train().requires_grad_(False),
    ],
)
def test_a_wrapped_or_converted_model_is_saved_as_what_it_is(wrap, tmp_path):
    model = random_gpt()
    save_pretrained(wrap(random_gpt()), tmp_path / "a")
    save_compact(wrap(random_gpt()), tmp_path / "b")
    save_compact(model, tmp_path / "c")
    assert equal(load_pretrained(tmp_path / "a"), model)
    assert equal(load_pretrained(tmp_path / "b"), load_pretrained(tmp_path / "c"))


def test_a_half_precision_model_is_saved_to_the_last_bit(tmp_path):
    model = random_gpt().bfloat16()
    save_pretrained(model, tmp_path)
    assert equal(load_pretrained(tmp_path, dtype=torch.bfloat16), model)


def test_the_default_type_does_not_matter(tmp_path):
    config = replace(CONFIG, qkv_bias=False)
    model = random_gpt(config)
    try:
        torch.set_default_dtype(torch.float64)
        save_pretrained(model, tmp_path)
        loaded = load_pretrained(tmp_path)
        save_compact(loaded, tmp_path / "b")
    finally:
        torch.set_default_dtype(torch.float32)
    assert {parameter.dtype for parameter in loaded.parameters()} == {torch.float32}
    assert torch.equal(loaded(IDS), model(IDS))
    assert load_pretrained(tmp_path / "b").config == replace(config, qkv_bias=True)


# --- a folder holds one model, the old one or the new ---------------------------------------------


@pytest.mark.parametrize("first", SAVERS[:3])
@pytest.mark.parametrize("second", SAVERS[:3])
def test_a_folder_takes_another_model_in_the_same_layout_only(first, second, tmp_path):
    old, new = random_gpt(), random_gpt(seed=1)
    first(old, tmp_path)
    held = sorted(path.name for path in tmp_path.iterdir())
    if first is second:
        second(new, tmp_path)
    else:
        with pytest.raises(ValueError, match="holds a model in another layout"):
            second(new, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == held
    with torch.no_grad():
        logits = load_pretrained(tmp_path)(IDS)
        same = [(logits - model(IDS)).abs().mean() < 0.05 for model in (old, new)]
    assert same == [first is not second, first is second]


def test_a_folder_with_two_models_is_not_loaded(tmp_path):
    export_openai(random_gpt(), tmp_path / "a")
    save_compact(random_gpt(seed=1), tmp_path / "b")
    for path in (tmp_path / "a").iterdir():
        path.rename(tmp_path / "b" / path.name)
    with pytest.raises(ValueError, match="holds two models"):
        load_pretrained(tmp_path / "b")


def test_names_that_others_use_too_do_not_hide_a_model(tmp_path):
    save_pretrained(random_gpt(), tmp_path)
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "hparams.json").write_text("{}", encoding="utf-8")
    assert equal(load_pretrained(tmp_path), random_gpt())
    save_pretrained(random_gpt(seed=1), tmp_path)
    assert equal(load_pretrained(tmp_path), random_gpt(seed=1))


def test_files_of_others_are_not_overwritten(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"a classifier")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "config.json").write_text('{"model_type": "llama"}', encoding="utf-8")
    for save in (save_pretrained, save_compact):
        for folder in (tmp_path, tmp_path / "b"):
            with pytest.raises(ValueError, match="another layout"):
                save(random_gpt(), folder)
    assert (tmp_path / "model.safetensors").read_bytes() == b"a classifier"


@pytest.mark.parametrize("name", ["llmutils-small", "gpt2", "124M"])
def test_a_models_name_that_is_also_a_folder_is_not_guessed(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path))
    monkeypatch.setenv("LLMUTILS_OFFLINE", "1")
    save_pretrained(random_gpt(), name)
    with pytest.raises(ValueError, match=f"'./{name}' is the folder"):
        load_pretrained(name)
    for folder in (Path(name), f"./{name}", str(tmp_path / name)):
        assert equal(load_pretrained(folder), random_gpt())
    os.rename(name, "mine")
    os.mkdir(name)  # without a model in it the name is the model's
    if name == "llmutils-small":
        assert load_pretrained(name).config.n_layers == 7
    else:
        with pytest.raises(OSError, match="LLMUTILS_OFFLINE=1"):
            load_pretrained(name)


def test_unknown_names_and_sources_are_refused():
    with pytest.raises(ValueError, match="one of llmutils-small, gpt2, gpt.* 'gpt-small' holds no"):
        load_pretrained("gpt-small")
    with pytest.raises(ValueError, match="source must be 'openai' or 'huggingface', got 'web'"):
        load_pretrained("gpt2", source="web")


@pytest.mark.parametrize("save, module", [(save_pretrained, huggingface), (save_compact, compact)])
def test_a_full_disk_leaves_the_old_model(save, module, tmp_path, monkeypatch):
    save(random_gpt(), tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def half(_, path, metadata):
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "save_file", half)
    with pytest.raises(OSError, match="No space left"):
        save(random_gpt(seed=1), tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("save", SAVERS[:3])
def test_an_interrupt_at_any_moment_leaves_the_old_model_the_new_or_a_refusal(
    save, tmp_path, monkeypatch
):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path / "cache"))
    old, new = random_gpt(), random_gpt(replace(CONFIG, n_heads=4), seed=1)  # of the same shapes
    found, really = set(), os.replace
    for moment in range(8):
        folder, left = tmp_path / str(moment), moment
        save(old, folder)

        def replace_or_break(*paths):
            nonlocal left
            left -= 1
            if left == -1:
                raise KeyboardInterrupt
            really(*paths)

        monkeypatch.setattr(folders.os, "replace", replace_or_break)
        try:
            save(new, folder)
        except KeyboardInterrupt:
            pass
        monkeypatch.setattr(folders.os, "replace", really)
        try:
            loaded = load_pretrained(folder)
            near = [(loaded(IDS) - model(IDS)).abs().mean() < 0.05 for model in (old, new)]
            assert loaded.config.n_heads == (2 if near[0] else 4) and sum(near) == 1
            found.add("old" if near[0] else "new")
        except ValueError:
            found.add("refused")
        assert not list(folder.glob(".part*"))
    assert "new" in found and "refused" in found


def test_an_empty_model_takes_no_memory_and_draws_nothing():
    before = torch.get_rng_state()
    model = empty_model(replace(CONFIG, emb_dim=12_288, n_layers=96))
    assert sum(p.numel() for p in model.parameters()) > 174e9
    assert torch.equal(torch.get_rng_state(), before)
