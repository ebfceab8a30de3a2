import os

import numpy as np
import pytest
import torch

from llmutils.model import GPTModel
from llmutils.pretrain.checkpoint import (
    latest_checkpoint,
    load_checkpoint,
    plain,
    read_checkpoint,
    save_checkpoint,
)
from llmutils.train import History, create_optimizer

FACTS = {"emb_dim": 32, "corpus": "abc"}
HISTORY = History(steps=[0], tokens_seen=[0], train_losses=[4.5], val_losses=[4.6], notes=[{}])


def updated(model):
    """An optimizer that has made one update."""
    optimizer = create_optimizer(model)
    model(torch.arange(5)[None]).sum().backward()
    optimizer.step()
    return optimizer


def save(folder, model, optimizer, step=1, facts=FACTS, **settings):
    return save_checkpoint(folder, model, optimizer, step, HISTORY, facts, **settings)


def equal(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_weights_optimizer_step_and_history_come_back_bit_for_bit(
    tmp_path, tiny_model, tiny_config
):
    optimizer = updated(tiny_model)
    path = save(tmp_path, tiny_model, optimizer, step=7)
    other = GPTModel(tiny_config)
    other_optimizer = create_optimizer(other)
    assert load_checkpoint(path, other, other_optimizer, FACTS) == (7, HISTORY)
    assert equal(other.state_dict(), tiny_model.state_dict())
    assert equal(plain(other_optimizer.state_dict()), plain(optimizer.state_dict()))


def test_the_last_ones_are_kept_and_files_of_other_names_are_no_checkpoints(tmp_path, tiny_model):
    optimizer = updated(tiny_model)
    (tmp_path / "step-good.pt").touch()
    for step in range(1, 6):
        path = save(tmp_path, tiny_model, optimizer, step, keep=3)
    names = sorted(p.name for p in tmp_path.iterdir())
    assert names == [*(f"step-{step:08d}.pt" for step in (3, 4, 5)), "step-good.pt"]
    assert latest_checkpoint(tmp_path) == path


def test_an_empty_or_missing_folder_has_no_checkpoint(tmp_path):
    assert latest_checkpoint(tmp_path) is None
    assert latest_checkpoint(tmp_path / "none") is None


def test_a_write_that_breaks_off_harms_no_checkpoint(tmp_path, tiny_model, monkeypatch):
    optimizer = updated(tiny_model)
    before = save(tmp_path, tiny_model, optimizer, 1).read_bytes()

    def full_disk(state, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full_disk)
        with pytest.raises(OSError, match="No space left"):
            save(tmp_path, tiny_model, optimizer, 2)
    assert latest_checkpoint(tmp_path).read_bytes() == before
    assert os.listdir(tmp_path) == ["step-00000001.pt"]


def test_another_run_is_refused_with_the_differences_named(tmp_path, tiny_model, tiny_config):
    path = save(tmp_path, tiny_model, updated(tiny_model))
    other = GPTModel(tiny_config)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(ValueError, match="another run: emb_dim was 32, is 64; seed was None, is 1"):
        load_checkpoint(path, other, create_optimizer(other), FACTS | {"emb_dim": 64, "seed": 1})
    assert equal(other.state_dict(), before)


def test_weights_that_are_not_finite_are_neither_saved_nor_read(tmp_path, tiny_model):
    optimizer = updated(tiny_model)
    good = save(tmp_path, tiny_model, optimizer, 1)
    with torch.no_grad():
        tiny_model.final_norm.scale[3] = torch.nan
    with pytest.raises(FloatingPointError, match="final_norm.scale is not finite after step 2"):
        save(tmp_path, tiny_model, optimizer, 2, keep=1)
    assert latest_checkpoint(tmp_path) == good
    state = read_checkpoint(good)
    state["model"]["final_norm.shift"][0] = torch.inf
    torch.save(state, tmp_path / "step-00000002.pt")
    with pytest.raises(ValueError, match="final_norm.shift is not finite; without it, the one"):
        read_checkpoint(tmp_path / "step-00000002.pt")


@pytest.mark.parametrize("number", [np.float64(1e-3), np.float32(0.5), np.int64(3), np.bool_(True)])
def test_numbers_of_numpy_come_back_as_pythons(tmp_path, tiny_model, number):
    optimizer = updated(tiny_model)
    optimizer.param_groups[0]["lr"] = number
    facts = {"lr": number, "more": [{"a": number}]}
    path = save(tmp_path, tiny_model, optimizer, facts=facts)
    read = read_checkpoint(path)["facts"]
    assert read == {"lr": number.item(), "more": [{"a": number.item()}]}
    assert type(read["lr"]) is type(number.item())
    load_checkpoint(path, tiny_model, optimizer, facts)


def test_what_cannot_be_read_back_is_refused_before_anything_is_written(tmp_path, tiny_model):
    with pytest.raises(TypeError, match="cannot hold .* of type object"):
        save(tmp_path, tiny_model, updated(tiny_model), facts={"a": object()})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("damage", ["cut", "empty", "text"])
def test_a_damaged_file_is_refused(tmp_path, tiny_model, damage):
    path = save(tmp_path, tiny_model, updated(tiny_model))
    data = path.read_bytes()
    path.write_bytes(
        {"cut": data[: len(data) // 2], "empty": b"", "text": b"no checkpoint"}[damage]
    )
    with pytest.raises(ValueError, match="is not a whole checkpoint .* the one before is used"):
        read_checkpoint(path)


def test_another_format_is_refused(tmp_path):
    torch.save({"format": 1}, tmp_path / "a.pt")
    with pytest.raises(ValueError, match="has checkpoint format 1, expected 2"):
        read_checkpoint(tmp_path / "a.pt")


class Malicious:
    def __reduce__(self):
        return os.mkdir, ("ran",)


def test_code_in_a_file_is_never_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"format": 2, "model": Malicious()}, "step-00000001.pt")
    with pytest.raises(ValueError, match="is not a whole checkpoint"):
        read_checkpoint("step-00000001.pt")
    assert not (tmp_path / "ran").exists()
