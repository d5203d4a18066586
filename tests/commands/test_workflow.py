"""`leukoscope workflow`."""

from __future__ import annotations

from leukoscope.appliance import workflow

from tests.commands.conftest import Run


def test_ok__workflow(run: Run) -> None:
    assert run("workflow") == (0, workflow.diagram(), "")
