import pytest
import torch

from llmutils.config import GPTConfig
from llmutils.model import GPTModel
from llmutils.bonus.muon import MuonAdamW


def tied_model():
    torch.manual_seed(0)
    return GPTModel(GPTConfig(64, 12, 32, 4, 2, 0.0, False, tie_embeddings=True))


def update(model, optimizer, times=1):
    ids = torch.randint(0, 64, (16, 12), generator=torch.Generator().manual_seed(1))
    for _ in range(times):
        optimizer.zero_grad()
        model(ids).logsumexp(-1).sum().backward()
        optimizer.step()


def test_each_parameter_has_one_optimizer_and_only_matrices_decay():
    model = tied_model()
    optimizer = MuonAdamW(model, weight_decay=0.3)
    muon, adamw = optimizer.optimizers
    inside = {id(p) for group in muon.param_groups for p in group["params"]}
    groups = [group for group in optimizer.param_groups]
    assert sorted(id(p) for g in groups for p in g["params"]) == sorted(map(id, model.parameters()))
    decay = {id(p): group["weight_decay"] for group in groups for p in group["params"]}
    for name, parameter in model.named_parameters():
        in_block = name.startswith("blocks.") and parameter.dim() == 2
        assert (id(parameter) in inside) == in_block, name
        assert decay[id(parameter)] == (0.3 if parameter.dim() == 2 else 0.0), name


def test_muon_moves_a_matrix_alike_in_all_directions():
    model = tied_model()
    weight = model.blocks[0].att.W_value.weight
    before = weight.detach().clone()
    update(model, MuonAdamW(model, muon_lr=0.01, weight_decay=0.0))
    moved = torch.linalg.svdvals(weight.detach() - before)
    gradient = torch.linalg.svdvals(weight.grad)
    assert gradient[0] > 10 * gradient[7]  # the gradient has few strong directions
    assert moved[0] < 2 * moved[7]
    rms = (weight.detach() - before).square().mean().sqrt()
    assert rms == pytest.approx(0.2 * 0.01, rel=0.3)  # about as far as AdamW


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
