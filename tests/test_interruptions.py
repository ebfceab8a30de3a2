"""Training killed, interrupted, compiled, or shared by several processes (`make slow`)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from llmutils.pretrain.checkpoint import latest_checkpoint, read_checkpoint
from llmutils.pretrain.corpus import TokenFile

pytestmark = pytest.mark.slow

STEPS, KILLS, MAX_STEPS_A_LIFE = 120, 6, 15
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "PYTHONUNBUFFERED": "1"}

CHILD = """
import io, os, signal, sys
from dataclasses import asdict
import torch
from llmutils.bonus.muon import MuonAdamW
from llmutils.config import GPTConfig
from llmutils.model import GPTModel
from llmutils.pretrain.run import pretrain, warmup_flat_decay

folder, result, write, share = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
save, writes = torch.save, 0

def die_while_writing(state, path):
    global writes
    writes += 1
    if writes == write:
        whole = io.BytesIO()
        save(state, whole)
        path.write_bytes(whole.getvalue()[: int(share * whole.tell())])
        os.kill(os.getpid(), signal.SIGKILL)
    save(state, path)

torch.save = die_while_writing
rows = torch.randint(0, 64, (100, 13), generator=torch.Generator().manual_seed(0))

def read_step(step, rank, world_size):
    ids = rows[torch.arange(step * 4, step * 4 + 4) % 100]
    return [(ids[:, :-1], ids[:, 1:])]

torch.manual_seed(0)
model = GPTModel(GPTConfig(64, 12, 32, 4, 2, 0.1, False))
looked_at = (read_step(0, 0, 1), read_step(1, 0, 1))
history = pretrain(
    model, MuonAdamW(model), read_step, looked_at, folder, STEPS, 25, {}, torch.device("cpu"),
    factor=lambda step: warmup_flat_decay(step, STEPS, 20, 40), eval_freq=1, keep=3,
)
del history.notes[:]  # speeds
torch.save = save
torch.save({"weights": model.state_dict(), "history": asdict(history)}, result)
""".replace("STEPS", str(STEPS))


def start(folder, result, write=0, share=0.0):
    command = [sys.executable, "-c", CHILD, str(folder), str(result), str(write), str(share)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT)


def finish(folder, result):
    child = start(folder, result)
    child.communicate()
    assert child.returncode == 0
    return torch.load(result, weights_only=True)


def assert_same(found, expected):
    assert found["history"] == expected["history"]
    assert found["history"]["steps"] == list(range(STEPS + 1))
    for name, weight in expected["weights"].items():
        assert torch.equal(found["weights"][name], weight), name


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return finish(folder, folder / "result.pt")


def test_kills_at_random_moments_change_not_one_bit(tmp_path, never_stopped):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    draw = random.Random(seed)
    for _ in range(KILLS):
        child = start(tmp_path, tmp_path / "result.pt")
        for _ in range(draw.randint(1, MAX_STEPS_A_LIFE)):  # a line of the log each
            assert child.stdout.readline()
        time.sleep(draw.uniform(0, 0.05))
        child.kill()
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
        for path in tmp_path.glob("step-*.pt"):
            read_checkpoint(path)
    assert latest_checkpoint(tmp_path).name < f"step-{STEPS:08d}.pt"
    assert_same(finish(tmp_path, tmp_path / "result.pt"), never_stopped)


@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_kills_inside_the_write_of_a_checkpoint_change_not_one_bit(tmp_path, never_stopped, share):
    for write in (1, 2, 5):
        child = start(tmp_path, tmp_path / "result.pt", write, share)
        child.communicate()
        assert child.returncode == -signal.SIGKILL
    assert_same(finish(tmp_path, tmp_path / "result.pt"), never_stopped)
    assert len(list(tmp_path.glob("*step-*"))) == 3  # no part is left behind


# --- torchrun ------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path):
    for name, tokens, seed in (("corpus.tok", 1300, 0), ("corpus.val.tok", 400, 1)):
        ids = np.random.default_rng(seed).zipf(1.5, tokens) % 50257
        TokenFile.write(tmp_path / name, [ids])
    return tmp_path / "corpus.tok"


def launch(processes, corpus, folder, *more):
    command = [sys.executable, "-m"]
    if processes > 1:
        command += ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
    command += ["llmutils.pretrain", "train", str(corpus), "-o", str(folder), "--device", "cpu"]
    command += "--context-length 16 --emb-dim 32 --n-heads 2 --n-layers 2 --batch-size 4".split()
    command += "--eval-freq 1 --eval-iter 4 --warmup-steps 5 --precision fp32".split()
    return subprocess.Popen(
        [*command, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )


def wait_for(text, process):
    for line in process.stdout:
        if text in line:
            return
    raise AssertionError(f"{text!r} did not come: {process.stderr.read()}")


def complete(processes, corpus, folder, *more):
    process = launch(processes, corpus, folder, *more)
    out, err = process.communicate()
    assert process.returncode == 0, err
    return out, losses(folder)


def losses(folder):
    text = (folder / "metrics.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return np.array([(line["train_loss"], line["val_loss"]) for line in lines])


def ranks(process):
    """Return {rank: process id} of torchrun's children."""
    found = {}
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        for entry in Path(f"/proc/{child}/environ").read_bytes().split(b"\0"):
            if entry.startswith(b"RANK="):
                found[int(entry[5:])] = int(child)
    return found


def test_two_processes_have_the_losses_of_one(tmp_path, corpus):
    _, alone = complete(1, corpus, tmp_path / "one")
    out, shared = complete(2, corpus, tmp_path / "two")
    assert alone.shape == (21, 2)  # 20 steps
    assert np.abs(alone - shared).max() < 1e-5
    assert alone[-1, 0] < alone[0, 0] - 0.1
    assert out.count("step   20") == 1  # only the first process prints
    assert sorted(p.name for p in (tmp_path / "one").iterdir()) == sorted(
        p.name for p in (tmp_path / "two").iterdir()
    )


def test_accumulation_in_two_processes_too(tmp_path, corpus):
    _, alone = complete(1, corpus, tmp_path / "one", "--accumulation-steps", "3")
    _, shared = complete(2, corpus, tmp_path / "two", "--accumulation-steps", "3")
    assert alone.shape == (8, 2)
    assert np.abs(alone - shared).max() < 1e-5


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_a_run_goes_on_with_another_number_of_processes(tmp_path, corpus, before, after):
    longer = ["--epochs", "2"]
    _, expected = complete(1, corpus, tmp_path / "whole", *longer)
    process = launch(before, corpus, tmp_path / "run", *longer)
    wait_for("step    7", process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode != 0
    stopped = read_checkpoint(latest_checkpoint(tmp_path / "run"))["step"]
    assert 7 <= stopped < 40
    out, found = complete(after, corpus, tmp_path / "run", *longer)
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for the ranks in /proc")
@pytest.mark.parametrize("victim", [0, 1])
def test_a_rank_that_dies_ends_the_job_and_leaves_a_checkpoint(tmp_path, corpus, victim):
    _, expected = complete(1, corpus, tmp_path / "whole")
    process = launch(2, corpus, tmp_path / "run")
    wait_for("step    5", process)
    os.kill(ranks(process)[victim], signal.SIGKILL)
    process.communicate(timeout=120)
    assert process.returncode not in (0, None)
    stopped = read_checkpoint(latest_checkpoint(tmp_path / "run"))["step"]
    assert 4 <= stopped < 20
    _, found = complete(2, corpus, tmp_path / "run")
    assert np.abs(found - expected).max() < 1e-5


def test_ctrl_c_on_the_command_line_ends_it_cleanly(tmp_path, corpus):
    process = launch(1, corpus, tmp_path / "run", "--epochs", "4")
    wait_for("step    3", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert err.strip() == "stopped; the same command goes on from here"
    assert latest_checkpoint(tmp_path / "run").name >= "step-00000003.pt"


def test_each_process_gets_its_own_dropout_back(tmp_path, corpus):
    settings = ["--drop-rate", "0.2", "--epochs", "2"]
    _, expected = complete(2, corpus, tmp_path / "whole", *settings)
    process = launch(2, corpus, tmp_path / "run", *settings)
    wait_for("step    7", process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode != 0
    _, found = complete(2, corpus, tmp_path / "run", *settings)
    assert np.array_equal(found, expected)


def test_compiled_updates_have_the_losses_of_plain_ones(tmp_path, corpus):
    _, plain = complete(1, corpus, tmp_path / "plain")
    _, compiled = complete(1, corpus, tmp_path / "compiled", "--compile")
    assert np.abs(plain - compiled).max() < 1e-4
    _, shared = complete(2, corpus, tmp_path / "shared", "--compile")
    assert np.abs(plain - shared).max() < 1e-4


def test_muon_goes_on_where_it_was_killed(tmp_path, corpus):
    settings = ["--muon-lr", "2e-3"]
    _, whole = complete(1, corpus, tmp_path / "whole", *settings)
    process = launch(1, corpus, tmp_path / "run", *settings)
    wait_for("step    9", process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    _, found = complete(1, corpus, tmp_path / "run", *settings)
    assert np.array_equal(found, whole)
