import io

import matplotlib
import pytest
import torch

from llmutils.plots import plot_accuracies, plot_attention, plot_losses, plot_temperatures
from llmutils.train import History

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    import matplotlib.pyplot as plt

    yield
    assert plt.get_fignums() == []  # else a notebook shows it twice


def test_losses_stand_against_epochs_and_tokens():
    history = History([0, 5, 10], [0.0, 1.0, 2.0], [0, 640, 1280], [9.0, 5.0, 2.0], [9.1, 6.0, 6.5])
    fig = plot_losses(history)
    (ax,) = fig.axes
    training, validation = ax.lines
    assert training.get_xdata().tolist() == [0, 1, 2]
    assert training.get_ydata().tolist() == [9, 5, 2]
    assert validation.get_ydata().tolist() == [9.1, 6.0, 6.5]
    (above,) = ax.child_axes
    fig.savefig(io.BytesIO())
    ratio = above.get_xlim()[1] / ax.get_xlim()[1]
    assert ratio == pytest.approx(640)
    assert "epochs" in ax.get_xlabel() and "tokens" in above.get_xlabel()
    assert "nats" in ax.get_ylabel() and len(ax.get_legend().texts) == 2


def test_a_history_of_one_evaluation_is_drawn():
    plot_losses(History([0], [0.0], [0], [9.0], [9.1])).savefig(io.BytesIO())


HISTORY = History(
    [0, 4, 6],
    [0.0, 1.0, 1.5],
    [0, 32, 48],
    [0.7, 0.4, 0.3],
    [0.8, 0.6, 0.5],
    [(0.5, 0.4), (0.9, 0.7)],
)


@pytest.mark.parametrize(
    ("draw", "epochs", "training", "validation", "label"),
    [
        (lambda h: plot_losses(h, seen="examples"), [0, 1, 1.5], [0.7, 0.4, 0.3], [0.8, 0.6, 0.5],
         "loss (nats per example)"),
        (plot_accuracies, [1, 1.5], [0.5, 0.9], [0.4, 0.7], "accuracy"),
    ],
    ids=["losses", "accuracies"],
)  # fmt: skip
def test_a_classifiers_curves_stand_against_epochs_and_examples(
    draw, epochs, training, validation, label
):
    fig = draw(HISTORY)
    (ax,) = fig.axes
    assert [line.get_xdata().tolist() for line in ax.lines] == [epochs, epochs]
    assert [line.get_ydata().tolist() for line in ax.lines] == [training, validation]
    (above,) = ax.child_axes
    fig.savefig(io.BytesIO())
    assert above.get_xlim()[1] / ax.get_xlim()[1] == pytest.approx(32)  # examples an epoch
    assert ax.get_ylabel() == label and above.get_xlabel() == "examples seen"


def test_temperatures_are_bars_of_softmax():
    logits = torch.tensor([2.0, 0.0, 1.0])
    (ax,) = plot_temperatures(logits, ["a", "b", "c"], [1, 0.5]).axes
    for bars, temperature in zip(ax.containers, [1, 0.5], strict=True):
        heights = [bar.get_height() for bar in bars]
        assert heights == pytest.approx(torch.softmax(logits / temperature, 0).tolist())
    assert [label.get_text() for label in ax.get_xticklabels()] == ["a", "b", "c"]


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_attention_is_a_map_a_head(shape):
    weights = torch.softmax(torch.randn(shape), dim=-1)
    fig = plot_attention(weights, ["x", "y", "z"])
    maps = [ax.images[0] for ax in fig.axes if ax.images and ax.get_xlabel() == "looks at"]
    for image, head in zip(maps, weights.reshape(-1, 3, 3), strict=True):
        torch.testing.assert_close(torch.as_tensor(image.get_array().data), head)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_tokens_are_labels_and_no_formulas_in_every_dtype(dtype):
    tokens = ["$$", "$_$", "costs $5 or $6", "\\frac", "_a^b", " "]
    figures = [plot_attention(torch.eye(6, dtype=dtype).expand(2, 6, 6), tokens)]
    figures.append(plot_temperatures(torch.arange(6).to(dtype), tokens))
    for fig in figures:
        fig.savefig(io.BytesIO())  # draws the labels
        labels = fig.axes[0].get_xticklabels()
        assert [label.get_text() for label in labels] == tokens
        assert not any(label.get_parse_math() for label in labels)
    assert not any(label.get_parse_math() for label in figures[0].axes[0].get_yticklabels())
