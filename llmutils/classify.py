"""A GPT that answers with a class: its output head is replaced, and the last token is read.

A batch looks as in pretraining, input ids and targets, both (B, T). All targets are -100 except
one in each row, at the row's last real token: the number of its class. So losses, evaluation and
training are those of `train`, and the padding behind that token changes nothing.

Letters: B batch, T tokens, C = emb_dim, K classes.

Built in notebooks/07_classification_finetuning.ipynb
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import tiktoken
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.utils.data import DataLoader, Dataset

from llmutils.model import GPTModel, evaluation_mode
from llmutils.tokenizer import get_tokenizer
from llmutils.train import random_state_kept

if TYPE_CHECKING:
    from pandas import DataFrame

LABELS = ("ham", "spam")


def balance(messages: "DataFrame", seed: int = 123) -> "DataFrame":
    """Return as many messages of each label as the rarest one has, drawn without replacement.

    Args:
        messages: with the columns `label` and `text`.
        seed: fixes the choice.
    """
    rarest = messages["label"].value_counts().min()
    return messages.groupby("label").sample(rarest, random_state=seed).reset_index(drop=True)


def split_messages(
    messages: "DataFrame", seed: int = 123
) -> tuple["DataFrame", "DataFrame", "DataFrame"]:
    """Return 70 % of the messages for training, 10 % for validation and 20 % for the test.

    Copies of one text stay together, so that nothing in the test was seen in training.

    Args:
        messages: with the columns `label` and `text`.
        seed: fixes the order.
    """
    messages = messages.sample(frac=1, random_state=seed)
    texts = messages["text"].drop_duplicates()
    ends = [int(0.7 * len(texts)), int(0.8 * len(texts))]
    parts = texts[: ends[0]], texts[ends[0] : ends[1]], texts[ends[1] :]
    train, val, test = (messages[messages["text"].isin(part)] for part in parts)
    return train, val, test


class SpamDataset(Dataset):
    """Messages as rows of token ids, cut or padded to one length, with their true lengths.

    Args:
        messages: a table with the columns `label` and `text`.
        tokenizer: as `get_tokenizer` returns it.
        max_length: T, tokens of a row; those of the longest message if None.
        pad_token_id: what fills a row up. Nothing depends on it.
        labels: the classes, in the order of their numbers.

    Attributes:
        max_length: T.

    Raises:
        ValueError: no message, one without a token, or a label that is not in `labels`.
    """

    def __init__(
        self,
        messages: "DataFrame",
        tokenizer: tiktoken.Encoding,
        max_length: int | None = None,
        pad_token_id: int = 50256,
        labels: Sequence[str] = LABELS,
    ) -> None:
        unknown = sorted(set(messages["label"]) - set(labels))
        if unknown or not len(messages):
            other = ", ".join(map(str, unknown)) or "none"
            raise ValueError(f"got {len(messages)} messages, labels outside {labels}: {other}")
        rows = [tokenizer.encode_ordinary(text) for text in messages["text"]]
        self.max_length = max_length or max(len(row) for row in rows)
        self.token_ids, self.lengths = _pad_right(rows, self.max_length, pad_token_id)
        self.classes = [list(labels).index(label) for label in messages["label"]]

    def __len__(self) -> int:
        """Return the number of messages."""
        return len(self.classes)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int, int]:
        """Return token ids, (T,), the number of those that are real, and the class."""
        return self.token_ids[index], self.lengths[index], self.classes[index]


def _pad_right(
    rows: list[list[int]], max_length: int, pad_token_id: int
) -> tuple[torch.Tensor, list[int]]:
    """Return the rows as (B, T), cut or padded to T = max_length, and how much of each is real."""
    lengths = [min(len(row), max_length) for row in rows]
    if 0 in lengths:
        raise ValueError(f"text {lengths.index(0)} is empty: there is no token to classify")
    token_ids = torch.full((len(rows), max_length), pad_token_id)  # (B, T)
    for i, row in enumerate(rows):
        token_ids[i, : lengths[i]] = torch.tensor(row[:max_length])
    return token_ids, lengths


def collate_messages(
    batch: Sequence[tuple[torch.Tensor, int, int]],
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a batch's input ids and targets, (B, T) each, T the length of its longest message.

    Args:
        batch: rows as `SpamDataset` has them.
    """
    token_ids, lengths, classes = zip(*batch, strict=True)
    input_batch = torch.stack(token_ids)[:, : max(lengths)]  # (B, T)
    target_batch = torch.full_like(input_batch, -100)
    target_batch[torch.arange(len(batch)), torch.tensor(lengths) - 1] = torch.tensor(classes)
    return input_batch, target_batch


def add_classification_head(
    model: GPTModel, num_classes: int, trainable: str = "last_block"
) -> None:
    """Replace a model's output head by one with K scores, and freeze what is not to learn.

    Args:
        model: the GPT, changed in place.
        num_classes: K.
        trainable: "head"; "last_block" for the head, the final norm and the last block; or "all".

    Raises:
        ValueError: another word for `trainable`, or fewer than two classes.
    """
    if trainable not in ("head", "last_block", "all") or num_classes < 2:
        raise ValueError(
            "trainable must be 'head', 'last_block' or 'all' and num_classes 2 or more, "
            f"got {trainable!r} and {num_classes}"
        )
    model.requires_grad_(trainable == "all")
    device = model.tok_emb.weight.device
    model.out_head = nn.Linear(model.config.emb_dim, num_classes, device=device)
    if trainable == "last_block":
        model.final_norm.requires_grad_(True)
        model.blocks[-1].requires_grad_(True)


def predict(
    data_loader: DataLoader,
    model: GPTModel,
    device: torch.device | str,
    num_batches: int | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the classes' probabilities, (N, K), and the true classes, (N,), of N messages.

    Args:
        data_loader: yields (input_batch, target_batch) as `collate_messages` makes them.
        model: the classifier; evaluated without dropout and left in the mode it was found in.
        device: where the model is.
        num_batches: how many batches to look at; None for all.

    Raises:
        ValueError: there is no batch to look at.
    """
    probas, classes = [], []
    with evaluation_mode(model), random_state_kept(data_loader):
        for number, (input_batch, target_batch) in enumerate(data_loader):
            if number == num_batches:
                break
            read = target_batch != -100  # (B, T), true at each row's last real token
            logits = model(input_batch.to(device)).cpu()  # (B, T, K)
            probas.append(torch.softmax(logits[read], dim=-1))  # (B, K)
            classes.append(target_batch[read])  # (B,)
    if not classes:
        raise ValueError(f"no batch to look at: the loader has {len(data_loader)}")
    return torch.cat(probas), torch.cat(classes)


def calc_accuracy_loader(
    data_loader: DataLoader,
    model: GPTModel,
    device: torch.device | str,
    num_batches: int | None = None,
) -> float:
    """Return the share of messages whose likeliest class is the true one; see `predict`."""
    probas, classes = predict(data_loader, model, device, num_batches)
    return (probas.argmax(dim=-1) == classes).float().mean().item()


def classify(
    text: str | Sequence[str],
    model: GPTModel,
    labels: Sequence[str] = LABELS,
    max_length: int | None = None,
) -> tuple[str, float] | list[tuple[str, float]]:
    """Return the likeliest label of a text and its probability, or a list of them for a list.

    Args:
        text: one text, or several. The name of a special token in it is text like any other.
        model: the classifier.
        labels: the classes, in the order of their numbers.
        max_length: tokens after which a text is cut; the model's context length if None.

    Raises:
        ValueError: a text is empty.
    """
    if isinstance(text, str):
        return classify([text], model, labels, max_length)[0]
    rows = [get_tokenizer().encode_ordinary(one) for one in text]
    longest = min(max(map(len, rows), default=1), max_length or model.config.context_length)
    token_ids, lengths = _pad_right(rows, longest, pad_token_id=50256)  # (N, T)
    answers = []
    with evaluation_mode(model):
        for start in range(0, len(rows), 32):
            input_batch = token_ids[start : start + 32].to(model.out_head.weight.device)  # (B, T)
            last = [length - 1 for length in lengths[start : start + 32]]
            logits = model(input_batch)[range(len(last)), last]  # (B, K)
            for probas in torch.softmax(logits, dim=-1).tolist():
                answers.append((labels[probas.index(max(probas))], max(probas)))
    return answers


def save_classifier(
    model: GPTModel,
    path: str | Path,
    labels: Sequence[str] = LABELS,
    max_length: int | None = None,
) -> None:
    """Write a classifier, its labels and its length to one safetensors file.

    Args:
        model: the classifier.
        path: the file; it gets its name when it is whole.
        labels: the classes, in the order of their numbers.
        max_length: tokens after which `classify` is to cut a text.
    """
    settings = {"config": asdict(model.config), "labels": [*labels], "max_length": max_length}
    weights = {name: p.detach().cpu().contiguous() for name, p in model.named_parameters()}
    path = Path(path)
    part = path.with_name(path.name + ".part")
    save_file(weights, part, metadata={"format": "pt", "classifier": json.dumps(settings)})
    part.replace(path)


def load_classifier(path: str | Path) -> tuple[GPTModel, tuple[str, ...], int | None]:
    """Return what `save_classifier` was given: `classify(text, *load_classifier(path))`.

    Args:
        path: the file.

    Returns:
        The model, in evaluation mode; the labels; the length.

    Raises:
        ValueError: another kind of file, or a damaged one.
    """
    try:
        with safe_open(path, "pt") as file:
            settings = json.loads((file.metadata() or {})["classifier"])
    except (SafetensorError, KeyError) as error:
        raise ValueError(f"{path} is not a whole file of save_classifier ({error})") from error
    with torch.device("meta"):  # no memory for weights that are replaced at once
        model = GPTModel(settings["config"])
        add_classification_head(model, len(settings["labels"]))
    model.load_state_dict(load_file(path), assign=True)
    return model.eval(), tuple(settings["labels"]), settings["max_length"]
