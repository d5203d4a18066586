"""A verdict in the words of a table: short, and with one form of confidence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from leukoscope.reading.results import Pattern, Reason
from leukoscope.reading.wording import (
    brief_reason,
    brief_text,
    decimal,
    outcome_text,
    seen_text,
    summary_text,
)

from tests.records.examples import AML, NOTHING, UNSURE, VERDICT, of_cells


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        (AML, "AML 0.71"),
        (replace(AML, label=None, reason=Reason.CLASS_UNSURE), "acute 0.96"),
        (replace(AML, label=None, pattern=None, reason=Reason.FEW_CELLS), "inconclusive"),
        (replace(AML, label="normal", pattern=Pattern.NORMAL, confidence=1.0), "normal 0.99"),
        (replace(AML, label=None, pattern=Pattern.LYMPHOCYTOSIS), "lymphocytosis 0.96"),
        (
            replace(AML, label=None, pattern=None, reason=Reason.NOT_CONTROLLED),
            "no leukaemia seen",
        ),
        (UNSURE, "acute 0.91"),
        (NOTHING, "inconclusive"),
    ],
)
def test_ok__verdict_and_its_confidence(verdict, text: str) -> None:
    assert brief_text(verdict) == text


@pytest.mark.parametrize("reason", Reason)
def test_ok__every_reason_has_a_short_form(reason: Reason) -> None:
    assert 0 < len(brief_reason(replace(AML, reason=reason))) <= 14
    assert brief_reason(AML) == ""


@pytest.mark.parametrize("reason", Reason)
def test_ok__records_give_no_advice_for_the_stage(reason: Reason) -> None:
    """With a differential or without: whoever reads a record is not at the microscope."""
    for verdict in (replace(AML, reason=reason), replace(VERDICT, reason=reason)):
        assert "go on" not in summary_text(verdict) + outcome_text(verdict)


def test_ok__what_was_seen() -> None:
    assert seen_text(AML) == "65 % blasts of 105"
    cml = replace(AML, label="CML", pattern=Pattern.CML, evidence=of_cells(myelocyte=999))
    assert seen_text(cml) == "100 % granuloc. of 999"
    assert (seen_text(VERDICT), seen_text(NOTHING)) == ("2 white cells", "-")
    assert seen_text(replace(VERDICT, white_cells=1)) == "1 white cell"


@pytest.mark.parametrize(
    ("probability", "shown"), [(0.0, "0.00"), (0.555, "0.56"), (0.989, "0.99"), (1.0, "0.99")]
)
def test_ok__a_confidence_never_claims_certainty(probability: float, shown: str) -> None:
    assert decimal(probability) == shown
