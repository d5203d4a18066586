"""The error of control slides."""

from __future__ import annotations

from leukoscope.errors import LeukoscopeError


class QcError(LeukoscopeError, ValueError):
    """A slide can't be a control slide, or its file can't be used; the message says what to do.

    problem, advice: the same for the panel, at most 21 characters each.
    """

    def __init__(self, message: str, problem: str, advice: str) -> None:
        super().__init__(message)
        self.problem = problem
        self.advice = advice
