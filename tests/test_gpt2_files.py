import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import pytest
import torch

from llmutils.formats import openai as gpt2_files
from llmutils.config import GPT2_CONFIGS, GPTConfig
from llmutils.formats.download import DownloadError
from llmutils.generate import generate
from llmutils.formats.openai import (
    BYTES,
    CHECKPOINT,
    DATA,
    FILES,
    INDEX,
    SHA256,
    SIZES,
    vocabulary_files,
)
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer, text_to_token_ids
from llmutils.weights import (
    export_gguf,
    export_openai,
    gpt2_params,
    load_pretrained,
    save_pretrained,
)

CONFIG = GPTConfig(50257, 12, 8, 2, 2, 0.1, True, tie_embeddings=True)


def random_model(config=CONFIG, seed=0):
    torch.manual_seed(seed)
    model = GPTModel(config).eval()
    for parameter in model.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return model


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
    for name, text in vocabulary_files(50257).items():
        assert hashlib.sha256(text.encode()).hexdigest() == SHA256[name]


def test_the_known_sizes_are_those_of_the_known_models():
    for name, config in GPT2_CONFIGS.items():
        with torch.device("meta"):
            numbers = sum(parameter.numel() for parameter in GPTModel(config).parameters())
        assert BYTES[SIZES[name]][DATA] == 4 * numbers
    assert len(CHECKPOINT) == 77


def test_what_we_write_has_openais_files_and_variables(checkpoint):
    assert sorted(path.name for path in checkpoint.iterdir()) == sorted(FILES)
    params = gpt2_files.read_openai(checkpoint)
    assert params["hparams"] == {
        "n_vocab": 50257,
        "n_ctx": 12,
        "n_embd": 8,
        "n_head": 2,
        "n_layer": 2,
    }
    text = (checkpoint / "hparams.json").read_text(encoding="utf-8")
    as_gpt2 = text.replace("12", "1024").replace(" 8", " 768").replace(" 2", " 12")
    assert len(as_gpt2) == BYTES["124M"]["hparams.json"]  # laid out as OpenAI's is
    assert params["model/wte"].shape == (50257, 8)
    assert params["model/h1/attn/c_attn/w"].shape == (1, 8, 24)
    assert len(params) == 1 + 4 + 2 * 12
    for name, expected in gpt2_params(random_model()).items():
        if name != "hparams":
            assert torch.equal(torch.as_tensor(params[name]).reshape(expected.shape), expected)


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(checkpoint, file):
    (checkpoint / file).unlink()
    with pytest.raises(ValueError, match=f"lacks {file}"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("left", [0, 1, 1000, -1000, -1])
def test_a_cut_data_file_is_named_with_both_lengths(checkpoint, left):
    whole = (checkpoint / DATA).read_bytes()
    (checkpoint / DATA).write_bytes(whole[:left])
    match = f"{DATA} is damaged: it has {len(whole[:left]):,} bytes, expected {len(whole):,}"
    with pytest.raises(ValueError, match=match):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("place", [0, 0.1, 0.5, 0.9, 0.999999])
def test_a_flipped_byte_of_the_data_is_noticed(checkpoint, place):
    data = bytearray((checkpoint / DATA).read_bytes())
    data[int(place * len(data))] ^= 1
    (checkpoint / DATA).write_bytes(data)
    with pytest.raises(ValueError, match=f"{DATA} is damaged: model/.*hecksum.* fetch or copy it"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("file", [*SHA256, "hparams.json"])
@pytest.mark.parametrize("place", [0, 0.3, 0.6, 0.95])
def test_a_flipped_byte_of_a_small_file_is_noticed(checkpoint, file, place):
    data = bytearray((checkpoint / file).read_bytes())
    data[int(place * len(data))] ^= 4
    (checkpoint / file).write_bytes(data)
    with pytest.raises(ValueError, match=file):
        load_pretrained(checkpoint)


def test_a_flipped_byte_of_the_index_is_noticed_unless_it_means_nothing(checkpoint):
    whole, ids, noticed = (checkpoint / INDEX).read_bytes(), torch.arange(5)[None], 0
    places = range(0, len(whole), len(whole) // 50)
    for place in places:
        flipped = bytearray(whole)
        flipped[place] ^= 4
        (checkpoint / INDEX).write_bytes(flipped)
        try:
            loaded = load_pretrained(checkpoint)
        except ValueError as error:
            assert INDEX in str(error)
            noticed += 1
        else:  # an empty block and padding at the end are never read
            assert place > len(whole) - 100 and torch.equal(loaded(ids), random_model()(ids))
    assert noticed >= 0.9 * len(places)


@pytest.mark.parametrize("left", [0, 10, -1])
def test_a_cut_index_is_named(checkpoint, left):
    whole = (checkpoint / INDEX).read_bytes()
    (checkpoint / INDEX).write_bytes(whole[:left])
    with pytest.raises(ValueError, match=INDEX):
        load_pretrained(checkpoint)


def test_an_index_of_another_model_is_noticed(checkpoint, tmp_path):
    export_openai(random_model(GPTConfig(50257, 12, 16, 2, 2, 0.1, True, True)), tmp_path / "b")
    shutil.copy(tmp_path / "b" / INDEX, checkpoint / INDEX)
    with pytest.raises(ValueError, match=f"{DATA} is damaged: it has .* expected .* {INDEX} says"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"n_layer": 3}, "model/h2/attn/c_attn/w .* is missing"),
        ({"n_layer": 1}, "model/h1/attn/c_attn/w .* is extra"),
        ({"n_embd": 10}, r"model/wte is \(50257, 8\), expected \(50257, 10\)"),
        ({"n_head": 3}, "emb_dim 8 is not divisible by n_heads 3"),
        ({"n_ctx": "many"}, "context_length must be a positive integer, got 'many'"),
    ],
)
def test_hparams_that_disagree_are_named(checkpoint, change, message):
    path = checkpoint / "hparams.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change), encoding="utf-8")
    with pytest.raises(ValueError, match=f"hparams.json.*{message}"):
        load_pretrained(checkpoint)


def test_heads_that_no_gpt2_has_are_refused(checkpoint, monkeypatch):
    known = {"tiny": GPTConfig(50257, 12, 8, 4, 2, 0.1, True, tie_embeddings=True)}
    monkeypatch.setattr("llmutils.weights.GPT2_CONFIGS", known)
    with pytest.raises(ValueError, match="hparams.json.* n_head is 2, tiny has 4"):
        load_pretrained(checkpoint)


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"n_vocab": 50257}', "\xff"])
def test_hparams_that_are_no_hparams_are_named(checkpoint, text):
    (checkpoint / "hparams.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match="hparams.json is damaged: it "):
        load_pretrained(checkpoint)


def test_the_first_load_converts_and_the_later_ones_do_without_tensorflow(checkpoint):
    first = load_pretrained(checkpoint)
    code = "import sys, torch; from llmutils.weights import load_pretrained; "
    code += "m = load_pretrained(sys.argv[1]); print(m(torch.arange(5)[None]).sum().item(), "
    code += "sorted({'tensorflow', 'transformers'} & set(sys.modules)))"
    command = [sys.executable, "-c", code, str(checkpoint)]
    output = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    number, modules = output.split(" ", 1)
    assert float(number) == pytest.approx(first(torch.arange(5)[None]).sum().item())
    assert modules.strip() == "[]"


def test_another_checkpoint_in_the_same_folder_is_converted_anew(checkpoint):
    ids = torch.arange(5)[None]
    before = load_pretrained(checkpoint)(ids)
    (checkpoint / "model.safetensors").write_bytes(b"half of it")
    assert torch.equal(load_pretrained(checkpoint)(ids), before)
    export_openai(random_model(seed=1), checkpoint)
    assert torch.equal(load_pretrained(checkpoint)(ids), random_model(seed=1)(ids))


def test_gguf_holds_the_same_numbers_and_the_tokenizer(tmp_path):
    gguf = pytest.importorskip("gguf")
    model = random_model()
    export_gguf(model, tmp_path / "model.gguf")
    reader = gguf.GGUFReader(tmp_path / "model.gguf")
    tensors = {
        tensor.name: torch.tensor(tensor.data).reshape(*reversed(tensor.shape.tolist()))
        for tensor in reader.tensors
    }
    own = dict(model.named_parameters())
    assert torch.equal(tensors["token_embd.weight"], own["tok_emb.weight"])
    assert torch.equal(tensors["blk.1.ffn_up.weight"], own["blocks.1.ff.layers.0.weight"])
    qkv = [own[f"blocks.0.att.W_{part}.weight"] for part in ("query", "key", "value")]
    assert torch.equal(tensors["blk.0.attn_qkv.weight"], torch.cat(qkv))
    assert len(tensors) == 4 + 2 * 12
    tokens = reader.fields["tokenizer.ggml.tokens"]
    assert bytes(tokens.parts[tokens.data[6109]]).decode() == "Every"
    assert "FROM ./model.gguf" in (tmp_path / "Modelfile").read_text(encoding="utf-8")


def test_another_vocabulary_cannot_be_written_with_gpt2s_tokenizer(tmp_path):
    model = GPTModel(GPTConfig(64, 12, 8, 2, 1, 0.1, True, tie_embeddings=True))
    for write in (export_openai, export_gguf):
        with pytest.raises(ValueError, match="GPT-2's tokenizer has 50257 tokens, the model 64"):
            write(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()


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


@pytest.mark.network
def test_openai_and_the_hub_publish_the_same_gpt2():
    openai, hub = (load_pretrained("gpt2", source=s) for s in ("openai", "huggingface"))
    ids = text_to_token_ids("Every effort moves you", get_tokenizer())
    torch.testing.assert_close(openai(ids), hub(ids), atol=1e-4, rtol=0)


# --- fetching, from a server on this machine -----------------------------------------------------

TINY = {"gpt2": CONFIG}


@contextmanager
def serving(folder, prefix, requests):
    """Serve the files of a folder under a prefix, and the little of the hub's API that is asked."""

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            if "/api/models/" in self.path:
                files = [{"rfilename": path.name} for path in folder.iterdir()]
                answer = {"id": "openai-community/gpt2", "sha": "a" * 40, "siblings": files}
                if "/tree/" in self.path:
                    answer = [
                        {"type": "file", "path": p.name, "size": p.stat().st_size, "oid": "0"}
                        for p in folder.iterdir()
                    ]
                body = json.dumps(answer).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            else:
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


def test_a_gpt2_is_fetched_from_openai_once(written, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("llmutils.weights.GPT2_CONFIGS", TINY)
    monkeypatch.setattr(gpt2_files, "BYTES", {})
    ids, requests = torch.arange(5)[None], []
    with serving(written, "/models/124M/", requests) as url:
        monkeypatch.setattr(gpt2_files, "URL", f"{url}/models")
        model = load_pretrained("gpt2")
        assert requests == [f"/models/124M/{file}" for file in FILES]
    assert torch.equal(model(ids), random_model()(ids))
    assert torch.equal(load_pretrained("124M")(ids), model(ids))  # the server is gone
    monkeypatch.setattr("llmutils.weights.GPT2_CONFIGS", {"gpt2": replace(CONFIG, n_layers=3)})
    with pytest.raises(ValueError, match="n_layers=2.*expected .*n_layers=3"):
        load_pretrained("gpt2")


def test_a_gpt2_that_openais_server_has_not_is_one_error(written, tmp_path, monkeypatch):
    monkeypatch.setenv("LLMUTILS_CACHE", str(tmp_path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving(written, "/models/355M/", []) as url:
        monkeypatch.setattr(gpt2_files, "URL", f"{url}/models")
        with pytest.raises(DownloadError, match="124M/hparams.json: the server answers 404"):
            load_pretrained("gpt2")


def load_from_hub(endpoint, home, offline):
    code = f"""
import torch
from llmutils import weights
from llmutils.config import GPTConfig
weights.GPT2_CONFIGS = {{"gpt2": {CONFIG}}}
print(weights.load_pretrained("gpt2", source="huggingface")(torch.arange(5)[None]).sum().item())
"""
    environment = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "NO_PROXY": "127.0.0.1"}
    environment |= {"LLMUTILS_OFFLINE": "1"} if offline else {}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        encoding="utf-8",
    )


def test_a_gpt2_is_fetched_from_a_mirror_of_the_hub_into_its_own_cache(tmp_path):
    model, requests = random_model(), []
    save_pretrained(model, tmp_path / "files")
    expected = pytest.approx(model(torch.arange(5)[None]).sum().item(), rel=1e-5)
    with serving(tmp_path / "files", "/openai-community/gpt2/resolve/", requests) as url:
        done = load_from_hub(url, tmp_path / "hub", offline=False)
        assert done.returncode == 0, done.stderr
    assert float(done.stdout) == expected
    fetched = {path.rsplit("/", 1)[1] for path in requests if "/resolve/" in path}
    assert fetched == {"config.json", "model.safetensors"}
    again = load_from_hub(url, tmp_path / "hub", offline=True)  # the server is gone
    assert float(again.stdout) == expected
    missing = load_from_hub(url, tmp_path / "empty", offline=True)
    assert "DownloadError: could not get openai-community/gpt2" in missing.stderr
