import os
import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from llmutils.pretrain.checkpoint import (
    batches_left,
    hash_dataset,
    latest_checkpoint,
    load_checkpoint,
    loader_state,
    random_state,
    read_checkpoint,
    save_checkpoint,
    set_random_state,
)
from llmutils.data import GPTDataset, TokenFile
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import create_optimizer

RUN = {"emb_dim": 32, "training data": "abc"}


def updated(model):
    """An optimizer that has made one update."""
    optimizer = create_optimizer(model)
    model(torch.arange(5)[None]).sum().backward()
    optimizer.step()
    return optimizer


def save(folder, model, optimizer, step=1, run=RUN, **settings):
    return save_checkpoint(folder, model, optimizer, run, {"step": step}, **settings)


def equal(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_weights_optimizer_and_progress_come_back_bit_for_bit(tmp_path, tiny_model, tiny_config):
    optimizer = updated(tiny_model)
    path = save(tmp_path, tiny_model, optimizer, step=7)
    other = GPTModel(tiny_config)
    other_optimizer = create_optimizer(other)
    state = load_checkpoint(path, other, other_optimizer, RUN)
    assert equal(other.state_dict(), tiny_model.state_dict())
    assert equal(other_optimizer.state_dict(), optimizer.state_dict())
    assert state["progress"] == {"step": 7}


def test_every_random_stream_comes_back(tmp_path, tiny_model):
    path = save(tmp_path, tiny_model, updated(tiny_model))

    def draw():
        return torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()

    expected = draw()
    draw()
    set_random_state(read_checkpoint(path)["random"][0])
    assert draw() == expected


def test_the_last_n_and_the_best_are_kept(tmp_path, tiny_model):
    optimizer = updated(tiny_model)
    for step in range(1, 6):
        save(tmp_path, tiny_model, optimizer, step, keep=3, best=step == 2)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["best.pt", *(f"step-{step:08d}.pt" for step in (3, 4, 5))]
    assert latest_checkpoint(tmp_path).name == "step-00000005.pt"
    assert read_checkpoint(tmp_path / "best.pt")["progress"] == {"step": 2}


def test_files_of_other_names_are_no_checkpoints(tmp_path, tiny_model):
    (tmp_path / "step-good.pt").touch()
    for step in (1, 2, 3):
        path = save(tmp_path, tiny_model, updated(tiny_model), step, keep=1)
    assert latest_checkpoint(tmp_path) == path
    assert (tmp_path / "step-good.pt").exists()


def test_an_empty_or_missing_folder_has_no_checkpoint(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    assert latest_checkpoint(tmp_path / "none") is None


def test_the_best_is_copied_where_there_are_no_links(tmp_path, tiny_model, monkeypatch):
    def no_link(source, target):
        raise OSError("not supported")

    monkeypatch.setattr(os, "link", no_link)
    path = save(tmp_path, tiny_model, updated(tiny_model), best=True)
    assert (tmp_path / "best.pt").read_bytes() == path.read_bytes()


def test_a_write_that_breaks_off_harms_no_checkpoint(tmp_path, tiny_model, monkeypatch):
    optimizer = updated(tiny_model)
    before = save(tmp_path, tiny_model, optimizer, 1, best=True).read_bytes()

    def full_disk(state, file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full_disk)
        with pytest.raises(OSError, match="No space left"):
            save(tmp_path, tiny_model, optimizer, 2, best=True)
    assert latest_checkpoint(tmp_path).read_bytes() == before
    assert (tmp_path / "best.pt").read_bytes() == before
    assert save(tmp_path, tiny_model, optimizer, 2) == latest_checkpoint(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "best.pt",
        "step-00000001.pt",
        "step-00000002.pt",
    ]


def test_another_run_is_refused_with_the_difference_named(tmp_path, tiny_model, tiny_config):
    path = save(tmp_path, tiny_model, updated(tiny_model))
    other = GPTModel(tiny_config)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    for run, message in [
        (RUN | {"training data": "xyz"}, "of another run: training data was 'abc', is 'xyz'$"),
        (RUN | {"emb_dim": 48}, "of another run: emb_dim was 32, is 48$"),
        (RUN | {"patience": 3}, "of another run: patience was None, is 3$"),
        ({"emb_dim": 33}, "emb_dim was 32, is 33; training data was 'abc', is None$"),
    ]:
        with pytest.raises(ValueError, match=message):
            load_checkpoint(path, other, create_optimizer(other), run)
    assert equal(before, other.state_dict())


def test_another_format_is_refused(tmp_path, tiny_model):
    path = save(tmp_path, tiny_model, updated(tiny_model))
    state = torch.load(path, weights_only=True)
    torch.save(state | {"format": 2}, path)
    with pytest.raises(ValueError, match="has checkpoint format 2, expected 1"):
        read_checkpoint(path)
    torch.save(tiny_model.state_dict(), path)
    with pytest.raises(ValueError, match="has checkpoint format None, expected 1"):
        read_checkpoint(path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_file_cut_short_is_refused(tmp_path, tiny_model, share):
    path = save(tmp_path, tiny_model, updated(tiny_model))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        read_checkpoint(path)


class Malicious:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_code_in_a_file_is_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": 1, "model": Malicious()}, "step-00000001.pt")
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        read_checkpoint("step-00000001.pt")
    assert not (tmp_path / "ran").exists()


def test_the_hash_of_a_dataset_tells_data_and_windows_apart(tmp_path):
    def windows(text, context_length=4, stride=2):
        return GPTDataset(text, get_tokenizer(), context_length, stride)

    text = "one two three four five six seven eight nine ten"
    same, *others = (
        windows(text),
        windows(text + " eleven"),
        windows(text.replace("six", "zero")),
        windows(text, stride=3),
        windows(text, context_length=3),
    )
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    assert hash_dataset(windows(text)) == hash_dataset(same)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]
    assert len({hash_dataset(dataset) for dataset in [same, *others]}) == 5
    for name, ids in (("a", [1, 2, 3, 4]), ("b", [1, 2, 3, 4]), ("c", [1, 2, 3, 5])):
        TokenFile.write(tmp_path / name, [ids])
    a, b, c = (hash_dataset(TokenFile(tmp_path / name, 2)) for name in "abc")
    assert a == b != c
    assert hash_dataset(TokenFile(tmp_path / "a", 2, stride=1)) != a


@pytest.mark.parametrize("own_stream", [True, False])
@pytest.mark.parametrize("used", [1, 3, 4])
def test_the_rest_of_an_epoch_is_the_rest_of_that_epoch(own_stream, used):
    def loader():
        generator = torch.Generator().manual_seed(5) if own_stream else None
        return DataLoader(torch.arange(8), batch_size=2, shuffle=True, generator=generator)

    torch.manual_seed(1)
    whole = loader()
    list(whole)  # the second epoch differs from the first
    start = loader_state(whole)
    batches = iter(whole)
    first = [next(batches).tolist() for _ in range(used)]
    torch.rand(3)  # what a model draws for its dropout
    saved = {
        "progress": {"step": 9, "epoch_start": start, "batches_used": used},
        "random": [random_state()],
    }
    drawn = torch.rand(2).tolist()
    rest = [batch.tolist() for batch in batches]
    torch.manual_seed(77)
    left = batches_left(loader(), saved, "cpu")
    assert torch.rand(2).tolist() == drawn
    assert [batch.tolist() for batch in left] == rest
    assert sorted(sum(first + rest, [])) == list(range(8))
