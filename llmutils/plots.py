"""Figures that are used more than once.

Each function returns a `matplotlib.figure.Figure` and neither shows nor saves it: a notebook cell
that ends in the call displays it. Matplotlib is imported only when a figure is drawn.

Plumbing: shown in the notebooks, not built there.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from llmutils.train import History


def plot_losses(history: "History", seen: str = "tokens") -> "Figure":
    """Draw training and validation loss against epochs (below) and what was seen by then (above).

    `seen` is "tokens", or "examples" for a classifier, which has one target a message.
    """
    curves = (history.train_losses, history.val_losses)
    label = f"loss (nats per {seen.removesuffix('s')})"
    return _plot_curves(history, history.epochs, curves, label, seen)


def plot_accuracies(history: "History") -> "Figure":
    """Draw a classifier's accuracies against epochs and examples seen.

    Each of `history.notes` is a pair (training, validation), taken after an epoch.
    """
    epochs = [min(n, history.epochs[-1]) for n in range(1, len(history.notes) + 1)]
    curves = list(zip(*history.notes, strict=True))
    return _plot_curves(history, epochs, curves, "accuracy", "examples")


def plot_temperatures(
    logits: torch.Tensor, labels: Sequence[str], temperatures: Sequence[float] = (1, 0.1, 5)
) -> "Figure":
    """Draw softmax(logits / temperature) as bars, one colour for each temperature above 0.

    `logits` are (V,); `labels` are V names.
    """
    fig, ax = _new_figure(6, 3.6)
    width = 0.8 / len(temperatures)
    places = np.arange(len(labels))
    for i, temperature in enumerate(temperatures):
        probas = torch.softmax(logits.float() / temperature, dim=-1).tolist()
        ax.bar(places + (i + 0.5) * width - 0.4, probas, width, label=f"temperature {temperature}")
    ax.set_xticks(places, labels, rotation=45, ha="right", parse_math=False)  # "$" is a token
    ax.set_ylabel("probability")
    ax.grid(axis="y", alpha=0.3)
    ax.legend()
    return fig


def plot_attention(weights: torch.Tensor, tokens: Sequence[str]) -> "Figure":
    """Draw attention weights, (T, T) or (H, T, T), as maps: who looks (rows) at whom (columns)."""
    heads = weights.detach().float().cpu().numpy().reshape(-1, *weights.shape[-2:])  # (H, T, T)
    fig, axes = _new_figure(0.9 + 3.1 * len(heads), 3.5, columns=len(heads))
    for i, (ax, head) in enumerate(zip([axes] if len(heads) == 1 else axes, heads, strict=True)):
        image = ax.imshow(head, cmap="Blues", vmin=0, vmax=1)
        ax.set_xticks(range(len(tokens)), tokens, rotation=90, parse_math=False)
        names = tokens if i == 0 else [""] * len(tokens)
        ax.set_yticks(range(len(tokens)), names, parse_math=False)
        ax.set_xlabel("looks at")
        if len(heads) > 1:
            ax.set_title(f"head {i + 1}")
    (axes if len(heads) == 1 else axes[0]).set_ylabel("token")
    fig.colorbar(image, ax=axes, label="attention weight", shrink=0.9)
    return fig


def _plot_curves(history, epochs, curves, label: str, seen: str):
    """Draw a training and a validation curve over epochs, with a second scale above."""
    fig, ax = _new_figure(6, 3.6)
    ax.plot(epochs, curves[0], marker="o", markersize=3, label="training")
    ax.plot(epochs, curves[1], marker="s", markersize=3, ls="--", label="validation")
    ax.set_xlabel("epochs")
    ax.set_ylabel(label)
    ax.grid(alpha=0.3)
    ax.legend()
    if history.epochs[-1] > 0:
        per_epoch = history.tokens_seen[-1] / history.epochs[-1]
        above = ax.secondary_xaxis(
            "top", functions=(lambda e: e * per_epoch, lambda t: t / per_epoch)
        )
        above.set_xlabel(f"{seen} seen")
    return fig


def _new_figure(width: float, height: float, columns: int = 1):
    """Return a figure, `width` by `height` inches, that pyplot has forgotten: it shows once."""
    import matplotlib.pyplot as plt

    fig, axes = plt.subplots(1, columns, figsize=(width, height), layout="constrained")
    plt.close(fig)
    return fig, axes
