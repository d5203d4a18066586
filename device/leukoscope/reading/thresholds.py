"""How sure a reader must be before it names a class or a pattern."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Thresholds:
    """Least probabilities for a verdict.

    Attributes:
        label: Least probability (0..1) for naming a class.
        pattern: Least probability (0..1) for naming a pattern.
    """

    label: float
    pattern: float
