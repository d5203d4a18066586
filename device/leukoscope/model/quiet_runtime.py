"""Keeps the runtime's chatter off a person's terminal, but lets its errors through."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

STDERR = 2

CHATTER = b"INFO: "
"""How a line that nobody needs begins: 'INFO: Created TensorFlow Lite XNNPACK delegate for CPU.'"""

_one_at_a_time = threading.Lock()


@contextmanager
def silence_runtime() -> Iterator[None]:
    """Hold back standard error inside the `with` block, then write all of it except the chatter.

    This works on file descriptor 2, because the runtimes write there themselves. Neither LiteRT 2 nor
    tflite-runtime 2.14 obeys TF_CPP_MIN_LOG_LEVEL, and their own log level can be set only from C++.

    The lines of other threads are held back too and appear some milliseconds later. If the process ends inside the
    block (the runtime aborts, or a signal comes), the lines held back are lost, even a traceback of faulthandler.
    """
    with _one_at_a_time:
        try:
            terminal = os.dup(STDERR)
        except OSError:  # standard error is closed, so there is nothing to hold back
            yield
            return
        with ExitStack() as ends:
            ends.callback(os.close, terminal)
            held = os.memfd_create("stderr")
            ends.callback(os.close, held)
            ends.callback(_give_back, held, terminal)
            os.dup2(held, STDERR)
            yield


def _give_back(held: int, terminal: int) -> None:
    os.dup2(terminal, STDERR)
    # Standard error may not be writable (reader gone, disk full). The model's own error must still be raised.
    with suppress(OSError):
        _write_without_chatter(held, terminal)


def _write_without_chatter(held: int, terminal: int) -> None:
    os.lseek(held, 0, os.SEEK_SET)
    with open(held, "rb", closefd=False) as lines, open(terminal, "wb", closefd=False) as out:
        out.writelines(line for line in lines if not line.startswith(CHATTER))
