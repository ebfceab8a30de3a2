"""Measure loading a GPT-2 of 124M parameters from OpenAI's TensorFlow format.

A checkpoint with random weights is written first. Then each row loads it in a process of its own,
and where llms-from-scratch is installed (a package on PyPI, not among the pinned ones) it does the
same beside us. Seconds count from after the interpreter's start: with the imports, and for the
loading alone. Timings drift from run to run: only the ratios within one run mean something. For
Linux.

Run: python benchmarks/weights.py, in an environment of its own for the comparison
(llms-from-scratch asks for an older numpy than ours)
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

START = time.perf_counter()
TOKENS = list(range(100, 116))


def write(folder):
    """Write the checkpoint."""
    import torch

    from llmutils.config import GPT2_CONFIGS
    from llmutils.formats.openai import export_openai
    from llmutils.model import GPTModel

    torch.manual_seed(0)
    export_openai(GPTModel(GPT2_CONFIGS["gpt2"]), folder)
    return 0.0, 0.0


def import_torch(folder):
    """Import PyTorch and do nothing."""
    import torch  # noqa: F401

    return 0.0, 0.0


def ours(folder):
    """Load with llmutils; return the seconds that the loading took, and the sum of some logits."""
    import torch

    from llmutils.weights import load_pretrained

    start = time.perf_counter()
    model = load_pretrained(folder)
    seconds = time.perf_counter() - start
    with torch.no_grad():
        return seconds, model(torch.tensor([TOKENS])).sum().item()


def theirs(folder):
    """Load with llms-from-scratch; return the same."""
    import tensorflow as tf
    import torch
    from llms_from_scratch.ch04 import GPTModel
    from llms_from_scratch.ch05 import load_gpt2_params_from_tf_ckpt, load_weights_into_gpt

    start = time.perf_counter()
    settings = json.loads(Path(folder, "hparams.json").read_text(encoding="utf-8"))
    params = load_gpt2_params_from_tf_ckpt(tf.train.latest_checkpoint(folder), settings)
    names = {"n_vocab": "vocab_size", "n_ctx": "context_length", "n_embd": "emb_dim"}
    names |= {"n_head": "n_heads", "n_layer": "n_layers"}
    config = {names[name]: value for name, value in settings.items()}
    model = GPTModel(config | {"drop_rate": 0.1, "qkv_bias": True})
    load_weights_into_gpt(model, params)
    model.eval()
    seconds = time.perf_counter() - start
    with torch.no_grad():
        return seconds, model(torch.tensor([TOKENS])).sum().item()


def measure(job, folder):
    """Run a job in a process of its own; return (all seconds, seconds loading, peak MB, sum)."""
    command = [sys.executable, __file__, job, str(folder)]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Run the measurements and print a table."""
    if len(sys.argv) == 3:
        seconds, logits = globals()[sys.argv[1]](sys.argv[2])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([time.perf_counter() - START, seconds, peak, logits]))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "124M"
        measure("write", folder)
        weights = (folder / "model.ckpt.data-00000-of-00001").stat().st_size / 2**20
        _, _, torch_alone, _ = measure("import_torch", folder)
        print(f"weights {weights:.0f} MB, importing torch {torch_alone:.0f} MB")
        print(f"{'':34} with imports  loading   peak MB   (peak - torch) / weights")
        os.environ["LLMUTILS_CACHE"] = str(Path(name) / "cache")  # for the conversion
        jobs = {"llmutils, first load": "ours"}
        jobs |= {"llmutils, later load": "ours", "llmutils, later load, again": "ours"}
        if compared := find_spec("llms_from_scratch") is not None:
            jobs |= {"llms-from-scratch": "theirs", "llms-from-scratch, again": "theirs"}
        rows = {}
        for row, job in jobs.items():
            total, seconds, peak, logits = rows[row] = measure(job, folder)
            ratio = (peak - torch_alone) / weights
            print(
                f"{row:34} {total:10.2f} s {seconds:7.3f} s {peak:9.0f} {ratio:13.2f}", flush=True
            )
        sums = [row[3] for row in rows.values()]
        assert max(sums) - min(sums) < 1e-3 * abs(sums[0]), sums  # they loaded the same model
        if compared:
            old, new = rows["llms-from-scratch, again"], rows["llmutils, later load, again"]
            print(f"later loads: {new[0] / old[0]:.2f} of its time with imports, ", end="")
            print(f"{new[1] / old[1]:.3f} without")


if __name__ == "__main__":
    main()
