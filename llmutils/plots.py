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

    Args:
        history: as `train_model` returns it, with at least one evaluation.
        seen: "tokens", or "examples" for a classifier, whose loss is one a message.
    """
    unit = "token" if seen == "tokens" else "example"
    curves = (history.train_losses, history.val_losses)
    return _plot_curves(history, history.epochs, curves, f"loss (nats per {unit})", seen)


def plot_accuracies(history: "History") -> "Figure":
    """Draw a classifier's training and validation accuracy against epochs and examples seen.

    Args:
        history: as `train_model` returns it when it is given `calc_accuracy`.
    """
    curves = (history.train_accuracies, history.val_accuracies)
    epochs = [min(n, history.epochs[-1]) for n in range(len(curves[0]))]
    return _plot_curves(history, epochs, curves, "accuracy", "examples")


def plot_temperatures(
    logits: torch.Tensor, labels: Sequence[str], temperatures: Sequence[float] = (1, 0.1, 5)
) -> "Figure":
    """Draw softmax(logits / temperature) as bars, one colour a temperature.

    Args:
        logits: (V,).
        labels: V names, one a bar group.
        temperatures: positive numbers.
    """
    fig, ax = _new_figure(6, 3.6)
    width = 0.8 / len(temperatures)
    places = np.arange(len(labels))
    for i, temperature in enumerate(temperatures):
        probas = torch.softmax(logits / temperature, dim=-1).tolist()
        ax.bar(places + (i + 0.5) * width - 0.4, probas, width, label=f"temperature {temperature}")
    ax.set_xticks(places, labels, rotation=45, ha="right")
    ax.set_ylabel("probability")
    ax.grid(axis="y", alpha=0.3)
    ax.legend()
    return fig


def plot_attention(weights: torch.Tensor, tokens: Sequence[str]) -> "Figure":
    """Draw attention weights as a map: who looks (rows) at whom (columns), one map a head.

    Args:
        weights: (T, T) or (H, T, T), rows that sum to 1.
        tokens: T labels.
    """
    heads = weights.detach().cpu().reshape(-1, *weights.shape[-2:]).numpy()  # (H, T, T)
    fig, axes = _new_figure(0.9 + 3.1 * len(heads), 3.5, columns=len(heads))
    for i, (ax, head) in enumerate(zip([axes] if len(heads) == 1 else axes, heads, strict=True)):
        image = ax.imshow(head, cmap="Blues", vmin=0, vmax=1)
        ax.set_xticks(range(len(tokens)), tokens, rotation=90)
        ax.set_yticks(range(len(tokens)), tokens if i == 0 else [""] * len(tokens))
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
        total = history.tokens_seen[-1] if seen == "tokens" else history.examples_seen[-1]
        per_epoch = total / history.epochs[-1]
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
