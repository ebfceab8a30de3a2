"""A GPT that answers with a class: its output head is replaced, and the last token is read.

A batch looks as in pretraining, but all targets are -100 except one in each row, at its last real
token: the number of its class. So losses, evaluation and training are those of `train`.

Letters: B batch, T tokens, K classes, N messages.

Built in notebooks/07_classification_finetuning.ipynb
"""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tiktoken
import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import Dataset

from llmutils.config import check_number
from llmutils.model import GPTModel, evaluation_mode
from llmutils.tokenizer import get_tokenizer
from llmutils.train import Batch, Device

if TYPE_CHECKING:
    from pandas import DataFrame

LABELS = ("ham", "spam")


def balance(messages: "DataFrame", seed: int = 123) -> "DataFrame":
    """Return as many messages of each label as the rarest one has, drawn without replacement."""
    rarest = messages["label"].value_counts().min()
    return messages.groupby("label").sample(rarest, random_state=seed).reset_index(drop=True)


def split_messages(messages: "DataFrame", seed: int = 123) -> list["DataFrame"]:
    """Return about 70 % of the messages for training, 10 % for validation, 20 % for the test.

    What has the same `group`, if there is such a column, stays together, and so do copies of a
    text, whatever its case and spaces: nothing in the test was seen in training.
    """
    messages = messages.sample(frac=1, random_state=seed)
    copies = messages["text"].str.normalize("NFKC").str.casefold().str.split().str.join(" ")
    groups = messages["group"].astype(object).fillna(copies) if "group" in messages else copies
    parts, before = groups.groupby(groups, sort=False).ngroup(), None  # a number for each group
    while not parts.equals(before):  # a text with copies in two groups joins the two
        before = parts
        parts = parts.groupby(copies).transform("min").groupby(parts).transform("min")
    # In the order of their first messages, large groups would mostly be trained on.
    found = parts.drop_duplicates().sample(frac=1, random_state=seed).to_numpy()
    pieces = np.split(found, [int(0.7 * len(found)), int(0.8 * len(found))])
    if not len(pieces[1]):
        raise ValueError(f"{len(found)} different messages are too few to divide in three")
    return [messages[parts.isin(piece)] for piece in pieces]


def encode_texts(
    texts: Iterable[str], tokenizer: tiktoken.Encoding, max_length: int | None = None
) -> list[list[int]]:
    """Return the token ids of texts, cut after `max_length`; refuse a text that has none."""
    if max_length is not None:
        rule = "max_length must be a positive integer or None"
        max_length = check_number(max_length, operator.index, lambda n: n > 0, rule)
    rows = [tokenizer.encode_ordinary(text)[:max_length] for text in texts]
    if [] in rows:
        empty = ", ".join(str(i) for i, row in enumerate(rows) if not row)
        raise ValueError(f"text {empty} is empty: there is no token to classify")
    return rows


class SpamDataset(Dataset):
    """The token ids and the number of the class of each message, not padded yet.

    `labels` are the classes in the order of their numbers; messages are cut after `max_length`.
    """

    def __init__(
        self,
        messages: "DataFrame",
        tokenizer: tiktoken.Encoding,
        max_length: int | None = None,
        labels: Sequence[str] = LABELS,
    ) -> None:
        unknown = ", ".join(sorted(map(str, {*messages["label"]} - {*labels})))
        if unknown or not len(messages):
            raise ValueError(f"got {len(messages)} messages, labels outside {labels}: {unknown}")
        self.rows = encode_texts(messages["text"], tokenizer, max_length)
        self.classes = [list(labels).index(label) for label in messages["label"]]

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.rows)

    def __getitem__(self, index: int) -> tuple[list[int], int]:
        """Return a message's token ids and its class."""
        return self.rows[index], self.classes[index]


def collate_messages(batch: Sequence[tuple], pad_token_id: int = 50256) -> Batch:
    """Return a batch's input ids and targets, (B, T) each, T the length of its longest message."""
    rows = [torch.as_tensor(row) for row, _ in batch]
    if not all(map(len, rows)):
        raise ValueError("a message without a token has no last one to read")
    input_batch = pad_sequence(rows, batch_first=True, padding_value=pad_token_id)  # (B, T)
    target_batch = torch.full_like(input_batch, -100)
    for i, (row, label) in enumerate(batch):
        target_batch[i, len(row) - 1] = label  # at the last real token
    return input_batch, target_batch


def add_classification_head(
    model: GPTModel, num_classes: int, trainable: str = "last_block"
) -> None:
    """Replace a model's output head by one with K scores, and freeze what is not to learn.

    `trainable` is "head", "last_block" for the head, the final norm and the last block, or "all".
    """
    rule = "num_classes must be an integer of 2 or more"
    num_classes = check_number(num_classes, operator.index, lambda n: n > 1, rule)
    if trainable not in ("head", "last_block", "all"):
        raise ValueError(f"trainable must be 'head', 'last_block' or 'all', got {trainable!r}")
    model.requires_grad_(trainable == "all")
    like = {"device": model.tok_emb.weight.device, "dtype": model.tok_emb.weight.dtype}
    model.out_head = nn.Linear(model.config.emb_dim, num_classes, **like)
    model.config = replace(model.config, tie_embeddings=False)  # it was, in GPT-2
    if trainable == "last_block":
        model.final_norm.requires_grad_(True)
        model.blocks[-1].requires_grad_(True)


def predict(
    data_loader: Iterable[Batch], model: GPTModel, device: Device, num_batches: int | None = None
) -> Batch:
    """Return the classes' probabilities, (N, K), and the true classes, (N,), of N messages.

    They come from a loader, or a list, of batches as `collate_messages` makes them.
    """
    from llmutils.pretrain.randomness import first_batches  # looking draws no random number

    probas, classes = [], []
    with evaluation_mode(model):
        for input_batch, target_batch in first_batches(data_loader, num_batches):
            read = target_batch != -100  # (B, T), true at each row's last real token
            logits = model(input_batch.to(device)).float().cpu()  # (B, T, K)
            probas.append(torch.softmax(logits[read], dim=-1))  # (B, K)
            classes.append(target_batch[read])  # (B,)
    if not classes:
        raise ValueError("there is no batch to look at")
    if torch.cat(probas).isnan().any():
        raise ValueError("the model's scores are not numbers: has its training gone wrong?")
    return torch.cat(probas), torch.cat(classes)


def calc_accuracy_loader(
    data_loader: Iterable[Batch], model: GPTModel, device: Device, num_batches: int | None = None
) -> float:
    """Return the share of messages whose most likely class is the true one; see `predict`."""
    probas, classes = predict(data_loader, model, device, num_batches)
    return (probas.argmax(dim=-1) == classes).float().mean().item()


def classify(
    text: str | Iterable[str],
    model: GPTModel,
    labels: Sequence[str] = LABELS,
    max_length: int | None = None,
) -> tuple[str, float] | list[tuple[str, float]]:
    """Return the most likely label of a text and its probability, or a list of them for several.

    A text is cut after `max_length` tokens, or where the context ends. None may be empty.
    """
    if isinstance(text, str):
        return classify([text], model, labels, max_length)[0]
    if len(labels) != model.out_head.out_features:
        raise ValueError(f"got {len(labels)} labels for {model.out_head.out_features} classes")
    tokenizer = getattr(model, "tokenizer", None) or get_tokenizer()  # its own, or GPT-2's
    rows = encode_texts(text, tokenizer, max_length)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))  # so that little is padded
    answers, context = {}, model.config.context_length
    for some in (order[start : start + 32] for start in range(0, len(rows), 32)):
        batch = collate_messages([(rows[i][:context], 0) for i in some], tokenizer.eot_token)
        probas, _ = predict([batch], model, model.out_head.weight.device)  # (B, K)
        for i, values in zip(some, probas.tolist(), strict=True):
            answers[i] = labels[values.index(max(values))], max(values)
    return [answers[i] for i in range(len(rows))]


def save_classifier(
    model: GPTModel, path: Path | str, labels: Sequence[str] = LABELS, max_length: int | None = None
) -> None:
    """Write a classifier, its labels and its length to one file, whole or not at all."""
    from llmutils.formats.classifier import write_classifier

    write_classifier(model, Path(path), labels, max_length)


def load_classifier(path: Path | str) -> tuple[GPTModel, tuple[str, ...], int | None]:
    """Return what `save_classifier` was given: `classify(text, *load_classifier(path))`."""
    from llmutils.formats.classifier import read_classifier

    return read_classifier(Path(path))
