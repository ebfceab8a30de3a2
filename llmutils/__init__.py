"""The pieces that the notebooks build, kept where the next notebook can import them.

Nothing is imported here, so `import llmutils` costs nothing. Each module is built in the chapter
that its docstring names. In reading order, each imports only those above it:

    config       the one description of a GPT's size
    tokenizer    GPT-2's byte-pair encoding, from a table that ships with the project
    data         text to token ids to (input, target) batches
    attention    causal multi-head self-attention and its key-value cache
    model        the GPT
    generate     one token after another
    train        the loss, one training step, the training loop
    weights      GPT-2's names and ours; load and save a model
    classify     a GPT with a classification head
    instruct     prompts, masked targets, replies, scores
    judge        a stronger model gives marks, where one is running
    plots        figures used more than once, built in no chapter
    bonus/       what the bonus notebooks build
    pretrain/    a long run on a corpus of any size: python -m llmutils.pretrain
    formats/     other people's files: plumbing that no notebook builds
"""

__version__ = "0.1.0"
