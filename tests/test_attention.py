import pytest
import torch
from torch import nn
from torch.testing import assert_close

from llmutils.attention import KVCache, MultiHeadAttention


def layer(dropout=0.0, heads=4, bias=True):
    torch.manual_seed(0)
    return MultiHeadAttention(24, 32, 16, dropout, heads, qkv_bias=bias)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("heads", [1, 4])
def test_it_equals_pytorchs_own_multihead_attention(heads, bias):
    torch.manual_seed(1)
    ours = MultiHeadAttention(32, 32, 16, 0.0, heads, qkv_bias=bias)
    theirs = nn.MultiheadAttention(32, heads, batch_first=True)
    with torch.no_grad():
        qkv = [ours.W_query, ours.W_key, ours.W_value]
        theirs.in_proj_weight.copy_(torch.cat([linear.weight for linear in qkv]))
        if bias:
            theirs.in_proj_bias.copy_(torch.cat([linear.bias for linear in qkv]))
        theirs.out_proj.load_state_dict(ours.out_proj.state_dict())
    x = torch.randn(2, 9, 32)
    future = torch.ones(9, 9, dtype=torch.bool).triu(1)
    expected, _ = theirs(x, x, x, attn_mask=future, need_weights=False)
    assert_close(ours(x), expected, atol=1e-6, rtol=1e-5)


def test_changing_a_later_token_leaves_earlier_outputs_unchanged():
    attention, x = layer(), torch.randn(1, 10, 24)
    changed = x.clone()
    changed[:, 6:] += 1.0
    before, after = attention(x), attention(changed)
    assert_close(before[:, :6], after[:, :6])
    assert not torch.allclose(before[:, 6:], after[:, 6:])


@pytest.mark.parametrize("pieces", [[1] * 10, [4, 1, 1, 4], [3, 7], [10]])
def test_tokens_fed_in_pieces_through_a_cache_give_the_whole(pieces):
    attention, x, cache = layer(), torch.randn(3, 10, 24), KVCache(10)
    outputs = [attention(piece, cache) for piece in x.split(pieces, dim=1)]
    assert cache.length == 10
    assert_close(torch.cat(outputs, dim=1), attention(x), atol=1e-6, rtol=1e-5)


def test_a_full_cache_and_a_too_long_sequence_are_refused():
    attention, cache = layer(), KVCache(4)
    attention(torch.randn(1, 3, 24), cache)
    with pytest.raises(ValueError, match="holds 4 tokens and cannot take 5"):
        attention(torch.randn(1, 2, 24), cache)
    with pytest.raises(ValueError, match="17 tokens exceed the context length 16"):
        attention(torch.randn(1, 17, 24))
    with pytest.raises(ValueError, match="d_out 32 is not divisible by num_heads 5"):
        layer(heads=5)


@pytest.mark.parametrize("copies", [2, 4])
def test_a_cache_of_another_batch_size_is_refused(copies):
    attention, cache = layer(), KVCache(4)
    attention(torch.randn(3, 2, 24), cache)
    for other in (1, copies):
        with pytest.raises(ValueError, match=f"holds a batch of 3 and cannot take {other}"):
            attention(torch.randn(other, 1, 24), cache)
    assert cache.length == 2


@pytest.mark.parametrize("rate", [0.2, 0.6])
def test_dropout_zeroes_its_share_of_the_attention_weights_and_scales_the_others(rate):
    torch.manual_seed(0)
    attention = MultiHeadAttention(16, 16, 16, rate, num_heads=1)
    with torch.no_grad():  # values and output projection pass the weights through
        for linear in (attention.W_value, attention.out_proj):
            linear.weight.copy_(torch.eye(16))
        attention.out_proj.bias.zero_()
        x = torch.eye(16).repeat(200, 1, 1)  # (B, T, T)
        dropped, whole = attention(x), attention.eval()(x)
    seen = torch.ones(16, 16).tril().bool().expand_as(x)
    assert (dropped[seen] == 0).float().mean().item() == pytest.approx(rate, abs=0.02)
    kept = seen & (dropped != 0)
    assert_close(dropped[kept], whole[kept] / (1 - rate))
    assert_close(attention(x), whole)  # outside training nothing is drawn


def test_no_mask_is_stored_with_the_weights():
    assert set(layer(bias=False).state_dict()) == {
        "W_query.weight",
        "W_key.weight",
        "W_value.weight",
        "out_proj.weight",
        "out_proj.bias",
    }
