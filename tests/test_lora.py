import pytest
import torch
from safetensors.torch import load_file, save_file

from llmutils.bonus.llama import LlamaConfig, LlamaModel
from llmutils.bonus.lora import add_lora, lora_layers, lora_weights, merge_lora, without_lora
from llmutils.config import GPTConfig
from llmutils.model import GPTModel
from llmutils.train import create_optimizer, training_step
from llmutils.weights import load_pretrained, save_pretrained

IDS = torch.randint(0, 50, (2, 9), generator=torch.Generator().manual_seed(1))


def models():
    torch.manual_seed(0)
    gpt = GPTModel(GPTConfig(50, 16, 16, 2, 2, 0.0, True)).eval()
    return {"gpt": gpt, "llama": LlamaModel(LlamaConfig(50, 16, 16, 40, 4, 2, 2)).eval()}


def logits(model):
    with torch.no_grad():
        return model(IDS)


def trained(model, steps=5):
    optimizer = create_optimizer(model, 1e-2)
    for _ in range(steps):
        training_step(model, [(IDS[:, :-1], IDS[:, 1:])], optimizer, "cpu")
    return model


@pytest.mark.parametrize("name", ["gpt", "llama"])
def test_only_the_adapters_learn_and_nothing_is_changed_by_adding_or_merging_them(name):
    model = models()[name]
    before, weights = logits(model), {k: v.clone() for k, v in model.state_dict().items()}
    add_lora(model, rank=2, alpha=4)
    torch.testing.assert_close(logits(model), before, rtol=0, atol=0)
    learning = {k for k, p in model.named_parameters() if p.requires_grad}
    assert learning == {f"blocks.{n}.att.{w}.{part}" for n in (0, 1)
                        for w in ("W_query", "W_value") for part in "AB"}  # fmt: skip
    trained(model)
    after = logits(model)
    assert (after - before).abs().max() > 1e-2
    for key, weight in weights.items():
        adapted = key.replace("W_query.", "W_query.linear.").replace("W_value.", "W_value.linear.")
        assert torch.equal(model.state_dict()[adapted], weight), key
    with without_lora(model):
        torch.testing.assert_close(logits(model), before, rtol=0, atol=0)
    torch.testing.assert_close(logits(model), after, rtol=0, atol=0)
    merge_lora(model)
    torch.testing.assert_close(logits(model), after, rtol=0, atol=1e-5)
    assert lora_layers(model) == {} and model.state_dict().keys() == weights.keys()


def test_a_merged_model_is_saved_as_any_other_and_an_adapted_one_is_refused(tmp_path):
    model = models()["llama"]
    add_lora(model, rank=2)
    trained(model)
    with pytest.raises(ValueError, match="blocks.0.att.W_query.A .* is extra"):
        save_pretrained(model, tmp_path / "adapted")
    merge_lora(model)
    save_pretrained(model, tmp_path / "merged")
    torch.testing.assert_close(logits(load_pretrained(tmp_path / "merged")), logits(model))


def test_adapters_travel_alone(tmp_path):
    model = models()["gpt"]
    add_lora(model, rank=2, alpha=6)
    trained(model)
    save_file(lora_weights(model), tmp_path / "adapters.safetensors")
    other = models()["gpt"]
    add_lora(other, rank=2)  # the scale comes with the file
    found = other.load_state_dict(load_file(tmp_path / "adapters.safetensors"), strict=False)
    assert not found.unexpected_keys and not any(".A" in key for key in found.missing_keys)
    torch.testing.assert_close(logits(other), logits(model), rtol=0, atol=0)


@pytest.mark.parametrize("settings", [{"names": ["nothing"]}, {"rank": 0}, {"twice": True}])
def test_what_cannot_be_adapted_is_refused(settings):
    model = models()["gpt"]
    if settings.pop("twice", False):
        add_lora(model)
    with pytest.raises(ValueError, match="expected layers named .*, a rank of 1 or more and no"):
        add_lora(model, **settings)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`")  # peft asks transformers for it
def test_it_computes_and_learns_what_peft_does(tmp_path):
    peft, transformers = pytest.importorskip("peft"), pytest.importorskip("transformers")
    model = models()["llama"]
    save_pretrained(model, tmp_path)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    settings = dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    theirs = peft.get_peft_model(theirs, peft.LoraConfig(**settings))
    add_lora(model, rank=2, alpha=4)
    names = {"q_proj": "W_query", "v_proj": "W_value"}
    pairs = []
    for key, value in theirs.named_parameters():
        if "lora_" in key:
            # base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight
            *_, n, _, layer, part, _, _ = key.split(".")
            ours = getattr(model.get_submodule(f"blocks.{n}.att.{names[layer]}"), part[-1])
            with torch.no_grad():
                ours.normal_(std=0.3)
                value.copy_(ours)
            pairs.append((ours, value))
    assert len(pairs) == 8
    with torch.no_grad():
        torch.testing.assert_close(model(IDS), theirs(IDS).logits, rtol=0, atol=1e-5)
    for one in (model(IDS), theirs(IDS).logits):
        torch.nn.functional.cross_entropy(
            one[:, :-1].flatten(0, 1), IDS[:, 1:].flatten()
        ).backward()
    for ours, value in pairs:
        torch.testing.assert_close(ours.grad, value.grad, rtol=0, atol=1e-5)
