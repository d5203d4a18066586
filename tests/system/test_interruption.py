"""A command that nobody can see any more ends, one time and cleanly."""

from __future__ import annotations

import os
import signal
import threading

import pytest
from leukoscope.system.interruption import interruptible, when_gone


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_ok__a_second_signal_does_not_cut_the_cleanup_off(first: signal.Signals) -> None:
    """Ctrl-C with `| tee`: tee ends as well, and that is told while the light is being switched off."""
    # These tests may run where Ctrl-C is ignored, and then it stays so.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    done: list[str] = []

    def command() -> None:
        try:
            signal.raise_signal(first)
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.raise_signal(number)
            done.append("light off")

    with interruptible(), pytest.raises(KeyboardInterrupt):
        command()
    signal.signal(signal.SIGINT, before)
    assert done == ["light off"]


def test_ok__signals_are_as_before_afterwards() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    with interruptible():
        pass
    assert [signal.getsignal(number) for number in numbers] == before


def test_ok__a_pipe_without_a_reader_is_gone() -> None:
    reader, writer = os.pipe()
    gone = threading.Event()
    with os.fdopen(writer, "w") as stream:
        when_gone((stream,), gone.set)
        assert not gone.wait(0.1)
        os.close(reader)
        assert gone.wait(30)
