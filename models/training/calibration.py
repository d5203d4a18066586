"""From logits to probabilities that mean something, and the least one that names a class."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

TEMPERATURES = np.geomspace(0.5, 10, 241)
THRESHOLDS = np.arange(0.50, 0.96, 0.01)
WANTED_ACCURACY = 0.95
"""What validation fields that are named must reach; the threshold is the least one that does."""

PATTERNS = np.array([0, 1, 1, 2, 3])
"""The pattern of each label: none, acute (ALL and AML), CML, CLL."""


def softmax(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Probabilities, shape (n, classes), of logits of that shape."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))


def patterns(probabilities: Floats) -> Floats:
    """Probabilities of the four patterns, shape (n, 4), of those of the five classes."""
    return np.stack([probabilities[:, p == PATTERNS].sum(1) for p in range(4)], axis=1)


def fit_temperature(logits: npt.NDArray[np.floating], label: Labels, weight: Floats) -> float:
    """The temperature of least weighted cross-entropy (Guo et al., ICML 2017)."""
    losses = [
        -float(weight @ np.log(softmax(logits, t)[np.arange(len(label)), label].clip(1e-12)))
        for t in TEMPERATURES
    ]
    return float(TEMPERATURES[int(np.argmin(losses))])


def fit_threshold(probabilities: Floats, label: Labels, weight: Floats) -> float:
    """The least threshold above which WANTED_ACCURACY is reached; the highest if none does."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == label
    for threshold in THRESHOLDS:
        named = confidence >= threshold
        if named.any() and weight[named] @ right[named] >= WANTED_ACCURACY * weight[named].sum():
            return round(float(threshold), 2)
    return round(float(THRESHOLDS[-1]), 2)


def even_weights(kind: Labels) -> Floats:
    """Weights, sum 1, that give each kind the same share; kind: one number a field."""
    _, place, counts = np.unique(kind, return_inverse=True, return_counts=True)
    return np.asarray(1 / counts[place] / len(counts))
