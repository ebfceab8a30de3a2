import pytest
import torch
from torch.testing import assert_close

from llmutils.generate import generate
from llmutils.model import evaluation_mode, pick_next_token, stream
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


def test_evaluation_mode_restores_after_an_error(model):
    with pytest.raises(KeyError), evaluation_mode(model):
        assert not model.training and not torch.is_grad_enabled()
        raise KeyError
    assert model.training and torch.is_grad_enabled()


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
        ({"top_k": 0}, "top_k must be an integer of 1 or more, or None, got 0"),
        ({"top_k": 2.5}, "top_k .* got 2.5"),
        ({"top_p": 0.0}, "top_p must be above 0 and at most 1, or None, got 0.0"),
        ({"top_p": 1.1}, "top_p .* got 1.1"),
        ({"max_new_tokens": -1}, "max_new_tokens must be an integer of 0 or more, got -1"),
        ({"token_ids": [[1], []]}, r"at least one id each, got rows of shape \[\(1,\), \(0,\)\]"),
        ({"token_ids": []}, r"at least one id each, got rows of shape \[\]"),
        ({"token_ids": [1, 2]}, r"got rows of shape \[\(\), \(\)\]"),
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


def test_the_smallest_temperature_is_still_a_number():
    logits = torch.randn(50, 40) * 10
    picked = pick_next_token(logits, temperature=1e-45, top_p=0.9)
    assert torch.equal(picked, logits.argmax(dim=-1))


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
