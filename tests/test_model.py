import gc
import math
import threading
import weakref
from dataclasses import asdict, replace

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from llmutils.attention import KVCache
from llmutils.config import GPT2_CONFIGS
from llmutils.model import (
    GELU,
    GPTModel,
    LayerNorm,
    TransformerBlock,
    evaluating,
    evaluation_mode,
    init_gpt2_weights,
)


def test_layernorm_and_gelu_equal_pytorchs_own():
    torch.manual_seed(0)
    ours, theirs, x = LayerNorm(32), nn.LayerNorm(32), torch.randn(2, 5, 32) * 3 + 1
    with torch.no_grad():
        ours.scale.copy_(theirs.weight.normal_())
        ours.shift.copy_(theirs.bias.normal_())
    assert_close(ours(x), theirs(x))
    assert_close(GELU()(x), nn.GELU("tanh")(x))


def test_logits_equal_transformers_gpt2_with_the_same_weights(tiny_config):
    from transformers import GPT2Config, GPT2LMHeadModel

    config = replace(tiny_config, qkv_bias=True, tie_embeddings=True)
    ours = GPTModel(config).eval()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.normal_(std=0.3)
    theirs = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=config.vocab_size,
            n_positions=config.context_length,
            n_embd=config.emb_dim,
            n_layer=config.n_layers,
            n_head=config.n_heads,
        )
    ).eval()
    state = {
        "transformer.wte.weight": ours.tok_emb.weight,
        "transformer.wpe.weight": ours.pos_emb.weight,
        "transformer.ln_f.weight": ours.final_norm.scale,
        "transformer.ln_f.bias": ours.final_norm.shift,
        "lm_head.weight": ours.tok_emb.weight,
    }
    for i, block in enumerate(ours.blocks):
        h, att, ff = f"transformer.h.{i}.", block.att, block.ff.layers
        qkv = [att.W_query, att.W_key, att.W_value]
        state |= {
            h + "ln_1.weight": block.norm1.scale,
            h + "ln_1.bias": block.norm1.shift,
            h + "attn.c_attn.weight": torch.cat([linear.weight for linear in qkv]).T,
            h + "attn.c_attn.bias": torch.cat([linear.bias for linear in qkv]),
            h + "attn.c_proj.weight": att.out_proj.weight.T,
            h + "attn.c_proj.bias": att.out_proj.bias,
            h + "ln_2.weight": block.norm2.scale,
            h + "ln_2.bias": block.norm2.shift,
            h + "mlp.c_fc.weight": ff[0].weight.T,
            h + "mlp.c_fc.bias": ff[0].bias,
            h + "mlp.c_proj.weight": ff[2].weight.T,
            h + "mlp.c_proj.bias": ff[2].bias,
        }
    theirs.load_state_dict(state)
    token_ids = torch.randint(0, config.vocab_size, (3, config.context_length))
    with torch.no_grad():
        assert_close(ours(token_ids), theirs(token_ids).logits, atol=2e-5, rtol=1e-4)


def test_changing_a_later_token_leaves_earlier_logits_unchanged(tiny_model, tiny_config):
    model = tiny_model.eval()
    token_ids = torch.randint(0, tiny_config.vocab_size, (2, 12))
    changed = token_ids.clone()
    changed[:, 7] = (changed[:, 7] + 1) % tiny_config.vocab_size
    before, after = model(token_ids), model(changed)
    assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7], after[:, 7])


def test_a_row_of_a_batch_equals_the_row_alone(tiny_model, tiny_config):
    model = tiny_model.eval()
    token_ids = torch.randint(0, tiny_config.vocab_size, (4, 12))
    alone = torch.cat([model(row[None]) for row in token_ids])
    assert_close(model(token_ids), alone, atol=1e-6, rtol=1e-5)


def test_left_padding_changes_no_hidden_state(tiny_model, tiny_config):
    model = tiny_model.eval()
    token_ids = torch.randint(0, tiny_config.vocab_size, (1, 5))
    padded = torch.cat([torch.randint(0, tiny_config.vocab_size, (1, 7)), token_ids], dim=1)
    hidden = model.hidden_states(padded, padding=torch.tensor([7]))
    assert_close(hidden[:, 7:], model.hidden_states(token_ids), atol=1e-6, rtol=1e-5)


def test_too_many_tokens_and_foreign_ids_are_refused(tiny_model):
    with pytest.raises(ValueError, match="13 tokens exceed the context length 12"):
        tiny_model(torch.zeros(1, 13, dtype=torch.long))
    with pytest.raises(ValueError, match=r"token ids must lie in 0..63, got 3..64"):
        tiny_model(torch.tensor([[3, 64]]))
    with pytest.raises(ValueError, match=r"got -1..3"):
        tiny_model(torch.tensor([[3, -1]]))


@pytest.mark.parametrize(
    "ids",
    [
        torch.tensor([[1.0, 2.0]]),
        torch.tensor([[True, False]]),
        torch.tensor([1, 2, 3]),
        torch.tensor(1),
        torch.zeros(1, 0, dtype=torch.long),
        torch.zeros(0, 3, dtype=torch.long),
        torch.zeros(1, 2, 3, dtype=torch.long),
    ],
)
def test_ids_that_are_no_batch_of_integers_are_refused_with_dtype_and_shape(tiny_model, ids):
    with pytest.raises(ValueError) as error:
        tiny_model(ids)
    assert f"got {ids.dtype} of shape {tuple(ids.shape)}" in str(error.value)


def test_caches_that_do_not_belong_together_are_refused(tiny_model):
    ids, own = torch.tensor([[1, 2, 3]]), [KVCache(8), KVCache(8)]
    for caches in ([KVCache(8)] * 2, [KVCache(8)], [KVCache(8) for _ in range(3)]):
        with pytest.raises(ValueError, match="expected 2 separate caches of one length, got"):
            tiny_model.hidden_states(ids, caches)
        assert all(cache.length == 0 for cache in caches)
    with torch.no_grad():
        tiny_model.hidden_states(ids, own)
        with pytest.raises(ValueError, match=r"of one length, got \[3, 0\]"):
            tiny_model.hidden_states(ids, [own[0], KVCache(8)])
        with pytest.raises(ValueError, match="holds a batch of 1 and cannot take 2"):
            tiny_model.hidden_states(ids.repeat(2, 1), own)


def test_a_forward_pass_reads_nothing_back(tiny_model, count_host_reads):
    ids, padding = torch.zeros(2, 6, dtype=torch.long), torch.tensor([0, 4])
    with count_host_reads() as reads:
        tiny_model(ids)
        tiny_model.hidden_states(ids, [KVCache(6), KVCache(6)], padding)
    assert reads == []


def test_a_model_knows_its_config(tiny_config):
    assert GPTModel(tiny_config).config is tiny_config
    assert GPTModel(asdict(tiny_config)).config == tiny_config


def test_a_config_with_a_typo_is_refused(tiny_config):
    with pytest.raises(ValueError, match="config keys unknown: .*'n_head'"):
        GPTModel({"vocab_size": 64, "n_head": 4})


def test_a_model_keeps_nothing_but_its_weights(tiny_config):
    model = GPTModel(tiny_config)
    assert list(model.buffers()) == []  # load_pretrained would leave one without its numbers
    assert set(model.state_dict()) == {name for name, _ in model.named_parameters()}


def test_tying_changes_nothing_but_the_head(tiny_config):
    models = []
    for tied in (False, True):
        torch.manual_seed(0)
        models.append(GPTModel(replace(tiny_config, tie_embeddings=tied)))
    untied, tied = (dict(model.named_parameters()) for model in models)
    assert untied.keys() - tied.keys() == {"out_head.weight"}
    assert all(torch.equal(weight, untied[name]) for name, weight in tied.items())
    head = models[1].out_head
    assert head.weight is models[1].tok_emb.weight and not head.weight.is_meta
    models[1].load_state_dict(models[1].state_dict())
    assert head.weight is models[1].tok_emb.weight


def test_a_tied_head_draws_no_numbers_of_its_own(tiny_config, monkeypatch):
    drawn = []
    monkeypatch.setattr(nn.Linear, "reset_parameters", lambda self: drawn.append(self.weight))
    GPTModel(replace(tiny_config, tie_embeddings=True))
    assert [weight.is_meta for weight in drawn if weight.shape[0] == 64] == [True]


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("n_layers", [2, 8])
def test_gpt2s_initialisation_of_each_kind_of_weight(tiny_config, tied, n_layers):
    sizes = {"vocab_size": 1000, "context_length": 400, "n_layers": n_layers, "qkv_bias": True}
    model = GPTModel(replace(tiny_config, **sizes, tie_embeddings=tied))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(7.0)
    torch.manual_seed(0)
    init_gpt2_weights(model)
    residual = {2: 0.01, 8: 0.005}[n_layers]  # 0.02 / sqrt(2 n_layers)
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            assert (parameter == (1 if name.endswith("scale") else 0)).all(), name
            continue
        expected = 0.01 if name == "pos_emb.weight" else 0.02
        expected = residual if name.endswith(("out_proj.weight", "layers.2.weight")) else expected
        tolerance = 5 / (2 * parameter.numel()) ** 0.5  # 5 standard errors
        assert parameter.std().item() == pytest.approx(expected, rel=tolerance), name
        assert abs(parameter.mean().item()) < 5 * expected / parameter.numel() ** 0.5, name


def test_a_model_started_as_gpt2_starts_near_the_uniform_loss(tiny_config):
    torch.manual_seed(0)
    model = GPTModel(replace(tiny_config, tie_embeddings=True)).eval()
    inputs, targets = torch.randint(0, 64, (2, 64, 12))

    def loss():
        return nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten()).item()

    assert loss() > 2 * math.log(64)  # a head of large numbers is sure of itself
    init_gpt2_weights(model)
    assert loss() == pytest.approx(math.log(64), abs=0.05)
    assert model.out_head.weight is model.tok_emb.weight


RATE = 0.3


def assert_dropped_out(found, whole):
    """A share of RATE is zero, and the rest is larger by 1 / (1 - RATE)."""
    assert (found == 0).float().mean().item() == pytest.approx(RATE, abs=0.02)
    assert_close(found[found != 0], whole.expand_as(found)[found != 0] / (1 - RATE))


@pytest.mark.parametrize("part", ["att", "ff"])
def test_dropout_acts_on_each_shortcut_of_a_block(tiny_config, part):
    block = TransformerBlock(replace(tiny_config, drop_rate=RATE))
    last = {"att": block.att.out_proj, "ff": block.ff.layers[2]}
    with torch.no_grad():  # one part adds 1 to everything, the other nothing
        for name, linear in last.items():
            linear.weight.zero_()
            linear.bias.fill_(float(name == part))
        x = torch.zeros(64, 12, 32)
        assert_dropped_out(block(x), torch.ones(()))
        assert_close(block.eval()(x), torch.ones_like(x))


def test_dropout_acts_on_the_embeddings_and_on_the_attention_weights(tiny_config):
    model, seen = GPTModel(replace(tiny_config, drop_rate=RATE)), []
    model.blocks[0].register_forward_pre_hook(lambda _, args: seen.append(args[0].detach()))
    ids = torch.randint(0, 64, (64, 12))
    model(ids)
    assert_dropped_out(seen[0], model.tok_emb(ids) + model.pos_emb.weight)
    model.eval()(ids)
    assert_close(seen[1], model.tok_emb(ids) + model.pos_emb.weight)
    assert {block.att.dropout for block in model.blocks} == {RATE}  # its effect: test_attention.py


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("gpt2", 124_439_808),
        ("gpt2-medium", 354_823_168),
        ("gpt2-large", 774_030_080),
        ("gpt2-xl", 1_557_611_200),
    ],
)
def test_the_four_sizes_have_openais_parameter_counts(name, count):
    with torch.device("meta"):
        model = GPTModel(GPT2_CONFIGS[name])
    assert sum(p.numel() for p in model.parameters()) == count


def test_a_model_without_memory_can_be_run_for_its_shapes(tiny_config):
    with torch.device("meta"):
        model = GPTModel(tiny_config)
        logits = model(torch.zeros(2, 12, dtype=torch.long))
    assert logits.shape == (2, 12, 64)


def attend_with_nan(queries, keys, values, attn_mask=None, is_causal=False, dropout_p=0.0):
    """Attention as some backends do it: a row that may look nowhere is NaN."""
    scores = queries @ keys.transpose(-2, -1) / queries.shape[-1] ** 0.5
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -torch.inf)
    return scores.softmax(dim=-1) @ values


def test_padding_harms_nobody_on_a_backend_that_makes_nan_of_closed_rows(tiny_model, monkeypatch):
    q = torch.zeros(1, 1, 2, 4)
    assert attend_with_nan(q, q, q, torch.zeros(2, 2, dtype=torch.bool)).isnan().all()
    model, ids = tiny_model.eval(), torch.randint(0, 64, (2, 6))
    padding, caches = torch.tensor([0, 4]), [KVCache(7), KVCache(7)]
    alone = [model.hidden_states(ids[:1]), model.hidden_states(ids[1:, 4:])]
    monkeypatch.setattr(nn.functional, "scaled_dot_product_attention", attend_with_nan)
    with torch.no_grad():
        hidden = model.hidden_states(ids, caches, padding)
        further = model.hidden_states(ids[:, :1], caches, padding)
    assert hidden.isfinite().all() and further.isfinite().all()
    assert_close(hidden[0], alone[0][0], atol=1e-5, rtol=1e-5)
    assert_close(hidden[1, 4:], alone[1][0], atol=1e-5, rtol=1e-5)


def test_it_compiles_without_graph_breaks(tiny_model, tiny_config):
    explanation = torch._dynamo.explain(tiny_model.eval())(torch.zeros(2, 12, dtype=torch.long))
    assert explanation.graph_break_count == 0, explanation.break_reasons


def test_a_compiled_model_gives_the_same_logits_and_refuses_the_same(tiny_model):
    compiled, ids = torch.compile(tiny_model.eval(), backend="eager"), torch.randint(0, 64, (2, 9))
    assert_close(compiled(ids), tiny_model(ids))
    with pytest.raises(ValueError, match="13 tokens exceed"):
        compiled(torch.zeros(1, 13, dtype=torch.long))
    with evaluation_mode(compiled):
        assert_close(compiled(ids), tiny_model(ids))


def modes(model):
    return [module.training for module in model.modules()]


def test_evaluation_mode_restores_every_module_also_after_an_error(tiny_model):
    tiny_model.blocks[0].eval()
    before = modes(tiny_model)
    with pytest.raises(KeyError), evaluation_mode(tiny_model):
        with evaluation_mode(tiny_model), evaluation_mode(tiny_model.blocks[1]):
            assert not any(modes(tiny_model))
        assert not any(modes(tiny_model)) and not torch.is_grad_enabled()
        raise KeyError
    assert modes(tiny_model) == before and torch.is_grad_enabled() and not evaluating


@pytest.mark.parametrize("part", [lambda model: model, lambda model: model.blocks[0]])
def test_the_last_thread_to_leave_evaluation_mode_restores(tiny_model, part):
    inside, leave = threading.Event(), threading.Event()

    def other():
        with evaluation_mode(part(tiny_model)):
            inside.set()
            leave.wait(10)
            assert torch.is_grad_enabled() is False

    thread = threading.Thread(target=other)
    with evaluation_mode(tiny_model):
        thread.start()
        inside.wait(10)
    assert not any(modes(part(tiny_model)))
    leave.set()
    thread.join()
    assert all(modes(tiny_model)) and not evaluating


def test_evaluation_mode_keeps_no_model_alive(tiny_config):
    model = GPTModel(tiny_config)
    with evaluation_mode(model):
        pass
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None
