import math

import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader

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
    train_model,
)

TEXT = " ".join(f"{a} and {b}" for a in range(12) for b in range(3))


def parts(seed=0, drop_rate=0.1):
    torch.manual_seed(seed)
    config = GPTConfig(50257, 8, 16, 2, 1, drop_rate, False)
    train_loader = create_dataloader(TEXT, batch_size=4, context_length=8, stride=8)
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


def test_gradients_longer_than_the_limit_are_shortened():
    free, _ = train(max_grad_norm=None)
    loose, _ = train(max_grad_norm=1e9)
    tight, _ = train(max_grad_norm=1e-3)
    assert torch.equal(weights(free), weights(loose))
    assert not torch.equal(weights(free), weights(tight))


def test_only_matrices_decay():
    model, _, _ = parts()
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
