"""Keeps the messages of the runtime off a person's terminal, but not its errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

STDERR = 2

CHATTER = b"INFO: "
"""Start of a line that nobody has to read: 'INFO: Created TensorFlow Lite XNNPACK delegate for CPU.'"""

_one_at_a_time = threading.Lock()


@contextmanager
def silence_runtime() -> Iterator[None]:
    """Hold back what is written to standard error meanwhile, and write all but the chatter afterwards.

    The runtimes write to file descriptor 2 themselves. Neither LiteRT 2 nor tflite-runtime 2.14 obeys
    TF_CPP_MIN_LOG_LEVEL, and their own log level can be set from C++ only. What other threads write
    meanwhile appears some milliseconds later. When the process ends meanwhile (the runtime aborts, or a
    signal comes), what was held back is lost, also a traceback of faulthandler.
    """
    with _one_at_a_time:
        try:
            terminal = os.dup(STDERR)
        except OSError:  # standard error is closed: nothing to hold back
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
    # Where standard error cannot be written (reader gone, disk full), the model's own error is still raised.
    with suppress(OSError):
        _write_but_chatter(held, terminal)


def _write_but_chatter(held: int, terminal: int) -> None:
    os.lseek(held, 0, os.SEEK_SET)
    with open(held, "rb", closefd=False) as lines, open(terminal, "wb", closefd=False) as out:
        out.writelines(line for line in lines if not line.startswith(CHATTER))
