import math
from dataclasses import asdict, replace

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from llmutils.config import GPT2_CONFIGS
from llmutils.model import GELU, GPTModel, LayerNorm


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


def test_a_tied_head_is_one_tensor_and_starts_near_the_uniform_loss(tiny_config):
    torch.manual_seed(0)
    model = GPTModel(replace(tiny_config, tie_embeddings=True)).eval()
    assert model.out_head.weight is model.tok_emb.weight
    inputs, targets = torch.randint(0, 64, (2, 64, 12))
    loss = nn.functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    assert loss.item() == pytest.approx(math.log(64), abs=0.05)
    model.load_state_dict(model.state_dict())
    assert model.out_head.weight is model.tok_emb.weight


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


def test_padding_that_may_look_nowhere_stays_finite(tiny_model):
    hidden = tiny_model.hidden_states(
        torch.zeros(2, 6, dtype=torch.long), padding=torch.tensor([0, 4])
    )
    assert hidden.isfinite().all()


def test_it_compiles_without_graph_breaks(tiny_model, tiny_config):
    explanation = torch._dynamo.explain(tiny_model.eval())(torch.zeros(2, 12, dtype=torch.long))
    assert explanation.graph_break_count == 0, explanation.break_reasons
