import json
import random

import pytest
from torch.utils.data import DataLoader

from llmutils.pretrain.checkpoint import latest_checkpoint, read_checkpoint
from llmutils.config import GPTConfig
from llmutils.data import TokenFile
from llmutils.model import GPTModel
from llmutils.pretrain import BLOCK, find_texts, main, prepare, val_path
from llmutils.tokenizer import get_tokenizer
from llmutils.train import calc_loss_loader
from llmutils.weights import load_pretrained

EOT = 50256
SMALL = "--context-length 16 --emb-dim 16 --n-heads 2 --n-layers 1 --batch-size 4".split()
FAST = "--eval-freq 5 --eval-iter 2 --warmup-steps 3 --precision fp32 --device cpu".split()


def ids(path):
    return TokenFile(path, 1).token_ids.tolist()


def encode(text):
    return get_tokenizer().encode_ordinary(text)


def words(count, seed=0):
    """Text whose words, spaces and line ends come in every order."""
    draw = random.Random(seed)
    pieces = [
        "the",
        "The",
        "don't",
        "été",
        "你好",
        "👩‍🚀",
        "42",
        "1815",
        "...",
        '"',
        "-",
        "naïve",
        "ß",
    ]
    gaps = [" ", " ", " ", "  ", "\n", "\n\n", "\t", "\u00a0", "\u3000", " \n ", "", ", "]
    return "".join(draw.choice(pieces) + draw.choice(gaps) for _ in range(count))


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "books"
    (folder / "more").mkdir(parents=True)
    for number, path in enumerate(("a.txt", "b.txt", "more/c.txt")):
        (folder / path).write_text(words(400, seed=number), encoding="utf-8", newline="")
    (folder / "notes.md").write_text("not a text", encoding="utf-8")
    return folder


@pytest.fixture
def tokens(corpus, tmp_path):
    prepare([corpus], tmp_path / "corpus.tok", [corpus / "b.txt"])
    return tmp_path / "corpus.tok"


def test_documents_are_separated_by_the_end_of_text_token(corpus, tmp_path):
    counts = prepare([corpus], tmp_path / "corpus.tok")
    texts = [(corpus / name).read_text("utf-8") for name in ("a.txt", "b.txt", "more/c.txt")]
    expected = [token for text in texts for token in [*encode(text), EOT]]
    assert ids(tmp_path / "corpus.tok") == expected
    assert counts == {tmp_path / "corpus.tok": len(expected)}


def test_validation_is_whole_files_kept_out_of_training(corpus, tmp_path):
    counts = prepare([corpus], tmp_path / "corpus.tok", [corpus / "more" / ".." / "b.txt"])
    held_out = [*encode((corpus / "b.txt").read_text("utf-8")), EOT]
    assert ids(tmp_path / "corpus.val.tok") == held_out
    texts = [(corpus / name).read_text("utf-8") for name in ("a.txt", "more/c.txt")]
    assert ids(tmp_path / "corpus.tok") == [t for text in texts for t in [*encode(text), EOT]]
    assert list(counts) == [tmp_path / "corpus.tok", tmp_path / "corpus.val.tok"]


def test_a_folder_of_validation_texts_is_kept_out_too(corpus, tmp_path):
    prepare([corpus], tmp_path / "corpus.tok", [corpus / "more"])
    held_out = [*encode((corpus / "more" / "c.txt").read_text("utf-8")), EOT]
    assert ids(tmp_path / "corpus.val.tok") == held_out
    texts = [(corpus / name).read_text("utf-8") for name in ("a.txt", "b.txt")]
    assert ids(tmp_path / "corpus.tok") == [t for text in texts for t in [*encode(text), EOT]]


def test_validation_tokens_of_another_division_do_not_stay(corpus, tmp_path):
    prepare([corpus], tmp_path / "corpus.tok", [corpus / "b.txt"])
    prepare([corpus], tmp_path / "corpus.tok")
    assert not (tmp_path / "corpus.val.tok").exists()


@pytest.mark.parametrize("block", [5, 7, 64, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_reading_in_blocks_gives_the_tokens_of_the_whole(tmp_path, monkeypatch, block, seed):
    monkeypatch.setattr("llmutils.pretrain.BLOCK", block)
    text = words(300, seed)
    (tmp_path / "a.txt").write_bytes(text.encode())
    prepare([tmp_path / "a.txt"], tmp_path / "a.tok")
    assert ids(tmp_path / "a.tok") == [*encode(text), EOT]


def test_text_without_white_space_is_one_piece(tmp_path):
    text = "你好" * BLOCK
    (tmp_path / "a.txt").write_text(text[: BLOCK // 2], encoding="utf-8")
    prepare([tmp_path / "a.txt"], tmp_path / "a.tok")
    assert ids(tmp_path / "a.tok") == [*encode(text[: BLOCK // 2]), EOT]


def test_line_ends_and_byte_order_marks_are_read_as_python_reads_them(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n\r\n four")
    prepare([tmp_path / "a.txt"], tmp_path / "a.tok")
    expected = (tmp_path / "a.txt").read_text("utf-8-sig")
    assert expected == "one\ntwo\nthree\n\n four"
    assert ids(tmp_path / "a.tok") == [*encode(expected), EOT]


def test_special_tokens_in_a_text_are_ordinary_text(tmp_path):
    (tmp_path / "a.txt").write_text("a<|endoftext|>b", encoding="utf-8")
    prepare([tmp_path / "a.txt"], tmp_path / "a.tok")
    assert ids(tmp_path / "a.tok").count(EOT) == 1


@pytest.mark.parametrize("place", [0, 3, 1000, BLOCK - 1, BLOCK, 3 * BLOCK + 17])
def test_a_byte_that_is_not_utf8_is_named_with_its_offset(tmp_path, place, capsys):
    data = bytearray(b"word " * (BLOCK // 5 * 4))
    data[place] = 0xFF
    (tmp_path / "bad.txt").write_bytes(data)
    assert main(["prepare", str(tmp_path), "-o", str(tmp_path / "a.tok")]) == 1
    message = f"error: {tmp_path / 'bad.txt'} is not UTF-8: byte 0xff at offset {place:,}\n"
    assert capsys.readouterr().err == message
    assert not (tmp_path / "a.tok").exists()


def test_a_character_cut_off_at_the_end_is_named_too(tmp_path):
    (tmp_path / "bad.txt").write_bytes("né".encode()[:-1])
    with pytest.raises(ValueError, match="byte 0xc3 at offset 1$"):
        prepare([tmp_path], tmp_path / "a.tok")


def test_sources_that_are_no_texts_are_refused(tmp_path, corpus):
    (tmp_path / "empty").mkdir()
    for sources, val_files, message in [
        ([tmp_path / "empty"], None, r"no \*.txt file in the folder .*empty"),
        ([tmp_path / "none"], None, "no such file or folder: .*none"),
        ([corpus], [corpus / "d.txt"], "no such file or folder: .*d.txt"),
        ([corpus / "a.txt"], [corpus / "a.txt"], "no training text left in .*a.txt"),
    ]:
        with pytest.raises(ValueError, match=message):
            prepare(sources, tmp_path / "a.tok", val_files)
    assert find_texts([corpus, corpus / "a.txt"]).count(corpus / "a.txt") == 1


def test_training_from_the_command_line(tokens, tmp_path, capsys):
    command = ["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST]
    assert main(command) == 0
    text = (tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert lines[-1]["val_loss"] < lines[0]["val_loss"]
    assert lines[-1]["epoch"] == 1
    assert "parameters, 1 process(es) on cpu" in capsys.readouterr().out
    run = read_checkpoint(tmp_path / "run" / "best.pt")["run"]
    assert (run["emb_dim"], run["tie_embeddings"], run["training batch_size"]) == (16, True, 4)


def test_another_setting_or_corpus_is_refused_with_the_difference_named(tokens, tmp_path, capsys):
    command = ["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST]
    assert main(command) == 0
    assert main([*command, "--emb-dim", "32"]) == 1
    assert "emb_dim was 16, is 32" in capsys.readouterr().err
    (tmp_path / "c.txt").write_text(words(500, seed=9), encoding="utf-8")
    prepare([tmp_path / "c.txt"], tmp_path / "other.tok")
    command[1] = str(tmp_path / "other.tok")
    assert main([*command, "--val", str(val_path(tokens))]) == 1
    assert "training data was " in capsys.readouterr().err


def test_a_validation_set_shorter_than_a_window_is_refused(corpus, tmp_path, capsys):
    (tmp_path / "short.txt").write_text("four words and more", encoding="utf-8")
    prepare([corpus], tmp_path / "corpus.tok", [tmp_path / "short.txt"])
    command = ["train", str(tmp_path / "corpus.tok"), "-o", str(tmp_path / "run"), *SMALL]
    assert main(command) == 1
    expected = f"error: {tmp_path / 'corpus.val.tok'}: the text has 5 tokens; context_length 16"
    assert capsys.readouterr().err.startswith(expected)


def test_damaged_and_missing_token_files_are_refused(tokens, tmp_path, capsys):
    command = ["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL]
    val_path(tokens).unlink()
    assert main(command) == 1
    assert capsys.readouterr().err == (
        f"error: no token file {val_path(tokens)}: `prepare` makes it, "
        "for validation with --val-files\n"
    )
    size = tokens.stat().st_size
    tokens.write_bytes(tokens.read_bytes()[:-2])
    assert main(command) == 1
    assert f"has {size - 2:,} bytes, expected {size:,}" in capsys.readouterr().err
    tokens.write_text("Chapter 1", encoding="utf-8")
    assert main(command) == 1
    assert "is not a token file" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_device_that_does_not_exist_is_refused(tokens, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["train", str(tokens), "-o", str(tmp_path / "run"), "--device", "cud"])
    assert "no device 'cud': cpu, cuda or mps" in capsys.readouterr().err


def test_a_trained_model_is_exported_and_measured(tokens, tmp_path, capsys):
    assert main(["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST]) == 0
    checkpoint = latest_checkpoint(tmp_path / "run")
    assert main(["export", str(checkpoint), "-o", str(tmp_path / "model")]) == 0
    assert (tmp_path / "model" / "curve.png").read_bytes().startswith(b"\x89PNG")
    original = GPTModel(GPTConfig(50257, 16, 16, 2, 1, 0.0, False, tie_embeddings=True))
    original.load_state_dict(read_checkpoint(checkpoint)["model"])
    loader = DataLoader(TokenFile(val_path(tokens), 16), 4)
    expected = calc_loss_loader(loader, original, "cpu")
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "model"), str(val_path(tokens))]) == 0
    assert float(capsys.readouterr().out.split()[0]) == pytest.approx(expected, abs=0.01)
    found = calc_loss_loader(loader, load_pretrained(tmp_path / "model"), "cpu")
    assert found == pytest.approx(expected, abs=0.01)
