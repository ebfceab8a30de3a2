import os

os.environ["TQDM_DISABLE"] = "1"  # read when tqdm is imported
os.environ.setdefault("OMP_NUM_THREADS", "1")  # the tests' models are too small for more

from contextlib import contextmanager  # noqa: E402

import pytest  # noqa: E402
import torch  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

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


@pytest.fixture
def count_host_reads():
    """Return a context that yields a list of the numbers read back from tensors inside it."""

    class Count(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.reads = []

        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            if operation is torch.ops.aten._local_scalar_dense.default:
                self.reads.append(operation)
            return operation(*args, **(kwargs or {}))

    @contextmanager
    def counting():
        with Count() as count:
            yield count.reads

    return counting


@pytest.fixture(scope="session")
def tokenizer():
    """A small byte-pair table trained as SmolLM2's was: its own library, and ours."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    from llmutils.formats.bpe import make_tokenizer

    theirs = Tokenizer(models.BPE())
    bytes_only = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    digits = pre_tokenizers.Digits(individual_digits=True)
    theirs.pre_tokenizer = pre_tokenizers.Sequence([digits, bytes_only])
    theirs.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    words = (
        "the cat's hat  isn't here\nuser assistant\n def f(x): 你好 😀 naïve 12 in the  then they"
    )
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    theirs.train_from_iterator([words] * 9, trainer)
    return theirs, make_tokenizer(theirs.get_vocab(), special)
