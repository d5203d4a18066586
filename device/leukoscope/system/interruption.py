"""Ends a command cleanly when nobody can see its output any more, or by a signal."""

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
    """Call `gone` once, on a thread of its own, as soon as nothing can be written to one of `streams` any more.

    The kernel tells it of a terminal, a pipe and a socket, also while nothing is written. A file never
    ends in this way.
    """
    poll = select.poll()
    for stream in streams:
        with contextlib.suppress(io.UnsupportedOperation, ValueError):  # a stream that is no file
            poll.register(stream.fileno(), 0)  # errors are always reported

    def wait() -> None:
        poll.poll()
        gone()

    threading.Thread(target=wait, name="output", daemon=True).start()


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt at Ctrl-C, SIGTERM, SIGHUP (SSH ended), or when standard output is gone.

    What is opened is then closed, and the light switched off. Only the first one counts: a second would
    cut off the cleanup that the first began. A signal that is ignored stays so, as SIGHUP behind nohup.
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
