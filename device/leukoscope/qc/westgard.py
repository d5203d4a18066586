"""The Westgard rules: they say when control values show that something has changed.

Westgard, Barry, Hunt, Groth: A multi-rule Shewhart chart for quality control in clinical chemistry,
Clin Chem 27(3), 1981, 493-501. Values are scores: (value - centre) / spread. This device has one control slide per
run, so the rules compare consecutive slides. This includes R-4s, which in the paper compares the two controls of one
run. 1-2s only warns. The other rules do not wait for its warning.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

LOOK_BACK = 10
"""Number of newest scores that the longest rule uses."""


class WestgardRule(enum.Enum):
    """A rule, by its usual name."""

    WARNING_1_2S = "1-2s"
    """The newest score is beyond 2 s. This is a warning, which 1 in 22 good slides gives."""
    REJECT_1_3S = "1-3s"
    """The newest score is beyond 3 s."""
    REJECT_2_2S = "2-2s"
    """The newest two are beyond 2 s on the same side."""
    REJECT_R_4S = "R-4s"
    """One of the newest two is above +2 s and the other below -2 s."""
    REJECT_4_1S = "4-1s"
    """The newest four are beyond 1 s on the same side."""
    REJECT_10_X = "10-x"
    """The newest ten are on the same side of the centre."""

    @property
    def rejects(self) -> bool:
        """Whether a slide that breaks it shows that the device has drifted."""
        return self is not WestgardRule.WARNING_1_2S


def broken_rules(scores: Sequence[float]) -> tuple[WestgardRule, ...]:
    """Return the rules that the newest score breaks, alone or together with those before it.

    Args:
        scores: Oldest first, finite. A score on a limit is within it. A score on the centre is on neither side.
    """
    if not scores:
        return ()
    newest = scores[-1]
    broken = {
        WestgardRule.WARNING_1_2S: abs(newest) > 2,
        WestgardRule.REJECT_1_3S: abs(newest) > 3,
        WestgardRule.REJECT_2_2S: _beyond(scores, 2, 2),
        WestgardRule.REJECT_R_4S: len(scores) > 1
        and min(scores[-2:]) < -2
        and max(scores[-2:]) > 2,
        WestgardRule.REJECT_4_1S: _beyond(scores, 4, 1),
        WestgardRule.REJECT_10_X: _beyond(scores, 10, 0),
    }
    return tuple(rule for rule in WestgardRule if broken[rule])


def _beyond(scores: Sequence[float], count: int, limit: float) -> bool:
    """Return whether the newest `count` scores are all beyond the limit on the same side."""
    newest = scores[-count:]
    return len(newest) == count and (min(newest) > limit or max(newest) < -limit)
