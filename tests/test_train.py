import math
import random
import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from llmutils import train
from llmutils.model import GPTModel
from llmutils.train import (
    History,
    calc_loss_batch,
    calc_loss_loader,
    create_optimizer,
    has_bf16,
    learning_rate_factor,
    resolve_precision,
    train_model,
    training_step,
)

V, T = 50, 8
CONFIG = dict(
    vocab_size=V, context_length=T, emb_dim=16, n_heads=2, n_layers=1, drop_rate=0.1, qkv_bias=True
)
ROWS = torch.randint(0, V, (22, T + 1), generator=torch.Generator().manual_seed(1))
PAIRS = [(row[:-1], row[1:]) for row in ROWS]


def parts(**config):
    """A fresh model, a shuffling loader of 5 batches and one of 6 whose last batch is smaller."""
    torch.manual_seed(0)
    order = torch.Generator().manual_seed(5)
    shuffled = DataLoader(PAIRS, 4, shuffle=True, drop_last=True, generator=order)
    return GPTModel(CONFIG | config), shuffled, DataLoader(PAIRS[::-1], 4)


def run(num_epochs=2, lr=1e-2, train_loader=None, **settings):
    model, default, val_loader = parts()
    loader, optimizer = train_loader or default, create_optimizer(model, lr=lr)
    return model, train_model(model, loader, val_loader, optimizer, "cpu", num_epochs, **settings)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def global_states():
    numpy = np.random.get_state()
    return torch.get_rng_state().tolist(), numpy[1].tolist(), numpy[2:], random.getstate()


# ---- losses


def test_the_loss_is_pytorchs_cross_entropy_and_the_mean_of_the_logarithms_by_hand():
    model = parts(drop_rate=0.0)[0]
    inputs, targets = ROWS[:, :-1], ROWS[:, 1:]
    logits = model(inputs)
    expected = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
    by_hand = -logits.log_softmax(-1).gather(2, targets[:, :, None]).mean()
    found = calc_loss_batch(inputs, targets, model, "cpu")
    assert found == expected and torch.isclose(found, by_hand)
    total = calc_loss_batch(inputs, targets, model, "cpu", "sum")
    assert torch.isclose(total, by_hand * targets.numel())


def test_every_target_counts_the_same_in_a_loaders_loss():
    model, _, loader = parts(drop_rate=0.0)
    assert {len(x) for x, _ in loader} == {4, 2}
    inputs, targets = (torch.cat(column) for column in zip(*loader, strict=True))
    whole = calc_loss_batch(inputs, targets, model, "cpu").item()
    assert calc_loss_loader(loader, model, "cpu") == pytest.approx(whole, abs=1e-5)
    assert calc_loss_loader(list(loader), model, "cpu") == calc_loss_loader(loader, model, "cpu")
    assert calc_loss_loader(iter(loader), model, "cpu") == calc_loss_loader(loader, model, "cpu")


def test_targets_marked_minus_100_do_not_count():
    model = parts(drop_rate=0.0)[0]
    inputs, targets = torch.randint(0, V, (2, 3, T))
    targets[0, 2:] = targets[2, :] = -100
    batches = [(x[None], y[None]) for x, y in zip(inputs, targets, strict=True)]
    logits = model(inputs).flatten(0, 1)[targets.flatten() >= 0]
    expected = F.cross_entropy(logits, targets[targets >= 0]).item()
    assert calc_loss_loader(batches, model, "cpu") == pytest.approx(expected, abs=1e-5)
    with pytest.raises(ValueError, match="no target to evaluate"):
        calc_loss_loader(batches[2:], model, "cpu")


def test_a_loss_is_taken_without_dropout_and_without_gradients():
    model, _, loader = parts(drop_rate=0.5)
    losses = {calc_loss_loader(loader, model, "cpu") for _ in range(3)}
    assert losses == {calc_loss_loader(loader, model.eval(), "cpu")}
    assert all(p.grad is None for p in model.parameters())
    assert not model.training and all(m.training for m in parts()[0].modules())


def test_num_batches_limits_what_is_looked_at():
    model, _, loader = parts(drop_rate=0.0)
    first = calc_loss_batch(*next(iter(loader)), model, "cpu").item()
    for one in (1, np.int64(1), torch.tensor(1)):
        assert calc_loss_loader(loader, model, "cpu", one) == pytest.approx(first, abs=1e-6)
    assert calc_loss_loader(loader, model, "cpu", 99) == calc_loss_loader(loader, model, "cpu")
    for wrong in (0, -1, 1.5, "1", True, math.nan):
        message = re.escape(f"num_batches must be 1 or more, got {wrong!r}")
        with pytest.raises(ValueError, match=message):
            calc_loss_loader(loader, model, "cpu", wrong)


def test_a_loss_that_is_no_number_is_an_error():
    model, _, loader = parts()
    with torch.no_grad():
        model.out_head.weight[0, 0] = math.nan
    with pytest.raises(FloatingPointError, match="the loss is nan"):
        calc_loss_loader(loader, model, "cpu")


def test_a_bfloat16_models_losses_are_added_up_in_float32():
    model, _, loader = parts(drop_rate=0.0)
    exact = calc_loss_loader(loader, model, "cpu")
    assert calc_loss_loader(loader, model.bfloat16(), "cpu") == pytest.approx(exact, abs=4e-3)
    inputs, targets = ROWS[:, :-1], ROWS[:, 1:]
    logits = model(inputs).flatten(0, 1)
    assert logits.dtype == torch.bfloat16
    expected = F.cross_entropy(logits.float(), targets.flatten(), reduction="sum")
    assert calc_loss_batch(inputs, targets, model, "cpu", "sum") == expected
    assert calc_loss_batch(inputs, targets, parts()[0].double(), "cpu").dtype == torch.float64


# ---- one step


def test_the_loop_equals_one_written_out_by_hand():
    """Bit for bit, with dropout, warm-up and cosine."""
    model, history = run(num_epochs=3, eval_freq=1, eval_iter=None, warmup_steps=4, decay_to=0.1)
    expected, train_loader, val_loader = parts()
    optimizer = create_optimizer(expected, lr=1e-2)
    step, losses = 0, [calc_loss_loader(val_loader, expected, "cpu")]
    for _ in range(3):
        for inputs, targets in train_loader:
            for group in optimizer.param_groups:
                group["lr"] = 1e-2 * learning_rate_factor(step, 15, 4, 0.1)
            optimizer.zero_grad()
            F.cross_entropy(expected(inputs).flatten(0, 1), targets.flatten()).backward()
            torch.nn.utils.clip_grad_norm_(expected.parameters(), 1.0)
            optimizer.step()
            losses.append(calc_loss_loader(val_loader, expected, "cpu"))
            step += 1
    assert torch.equal(weights(model), weights(expected))
    assert history.val_losses == losses
    assert history.train_losses[-1] < history.train_losses[0] - 0.3


def test_several_batches_make_one_step_as_if_they_were_one():
    """Also where they have different numbers of targets."""
    targets = ROWS[:12, 1:].clone()
    targets[0, 1:] = targets[5] = targets[6, 3:] = -100

    def step(size, given=list):
        model = parts(drop_rate=0.0)[0]
        optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
        batches = zip(ROWS[:12, :-1].split(size), targets.split(size), strict=True)
        return training_step(model, given(batches), optimizer, "cpu"), weights(model)

    loss, expected = step(12)
    model = parts(drop_rate=0.0)[0]
    assert loss == pytest.approx(calc_loss_batch(ROWS[:12, :-1], targets, model, "cpu").item())
    for size, given in ((6, list), (4, tuple), (1, iter)):
        found, small = step(size, given)
        torch.testing.assert_close(small, expected, atol=1e-6, rtol=0)
        assert found == pytest.approx(loss, abs=1e-6)


@pytest.mark.parametrize("limit", [1.0, 0.01, np.float32(0.01), math.inf, None])
def test_a_long_gradient_is_shortened_to_the_limit(limit):
    model = parts(drop_rate=0.0)[0]
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    before, batch = weights(model), (ROWS[:, :-1], ROWS[:, 1:])
    calc_loss_batch(*batch, model, "cpu").backward()
    length = torch.cat([p.grad.flatten() for p in model.parameters()]).norm().item()
    training_step(model, [batch], optimizer, "cpu", max_grad_norm=limit)
    expected = min(length, math.inf if limit is None else limit)
    assert (weights(model) - before).norm().item() == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("limit", [0, -1, math.nan, -math.inf, True, "1", 0.0])
def test_a_limit_that_is_none_is_refused(limit):
    model, _, loader = parts()
    before = weights(model)
    with pytest.raises(ValueError, match="max_grad_norm must be above 0 or None"):
        training_step(model, list(loader), create_optimizer(model), "cpu", max_grad_norm=limit)
    assert torch.equal(weights(model), before)


def test_gradients_of_weights_outside_the_optimizer_do_not_add_up():
    model, _, loader = parts(drop_rate=0.0)
    optimizer = torch.optim.SGD(model.out_head.parameters(), lr=0.0)
    norms = []
    for _ in range(3):
        training_step(model, [next(iter(loader))], optimizer, "cpu", max_grad_norm=None)
        norms.append(model.tok_emb.weight.grad.norm().item())
    assert norms[0] > 0 and norms == pytest.approx([norms[0]] * 3)


def test_a_step_without_targets_is_refused():
    model = parts()[0]
    nothing = [(x[None], torch.full_like(x[None], -100)) for x, _ in PAIRS[:2]]
    for batches, number in ((nothing, 2), ([], 0)):
        with pytest.raises(ValueError, match=f"no target to learn from: all in {number} batches"):
            training_step(model, batches, create_optimizer(model), "cpu")


def poison(model, what):
    """Let the third update meet a loss, or only a gradient, that is no number."""
    calls = []

    def spoil(module, inputs, logits):
        if module.training:
            calls.append(1)
            if len(calls) == 3 and what == "loss":
                return logits * math.nan
            if len(calls) == 3:
                logits.register_hook(lambda gradient: gradient * math.inf)
        return logits

    model.register_forward_hook(spoil)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_a_step_with_nan_names_itself_and_leaves_the_weights_alone(what):
    model, train_loader, val_loader = parts()
    poison(model, what)
    optimizer, seen = create_optimizer(model, lr=1e-2), []
    optimizer.register_step_post_hook(lambda *_: seen.append(weights(model)))
    with pytest.raises(FloatingPointError, match=r"the loss is .* at step 2: lower"):
        train_model(model, train_loader, val_loader, optimizer, "cpu", 2, 99, warmup_steps=9)
    assert len(seen) == 2 and torch.equal(weights(model), seen[-1])
    assert [group["lr"] for group in optimizer.param_groups] == [1e-2, 1e-2]


def test_a_run_that_begins_with_nan_stops_before_its_first_update():
    model, train_loader, val_loader = parts()
    with torch.no_grad():
        model.out_head.weight[0, 0] = math.nan
    with pytest.raises(FloatingPointError, match="the loss is nan at step 0"):
        train_model(model, train_loader, val_loader, create_optimizer(model), "cpu", 1)


# ---- the optimizer and its learning rate


def test_weight_decay_reaches_matrices_only_and_frozen_weights_are_left_out():
    model = parts()[0]
    model.tok_emb.requires_grad_(False)
    optimizer = create_optimizer(model, lr=np.float64(1e-3), weight_decay=np.float32(0.25))
    decay = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
    for name, p in model.named_parameters():
        if name != "tok_emb.weight":
            assert decay.pop(id(p)) == (0.25 if p.dim() == 2 else 0.0), name
    assert not decay
    for group in optimizer.param_groups:
        assert type(group["lr"]) is type(group["weight_decay"]) is float  # for checkpoints


def test_the_learning_rate_warms_up_in_a_straight_line_and_falls_along_a_cosine():
    rates = [learning_rate_factor(step, 105, 4, 0.2) for step in range(105)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[4 + 50] == pytest.approx(0.6)  # half-way between 1 and 0.2
    assert rates[4 + 25] == pytest.approx(0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2)
    assert rates[-1] == pytest.approx(0.2)
    assert {learning_rate_factor(step, 9, 0, 1.0) for step in range(9)} == {1.0}
    assert learning_rate_factor(0, 1, 0, 0.5) == 1.0  # a run of one update


def test_each_update_uses_its_rate_and_the_optimizer_keeps_its_own():
    model, train_loader, val_loader = parts()
    optimizer, rates = create_optimizer(model, lr=1.0), []
    optimizer.param_groups[1]["lr"] = 0.5
    model.out_head.weight.register_hook(lambda _: rates.append(optimizer.param_groups[0]["lr"]))
    train_model(model, train_loader, val_loader, optimizer, "cpu", 2, 99, 1, np.int64(4), 0.25)
    assert rates == [learning_rate_factor(step, 10, 4, 0.25) for step in range(10)]
    assert all(type(rate) is float for rate in rates)
    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.5]


def test_the_optimizer_has_its_rates_back_after_an_error_too():
    def stop(model):
        raise KeyboardInterrupt

    model, train_loader, val_loader = parts()
    optimizer = create_optimizer(model, lr=1e-2)
    with pytest.raises(KeyboardInterrupt):
        train_model(
            model, train_loader, val_loader, optimizer, "cpu", 2, warmup_steps=7, after_epoch=stop
        )
    assert [group["lr"] for group in optimizer.param_groups] == [1e-2, 1e-2]


# ---- the loop


def test_no_epoch_only_measures():
    _, history = run(num_epochs=0)
    assert history.steps == history.tokens_seen == [0] and history.notes == []
    assert history.val_losses[0] == pytest.approx(math.log(V), abs=0.3)  # as unsure as a guess


def test_history_says_when_each_loss_was_taken():
    _, history = run(num_epochs=2, eval_freq=4)
    assert history.steps == [0, 4, 8, 10]
    assert history.epochs == [0, 0.8, 1.6, 2.0]
    assert history.tokens_seen == [step * 4 * T for step in history.steps]
    assert len(history.train_losses) == len(history.val_losses) == 4
    assert isinstance(history, History) and history.notes == []


def test_padding_is_not_counted_as_seen():
    masked = [(x, torch.where(torch.arange(T) < 3, -100, y)) for x, y in PAIRS]
    _, history = run(num_epochs=1, eval_freq=99, train_loader=DataLoader(masked, 11))
    assert history.tokens_seen == [0, 22 * (T - 3)]


def test_the_log_states_both_losses(capsys):
    _, history = run(num_epochs=1, eval_freq=1000)
    expected = [
        f"step {step:4d}: training loss {a:.3f}, validation loss {b:.3f}"
        for step, a, b in zip(history.steps, history.train_losses, history.val_losses, strict=True)
    ]
    assert capsys.readouterr().out.splitlines() == expected


def test_evaluations_look_at_the_same_batches_each_time():
    _, history = run(num_epochs=2, eval_freq=1, eval_iter=2, lr=0.0)
    assert len(set(history.train_losses)) == len(set(history.val_losses)) == 1


@pytest.mark.parametrize(
    ("num_epochs", "updates"),
    [(1.5, 8), (0.05, 1), (1e-9, 1), (1.1, 6), (2.2, 11), (np.float32(0.6), 3), (np.int64(2), 10)],
)
def test_a_fraction_of_an_epoch_is_the_beginning_of_a_whole_one(num_epochs, updates):
    """More than no epoch is at least one update, and 1.4 x 5 are seven, not eight."""
    _, history = run(num_epochs, eval_freq=1)
    assert history.steps == [*range(updates + 1)]
    assert history.val_losses == run(3, eval_freq=1)[1].val_losses[: updates + 1]
    assert all(type(step) is int for step in history.steps)


def test_rounding_makes_no_extra_update():
    assert 1.1 * 50 > 55
    _, history = run(1.1, train_loader=DataLoader((3 * PAIRS)[:50], 1))
    assert history.steps[-1] == 55


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"precision": "fp16"}, "precision must be 'fp32', 'bf16' or 'auto', got 'fp16'"),
        ({"eval_freq": 0}, "eval_freq must be 1 or more, got 0"),
        ({"eval_freq": 2.5}, "eval_freq must be 1 or more, got 2.5"),
        ({"eval_freq": None}, "eval_freq must be 1 or more, got None"),
        ({"eval_iter": 0}, "eval_iter must be 1 or more, got 0"),
        ({"eval_iter": -3}, "eval_iter must be 1 or more, got -3"),
        ({"num_epochs": -1}, "num_epochs must be 0 or more, got -1"),
        ({"num_epochs": math.inf}, "num_epochs must be 0 or more, got inf"),
        ({"num_epochs": math.nan}, "num_epochs must be 0 or more, got nan"),
        ({"num_epochs": True}, "num_epochs must be 0 or more, got True"),
        ({"warmup_steps": -1}, "warmup_steps must be 0 or more, got -1"),
        ({"warmup_steps": 0.1}, "warmup_steps must be 0 or more, got 0.1"),
        ({"decay_to": 1.5}, "decay_to must lie within 0..1, got 1.5"),
        ({"decay_to": math.nan}, "decay_to must lie within 0..1, got nan"),
        ({"after_epoch": "Every effort"}, "after_epoch must be a function of the model, got 'E"),
    ],
)
def test_settings_without_sense_are_refused_before_anything_is_done(settings, message, capsys):
    with pytest.raises(ValueError, match=re.escape(message)):
        run(**settings)
    assert capsys.readouterr().out == ""


def test_numpys_numbers_give_the_same_run_as_pythons():
    settings = {"eval_freq": 3, "eval_iter": 2, "warmup_steps": 2}
    plain, expected = run(2, decay_to=0.5, **settings)
    settings = {name: np.int64(value) for name, value in settings.items()}
    model, history = run(np.float64(2), decay_to=np.float32(0.5), lr=np.float64(1e-2), **settings)
    assert torch.equal(weights(model), weights(plain)) and history == expected


def test_the_optimizer_of_another_model_is_refused():
    model, train_loader, val_loader = parts()
    for optimizer in (create_optimizer(parts()[0]), create_optimizer(model)):
        if optimizer.param_groups[0]["params"][0] is model.tok_emb.weight:
            model.out_head = torch.nn.Linear(16, V)  # made after the optimizer
        with pytest.raises(ValueError, match="updates weights that are not this model's"):
            train_model(model, train_loader, val_loader, optimizer, "cpu", 1)


class Once(DataLoader):
    """A loader that can be read once, as of a stream."""

    def __iter__(self):
        yield from super().__iter__() if not hasattr(self, "read") else ()
        self.read = True


def test_a_loader_that_ends_early_is_an_error_and_not_an_endless_loop():
    with pytest.raises(ValueError, match="ended after 6 of 18 batches"):
        run(3, train_loader=Once(PAIRS, 4))
    for nothing in (DataLoader(PAIRS[:3], 4, drop_last=True), [(ROWS, ROWS - 200)] * 0):
        with pytest.raises(ValueError, match="no target to evaluate"):
            model, _, val_loader = parts()
            train_model(model, nothing, val_loader, create_optimizer(model), "cpu", 1)


def test_a_list_of_batches_is_a_loader_too():
    trained = []
    for kind in (list, lambda loader: loader):
        model, _, loader = parts(drop_rate=0.0)  # a loader draws numbers that a list does not
        train_model(model, kind(loader), kind(loader), create_optimizer(model), "cpu", 1)
        trained.append(weights(model))
    assert torch.equal(*trained)


# ---- looking changes nothing


class Noisy(Dataset):
    """Pairs of which one input token is drawn anew each time they are read."""

    def __init__(self, draw=None):
        self.rng, self.legacy = np.random.default_rng(3), np.random.RandomState(3)
        self.python, self.draw = random.Random(3), draw or self.draw_from_all

    def draw_from_all(self, n):
        return (self.rng.integers(n) + self.legacy.randint(n) + self.python.randrange(n)) % n

    def __len__(self):
        return len(PAIRS)

    def __getitem__(self, index):
        inputs, targets = PAIRS[index][0].clone(), PAIRS[index][1]
        inputs[self.draw(T)] = self.draw(V)
        return inputs, targets


class Shuffled(Sampler):
    """Shuffles with Python's stream or one of its own."""

    def __init__(self, rng):
        self.rng = rng

    def __len__(self):
        return len(PAIRS)

    def __iter__(self):
        return iter(self.rng.sample(range(len(PAIRS)), len(PAIRS)))


def own():
    return torch.Generator().manual_seed(9)


def from_torch(n):
    return int(torch.randint(n, ()))


SAMPLERS = {
    "RandomSampler": lambda: RandomSampler(PAIRS, generator=own()),
    "weighted": lambda: WeightedRandomSampler(range(1, 23), 20, generator=own()),
    "subset": lambda: SubsetRandomSampler(range(20), generator=own()),
    "random": lambda: Shuffled(random),
    "random.Random": lambda: Shuffled(random.Random(9)),
}
NOISE = {"torch": from_torch, "numpy": np.random.randint, "random": random.randrange, "own": None}
LOADERS = {
    "loader's generator": lambda: DataLoader(PAIRS, 4, shuffle=True, generator=own()),
    "global stream": lambda: DataLoader(PAIRS, 4, shuffle=True),
    "batch sampler": lambda: DataLoader(
        PAIRS, batch_sampler=BatchSampler(RandomSampler(PAIRS, generator=own()), 4, True)
    ),
}
LOADERS |= {k: lambda make=s: DataLoader(PAIRS, 4, sampler=make()) for k, s in SAMPLERS.items()}
LOADERS |= {f"data from {k}": lambda d=d: DataLoader(Noisy(d), 4, True) for k, d in NOISE.items()}


def outcome(make, **settings):
    np.random.seed(1)
    random.seed(1)
    return weights(run(3, train_loader=make(), **settings)[0])


@pytest.mark.parametrize("kind", LOADERS)
def test_neither_looking_nor_a_callback_changes_the_training(kind):
    made = []

    def make():
        made.append(LOADERS[kind]())
        return made[-1]

    def look(model):
        assert not model.training and not torch.is_grad_enabled()
        torch.rand(3), np.random.rand(3), random.random()
        return [len(x) for x, _ in made[-1]][:1], calc_loss_loader(made[-1], model, "cpu")

    plain = outcome(make, eval_freq=1000, eval_iter=1)
    assert torch.equal(outcome(make, eval_freq=1, eval_iter=1), plain)
    assert torch.equal(outcome(make, eval_freq=4, eval_iter=None), plain)
    assert torch.equal(outcome(make, eval_freq=3, after_epoch=look), plain)


@pytest.mark.parametrize("workers", ["anew each epoch", "persistent", "persistent and running"])
def test_workers_that_look_change_nothing(workers):
    def make():
        persistent = "persistent" in workers
        loader = DataLoader(
            Noisy(random.randrange), 4, True, num_workers=1, persistent_workers=persistent
        )
        if "running" in workers:
            torch.manual_seed(7)
            list(loader)
        return loader

    plain = outcome(make, eval_freq=1000, eval_iter=1)
    assert torch.equal(outcome(make, eval_freq=2, eval_iter=3), plain)


@pytest.mark.parametrize("kind", LOADERS)
def test_a_loss_returns_every_random_stream_as_it_was(kind):
    model, loader = parts()[0], LOADERS[kind]()
    before = global_states()
    calc_loss_loader(loader, model, "cpu", 2)
    calc_loss_loader(loader, model, "cpu")
    assert global_states() == before


class Restless(GPTModel):
    """Draws also in evaluation mode."""

    def forward(self, token_ids):
        logits = super().forward(token_ids)
        return logits + torch.randn(logits.shape[-1]).mean() + random.random()


def test_what_the_model_draws_while_looked_at_is_forgotten_too():
    def go(**settings):
        torch.manual_seed(0)
        random.seed(0)
        model, train_loader, val_loader = Restless(CONFIG), *parts()[1:]
        optimizer = create_optimizer(model, lr=1e-2)
        train_model(model, train_loader, val_loader, optimizer, "cpu", 2, **settings)
        return weights(model), global_states()

    plain, looked = go(eval_freq=1000), go(eval_freq=1, eval_iter=None)
    assert torch.equal(plain[0], looked[0]) and plain[1] == looked[1]


def test_the_first_epoch_comes_as_if_nobody_had_looked():
    """The run sees the very batches that a fresh loader gives."""
    model, train_loader, val_loader = parts()
    seen = []
    model.register_forward_pre_hook(lambda m, args: seen.append(args[0]) if m.training else None)
    train_model(model, train_loader, val_loader, create_optimizer(model), "cpu", 2)
    fresh = parts()[1]
    expected = [x for _ in range(2) for x, _ in fresh]
    assert torch.equal(torch.stack(seen), torch.stack(expected))


def test_a_callback_is_called_after_each_epoch_also_a_broken_one():
    model, history = run(2.5, after_epoch=lambda model: weights(model).sum().item())
    assert len(history.notes) == 3 and history.notes[-1] == weights(model).sum().item()
    assert len(set(history.notes)) == 3 and model.training


# ---- precision


def test_bf16_is_used_for_training_and_evaluation(monkeypatch):
    monkeypatch.setattr(train, "has_bf16", lambda device: True)
    exact, history32 = run(num_epochs=3, eval_iter=None)
    rounded, history16 = run(num_epochs=3, eval_iter=None, precision="bf16")
    assert all(p.dtype == torch.float32 for p in rounded.parameters())
    assert not torch.equal(weights(exact), weights(rounded))
    assert history16.val_losses[0] != history32.val_losses[0]
    assert history16.val_losses == pytest.approx(history32.val_losses, abs=0.1)
    automatic, _ = run(num_epochs=3, eval_iter=None, precision="auto")
    assert torch.equal(weights(automatic), weights(rounded))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"avx512_bf16": True, "amx_bf16": False}, True),
        ({"avx512_bf16": False, "amx_bf16": True}, True),
        ({"bf16": True, "sve_bf16": False}, True),  # ARM: Apple's, Graviton 3
        ({"sve_bf16": True}, True),
        ({"avx512_bf16": False, "avx2": True, "cpu_name": "bf16"}, False),
        ({}, False),
    ],
)
def test_auto_takes_bf16_where_the_processor_has_it(flags, expected, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags)
    assert has_bf16("cpu") is has_bf16(torch.device("cpu")) is expected
    assert resolve_precision("auto", "cpu") == ("bf16" if expected else "fp32")


def test_the_names_of_the_instructions_are_pytorchs():
    """If PyTorch renames one, bf16 would be off everywhere and nothing else would notice."""
    names = {"avx512_bf16", "amx_bf16", "bf16", "sve_bf16"}
    documented = set(re.findall(r"\w+", torch.cpu.get_capabilities.__doc__))
    assert names <= documented
    flags = torch.cpu.get_capabilities()
    asked = {"avx512_bf16", "amx_bf16"} if "x86" in flags["architecture"] else {"bf16"}
    assert asked <= set(flags)


@pytest.mark.parametrize("fast", [True, False])
def test_gpus_are_asked_as_pytorch_wants_it(fast, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": not fast})
    monkeypatch.setattr(
        torch.cuda,
        "is_bf16_supported",
        lambda including_emulation=True: including_emulation or fast,
    )
    monkeypatch.setattr(torch.backends.mps, "is_macos_or_newer", lambda *version: fast)
    assert has_bf16("cuda:0") is has_bf16("mps") is fast
    assert has_bf16("meta") is False


def test_slow_bf16_is_warned_of_once_and_auto_not(monkeypatch):
    monkeypatch.setattr(train, "has_bf16", lambda device: False)
    with pytest.warns(UserWarning, match="bf16 is slower than fp32 here") as record:
        run(num_epochs=2, eval_freq=1, precision="bf16")
    assert len(record) == 1 and record[0].filename == __file__
    plain, automatic = run(), run(precision="auto")  # a warning would be an error here
    assert torch.equal(weights(plain[0]), weights(automatic[0]))
    for precision in ("fp16", "BF16", None, 16):
        with pytest.raises(ValueError, match="precision must be"):
            calc_loss_loader(parts()[2], parts()[0], "cpu", precision=precision)


# ---- compiled models, GPUs


# torch.compile looks at gradients that are not there, and hides the warning from people only
@pytest.mark.filterwarnings("ignore:The .grad attribute")
def test_a_compiled_model_trains_the_same_weights():
    plain, expected = run(eval_freq=3)
    model, train_loader, val_loader = parts()
    compiled = torch.compile(model, backend="eager")
    history = train_model(
        compiled, train_loader, val_loader, create_optimizer(compiled, 1e-2), "cpu", 2, eval_freq=3
    )
    torch.testing.assert_close(weights(model), weights(plain), rtol=0, atol=1e-5)
    assert history.val_losses == pytest.approx(expected.val_losses, abs=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_learns_what_a_cpu_learns_and_looking_changes_nothing():
    def go(device, drop_rate, **settings):
        model, train_loader, val_loader = parts(drop_rate=drop_rate)
        optimizer = create_optimizer(model.to(device), lr=1e-2)
        history = train_model(model, train_loader, val_loader, optimizer, device, 2, **settings)
        return history.val_losses, weights(model).cpu()

    assert go("cuda", 0.0)[0] == pytest.approx(go("cpu", 0.0)[0], abs=1e-3)
    looking = {"eval_freq": 1, "after_epoch": lambda model: torch.rand(3, device="cuda").tolist()}
    assert torch.equal(go("cuda", 0.1, **looking)[1], go("cuda", 0.1, eval_freq=99)[1])
