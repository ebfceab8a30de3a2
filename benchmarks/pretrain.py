"""Measure preparing a corpus and training on it: speed, peak memory, and what each speed-up buys.

Every row runs in a process of its own, so that its peak memory is its own. Timings drift from run
to run: only the ratios within one run mean something. The training rows update a model of
llmutils-small's shape on random tokens; transformers' GPT-2 of the same shape stands beside it.

For Linux. With --device cuda the peak memory is the GPU's, and --peak-tflops (of dense bf16) adds
the model FLOPs utilisation.

Run: python benchmarks/pretrain.py [--megabytes 1000] [--steps 8] [--device cuda --peak-tflops 989]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SHAPE = {"context_length": 256, "emb_dim": 320, "n_heads": 5, "n_layers": 7}
ROOT = Path(__file__).parents[1]


def write_corpus(folder, megabytes):
    """Write copies of The Verdict, about 1 MB a file, and return their bytes."""
    text = (ROOT / "the-verdict.txt").read_bytes()
    copies = 1_000_000 // len(text)
    for number in range(megabytes):
        (folder / f"{number:05d}.txt").write_bytes(text * copies)
    return megabytes * copies * len(text)


def prepare(megabytes):
    """Tokenise a corpus with `llmutils.pretrain prepare`; return bytes a second."""
    from llmutils.pretrain import corpus

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_corpus(folder, megabytes)
        start = time.perf_counter()
        corpus.prepare([folder], folder / "corpus.tok")
        return size / (time.perf_counter() - start)


def encode_batch(megabytes):
    """Tokenise with tiktoken's own batches, as many threads as cores; return bytes a second."""
    from llmutils.tokenizer import get_tokenizer

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = write_corpus(folder, megabytes)
        texts = [path.read_text(encoding="utf-8") for path in folder.iterdir()]
    tokenizer = get_tokenizer()
    start = time.perf_counter()
    tokenizer.encode_ordinary_batch(texts, num_threads=len(os.sched_getaffinity(0)))
    return size / (time.perf_counter() - start)


def train(steps, device, peer, bf16, compiled, rows):
    """Make some updates; return tokens a second, the parameters, and a GPU's peak memory."""
    import torch
    import torch.nn.functional as F

    from llmutils.config import GPTConfig
    from llmutils.model import GPTModel, init_gpt2_weights
    from llmutils.pretrain.distributed import process_group, rank_and_world_size
    from llmutils.train import create_optimizer

    torch.manual_seed(0)
    if peer:
        from transformers import GPT2Config, GPT2LMHeadModel

        sizes = {"n_positions": SHAPE["context_length"], "n_embd": SHAPE["emb_dim"]}
        sizes |= {"n_head": SHAPE["n_heads"], "n_layer": SHAPE["n_layers"]}
        none = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        model = GPT2LMHeadModel(GPT2Config(**sizes, **none))
    else:
        model = GPTModel(
            GPTConfig(50257, **SHAPE, drop_rate=0.0, qkv_bias=False, tie_embeddings=True)
        )
        init_gpt2_weights(model)

    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, inputs, targets):
            logits = self.model(inputs)
            logits = logits.logits if peer else logits
            return F.cross_entropy(logits.flatten(0, 1), targets.flatten())

    with process_group(device) as place:
        rank, processes = rank_and_world_size()
        model.to(place)
        optimizer = create_optimizer(model)
        loss_of = Loss()
        loss_of = torch.compile(loss_of) if compiled else loss_of
        if processes > 1:
            loss_of = torch.nn.parallel.DistributedDataParallel(loss_of)
        inputs, targets = torch.randint(0, 50257, (2, rows, SHAPE["context_length"])).to(place)
        inputs, targets = inputs[rank::processes], targets[rank::processes]

        def update():
            optimizer.zero_grad()
            with torch.autocast(place.type, torch.bfloat16, enabled=bf16):
                loss = loss_of(inputs, targets)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            return loss.item()

        for _ in range(3):
            update()
        start = time.perf_counter()
        for _ in range(steps):
            update()
        seconds = time.perf_counter() - start
        on_gpu = torch.cuda.max_memory_allocated(place) if place.type == "cuda" else None
    parameters = sum(p.numel() for p in model.parameters())
    return rows * SHAPE["context_length"] * steps / seconds, parameters, on_gpu


def measure(job, environment=None, processes=1, **arguments):
    """Run a job in a process of its own; return its value and its peak memory in megabytes."""
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone"]
        command += [f"--nproc-per-node={processes}"]
    command += [__file__, "--job", job, json.dumps(arguments)]
    done = subprocess.run(
        command,
        env=os.environ | {"TQDM_DISABLE": "1"} | (environment or {}),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Run the measurements and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=1000, help="size of the corpus")
    parser.add_argument("--steps", type=int, default=8, help="timed updates a row")
    parser.add_argument("--rows", type=int, default=8, help="windows in a batch")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--peak-tflops", type=float, help="the GPU's, for its utilisation")
    parser.add_argument("--job", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        value = globals()[options.job[0]](**json.loads(options.job[1]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([value, peak]))
        return

    print(f"prepare, {options.megabytes} MB of text{'':21} MB/s   peak MB")
    sample = min(100, options.megabytes)  # all of it would not fit into memory
    theirs, peak = measure("encode_batch", megabytes=sample)
    name = f"tiktoken encode_ordinary_batch ({sample} MB)"
    print(f"  {name:44} {theirs / 1e6:6.1f}  {peak:8.0f}")
    ours, peak = measure("prepare", megabytes=options.megabytes)
    print(f"  {'llmutils.pretrain prepare':44} {ours / 1e6:6.1f}  {peak:8.0f}")
    print(f"  ratio {ours / theirs:.2f}\n", flush=True)

    huge = {"THP_MEM_ALLOC_ENABLE": "1"}
    common = {"steps": options.steps, "device": options.device, "rows": options.rows}
    print(f"train on {options.device}{'':30} tokens/s  ratio   peak MB")
    first = None
    for name, settings, environment in [
        ("transformers, float32", {"peer": True, "bf16": False, "compiled": False}, {}),
        ("float32", {"peer": False, "bf16": False, "compiled": False}, {}),
        ("bf16", {"peer": False, "bf16": True, "compiled": False}, {}),
        ("bf16, huge pages", {"peer": False, "bf16": True, "compiled": False}, huge),
        ("bf16, huge pages, torch.compile", {"peer": False, "bf16": True, "compiled": True}, huge),
    ]:
        (speed, parameters, on_gpu), peak = measure("train", environment, **settings, **common)
        peak = on_gpu / 2**20 if on_gpu else peak
        first = first or speed
        line = f"  {name:38} {speed:9.0f} {speed / first:6.2f}  {peak:8.0f}"
        if options.peak_tflops and settings["bf16"]:
            # 6 operations a parameter and token, 12 a layer, width and token looked back on
            attention = 12 * SHAPE["n_layers"] * SHAPE["emb_dim"] * SHAPE["context_length"]
            share = speed * (6 * parameters + attention) / (options.peak_tflops * 1e12)
            line += f"   {share:.1%} of the peak"
        print(line, flush=True)

    if options.device == "cpu":
        one_thread = {"OMP_NUM_THREADS": "1", **huge}
        settings = {"peer": False, "bf16": True, "compiled": False} | common
        (alone, *_), _ = measure("train", one_thread, **settings)
        (both, *_), _ = measure("train", one_thread, processes=2, **settings)
        print("\ntorchrun, one thread a process, bf16       tokens/s  ratio")
        print(f"  {'1 process':38} {alone:9.0f} {1:6.2f}")
        print(f"  {'2 processes':38} {both:9.0f} {both / alone:6.2f}")


if __name__ == "__main__":
    main()
