"""The root of what can go wrong on the training side; `leukoscope-train` prints it and ends with 1."""

from __future__ import annotations


class TrainingError(ValueError):
    """Bad input to a training command; the message says what is wrong, where, and what to do."""
