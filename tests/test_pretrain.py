import json
import pickle
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from llmutils.model import GPTModel
from llmutils.pretrain.__main__ import main
from llmutils.pretrain.checkpoint import latest_checkpoint, read_checkpoint
from llmutils.pretrain.corpus import (
    BLOCK,
    ShuffledWindows,
    TokenFile,
    find_texts,
    prepare,
    read_batches,
    val_path,
)
from llmutils.pretrain.run import warmup_flat_decay
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
@pytest.mark.parametrize("seed", range(2))
def test_reading_in_blocks_gives_the_tokens_of_the_whole(tmp_path, monkeypatch, block, seed):
    monkeypatch.setattr("llmutils.pretrain.corpus.BLOCK", block)
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


def test_nothing_is_lost_when_the_new_texts_are_refused(corpus, tmp_path):
    prepare([corpus], tmp_path / "corpus.tok", [corpus / "b.txt"])
    before = [(tmp_path / name).read_bytes() for name in ("corpus.tok", "corpus.val.tok")]
    (corpus / "z.txt").write_bytes(b"good, then \xff")
    for val_files in (None, [corpus / "b.txt"], [corpus / "z.txt"]):
        with pytest.raises(ValueError, match="z.txt is not UTF-8: byte 0xff at offset 11"):
            prepare([corpus], tmp_path / "corpus.tok", val_files)
    assert [(tmp_path / n).read_bytes() for n in ("corpus.tok", "corpus.val.tok")] == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["books", "corpus.tok", "corpus.val.tok"]


@pytest.mark.parametrize("output", ["a.txt", "../books/a.txt", "b.txt"])
def test_an_output_that_is_a_text_is_refused(corpus, output):
    before = (corpus / "a.txt").read_bytes(), (corpus / "b.txt").read_bytes()
    with pytest.raises(ValueError, match=r"[ab]\.txt would overwrite one of the texts"):
        prepare([corpus], corpus / output, [corpus / "b.txt"])
    assert ((corpus / "a.txt").read_bytes(), (corpus / "b.txt").read_bytes()) == before


def test_a_text_with_several_paths_counts_once_and_what_is_no_text_is_named(corpus, tmp_path):
    (corpus / "link.txt").symlink_to(corpus / "a.txt")
    (corpus / "UPPER.TXT").write_text("upper", encoding="utf-8")
    (corpus / "round").symlink_to(corpus)
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "d.txt").write_text("far", encoding="utf-8")
    (corpus / "linked").symlink_to(tmp_path / "far")
    (corpus / "._a.txt").write_bytes(b"\xb0")
    (corpus / "folder.txt").mkdir()
    with pytest.warns(
        UserWarning, match=r"left out: .*\._a\.txt, .*folder\.txt, .*linked, .*round$"
    ):
        found = find_texts([corpus, corpus / ".." / "books" / "a.txt"])
    assert sorted(path.name for path in found) == ["UPPER.TXT", "a.txt", "b.txt", "c.txt"]


def test_a_token_file_is_cut_into_windows(tmp_path):
    assert TokenFile.write(tmp_path / "a.tok", [range(5), iter([5, 6]), np.arange(7, 11)]) == 11
    file = TokenFile(tmp_path / "a.tok", 3, stride=2)
    pairs = [(inputs.tolist(), targets.tolist()) for inputs, targets in (file[i] for i in range(4))]
    assert pairs[0] == ([0, 1, 2], [1, 2, 3]) and pairs[3] == ([6, 7, 8], [7, 8, 9])
    assert len(file) == 4 and file[0][0].dtype == torch.long
    for index in (-1, 4):
        with pytest.raises(IndexError, match=f"window {index} of 4"):
            file[index]
    file.verify()
    with open(tmp_path / "a.tok", "r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\1")
    with pytest.raises(ValueError, match="the tokens have SHA-256"):
        file.verify()


class Reversed(TokenFile):
    def __getitem__(self, index):
        return super().__getitem__(len(self) - 1 - index)


def test_a_token_file_reaches_a_worker_with_its_class_and_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    TokenFile.write("a.tok", [range(20)])
    file = pickle.loads(pickle.dumps(Reversed("a.tok", 4, stride=3)))
    monkeypatch.chdir("/")
    file = pickle.loads(pickle.dumps(file))
    assert type(file) is Reversed and file[0][0].tolist() == [15, 16, 17, 18]


@pytest.mark.parametrize("chunk", [[1.5], ["1"], [True, False], [None], [-1], [50257], np.ones(2)])
def test_ids_that_are_none_are_refused_and_the_old_file_stays(tmp_path, chunk):
    TokenFile.write(tmp_path / "a.tok", [[1, 2, 3]])
    before = (tmp_path / "a.tok").read_bytes()
    with pytest.raises(ValueError, match="token ids must"):
        TokenFile.write(tmp_path / "a.tok", [[1], chunk])
    assert (tmp_path / "a.tok").read_bytes() == before


def test_every_epoch_reads_every_window_once_in_an_order_of_its_own(tmp_path):
    TokenFile.write(tmp_path / "a.tok", [range(1000)])
    file = TokenFile(tmp_path / "a.tok", 16)
    order = ShuffledWindows(file, seed=5)
    n = order.per_epoch
    assert n == 1000 // 16 - 1
    epochs = [[order[e * n + i] for i in range(n)] for e in range(4)]
    for windows in epochs:
        starts = sorted(int(window[0]) for window in windows)
        assert starts == list(range(starts[0], starts[0] + n * 16, 16)) and starts[0] < 16
        assert all((np.diff(window) == 1).all() and len(window) == 17 for window in windows)
    assert len({tuple(int(w[0]) for w in windows) for windows in epochs}) == 4
    again = ShuffledWindows(file, seed=5)
    assert (again[2 * n + 3] == epochs[2][3]).all()  # from anywhere, without what came before
    assert (ShuffledWindows(file, seed=6)[0] != epochs[0][0]).any()


def test_the_ranks_share_the_rows_of_a_step(tmp_path):
    TokenFile.write(tmp_path / "a.tok", [range(1000)])
    order = ShuffledWindows(TokenFile(tmp_path / "a.tok", 8), seed=1)
    alone = read_batches(order, 4, 3, step=7, rank=0, world_size=1)
    shared = [read_batches(order, 4, 3, step=7, rank=rank, world_size=2) for rank in (0, 1)]
    assert [inputs.shape for inputs, _ in alone] == [(4, 8)] * 3
    for batch, *parts in zip(alone, *shared, strict=True):
        for whole, first, second in zip(batch, *parts, strict=True):
            assert torch.equal(whole, torch.cat([first, second]))
    assert torch.equal(alone[0][0][:, 1:], alone[0][1][:, :-1])


def test_the_learning_rate_climbs_stays_and_falls_to_zero():
    factors = [warmup_flat_decay(step, 10, 2, 4) for step in range(10)]
    assert factors == [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert warmup_flat_decay(0, 10, 0, 0) == warmup_flat_decay(9, 10, 0, 0) == 1


def metrics(folder):
    text = (folder / "metrics.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_training_from_the_command_line(tokens, tmp_path, capsys):
    command = ["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST]
    assert main(command) == 0
    lines = metrics(tmp_path / "run")
    assert lines[-1]["val_loss"] < lines[0]["val_loss"]
    assert lines[-1]["tokens"] == lines[-1]["step"] * 64
    assert "1 process(es) on cpu" in capsys.readouterr().out
    facts = read_checkpoint(latest_checkpoint(tmp_path / "run"))["facts"]
    assert facts["config"]["emb_dim"] == 16 and facts["config"]["tie_embeddings"]
    assert main(command) == 0  # it has ended: nothing more happens
    assert metrics(tmp_path / "run") == lines


def test_another_setting_or_corpus_is_refused_with_the_difference_named(tokens, tmp_path, capsys):
    command = ["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST]
    assert main(command) == 0
    for more, message in [
        (["--emb-dim", "32"], "emb_dim was 16, is 32"),
        (["--lr", "0.5"], "lr was 0.001, is 0.5"),
        (["--max-grad-norm", "0.5"], "max_grad_norm was 1.0, is 0.5"),
        (["--muon-lr", "0.1"], "muon_lr was None, is 0.1"),
    ]:
        assert main([*command, *more]) == 1
        assert message in capsys.readouterr().err
    (tmp_path / "c.txt").write_text(words(500, seed=9), encoding="utf-8")
    prepare([tmp_path / "c.txt"], tmp_path / "other.tok")
    command[1] = str(tmp_path / "other.tok")
    assert main([*command, "--val", str(val_path(tokens))]) == 1
    assert "corpus was " in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--device", "cud", "no device 'cud': cpu, cuda or mps"),
        ("--device", "mps", "no device 'mps': cpu, cuda or mps"),
        ("--epochs", "inf", "must be a number from 1e-12 on, got inf"),
        ("--epochs", "0", "must be a number from 1e-12 on, got 0"),
        ("--max-grad-norm", "-1", "must be a number from 1e-12 on, got -1"),
        ("--batch-size", "0", "must be a number from 1 on, got 0"),
    ],
)
def test_options_that_make_no_sense_are_one_line(tokens, tmp_path, capsys, option, value, message):
    with pytest.raises(SystemExit) as stop:
        main(["train", str(tokens), "-o", str(tmp_path / "run"), option, value])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


def test_a_run_that_blows_up_leaves_its_last_good_checkpoint(tokens, tmp_path, capsys):
    command = ["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST, "--lr", "1e30"]
    assert main(command) == 1
    assert capsys.readouterr().err.startswith("error: ")
    read_checkpoint(latest_checkpoint(tmp_path / "run"))


def test_a_trained_model_is_exported_and_measured(tokens, tmp_path, capsys):
    assert main(["train", str(tokens), "-o", str(tmp_path / "run"), *SMALL, *FAST]) == 0
    assert main(["export", str(tmp_path / "run"), "-o", str(tmp_path / "model")]) == 0
    assert (tmp_path / "model" / "curve.png").read_bytes().startswith(b"\x89PNG")
    state = read_checkpoint(latest_checkpoint(tmp_path / "run"))
    original = GPTModel(state["facts"]["config"])
    original.load_state_dict(state["model"])
    loader = DataLoader(TokenFile(val_path(tokens), 16), 4)
    expected = calc_loss_loader(loader, original, "cpu")
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "model"), str(val_path(tokens))]) == 0
    assert float(capsys.readouterr().out.split()[0]) == pytest.approx(expected, abs=0.01)
    found = calc_loss_loader(loader, load_pretrained(tmp_path / "model"), "cpu")
    assert found == pytest.approx(expected, abs=0.01)
    assert main(["export", str(tmp_path), "-o", str(tmp_path / "model")]) == 1
    assert capsys.readouterr().err == f"error: no checkpoint in {tmp_path}\n"
