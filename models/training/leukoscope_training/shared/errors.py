"""The base class of all errors of training. `leukoscope-train` prints them and exits with 1."""

from __future__ import annotations


class TrainingError(ValueError):
    """A training command got bad input. The message says what is wrong, where, and what to do."""
