"""Draws figures as PNG: those of the paper, and those of calibration and ROC.

Each function takes the numbers and the target: a path or an open binary file. The figures have 150 dpi and the colours
of Okabe and Ito (Color Universal Design, 2008), which colour-blind people can distinguish.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from leukoscope_training.evaluation.intervals import Estimate
from leukoscope_training.evaluation.probabilities import Reliability

DPI = 150
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#666666"
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#F0E442", "#CC79A7", "#0072B2", "#D55E00", "#999999")
BLUES = LinearSegmentedColormap.from_list("blues", ["#ffffff", "#c6dff0", BLUE])

Target = Path | IO[bytes]


def draw_images_per_class(counts: Mapping[str, int], path: Target) -> None:
    """Draw a bar for each class, with its number of images."""
    figure, axes = _axes(5.2, 3.4)
    bars = axes.bar(list(counts), list(counts.values()), color=BLUE, width=0.65)
    axes.bar_label(bars, fmt="{:,.0f}", padding=2)
    axes.set(
        xlabel="Class", ylabel="Images", title=f"Images per class (n = {sum(counts.values()):,})"
    )
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.margins(y=0.12)
    _save(figure, path)


def draw_share_per_class(counts: Mapping[str, int], path: Target) -> None:
    """Draw a pie of each class's share of the images.

    Raises:
        ValueError: There is no image.
    """
    total = sum(counts.values())
    if not total:
        raise ValueError("no images: there are no shares to draw")
    figure, axes = _axes(5.2, 3.6)
    there = {name: count for name, count in counts.items() if count}
    colours = dict(zip(counts, COLOURS * len(counts), strict=False))
    axes.pie(
        list(there.values()),
        labels=[f"{name}\n{count / total:.1%}" for name, count in there.items()],
        colors=[colours[name] for name in there],
        startangle=90,
        counterclock=False,
        wedgeprops={"edgecolor": "white", "linewidth": 1.5, "width": 0.55},
        labeldistance=1.15,
    )
    axes.set_title(f"Share of each class (n = {total:,})", pad=14)
    axes.set_aspect("equal")
    _save(figure, path)


def draw_history(rows: Sequence[Mapping[str, float]], path: Target) -> None:
    """Draw accuracy and loss by epoch, of training and of validation.

    Args:
        rows: Each with epoch, accuracy, val_accuracy, loss and val_loss.
        path: Where to write.
    """
    figure = _figure(8.0, 3.3)
    epochs = [row["epoch"] for row in rows]
    for axes, measure in zip(figure.subplots(1, 2), ("accuracy", "loss"), strict=True):
        _frame(axes)
        for name, label, colour, style in (
            (measure, "training", BLUE, "-"),
            (f"val_{measure}", "validation", VERMILION, "--"),
        ):
            values = [row[name] for row in rows]
            axes.plot(
                epochs,
                values,
                style,
                color=colour,
                label=label,
                marker="o" if len(rows) < 3 else None,
            )
        axes.set(xlabel="Epoch", ylabel=measure.capitalize())
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(frameon=False)
    accuracy, loss = figure.axes
    accuracy.set_ylim(top=1.0)
    loss.set_ylim(bottom=0.0)
    _save(figure, path)


def draw_confusion(table: npt.NDArray[np.int64], classes: Sequence[str], path: Target) -> None:
    """Draw a confusion matrix: each cell has its count and, as number and colour, its share of the true class.

    Args:
        table: Shape (k, k); rows are the truth, columns the prediction.
        classes: The names of the k classes.
        path: Where to write.
    """
    k = len(classes)
    figure, axes = _axes(1.6 + 0.85 * k, 1.2 + 0.75 * k)
    shares = table / np.maximum(table.sum(1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap=BLUES, vmin=0, vmax=1)
    for row, column in np.ndindex(k, k):
        axes.text(
            column,
            row,
            f"{table[row, column]:,}\n{shares[row, column]:.0%}",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if shares[row, column] > 0.65 else "black",
        )
    rows = [f"{name}\n(n = {size:,})" for name, size in zip(classes, table.sum(1), strict=True)]
    axes.set_xticks(range(k), classes)
    axes.set_yticks(range(k), rows)
    axes.set(xlabel="Predicted", ylabel="Truth")
    axes.set_title(f"Confusion matrix (n = {table.sum():,})")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    bar = figure.colorbar(picture, format=PercentFormatter(1.0), fraction=0.046, pad=0.03)
    bar.set_label("Share of the true class")
    bar.outline.set_visible(False)
    _save(figure, path)


def draw_reliability(bins: Reliability, error: float, path: Target) -> None:
    """Draw the share of fields that are right for each confidence, above the number of fields.

    Args:
        bins: The fields by confidence.
        error: The expected calibration error, 0..1.
        path: Where to write.
    """
    figure = _figure(4.6, 4.8)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    width = 1 / len(bins.count)
    middles = (np.arange(len(bins.count)) + 0.5) * width
    _frame(upper)
    upper.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1, label="perfect calibration")
    upper.bar(
        middles,
        np.nan_to_num(bins.accuracy),
        0.92 * width,
        color=BLUE,
        alpha=0.75,
        label="share that is right",
    )
    upper.plot(bins.confidence, bins.accuracy, "o", color=VERMILION, label="mean of a bin")
    upper.set(ylabel="Accuracy", xlim=(0, 1), ylim=(0, 1.03))
    upper.set_title(f"Reliability (n = {bins.count.sum():,}), calibration error {error:.3f}")
    _frame(lower)
    lower.bar(middles, bins.count, 0.92 * width, color=GREY)
    lower.set(xlabel="Confidence", ylabel="Fields")
    lower.yaxis.set_major_locator(MaxNLocator(nbins=3, integer=True))
    figure.legend(frameon=False, loc="outside lower center", ncols=3, fontsize=8)
    _save(figure, path)


def draw_roc(
    curves: Mapping[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], Estimate]],
    path: Target,
) -> None:
    """Draw ROC curves.

    Args:
        curves: By name: false positive rate, true positive rate and area, as from `roc` and `estimate_auc`.
        path: Where to write.
    """
    figure, axes = _axes(4.8, 4.6)
    axes.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1)
    order = (BLUE, VERMILION, *COLOURS)
    styles = ("-", "--", "-.", ":")
    for place, (name, (false, true, area)) in enumerate(curves.items()):
        axes.plot(
            false,
            true,
            color=order[place % len(order)],
            linestyle=styles[place % len(styles)],
            label=f"{name} (n = {area.n:,}): {area}",
        )
    axes.set(
        xlabel="False positive rate (1 - specificity)",
        ylabel="True positive rate (recall)",
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.02),
        aspect="equal",
    )
    axes.legend(title="Area (95 % interval)", frameon=False, loc="lower right", fontsize=8)
    _save(figure, path)


def _figure(width: float, height: float) -> Figure:
    """Make a figure of this size in inches, without pyplot's global state."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = _figure(width, height)
    axes = figure.subplots()
    _frame(axes)
    return figure, axes


def _frame(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)


def _save(figure: Figure, path: Target) -> None:
    figure.savefig(path, format="png", facecolor="white", bbox_inches="tight", pad_inches=0.12)
