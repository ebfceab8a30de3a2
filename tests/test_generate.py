import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from llmutils import generate as generate_module
from llmutils.generate import generate, pick_next_token, stream
from llmutils.model import GPTModel

PROMPTS = [[5, 9, 2], [7], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], [60, 61]]


@torch.no_grad()
def greedy_without_cache(model, prompt, max_new_tokens):
    model.eval()
    ids = torch.tensor([prompt])
    for _ in range(max_new_tokens):
        logits = model(ids[:, -model.config.context_length :])
        ids = torch.cat([ids, logits[:, -1:].argmax(dim=-1)], dim=1)
    return ids[0].tolist()


@pytest.fixture
def model(tiny_config):
    """A tiny GPT with loud blocks, whose greedy text keeps changing also past the context."""
    torch.manual_seed(0)
    model = GPTModel(tiny_config)
    with torch.no_grad():
        for block in model.blocks:
            block.att.W_query.weight.mul_(2)
            block.att.out_proj.weight.mul_(4)
            block.ff.layers[2].weight.mul_(4)
    return model


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_tokens_equal_the_uncached_loop_also_past_the_context(model, prompt):
    assert model.training
    out = generate(model, torch.tensor([prompt]), 30)[0].tolist()
    assert all(module.training for module in model.modules())
    assert out == greedy_without_cache(model, prompt, 30)
    assert len(set(out[-18:])) > 5  # a text that repeats one token would prove little


def test_a_ragged_batch_gives_each_row_what_it_gets_alone(model):
    together = generate(model, PROMPTS, 30)
    assert [row.tolist() for row in together] == [
        greedy_without_cache(model, p, 30) for p in PROMPTS
    ]


def test_each_row_stops_at_its_own_eos(model):
    full = [row.tolist() for row in generate(model, PROMPTS[:2], 20)]
    eos = full[0][len(PROMPTS[0]) + 4]
    rows = [row.tolist() for row in generate(model, PROMPTS[:2], 20, eos_id=eos)]
    for prompt, whole, row in zip(PROMPTS, full, rows, strict=False):
        new = whole[len(prompt) :]
        expected = new[: new.index(eos) + 1] if eos in new else new
        assert row == prompt + expected
    assert len(rows[0]) < len(full[0])


def test_rows_of_a_tensor_that_ended_are_filled_with_eos_while_others_go_on(model):
    prompts = torch.tensor([[5, 9], [7, 3]])
    full = generate(model, prompts, 20)
    eos = next(i for i in full[0, 2:].tolist() if i not in full[1])  # row 1 never ends
    end = full[0].tolist().index(eos, 2)
    assert end < 15 and (full[0, end:] != eos).any()
    out = generate(model, prompts, 20, eos_id=eos)
    assert torch.equal(out[0, : end + 1], full[0, : end + 1]) and (out[0, end:] == eos).all()
    assert torch.equal(out[1], full[1])


def test_an_eos_in_the_prompt_ends_nothing(model):
    out = generate(model, [[5, 9, 5]], 3, eos_id=9)[0].tolist()
    assert out[:3] == [5, 9, 5] and len(out) > 3


def test_stream_yields_the_tokens_of_generate(model):
    for settings in ({}, {"temperature": 1.3, "top_k": 20, "top_p": 0.9}):
        prompts = torch.tensor([[5, 9], [7, 3]])
        whole = generate(model, prompts, 25, generator=torch.Generator().manual_seed(1), **settings)
        steps = list(
            stream(model, prompts, 25, generator=torch.Generator().manual_seed(1), **settings)
        )
        assert torch.stack(steps, dim=1).tolist() == whole[:, 2:].tolist()


def test_a_stream_that_is_dropped_leaves_the_mode_between_steps(model):
    model.blocks[0].eval()
    modes = [module.training for module in model.modules()]
    tokens = stream(model, [[5, 9]], 10)
    next(tokens)
    assert [module.training for module in model.modules()] == modes
    tokens.close()
    assert [module.training for module in model.modules()] == modes


def test_training_between_two_tokens_leaves_the_next_token_without_dropout(model):
    expected = generate(model, [[5, 9]], 10)[0][2:].tolist()
    found = []
    for column in stream(model, [[5, 9]], 10):
        found += column.tolist()
        assert model.training and torch.is_grad_enabled()
        model.train()(torch.tensor([[1, 2]])).sum().backward()
        model.zero_grad()
    assert found == expected


def test_many_threads_get_no_dropout_and_leave_the_modes_as_they_were(tiny_config):
    torch.manual_seed(0)
    model = GPTModel({**vars(tiny_config), "drop_rate": 0.9, "context_length": 64})
    model.blocks[1].eval()
    before, prompt = [module.training for module in model.modules()], torch.tensor([[1, 2, 3]])
    expected, wrong = generate(model, prompt, 25), []

    def work(i):
        if i % 2:
            found = torch.stack([*stream(model, prompt, 25)], dim=1)
        else:
            found = generate(model, prompt, 25)[:, 3:]
        if not torch.equal(found, expected[:, 3:]):
            wrong.append(i)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for _ in range(5):
            threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
    finally:
        sys.setswitchinterval(interval)
    assert wrong == []
    assert [module.training for module in model.modules()] == before


def test_generate_switches_modes_once_and_reads_back_at_most_one_number_a_token(
    model, monkeypatch, count_host_reads
):
    walks, modules = [], GPTModel.modules

    def walk(self):
        walks.append(self)
        return modules(self)

    monkeypatch.setattr(GPTModel, "modules", walk)
    counts = []
    for number in (2, 9):
        with count_host_reads() as reads:
            generate(model, [[5, 9], [7]], number)
        counts.append(len(reads))
    assert len(walks) == 2  # once a call
    assert counts[1] - counts[0] <= 9 - 2  # whether the logits are finite


@pytest.mark.parametrize(
    ("length", "number", "rooms"),
    [(3, 5, [7, 7]), (3, 1, []), (3, 30, [12, 12]), (12, 9, []), (14, 9, [])],
)
def test_caches_are_made_once_and_only_as_large_as_they_will_be_read(
    model, monkeypatch, length, number, rooms
):
    made, KVCache = [], generate_module.KVCache
    monkeypatch.setattr(generate_module, "KVCache", lambda n: made.append(n) or KVCache(n))
    generate(model, torch.ones(1, length, dtype=torch.long), number)
    assert made == rooms


def test_prompts_may_come_from_iterators_and_other_libraries(model):
    prompts = [[5, 9, 2], [7]]
    expected = [row.tolist() for row in generate(model, prompts, 6)]
    for same in (
        map(list, prompts),
        (iter(prompt) for prompt in prompts),
        [np.array(prompt, dtype=np.uint16) for prompt in prompts],
        [torch.tensor(prompt, dtype=torch.int32) for prompt in prompts],
    ):
        assert [row.tolist() for row in generate(model, same, np.int64(6))] == expected
    block = np.array([[5, 9], [7, 3]])
    rows = generate(
        model, block, 3, eos_id=np.int64(99), top_k=np.int32(1), temperature=np.float32(2)
    )
    assert [row.tolist() for row in rows] == generate(model, torch.tensor(block), 3).tolist()
    settings = {
        "temperature": torch.tensor(0.5),
        "top_p": np.float64(0.5),
        "top_k": torch.tensor(3),
    }
    assert len(generate(model, [[5]], torch.tensor(3), **settings)[0]) == 4


def test_a_model_needs_only_what_the_interface_names(model):
    class Other(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model
            self.blocks, self.out_head = model.blocks, model.out_head
            self.config = SimpleNamespace(context_length=12)

        def hidden_states(self, token_ids, caches, padding):
            return self.inner.hidden_states(token_ids, caches, padding)

    same = [row.tolist() for row in generate(model, PROMPTS, 15)]
    assert [row.tolist() for row in generate(Other(), PROMPTS, 15)] == same


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_with_broken_weights_says_so(model, value, temperature):
    with torch.no_grad():
        model.out_head.weight[3] = value
    with pytest.raises(
        ValueError, match="row 0 has no token to pick: its largest logit is (nan|inf)"
    ):
        generate(model, [[5, 9]], 5, temperature)
    with pytest.raises(ValueError, match="its largest logit is (nan|inf)"):
        next(stream(model, [[5, 9]], 5, temperature))
    assert model.training


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_models_of_other_dtypes_generate(model, dtype):
    model.to(dtype)
    assert [row.tolist() for row in generate(model, PROMPTS[:2], 15)] == [
        generate(model, [prompt], 15)[0].tolist() for prompt in PROMPTS[:2]
    ] or dtype is torch.bfloat16  # where two logits may round to one
    assert len(generate(model, PROMPTS, 3, 1.0, 5, 0.9)) == 4


def test_generated_ids_can_be_trained_on(model):
    out = generate(model, torch.tensor([[5, 9]]), 8)
    model(out).sum().backward()


def test_no_new_tokens_returns_the_prompt(model):
    assert generate(model, torch.tensor([[5, 9]]), 0).tolist() == [[5, 9]]
    assert [row.tolist() for row in generate(model, [[5, 9], [7]], 0)] == [[5, 9], [7]]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -0.1}, "temperature must be 0 or more, got -0.1"),
        ({"temperature": float("nan")}, "temperature must be 0 or more, got nan"),
        ({"temperature": float("inf")}, "temperature must be 0 or more, got inf"),
        ({"temperature": "0.5"}, "temperature must be 0 or more, got '0.5'"),
        ({"temperature": None}, "temperature must be 0 or more, got None"),
        ({"top_k": True}, "top_k .* got True"),
        ({"eos_id": 2.0}, "eos_id must be a token id or None, got 2.0"),
        ({"max_new_tokens": 3.0}, "max_new_tokens must be an integer of 0 or more, got 3.0"),
        ({"max_new_tokens": True}, "max_new_tokens must be .* got True"),
        ({"top_k": 0}, "top_k must be an integer of 1 or more, or None, got 0"),
        ({"top_k": 2.5}, "top_k .* got 2.5"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, or None, got 0.0"),
        ({"top_p": 1.1}, "top_p .* got 1.1"),
        ({"max_new_tokens": -1}, "max_new_tokens must be an integer of 0 or more, got -1"),
        ({"token_ids": [[1], []]}, r"at least one id each, got rows of shape \[\(1,\), \(0,\)\]"),
        ({"token_ids": []}, r"at least one id each, got rows of shape \[\]"),
        ({"token_ids": [1, 2]}, r"got rows of shape \[\(\), \(\)\]"),
        ({"token_ids": torch.tensor([1, 2])}, r"got rows of shape \[\(\), \(\)\]"),
        ({"token_ids": torch.tensor([[1.7, 2.2]])}, "must be integers, got torch.float32"),
        ({"token_ids": [[1.0, 2]]}, "must be integers, got torch.float32"),
        ({"token_ids": [np.array([0.5])]}, "must be integers, got torch.float64"),
        ({"token_ids": torch.tensor([[True]])}, "must be integers, got torch.bool"),
        ({"token_ids": "Hello"}, "must be integers, got 'H'"),
        ({"token_ids": [[1], [None]]}, r"must be integers, got \[None\]"),
        ({"token_ids": [[1], [2, 64]]}, r"must lie in 0..63, got 2..64"),
        ({"token_ids": torch.tensor([[-1, 3]])}, r"must lie in 0..63, got -1..3"),
        ({"token_ids": iter(())}, r"at least one id each, got rows of shape \[\]"),
        ({"token_ids": torch.zeros(1, 0, dtype=torch.long)}, r"got rows of shape \[\(0,\)\]"),
    ],
)
def test_settings_without_sense_are_refused_at_once(model, settings, message):
    arguments = {"token_ids": [[1]], "max_new_tokens": 3} | settings
    with pytest.raises(ValueError, match=message):
        stream(model, **arguments)
    with pytest.raises(ValueError, match=message):
        generate(model, **arguments)


LOGITS = torch.tensor([[2.0, 1.0, 0.0, -1.0, 3.0]])


def frequencies(draws=20_000, **settings):
    generator = torch.Generator().manual_seed(0)
    logits = LOGITS.expand(draws, -1)
    picked = pick_next_token(logits, generator=generator, **settings)
    return torch.bincount(picked, minlength=5) / draws


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_draws_follow_the_softmax_at_each_temperature(temperature):
    expected = torch.softmax(LOGITS[0] / temperature, dim=-1)
    assert_close(frequencies(temperature=temperature), expected, atol=0.015, rtol=0)


@pytest.mark.parametrize("temperature", [5e-324, 1e-46, 1e-45, 1e-39, 1.2e-38])
@pytest.mark.parametrize("settings", [{}, {"top_p": 0.9}, {"top_k": 3}, {"top_p": 1e-50}])
def test_the_smallest_temperatures_are_greedy(temperature, settings):
    logits = torch.randn(50, 40) * 10
    picked = pick_next_token(logits, temperature, **settings)
    assert torch.equal(picked, logits.argmax(dim=-1))


@pytest.mark.parametrize("temperature", [0.0, 1e-46, 1.0])
@pytest.mark.parametrize(
    ("row", "value"),
    [([1.0, torch.nan], "nan"), ([torch.inf, 1.0], "inf"), ([-torch.inf, -torch.inf], "-inf")],
)
def test_logits_without_a_largest_are_refused_by_row(temperature, row, value):
    logits = torch.tensor([[0.0, 1.0], row])
    with pytest.raises(
        ValueError, match=f"row 1 has no token to pick: its largest logit is {value}$"
    ):
        pick_next_token(logits, temperature)


def test_forbidden_tokens_are_never_picked():
    logits = torch.tensor([[0.0, -torch.inf, 1.0, -torch.inf]]).expand(500, -1)
    for settings in ({}, {"top_k": 3}, {"top_p": 0.99}, {"top_k": 4, "top_p": 1.0}):
        assert set(pick_next_token(logits, 5.0, **settings).tolist()) == {0, 2}


def test_logits_of_few_bits_are_drawn_as_in_float32():
    logits = torch.randn(1, 1000) * 50
    for dtype in (torch.bfloat16, torch.float16, torch.float64):
        rows = logits.to(dtype).expand(2000, -1)
        draws = [torch.Generator().manual_seed(0) for _ in range(2)]
        expected = pick_next_token(rows.float(), 50.0, generator=draws[0])
        assert torch.equal(pick_next_token(rows, 50.0, generator=draws[1]), expected)


def test_top_k_keeps_the_k_likeliest_and_their_proportions():
    expected = torch.softmax(LOGITS[0].index_fill(0, torch.tensor([2, 3]), -torch.inf), dim=-1)
    assert_close(frequencies(temperature=1.0, top_k=3), expected, atol=0.015, rtol=0)
    ties = torch.zeros(1000, 5)
    assert len(pick_next_token(ties, temperature=1.0, top_k=2).unique()) == 2


def test_top_k_of_one_and_temperature_zero_are_greedy():
    logits = torch.randn(500, 40)
    for settings in ({"temperature": 0.0}, {"temperature": 5.0, "top_k": 1}):
        assert torch.equal(pick_next_token(logits, **settings), logits.argmax(dim=-1))


def test_top_k_beyond_the_vocabulary_means_all_of_it():
    assert (frequencies(temperature=1.0, top_k=99) > 0).all()


def test_top_p_keeps_the_fewest_tokens_that_reach_p():
    # probabilities: 0.636, 0.234, 0.086, 0.032, 0.012
    for p, kept in [(0.5, 1), (0.63, 1), (0.64, 2), (0.9, 3), (0.96, 4), (0.99, 5), (1.0, 5)]:
        assert int((frequencies(temperature=1.0, top_p=p) > 0).sum()) == kept, p


def test_top_p_comes_after_temperature_and_after_top_k():
    # at temperature 3 the likeliest hold 0.36 and 0.26, so 0.7 needs three tokens instead of two
    assert int((frequencies(temperature=3.0, top_p=0.7) > 0).sum()) == 3
    # among the top two the likeliest holds 0.73, so 0.7 needs one
    assert int((frequencies(temperature=1.0, top_k=2, top_p=0.7) > 0).sum()) == 1


def test_a_generator_fixes_the_draws_and_spares_the_global_stream(model):
    def sample(seed):
        generator = torch.Generator().manual_seed(seed)
        return generate(model, [[5]], 20, temperature=1.0, generator=generator)[0].tolist()

    before = torch.get_rng_state()
    assert sample(1) == sample(1) != sample(2)
    assert torch.equal(before, torch.get_rng_state())
