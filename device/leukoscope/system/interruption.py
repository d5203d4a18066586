"""Ends a command cleanly: at a signal, or when nobody can see its output any more."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from leukoscope.system.journal import leads_to_journal


def when_gone(streams: Sequence[TextIO], gone: Callable[[], None]) -> None:
    """Call `gone` once, on its own thread, when one of `streams` has closed at its other end.

    The kernel reports this for a terminal, a pipe and a socket, even while nothing is written to them. It never
    happens to a file.
    """
    poll = select.poll()
    for stream in streams:
        with contextlib.suppress(io.UnsupportedOperation, ValueError):  # a stream without a file
            poll.register(stream.fileno(), 0)  # poll always reports errors, so 0 is enough

    def wait() -> None:
        poll.poll()
        gone()

    threading.Thread(target=wait, name="output", daemon=True).start()


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at Ctrl-C, at SIGTERM, at SIGHUP (SSH has ended), or when standard output has closed.

    The command then closes its parts and switches the light off. Only the first of these has an effect: a second one
    would cut off that cleanup. A signal that is ignored stays ignored, such as SIGHUP under nohup.
    """
    ended = threading.Event()

    def interrupt(*_: object) -> None:
        if not ended.is_set():
            ended.set()
            raise KeyboardInterrupt

    def hang_up() -> None:
        if not ended.is_set():
            os.kill(os.getpid(), signal.SIGHUP)

    before = {
        number: signal.signal(number, interrupt)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    if not leads_to_journal(sys.stdout):
        when_gone((sys.stdout,), hang_up)
    try:
        yield
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)
