import os

os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tests' models are too small for more

import pytest  # noqa: E402
import torch  # noqa: E402

from llmutils.config import GPTConfig  # noqa: E402
from llmutils.model import GPTModel  # noqa: E402

TINY = GPTConfig(
    vocab_size=64,
    context_length=12,
    emb_dim=32,
    n_heads=4,
    n_layers=2,
    drop_rate=0.1,
    qkv_bias=False,
)


@pytest.fixture
def tiny_config():
    return TINY


@pytest.fixture
def tiny_model():
    """A random GPT in training mode, dropout included, as a careless caller would leave it."""
    torch.manual_seed(0)
    return GPTModel(TINY)
