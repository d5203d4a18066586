"""Keeping the runtime's chatter from a person's terminal, and losing none of its errors."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STDERR = 2

CHATTER = b"INFO: "
"""How the runtime begins a line that nobody has to read: 'INFO: Created TensorFlow Lite XNNPACK delegate for CPU.'"""

_one_at_a_time = threading.Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what is written to standard error meanwhile, and write all but the chatter afterwards.

    The runtimes write to file descriptor 2 themselves, and can't be told not to: neither LiteRT 2 nor
    tflite-runtime 2.14 heeds TF_CPP_MIN_LOG_LEVEL, and their own level can be set from C++ only. What
    others write meanwhile comes later by these milliseconds.
    """
    with _one_at_a_time:
        try:
            terminal = os.dup(STDERR)
        except OSError:  # standard error is closed: there is nobody to spare
            yield
            return
        held = os.memfd_create("stderr")
        try:
            os.dup2(held, STDERR)
            yield
        finally:
            os.dup2(terminal, STDERR)
            _write_but_chatter(held, terminal)
            os.close(held)
            os.close(terminal)


def _write_but_chatter(held: int, terminal: int) -> None:
    os.lseek(held, 0, os.SEEK_SET)
    with open(held, "rb", closefd=False) as lines, open(terminal, "wb", closefd=False) as out:
        out.writelines(line for line in lines if not line.startswith(CHATTER))
