"""Warnings of power and heat."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leukoscope.system import health


@pytest.mark.parametrize(
    ("answer", "warning"),
    [
        ("throttled=0x0\n", ""),
        ("throttled=0x1\n", "LOW VOLTAGE"),
        ("throttled=0x50005\n", "LOW VOLTAGE"),
        ("throttled=0x4", "TOO HOT"),
        ("throttled=0x8", "TOO HOT"),
        ("throttled=0xe0008\n", "TOO HOT"),
        ("throttled=0x2\n", ""),  # the clock is capped, which hurts nobody
        ("throttled=0xf0000\n", ""),  # what has been, and is over
        ("", ""),
        ("VCHI initialization failed\n", ""),
        ("throttled=\n", ""),
    ],
)
def test_ok__throttling_warning(answer: str, warning: str) -> None:
    assert health.throttling_warning(answer) == warning


@given(st.integers(0, 0xFFFFF).map(lambda bits: f"throttled={bits:#x}\n") | st.text())
def test_ok__warning_fits_the_panel(answer: str) -> None:
    assert health.throttling_warning(answer) in ("", "LOW VOLTAGE", "TOO HOT")


@pytest.mark.parametrize(
    ("script", "warning"),
    [
        ('[ "$*" = get_throttled ] && echo throttled=0x1', "LOW VOLTAGE"),
        ("echo throttled=0x1; exit 1", ""),
        ("exec sleep 60", ""),
    ],
)
def test_ok__asks_the_firmware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, warning: str
) -> None:
    command = tmp_path / "vcgencmd"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert health.warning() == warning


def test_ok__not_a_raspberry_pi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert health.warning() == ""
