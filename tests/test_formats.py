import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiktoken.load import data_gym_to_mergeable_bpe_ranks

from llmutils.config import GPT2_CONFIGS, GPTConfig
from llmutils.formats import openai
from llmutils.formats.compact import save_compact
from llmutils.formats.download import DownloadError
from llmutils.formats.files import ASSETS, replacing
from llmutils.formats.gguf import export_gguf
from llmutils.formats.openai import DATA, FILES, INDEX, SIZES, converted, export_openai
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer, text_to_token_ids
from llmutils.weights import empty_model, load_pretrained, save_pretrained

CONFIG = GPTConfig(50257, 12, 8, 2, 2, 0.1, True, tie_embeddings=True)
IDS = torch.arange(5)[None]


def random_model(config=CONFIG, seed=0):
    torch.manual_seed(seed)
    model = GPTModel(config).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


def equal(model, other):
    pairs = zip(model.parameters(), other.parameters(), strict=True)
    return all(torch.equal(*pair) for pair in pairs)


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("LLMUTILS_CACHE", str(folder))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("LLMUTILS_OFFLINE", raising=False)
    return folder


# --- OpenAI's ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openai") / "model"
    export_openai(random_model(), folder)
    return folder


@pytest.fixture
def checkpoint(written, tmp_path):
    shutil.copytree(written, tmp_path / "model")
    return tmp_path / "model"


def test_the_vocabulary_files_are_those_that_openai_published():
    published = {
        "encoder.json": "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        "vocab.bpe": "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    }
    for name, sha256 in published.items():
        assert hashlib.sha256((ASSETS / name).read_bytes()).hexdigest() == sha256
    ranks = data_gym_to_mergeable_bpe_ranks(str(ASSETS / "vocab.bpe"), str(ASSETS / "encoder.json"))
    assert ranks == get_tokenizer()._mergeable_ranks


def test_the_known_sizes_are_those_of_the_known_models():
    assert SIZES.keys() == GPT2_CONFIGS.keys()
    for name, config in GPT2_CONFIGS.items():
        assert SIZES[name][1] == 4 * sum(p.numel() for p in empty_model(config).parameters())


def test_what_we_write_has_openais_files_and_variables(written):
    names = ["checkpoint", "encoder.json", "hparams.json", DATA, INDEX, "vocab.bpe"]
    assert sorted(path.name for path in written.iterdir()) == names
    assert (written / "checkpoint").stat().st_size == 77
    sizes = ['"n_vocab": 50257', '"n_ctx": 12', '"n_embd": 8', '"n_head": 2', '"n_layer": 2']
    text = (written / "hparams.json").read_bytes().decode()
    assert text == "{\n  " + ",\n  ".join(sizes) + "\n}\n"
    with openai.quiet_tensorflow() as tf:
        reader = tf.train.load_checkpoint(str(written / "model.ckpt"))
    shapes, model = reader.get_variable_to_shape_map(), random_model()
    assert len(shapes) == 4 + 2 * 12 and shapes["model/h1/attn/c_attn/w"] == [1, 8, 24]
    for variable, weight in {
        "model/wpe": model.pos_emb.weight,
        "model/h1/ln_2/g": model.blocks[1].norm2.scale,
        "model/h0/mlp/c_fc/w": model.blocks[0].ff.layers[0].weight.T[None],
        "model/ln_f/b": model.final_norm.shift,
    }.items():
        assert torch.equal(torch.as_tensor(reader.get_tensor(variable)), weight), variable


def test_openais_layout_gives_the_very_same_numbers_and_a_tied_head(written):
    loaded = load_pretrained(written)
    assert loaded.config == CONFIG and equal(loaded, random_model())
    assert loaded.out_head.weight is loaded.tok_emb.weight


def test_openais_layout_has_no_place_for_a_head_of_its_own(tmp_path):
    with pytest.raises(ValueError, match="no place for an untied head"):
        export_openai(random_model(GPTConfig(50257, 8, 8, 2, 1, 0.1, True)), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(checkpoint, file):
    (checkpoint / file).unlink()
    with pytest.raises(ValueError, match=f"lacks {file}"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("file", [INDEX, DATA])
@pytest.mark.parametrize("left", [0, 10, 500, -500, -1])
def test_a_cut_file_is_named(checkpoint, file, left):
    whole = (checkpoint / file).read_bytes()
    (checkpoint / file).write_bytes(whole[:left])
    with pytest.raises(ValueError, match=f"{file} is damaged"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("file", [INDEX, DATA])
@pytest.mark.parametrize("place", [0, 0.1, 0.5, 0.9])
def test_a_flipped_bit_is_noticed(checkpoint, file, place):
    data = bytearray((checkpoint / file).read_bytes())
    data[int(place * len(data))] ^= 4
    (checkpoint / file).write_bytes(data)
    with pytest.raises(ValueError, match=f"({INDEX}|{DATA}) is damaged: .*Fetch or copy it again"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"n_layer": 3}, "blocks.2.att.W_key.bias .* is missing"),
        ({"n_layer": 1}, "model/h1/attn/c_attn/b .* is extra"),
        ({"n_embd": 10}, r"tok_emb.weight is \(50257, 8\), not \(50257, 10\)"),
        ({"n_head": 3}, "emb_dim 8 is not divisible by n_heads 3"),
        ({"n_ctx": "many"}, "context_length must be a positive integer, got 'many'"),
        ({"n_vocab": 50304}, "not .50304, 8."),
        ({"n_more": 1}, "it holds"),
    ],
    ids=str,
)
def test_hparams_that_disagree_are_named(checkpoint, change, message):
    path = checkpoint / "hparams.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change), encoding="utf-8")
    with pytest.raises(ValueError, match=f"hparams.json is damaged: .*{message}"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"n_vocab": 50257}', "\xff"])
def test_hparams_that_are_no_hparams_are_named(checkpoint, text):
    (checkpoint / "hparams.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="hparams.json is damaged: "):
        load_pretrained(checkpoint)


def test_the_first_load_converts_into_the_cache_and_the_later_ones_need_no_tensorflow(
    written, own_cache
):
    before = {path.name: path.stat().st_mtime_ns for path in written.iterdir()}
    written.chmod(0o555)  # a share of the class's, say; root alone may write to it nevertheless
    first = load_pretrained(written)
    assert {path.name: path.stat().st_mtime_ns for path in written.iterdir()} == before
    folder = converted(written)
    assert folder.is_relative_to(own_cache) and equal(load_pretrained(folder), first)
    code = "import sys, torch; from llmutils.weights import load_pretrained; "
    code += "m = load_pretrained(sys.argv[1]); print(m(torch.arange(5)[None]).sum().item(), "
    code += "sorted({'tensorflow', 'transformers', 'huggingface_hub'} & set(sys.modules)))"
    command = [sys.executable, "-c", code, str(written)]
    output = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    number, modules = output.split(" ", 1)
    assert float(number) == pytest.approx(first(IDS).sum().item()) and modules.strip() == "[]"


def test_another_checkpoint_in_the_same_folder_is_converted_anew(checkpoint):
    load_pretrained(checkpoint)
    export_openai(random_model(seed=1), checkpoint)
    assert equal(load_pretrained(checkpoint), random_model(seed=1))
    hparams = (checkpoint / "hparams.json").read_text(encoding="utf-8")
    (checkpoint / "hparams.json").write_text(hparams.replace('head": 2', 'head": 4'))
    assert load_pretrained(checkpoint).config.n_heads == 4


def test_a_conversion_that_was_broken_off_is_made_again(checkpoint, monkeypatch, own_cache):
    def broken(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("llmutils.formats.huggingface.save_file", broken)
        with pytest.raises(KeyboardInterrupt):
            load_pretrained(checkpoint)
    assert not list(own_cache.rglob("*.*"))
    assert equal(load_pretrained(checkpoint), random_model())


def test_two_convert_at_once(checkpoint, monkeypatch):
    together, write = threading.Barrier(2), openai.write_huggingface
    stderr = os.fstat(2)

    def write_together(*arguments):
        together.wait(20)  # both have found no conversion
        write(*arguments)

    monkeypatch.setattr(openai, "write_huggingface", write_together)
    with ThreadPoolExecutor(2) as pool:
        models = list(pool.map(load_pretrained, [checkpoint] * 2))
    assert all(equal(model, random_model()) for model in models)
    assert os.path.samestat(os.fstat(2), stderr)  # which TensorFlow's messages are kept from


# --- ours ----------------------------------------------------------------------------------------


@pytest.fixture
def tied():
    torch.manual_seed(0)
    return GPTModel(GPTConfig(64, 12, 32, 4, 2, 0.1, True, tie_embeddings=True))


def test_a_weight_moves_by_at_most_half_a_step_of_its_row(tied, tmp_path):
    with torch.no_grad():
        tied.tok_emb.weight[3] = 0
        tied.tok_emb.weight[4] *= 1e-2
    save_compact(tied, tmp_path)
    loaded = load_pretrained(tmp_path)
    assert loaded.config == tied.config and loaded.out_head.weight is loaded.tok_emb.weight
    for (name, before), after in zip(tied.named_parameters(), loaded.parameters(), strict=True):
        assert after.dtype == torch.float32
        if before.dim() == 2:
            step = before.abs().amax(dim=1, keepdim=True) / 127
            assert ((before - after).abs() <= 0.51 * step).all(), name
        else:
            torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)


def test_an_untied_model_keeps_both_matrices(tiny_model, tmp_path):
    save_compact(tiny_model, tmp_path)
    loaded = load_pretrained(tmp_path)
    for name in ("out_head.weight", "tok_emb.weight"):
        ours, theirs = (dict(model.named_parameters())[name] for model in (loaded, tiny_model))
        torch.testing.assert_close(ours, theirs, atol=2e-2, rtol=0)


def test_matrices_are_stored_as_8_bit_integers(tied, tmp_path):
    save_compact(tied, tmp_path)
    stored = load_file(tmp_path / "model.safetensors")
    assert stored["tok_emb.weight"].dtype == torch.int8
    assert stored["tok_emb.weight"].abs().max() == 127
    assert {t.dtype for t in stored.values()} == {torch.int8, torch.float16}


@pytest.mark.parametrize("name", ["pos_emb.weight", "final_norm.shift"])
def test_numbers_too_large_for_16_bits_are_refused(tied, name, tmp_path):
    dict(tied.named_parameters())[name].data[0] = 1e7
    with pytest.raises(ValueError, match=f"too large for 16 bits in {name}"):
        save_compact(tied, tmp_path / "new")
    assert not (tmp_path / "new").exists()


SCALE = "pos_emb.weight.row_scale"


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda w: w.pop(SCALE), "pos_emb.weight holds torch.int8$"),
        (lambda w: w.update({SCALE: w[SCALE].flatten()}), "pos_emb.weight holds torch.int8$"),
        (lambda w: w.pop("pos_emb.weight"), r"pos_emb.weight \(12, 32\) is missing; .* is extra$"),
        (lambda w: w.pop("final_norm.scale"), r"final_norm.scale \(32,\) is missing$"),
        (lambda w: w.update(more=w[SCALE] + 1), r"more \(12, 1\) is extra$"),
    ],
)
def test_compact_files_that_lack_something_are_refused(tied, change, message, tmp_path):
    save_compact(tied, tmp_path)
    stored = {name: t.clone() for name, t in load_file(tmp_path / "model.safetensors").items()}
    change(stored)
    save_file(stored, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=f"do not fit the model: {message}"):
        load_pretrained(tmp_path)


def test_a_compact_config_of_another_size_is_refused(tied, tmp_path):
    save_compact(tied, tmp_path)
    config = tmp_path / "config.json"
    sizes = json.loads(config.read_text(encoding="utf-8"))
    for change, message in (
        ({"context_length": 13}, "do not fit the model: pos_emb.weight is"),
        ({"emb_dims": 13}, "config.json: .*emb_dims"),
        ({"n_heads": 5}, "config.json: emb_dim 32 is not divisible by n_heads 5"),
    ):
        config.write_text(json.dumps(sizes | change), encoding="utf-8")
        with pytest.raises(ValueError, match=message):
            load_pretrained(tmp_path)


# --- GGUF ----------------------------------------------------------------------------------------


def test_gguf_holds_the_same_numbers_and_the_tokenizer(tmp_path):
    gguf = pytest.importorskip("gguf")
    model = random_model(GPTConfig(50257, 12, 8, 2, 2, 0.1, True))
    export_gguf(model, tmp_path / "model.gguf")
    reader = gguf.GGUFReader(tmp_path / "model.gguf")
    tensors = {
        tensor.name: torch.tensor(tensor.data).reshape(*reversed(tensor.shape.tolist()))
        for tensor in reader.tensors
    }
    own = dict(model.named_parameters())
    qkv = [own[f"blocks.0.att.W_{part}.weight"] for part in ("query", "key", "value")]
    assert torch.equal(tensors["blk.0.attn_qkv.weight"], torch.cat(qkv))
    for theirs, ours in {
        "token_embd.weight": "tok_emb.weight",
        "position_embd.weight": "pos_emb.weight",
        "output.weight": "out_head.weight",
        "blk.1.ffn_up.weight": "blocks.1.ff.layers.0.weight",
        "blk.0.attn_output.weight": "blocks.0.att.out_proj.weight",
        "blk.0.attn_norm.bias": "blocks.0.norm1.shift",
    }.items():
        assert torch.equal(tensors[theirs], own[ours]), theirs
    assert len(tensors) == 5 + 2 * 12
    tokens = reader.fields["tokenizer.ggml.tokens"]
    assert bytes(tokens.parts[tokens.data[6109]]).decode() == "Every"
    assert len(tokens.data) == 50257
    assert len(reader.fields["tokenizer.ggml.merges"].data) == 50000


def test_a_modelfile_is_named_after_the_model_and_never_overwritten(tmp_path):
    (tmp_path / "Modelfile").write_text("the user's", encoding="utf-8")
    (tmp_path / "b.Modelfile").write_text("the user's", encoding="utf-8")
    for name in ("a", "b"):
        export_gguf(random_model(), tmp_path / f"{name}.gguf")
    assert "FROM ./a.gguf" in (tmp_path / "a.Modelfile").read_text(encoding="utf-8")
    for name in ("Modelfile", "b.Modelfile"):
        assert (tmp_path / name).read_text(encoding="utf-8") == "the user's"


@pytest.mark.parametrize("vocab_size", [64, 50304])
def test_another_vocabulary_cannot_be_written_with_gpt2s_tokenizer(vocab_size, tmp_path):
    model = GPTModel(GPTConfig(vocab_size, 12, 8, 2, 1, 0.1, True, tie_embeddings=True))
    for write in (export_openai, export_gguf, save_pretrained):
        with pytest.raises(ValueError, match=f"has 50257 tokens, the model {vocab_size}"):
            write(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    save_compact(model, tmp_path / "new")
    assert load_pretrained(tmp_path / "new").config.vocab_size == vocab_size


@pytest.mark.llama
@pytest.mark.parametrize("which", ["llmutils-small", "tied", "untied"])
def test_llama_cpp_continues_with_our_greedy_tokens(which, tmp_path):
    import llama_cpp

    if which == "llmutils-small":
        model = load_pretrained(which)
    else:  # with biases, which llmutils-small has not
        model = random_model(GPTConfig(50257, 64, 64, 4, 3, 0.0, True, which == "tied"))
    export_gguf(model, tmp_path / "model.gguf")
    peer = llama_cpp.Llama(str(tmp_path / "model.gguf"), n_ctx=64, verbose=False)
    text = "The old man looked at the sea"
    prompt = get_tokenizer().encode_ordinary(text)
    assert peer.tokenize(text.encode(), add_bos=False) == prompt
    theirs = list(islice(peer.generate(prompt, top_k=1, temp=0.0, repeat_penalty=1.0), 40))
    assert theirs == generate(model, [prompt], 40)[0][len(prompt) :].tolist()


# --- whole files or none -------------------------------------------------------------------------


def test_a_file_takes_its_place_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file.bin"
    with replacing(path) as part:
        part.write_bytes(b"first")
        assert part.name == path.name and not path.exists()
    with pytest.raises(KeyboardInterrupt), replacing(path) as part:
        part.write_bytes(b"half")
        raise KeyboardInterrupt
    with replacing(str(path)) as part:
        assert path.read_bytes() == b"first"
        part.write_bytes(b"second")
    assert path.read_bytes() == b"second" and list(path.parent.iterdir()) == [path]
    if os.name == "posix":
        umask = os.umask(0)
        os.umask(umask)
        assert path.stat().st_mode & 0o777 == 0o666 & ~umask  # as any other file


def test_a_file_and_the_change_of_its_name_are_on_the_disk_afterwards(tmp_path, monkeypatch):
    calls, really = [], os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: calls.append(os.readlink(f"/proc/self/fd/{fd}")))
    monkeypatch.setattr(os, "replace", lambda *p: (calls.append("replace"), really(*p)))
    with replacing(tmp_path / "a") as part:
        part.write_bytes(b"a")
    assert calls == [str(part), "replace", str(tmp_path)]


# --- fetching, from a server on this machine -----------------------------------------------------


@contextmanager
def serving(folder, prefix, requests):
    """Serve the files of a folder under a prefix, as OpenAI's server and the hub do."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

        def end_headers(self):
            self.send_header("X-Repo-Commit", "a" * 40)
            self.send_header("ETag", f'"{Path(self.path).name}"')
            super().end_headers()

        def translate_path(self, path):
            return str(folder / Path(path).name) if path.startswith(prefix) else "/nowhere"

        def log_message(self, *_):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}"
    finally:
        httpd.shutdown()
        httpd.server_close()


def test_a_gpt2_is_fetched_from_openai_once(written, monkeypatch):
    monkeypatch.setattr(openai, "SIZES", {"gpt2": ("124M", (written / DATA).stat().st_size)})
    requests = []
    with serving(written, "/models/124M/", requests) as url:
        monkeypatch.setattr(openai, "URL", f"{url}/models")
        model = load_pretrained("gpt2")
        assert requests == [f"/models/124M/{file}" for file in FILES]
    assert equal(model, random_model())
    assert equal(load_pretrained("124M"), model)  # the server is gone


def test_a_gpt2_of_another_size_is_not_taken_for_the_known_one(written, monkeypatch):
    with serving(written, "/models/124M/", []) as url:
        monkeypatch.setattr(openai, "URL", f"{url}/models")
        with pytest.raises(
            DownloadError, match="has .* bytes, expected 497,759,232|size 497759232"
        ):
            load_pretrained("gpt2")


def test_a_gpt2_that_openais_server_has_not_is_one_error(written, monkeypatch):
    with serving(written, "/models/355M/", []) as url:
        monkeypatch.setattr(openai, "URL", f"{url}/models")
        with pytest.raises(DownloadError, match="124M/hparams.json: .*404"):
            load_pretrained("gpt2")


def load_from_hub(endpoint, home, **environment):
    code = "import torch; from llmutils.weights import load_pretrained; "
    code += "m = load_pretrained('gpt2', source='huggingface'); "
    code += "print(m(torch.arange(5)[None]).sum().item())"
    environment |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
    )


def test_a_gpt2_is_fetched_from_a_mirror_of_the_hub_into_its_own_cache(tmp_path):
    model, requests = random_model(), []
    save_pretrained(model, tmp_path / "files")
    expected = pytest.approx(model(IDS).sum().item(), rel=1e-5)
    with serving(tmp_path / "files", "/openai-community/gpt2/resolve/", requests) as url:
        done = load_from_hub(url, tmp_path / "hub")
        assert done.returncode == 0, done.stderr
        assert float(done.stdout) == expected
        fetched = {path.rsplit("/", 1)[1] for path in requests if "/resolve/" in path}
        assert fetched == {"config.json", "model.safetensors"}
        asked = len(requests)
        again = load_from_hub(url, tmp_path / "hub")  # looks first, and asks nobody
        assert float(again.stdout) == expected and len(requests) == asked
        missing = load_from_hub(url, tmp_path / "empty", LLMUTILS_OFFLINE="1")
        assert len(requests) == asked
    assert "DownloadError: could not get openai-community/gpt2" in missing.stderr


@pytest.mark.network
def test_openai_and_the_hub_publish_the_same_gpt2():
    theirs, hub = (load_pretrained("gpt2", source=s) for s in ("openai", "huggingface"))
    ids = text_to_token_ids("Every effort moves you", get_tokenizer())
    torch.testing.assert_close(theirs(ids), hub(ids), atol=1e-4, rtol=0)
