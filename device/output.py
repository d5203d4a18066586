"""Whether anybody can still see what a program writes: its terminal was closed, or its pipe's reader ended."""

from __future__ import annotations

import contextlib
import io
import select
import threading
from collections.abc import Callable, Sequence
from typing import TextIO


def when_gone(streams: Sequence[TextIO], gone: Callable[[], None]) -> None:
    """Call `gone` once, on a thread of its own, as soon as nothing can be written to one of `streams` any more.

    The kernel tells it of a terminal, a pipe and a socket, also while nothing is written. Of a file there is
    nothing to tell.
    """
    poll = select.poll()
    for stream in streams:
        with contextlib.suppress(io.UnsupportedOperation, ValueError):  # a stream that is no file
            poll.register(stream.fileno(), 0)  # errors are told without being asked for

    def wait() -> None:
        poll.poll()
        gone()

    threading.Thread(target=wait, name="output", daemon=True).start()
