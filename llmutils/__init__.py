"""The pieces that the notebooks build, kept where the next notebook can import them.

Nothing is imported here, so `import llmutils` costs nothing and
`from llmutils.model import GPTModel` says where to look. The modules in reading order, each of
which imports only those above it:

    config       the one description of a GPT's size
    tokenizer    GPT-2's byte-pair encoding, from a table that ships with the project
    download     fetch a file once, whole and checked, or raise
    data         text to token ids to (input, target) batches; corpora larger than memory
    attention    causal multi-head self-attention and its key-value cache
    model        the GPT
    generate     one token after another
    plots        figures used more than once
    distributed  several processes that train one model
    checkpoint   save a training run, and go on with it
    muon         an optimizer that needs fewer tokens than AdamW
    train        losses, evaluation, one training loop for all stages
    gpt2_files   where GPT-2's files are, and how others lay them out
    weights      GPT-2's weights in, ours out
    messages     labelled messages: those that ship, UCI's, or one's own
    classify     a GPT with a classification head
    instruct     prompts, masked targets, replies, scores
    judge        a stronger model gives marks, where one is running
    pretrain     the command line: python -m llmutils.pretrain
"""

__version__ = "0.1.0"
