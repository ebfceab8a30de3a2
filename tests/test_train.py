import json
import math
import signal
from dataclasses import asdict

import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

from llmutils.pretrain.checkpoint import latest_checkpoint, read_checkpoint
from llmutils.config import GPTConfig
from llmutils.data import create_dataloader
from llmutils.generate import generate
from llmutils.model import GPTModel
from llmutils.tokenizer import get_tokenizer
from llmutils.train import (
    calc_loss_batch,
    calc_loss_loader,
    create_optimizer,
    evaluate_model,
    learning_rate_factor,
    train_model,
)

TEXT = " ".join(f"{a} and {b}" for a in range(12) for b in range(3))


def parts(seed=0, drop_rate=0.1, text=TEXT):
    torch.manual_seed(seed)
    config = GPTConfig(50257, 8, 16, 2, 1, drop_rate, False)
    train_loader = create_dataloader(text, batch_size=4, context_length=8, stride=8)
    val_loader = create_dataloader(TEXT[::-1], 4, 8, 8, shuffle=False, drop_last=False)
    return GPTModel(config), train_loader, val_loader


def train(num_epochs=2, **settings):
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)
    history = train_model(model, train_loader, val_loader, optimizer, "cpu", num_epochs, **settings)
    return model, history


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def test_the_loop_equals_one_written_out_by_hand():
    model, history = train(num_epochs=3, eval_freq=1, eval_iter=None)
    expected, train_loader, val_loader = parts()
    optimizer = create_optimizer(expected, lr=1e-2)
    losses = [evaluate_model(expected, train_loader, val_loader, "cpu")]
    for _ in range(3):
        for inputs, targets in train_loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(expected(inputs).flatten(0, 1), targets.flatten())
            loss.backward()
            torch.nn.utils.clip_grad_norm_(expected.parameters(), 1.0)
            optimizer.step()
            losses.append(evaluate_model(expected, train_loader, val_loader, "cpu"))
    assert torch.equal(weights(model), weights(expected))
    assert list(zip(history.train_losses, history.val_losses, strict=True)) == losses
    assert history.train_losses[-1] < history.train_losses[0] - 1


def test_neither_evaluating_nor_sampling_changes_the_weights():
    plain, _ = train(eval_freq=1000)
    for settings in (
        {"eval_freq": 1, "eval_iter": 1},
        {"eval_freq": 3, "eval_iter": None},
        {"eval_freq": 1000, "start_context": "1 and", "tokenizer": get_tokenizer()},
    ):
        model, _ = train(**settings)
        assert torch.equal(weights(model), weights(plain)), settings


def test_history_says_when_each_loss_was_taken():
    _, train_loader, _ = parts()
    n = len(train_loader)
    _, history = train(num_epochs=2, eval_freq=4)
    assert history.steps == sorted({*range(0, 2 * n, 4), 2 * n})
    assert history.epochs == pytest.approx([step / n for step in history.steps])
    assert history.tokens_seen == [step * 4 * 8 for step in history.steps]
    assert len(history.train_losses) == len(history.val_losses) == len(history.steps)


def test_a_fraction_of_an_epoch_is_the_beginning_of_a_whole_one(tmp_path):
    n = len(parts()[1])
    assert n > 2
    model, history = train(1.5, eval_freq=1, folder=tmp_path)
    assert history.steps[-1] == round(1.5 * n)
    assert history.val_losses == train(2, eval_freq=1)[1].val_losses[: len(history.val_losses)]
    again, same = train(1.5, eval_freq=1, folder=tmp_path)
    assert same == history and torch.equal(weights(again), weights(model))


def test_an_untrained_model_is_as_unsure_as_a_guess():
    _, history = train(num_epochs=0)
    assert history.steps == [0]
    assert history.val_losses[0] == pytest.approx(math.log(50257), abs=0.3)


def test_a_sample_an_epoch_continues_the_start_context(capsys):
    model, history = train(num_epochs=2, start_context="1 and", tokenizer=get_tokenizer())
    assert len(history.samples) == 2
    assert all(sample.startswith("1 and") for sample in history.samples)
    prompt = torch.tensor([get_tokenizer().encode("1 and")])
    last = get_tokenizer().decode(generate(model, prompt, 50)[0].tolist())
    assert history.samples[-1] == last
    assert " ".join(last.split()) in capsys.readouterr().out


def test_the_log_states_both_losses(capsys):
    _, history = train(num_epochs=1, eval_freq=1000)
    line = capsys.readouterr().out.splitlines()[0]
    assert line == (
        f"epoch  0.00, step    0: training loss {history.train_losses[0]:.3f}, "
        f"validation loss {history.val_losses[0]:.3f}"
    )


def test_bf16_learns_and_evaluates_in_float32():
    exact, history32 = train(num_epochs=3, eval_iter=None)
    rounded, history16 = train(num_epochs=3, eval_iter=None, precision="bf16")
    assert all(p.dtype == torch.float32 for p in rounded.parameters())
    assert not torch.equal(weights(exact), weights(rounded))
    assert history16.train_losses[0] == history32.train_losses[0]
    assert history16.train_losses[-1] == pytest.approx(history32.train_losses[-1], abs=0.2)


@pytest.mark.parametrize("fast", [True, False])
def test_auto_takes_bf16_where_the_processor_has_it(fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": fast})
    automatic, _ = train(precision="auto")
    chosen, _ = train(precision="bf16" if fast else "fp32")
    assert torch.equal(weights(automatic), weights(chosen))


def test_the_learning_rate_warms_up_in_a_straight_line(monkeypatch):
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1.0)
    rates = []
    monkeypatch.setattr(
        optimizer, "step", lambda: rates.append([group["lr"] for group in optimizer.param_groups])
    )
    train_model(model, train_loader, val_loader, optimizer, "cpu", 2, warmup_steps=4)
    assert rates[:6] == [[r, r] for r in (0.25, 0.5, 0.75, 1.0, 1.0, 1.0)]


def test_the_learning_rate_falls_along_a_cosine():
    rates = [learning_rate_factor(step, 105, 4, 0.2) for step in range(105)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[4 + 50] == pytest.approx(0.6)  # half-way between 1 and 0.2
    assert rates[4 + 25] == pytest.approx(0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2)
    assert rates[-1] == pytest.approx(0.2)
    assert {learning_rate_factor(step, 9, 0, 1.0) for step in range(9)} == {1.0}
    assert learning_rate_factor(0, 1, 0, 0.5) == 1.0  # a run of one update


def test_the_optimizer_keeps_its_learning_rate():
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)
    train_model(model, train_loader, val_loader, optimizer, "cpu", 1, decay_to=0.1)
    assert [group["lr"] for group in optimizer.param_groups] == [1e-2, 1e-2]


def test_accumulating_equals_one_large_batch():
    """Also where the batches have different numbers of targets."""

    def accumulated(batch_size, accumulation_steps):
        torch.manual_seed(3)
        model = GPTModel(GPTConfig(50, 8, 16, 2, 1, 0.0, False))
        inputs, targets = torch.randint(0, 50, (2, 12, 8))
        targets[0, 1:] = targets[5] = targets[6, 3:] = -100
        rows = list(zip(inputs, targets, strict=True))
        loader = DataLoader(rows, batch_size)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        settings = {"accumulation_steps": accumulation_steps, "eval_iter": None, "eval_freq": 1}
        history = train_model(model, loader, loader, optimizer, "cpu", 2, **settings)
        return weights(model), history

    large, expected = accumulated(batch_size=6, accumulation_steps=1)
    for batch_size in (3, 2, 1):
        small, history = accumulated(batch_size, 6 // batch_size)
        torch.testing.assert_close(small, large, atol=1e-6, rtol=0)
        assert history.steps == expected.steps and history.tokens_seen == expected.tokens_seen
        assert history.val_losses == pytest.approx(expected.val_losses, abs=1e-5)


def test_what_is_left_of_an_epoch_makes_an_update_too():
    _, train_loader, _ = parts()
    n = len(train_loader)
    assert n % 4
    _, history = train(num_epochs=2, accumulation_steps=4)
    assert history.steps[-1] == 2 * math.ceil(n / 4) and history.epochs[-1] == 2
    assert history.tokens_seen[-1] == 2 * n * 4 * 8


def test_a_batch_without_targets_is_refused():
    inputs = torch.zeros(4, 8, dtype=torch.long)
    loader = DataLoader([(row, row - 100) for row in inputs], batch_size=2)
    good = DataLoader([(row, row) for row in inputs], batch_size=2)
    model, _, _ = parts()
    with pytest.raises(ValueError, match="no target"):
        train_model(model, loader, good, create_optimizer(model), "cpu", 1)


class Crash(Exception):
    pass


def crash_at(optimizer, step, action=None):
    """Break off in the given update, or do something there."""
    made, update = 0, optimizer.step

    def counting_step():
        nonlocal made
        made += 1
        if made == step:
            if action is None:
                raise Crash
            action()
        update()

    optimizer.step = counting_step


def stream(kind):
    """Parts whose loader has its own random stream, draws from the global one, or has workers."""
    model, train_loader, val_loader = parts(drop_rate=0.2, text=3 * TEXT)
    if kind != "own":
        workers = {"num_workers": 2} if kind == "workers" else {}
        train_loader = DataLoader(train_loader.dataset, 4, shuffle=True, drop_last=True, **workers)
    torch.manual_seed(11)
    return model, train_loader, val_loader


SAMPLING = {"start_context": "1 and", "tokenizer": get_tokenizer()}


@pytest.mark.parametrize(
    ("kind", "crash", "settings"),
    [
        ("own", 1, {"eval_freq": 3}),
        ("own", 5, {"eval_freq": 3, **SAMPLING}),
        ("own", 9, {"eval_freq": 1, "accumulation_steps": 2}),
        ("own", 27, {"eval_freq": 7, "warmup_steps": 4, "decay_to": 0.1, **SAMPLING}),
        ("global", 1, {"eval_freq": 3}),
        ("global", 14, {"eval_freq": 2, "precision": "bf16"}),
        ("workers", 14, {"eval_freq": 2}),
    ],
)
def test_a_run_that_breaks_off_goes_on_as_if_it_had_not(tmp_path, kind, crash, settings):
    def run(folder, crash=None):
        model, train_loader, val_loader = stream(kind)
        optimizer = create_optimizer(model, lr=1e-2)
        if crash:
            crash_at(optimizer, crash)
        history = train_model(
            model, train_loader, val_loader, optimizer, "cpu", 3, folder=folder, **settings
        )
        return weights(model), asdict(history), optimizer.state_dict()["state"][0]["exp_avg"]

    expected = run(None)
    assert len(expected[1]["val_losses"]) > 4
    with pytest.raises(Crash):
        run(tmp_path, crash)
    torch.rand(5)
    resumed = run(tmp_path)
    again = run(tmp_path)  # a finished run only says what it had found
    for result in (resumed, again):
        assert torch.equal(result[0], expected[0]) and torch.equal(result[2], expected[2])
        assert result[1] == expected[1]


def test_the_same_kernel_can_go_on_after_a_crash(tmp_path):
    model, train_loader, val_loader = stream("own")
    optimizer = create_optimizer(model, lr=1e-2)
    arguments = (model, train_loader, val_loader, optimizer, "cpu", 3)
    settings = {"eval_freq": 4, "decay_to": 0.1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(optimizer, "step", optimizer.step)
        crash_at(optimizer, 14)
        with pytest.raises(Crash):
            train_model(*arguments, folder=tmp_path, **settings)
    history = train_model(*arguments, folder=tmp_path, **settings)
    expected, train_loader, val_loader = stream("own")
    arguments = (expected, train_loader, val_loader, create_optimizer(expected, lr=1e-2), "cpu", 3)
    assert asdict(train_model(*arguments, **settings)) == asdict(history)
    assert torch.equal(weights(model), weights(expected))


def test_ctrl_c_saves_the_very_update_it_came_in(tmp_path, capsys):
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)
    crash_at(optimizer, 5, lambda: signal.raise_signal(signal.SIGINT))
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train_model(model, train_loader, val_loader, optimizer, "cpu", 2, 100, folder=tmp_path)
    assert signal.getsignal(signal.SIGINT) is handler
    assert latest_checkpoint(tmp_path).name == "step-00000005.pt"
    resumed, history = train(eval_freq=100, folder=tmp_path)
    expected, expected_history = train(eval_freq=100)
    assert torch.equal(weights(resumed), weights(expected))
    assert history == expected_history
    assert "going on from step 5" in capsys.readouterr().out


def test_without_a_folder_ctrl_c_is_left_alone():
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model)
    crash_at(optimizer, 2, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train_model(model, train_loader, val_loader, optimizer, "cpu", 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_epochs": 3}, "num_epochs was 2, is 3"),
        ({"warmup_steps": 1}, "warmup_steps was 0, is 1"),
        ({"precision": "bf16"}, "precision was 'fp32', is 'bf16'"),
    ],
)
def test_a_folder_of_another_run_is_refused(tmp_path, change, message):
    train(folder=tmp_path)
    with pytest.raises(ValueError, match=message):
        train(folder=tmp_path, **change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"generator": torch.Generator().manual_seed(7)}, "training seed was 5, is 7"),
        ({"generator": None}, "training seed was 5, is None"),
        ({"shuffle": False}, "training order was 'RandomSampler', is 'SequentialSampler'"),
        ({"drop_last": True}, "training batches was 4, is 3"),
        ({"batch_size": 2}, "training batch_size was 4, is 2"),
        ({"dataset": "other"}, "training data was "),
    ],
)
def test_another_loader_is_another_run(tmp_path, change, message):
    model, train_loader, val_loader = parts()
    other = create_dataloader(TEXT.replace("and", "or"), 4, 8, 8).dataset
    settings = {"batch_size": 4, "shuffle": True, "generator": torch.Generator().manual_seed(5)}
    change = {name: other if value == "other" else value for name, value in change.items()}
    for extra in ({}, change):
        loader = DataLoader(**({"dataset": train_loader.dataset} | settings | extra))
        arguments = (model, loader, val_loader, create_optimizer(model), "cpu", 1)
        if not extra:
            train_model(*arguments, folder=tmp_path)
        else:
            with pytest.raises(ValueError, match=message):
                train_model(*arguments, folder=tmp_path)


def test_two_runs_cannot_write_to_one_folder(tmp_path):
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)

    def second():
        with pytest.raises(ValueError, match="another run is writing to"):
            train(folder=tmp_path)

    crash_at(optimizer, 2, second)
    train_model(model, train_loader, val_loader, optimizer, "cpu", 2, folder=tmp_path)


def test_loaders_that_start_afresh_at_each_evaluation_are_refused():
    model, train_loader, val_loader = parts()
    loader = DataLoader(train_loader.dataset, 4, num_workers=1, persistent_workers=True)
    with pytest.raises(ValueError, match="persistent_workers"):
        train_model(model, loader, val_loader, create_optimizer(model), "cpu", 1)


def test_compile_is_asked_for_once_and_only_if_wanted(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda module: compiled.append(module) or module)
    train()
    assert not compiled
    train(compile=True)
    assert len(compiled) == 1


def test_how_often_to_evaluate_may_change_on_the_way(tmp_path):
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)
    crash_at(optimizer, 6)
    with pytest.raises(Crash):
        train_model(model, train_loader, val_loader, optimizer, "cpu", 2, 2, folder=tmp_path)
    resumed, _ = train(eval_freq=100, folder=tmp_path)
    assert torch.equal(weights(resumed), weights(train()[0]))


def test_patience_stops_the_training_and_the_best_is_kept(tmp_path):
    expected = train(num_epochs=30, eval_freq=2, eval_iter=None)[1].val_losses
    waits = [i - expected.index(min(expected[: i + 1])) for i in range(len(expected))]
    end = waits.index(3)
    model, history = train(30, eval_freq=2, eval_iter=None, patience=3, folder=tmp_path)
    assert history.val_losses == expected[: end + 1]
    best = read_checkpoint(tmp_path / "best.pt")
    assert best["progress"]["step"] == 2 * expected.index(min(history.val_losses))
    stored, _, val_loader = parts()
    stored.load_state_dict(best["model"])
    assert calc_loss_loader(val_loader, stored, "cpu") == min(history.val_losses)
    again, same = train(30, eval_freq=2, eval_iter=None, patience=3, folder=tmp_path)
    assert same == history and torch.equal(weights(again), weights(model))


def test_metrics_are_lines_of_json_also_after_a_crash(tmp_path):
    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)
    crash_at(optimizer, 6)
    with pytest.raises(Crash):
        train_model(
            model, train_loader, val_loader, optimizer, "cpu", 2, 2, folder=tmp_path, decay_to=0.5
        )
    for path in sorted(tmp_path.glob("step-*.pt"))[1:]:
        path.unlink()  # a part of the run that is then made again
    _, history = train(eval_freq=2, folder=tmp_path, decay_to=0.5)
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == history.steps
    assert [line["train_loss"] for line in lines] == history.train_losses
    assert [line["val_loss"] for line in lines] == history.val_losses
    assert [line["tokens_seen"] for line in lines] == history.tokens_seen
    assert lines[0]["lr"] == 0.0 and lines[1]["lr"] < 1e-2
    assert lines[-1]["lr"] == pytest.approx(0.5e-2)
    assert all(line["tokens_per_second"] > 0 for line in lines[1:])


def test_gradients_longer_than_the_limit_are_shortened():
    free, _ = train(max_grad_norm=None)
    loose, _ = train(max_grad_norm=1e9)
    tight, _ = train(max_grad_norm=1e-3)
    assert torch.equal(weights(free), weights(loose))
    assert not torch.equal(weights(free), weights(tight))


def test_only_matrices_decay():
    model, _, _ = parts()
    assert create_optimizer(model).defaults["fused"]
    groups = create_optimizer(model, weight_decay=0.3).param_groups
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    assert len(decay) == len(list(model.parameters()))
    for name, parameter in model.named_parameters():
        assert decay[id(parameter)] == (0.3 if parameter.dim() == 2 else 0.0), name


def test_frozen_parameters_are_left_out_of_the_optimizer():
    model, _, _ = parts()
    model.tok_emb.requires_grad_(False)
    optimized = {id(p) for g in create_optimizer(model).param_groups for p in g["params"]}
    assert id(model.tok_emb.weight) not in optimized and id(model.out_head.weight) in optimized


def test_every_token_counts_the_same_in_a_loaders_loss():
    model, _, val_loader = parts(drop_rate=0.0)
    sizes = [x.numel() for x, _ in val_loader]
    assert len(set(sizes)) == 2  # the last batch is smaller
    inputs, targets = (torch.cat(column) for column in zip(*val_loader, strict=True))
    whole = calc_loss_batch(inputs, targets, model, "cpu").item()
    assert calc_loss_loader(val_loader, model, "cpu") == pytest.approx(whole, abs=1e-5)


def test_targets_marked_minus_100_do_not_count():
    model, _, _ = parts(drop_rate=0.0)
    inputs, targets = torch.randint(0, 999, (2, 3, 8))
    masked = targets.clone()
    masked[0, 2:] = masked[2, :] = -100
    loader = DataLoader(list(zip(inputs, masked, strict=True)), batch_size=1)
    with pytest.raises(ValueError, match="no target to evaluate"):
        calc_loss_loader(DataLoader([(inputs[2], masked[2])], batch_size=1), model, "cpu")
    logits = model(inputs).flatten(0, 1)[masked.flatten() >= 0]
    expected = F.cross_entropy(logits, masked[masked >= 0]).item()
    assert calc_loss_loader(loader, model, "cpu") == pytest.approx(expected, abs=1e-5)


def test_evaluating_returns_every_random_stream_as_it_was():
    model, train_loader, _ = parts()
    plain = DataLoader(train_loader.dataset, batch_size=4, shuffle=True)  # the global stream
    before = torch.get_rng_state(), train_loader.generator.get_state()
    calc_loss_loader(train_loader, model, "cpu")
    calc_loss_loader(plain, model, "cpu")
    after = torch.get_rng_state(), train_loader.generator.get_state()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert model.training


def test_num_batches_limits_what_is_looked_at():
    model, _, val_loader = parts(drop_rate=0.0)
    first = calc_loss_batch(*next(iter(val_loader)), model, "cpu").item()
    assert calc_loss_loader(val_loader, model, "cpu", 1) == pytest.approx(first, abs=1e-6)
    assert calc_loss_loader(val_loader, model, "cpu", 10**6) == calc_loss_loader(
        val_loader, model, "cpu"
    )
    with pytest.raises(ValueError, match="no batch to evaluate"):
        calc_loss_loader(val_loader, model, "cpu", 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "fp16"}, "precision must be 'fp32', 'bf16' or 'auto', got 'fp16'"),
        ({"start_context": "x"}, "start_context 'x' needs a tokenizer"),
        ({"eval_freq": 0}, "eval_freq must be 1 or more, got 0"),
        ({"num_epochs": -1}, "num_epochs must be 0 or more, got -1"),
        ({"warmup_steps": -1}, "warmup_steps must be 0 or more, got -1"),
        ({"accumulation_steps": 0}, "accumulation_steps must be 1 or more, got 0"),
        ({"keep": 0}, "keep must be 1 or more, got 0"),
        ({"eval_iter": 0}, "eval_iter must be 1 or more, got 0"),
        ({"patience": 0}, "patience must be 1 or more, got 0"),
        ({"decay_to": 1.5}, "decay_to must lie within 0..1, got 1.5"),
    ],
)
def test_settings_without_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        train(**settings)


def test_a_loss_that_is_no_number_stops_the_training():
    model, train_loader, val_loader = parts()
    with torch.no_grad():
        model.out_head.weight[0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match="the loss is nan at step 0"):
        train_model(model, train_loader, val_loader, create_optimizer(model), "cpu", 1)
