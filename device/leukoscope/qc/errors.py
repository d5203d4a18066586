"""The error that is raised when a slide can't be used as a control slide."""

from __future__ import annotations

from leukoscope.errors import LeukoscopeError


class QcError(LeukoscopeError, ValueError):
    """A slide can't be used as a control slide, or its file can't be used. The message says what to do.

    Attributes:
        problem: What is wrong, for the panel, at most 21 characters.
        advice: What to do, for the panel, at most 21 characters.
    """

    def __init__(self, message: str, problem: str, advice: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.advice = advice
