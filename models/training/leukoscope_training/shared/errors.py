"""The root of all errors of training; `leukoscope-train` prints them and exits with 1."""

from __future__ import annotations


class TrainingError(ValueError):
    """Bad input to a training command; the message says what is wrong, where, and what to do."""
