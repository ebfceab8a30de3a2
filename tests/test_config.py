import json
from dataclasses import FrozenInstanceError, asdict, replace

import numpy as np
import pytest
import torch

from llmutils.config import GPT2_CONFIGS, GPT_CONFIG_124M, GPTConfig


def test_a_dictionary_and_its_config_say_the_same():
    config = GPTConfig.of(GPT_CONFIG_124M)
    assert asdict(config) == GPT_CONFIG_124M | {"tie_embeddings": False}
    assert GPTConfig.of(config) is config


def test_a_config_cannot_be_changed_but_can_be_copied():
    config = GPTConfig.of(GPT_CONFIG_124M)
    with pytest.raises(FrozenInstanceError):
        config.emb_dim = 1024
    assert replace(config, context_length=1024).context_length == 1024


def test_unknown_and_missing_keys_are_named():
    wrong = {k: v for k, v in GPT_CONFIG_124M.items() if k != "emb_dim"} | {"emb_dimm": 768}
    with pytest.raises(
        ValueError, match=r"config keys unknown: \['emb_dimm'\], missing: \['emb_dim'\]"
    ):
        GPTConfig.of(wrong)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_heads": 7}, "emb_dim 768 is not divisible by n_heads 7"),
        ({"n_layers": 0}, "n_layers must be a positive integer, got 0"),
        ({"context_length": 256.0}, "context_length must be a positive integer, got 256.0"),
        ({"vocab_size": True}, "vocab_size must be a positive integer, got True"),
        ({"n_layers": "12"}, "n_layers must be a positive integer, got '12'"),
        ({"n_layers": None}, "n_layers must be a positive integer, got None"),
        ({"emb_dim": np.float64(768)}, "emb_dim must be a positive integer, got np.float64"),
        ({"emb_dim": torch.ones(2)}, "emb_dim must be a positive integer, got tensor"),
        ({"drop_rate": 1.0}, "drop_rate must be at least 0 and below 1, got 1.0"),
        ({"drop_rate": -0.1}, "got -0.1"),
        ({"drop_rate": float("nan")}, "got nan"),
        ({"drop_rate": "0.1"}, "got '0.1'"),
        ({"drop_rate": False}, "got False"),
        ({"drop_rate": None}, "got None"),
        ({"qkv_bias": 1}, "qkv_bias must be True or False, got 1"),
        ({"qkv_bias": "False"}, "qkv_bias must be True or False, got 'False'"),
    ],
)
def test_impossible_values_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        GPTConfig.of(GPT_CONFIG_124M | change)


@pytest.mark.parametrize("integer", [np.int64, np.uint16, torch.tensor])
def test_numbers_of_other_libraries_become_pythons_own(integer):
    numbers = {"emb_dim": integer(768), "n_heads": integer(12), "context_length": integer(256)}
    numbers |= {"drop_rate": np.float32(0.25), "qkv_bias": np.bool_(False)}
    config = GPTConfig.of(GPT_CONFIG_124M | numbers)
    assert config == GPTConfig.of(GPT_CONFIG_124M | {"drop_rate": 0.25})
    assert {type(value) for value in asdict(config).values()} == {int, float, bool}
    assert json.loads(json.dumps(asdict(config))) == asdict(config)
    assert replace(config, n_layers=integer(2)).n_layers == 2


def test_the_four_gpt2_sizes():
    sizes = {name: (c.emb_dim, c.n_layers, c.n_heads) for name, c in GPT2_CONFIGS.items()}
    assert sizes == {
        "gpt2": (768, 12, 12),
        "gpt2-medium": (1024, 24, 16),
        "gpt2-large": (1280, 36, 20),
        "gpt2-xl": (1600, 48, 25),
    }
    for config in GPT2_CONFIGS.values():
        assert config.context_length == 1024 and config.qkv_bias and config.tie_embeddings
