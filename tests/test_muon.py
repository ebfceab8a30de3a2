import pytest
import torch

from llmutils.bonus.muon import Muon, MuonAdamW, orthogonalize
from llmutils.config import GPTConfig
from llmutils.model import GPTModel, init_gpt2_weights


def tied_model():
    torch.manual_seed(0)
    model = GPTModel(GPTConfig(64, 12, 32, 4, 2, 0.0, False, tie_embeddings=True))
    init_gpt2_weights(model)
    return model


def update(model, optimizer, times=1):
    ids = torch.randint(0, 64, (16, 12), generator=torch.Generator().manual_seed(1))
    for _ in range(times):
        optimizer.zero_grad()
        model(ids).logsumexp(-1).sum().backward()
        optimizer.step()


def pair(shape):
    """The same matrix twice, with the same gradients to come."""
    torch.manual_seed(3)
    value = torch.randn(shape)
    return [torch.nn.Parameter(value.clone()) for _ in range(2)]


@pytest.mark.parametrize("shape", [(24, 24), (16, 64), (64, 16)])
def test_a_step_is_that_of_pytorchs_muon_up_to_bfloat16(shape):
    ours, theirs = pair(shape)
    settings = {"lr": 0.02, "weight_decay": 0.1, "momentum": 0.95}
    optimizer = Muon([ours], **settings)
    oracle = torch.optim.Muon([theirs], adjust_lr_fn="match_rms_adamw", **settings)
    for seed in range(4):
        ours.grad = theirs.grad = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        before = theirs.detach().clone()
        optimizer.step()
        oracle.step()
        moved = (theirs - before).norm()
        assert (ours - theirs).norm() < 0.05 * moved * (seed + 1)  # bfloat16 has 8 bits


def test_without_bfloat16_the_iteration_runs_in_float32(monkeypatch):
    matrix = torch.randn(3, 8, 24, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr("llmutils.bonus.muon.has_bf16", lambda device: False)
    exact = orthogonalize(matrix.double()).double()
    x = matrix.double() / matrix.double().norm(dim=(-2, -1), keepdim=True)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x - 4.7750 * square @ x + 2.0315 * square @ square @ x
    torch.testing.assert_close(exact, x, atol=1e-5, rtol=1e-4)
    monkeypatch.setattr("llmutils.bonus.muon.has_bf16", lambda device: True)
    rounded = orthogonalize(matrix)
    assert 1e-4 < (rounded - exact).abs().max() < 0.05


def test_singular_values_end_near_one():
    matrix = torch.randn(32, 96, generator=torch.Generator().manual_seed(0)) ** 3
    values = torch.linalg.svdvals(orthogonalize(matrix))
    assert 0.5 < values.min() and values.max() < 1.3


def test_stacked_matrices_are_updated_as_each_alone():
    torch.manual_seed(2)
    together = [torch.nn.Parameter(torch.randn(16, 16)) for _ in range(3)]
    alone = [torch.nn.Parameter(p.detach().clone()) for p in together]
    for p, q in zip(together, alone, strict=True):
        p.grad = q.grad = torch.randn(16, 16)
    Muon(together, lr=0.1).step()
    for q in alone:
        Muon([q], lr=0.1).step()
    for p, q in zip(together, alone, strict=True):
        torch.testing.assert_close(p, q, atol=2e-3, rtol=0)


def test_a_matrix_without_a_gradient_stays():
    matrix, other = torch.nn.Parameter(torch.ones(4, 4)), torch.nn.Parameter(torch.ones(4, 4))
    other.grad = torch.ones(4, 4)
    Muon([matrix, other], lr=0.1).step()
    assert torch.equal(matrix, torch.ones(4, 4))
    assert not torch.equal(other, torch.ones(4, 4))


def test_each_parameter_has_one_optimizer_and_only_matrices_decay():
    model = tied_model()
    model.blocks[0].att.W_key.weight.requires_grad_(False)
    optimizer = MuonAdamW(model, weight_decay=0.3)
    muon, adamw = optimizer.optimizers
    assert [group["betas"] for group in adamw.param_groups] == [(0.9, 0.95)] * 2
    inside = {id(p) for group in muon.param_groups for p in group["params"]}
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    found = sorted(id(p) for group in optimizer.param_groups for p in group["params"])
    assert found == sorted(id(p) for _, p in trained)
    decay = {id(p): group["weight_decay"] for g in [optimizer.param_groups] for group in g
             for p in group["params"]}  # fmt: skip
    for name, parameter in trained:
        in_block = name.startswith("blocks.") and parameter.dim() == 2
        assert (id(parameter) in inside) == in_block, name
        assert decay[id(parameter)] == (0.3 if parameter.dim() == 2 else 0.0), name


def test_muon_moves_a_matrix_alike_in_all_directions_and_as_far_as_adamw():
    model = tied_model()
    weight = model.blocks[0].att.W_value.weight
    before = weight.detach().clone()
    update(model, MuonAdamW(model, muon_lr=0.01, weight_decay=0.0))
    moved = torch.linalg.svdvals(weight.detach() - before)
    gradient = torch.linalg.svdvals(weight.grad)
    assert gradient[0] > 10 * gradient[7]  # the gradient has few strong directions
    assert moved[0] < 2 * moved[7]
    rms = (weight.detach() - before).square().mean().sqrt()
    assert rms == pytest.approx(0.2 * 0.01, rel=0.3)


def test_the_state_goes_on_where_it_was():
    whole = tied_model()
    update(whole, MuonAdamW(whole), times=5)
    model = tied_model()
    first = MuonAdamW(model)
    update(model, first, times=2)
    second = MuonAdamW(model)
    second.load_state_dict(first.state_dict())
    update(model, second, times=3)
    for a, b in zip(whole.parameters(), model.parameters(), strict=True):
        assert torch.equal(a, b)
