"""The thread for calls that can hang."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from leukoscope.microscope.worker import Worker


def test_ok__answers_in_order_and_from_one_thread() -> None:
    worker = Worker("test")
    threads = {worker.call(threading.get_ident, 10.0) for _ in range(3)}
    assert len(threads) == 1
    assert threads != {threading.get_ident()}


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()])
def test_fail__error_is_the_callers_and_the_worker_goes_on(error: BaseException) -> None:
    worker = Worker("test")

    def fail() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        worker.call(fail, 10.0)
    assert raised.value is error
    assert worker.call(lambda: 7, 10.0) == 7


def test_fail__call_that_hangs() -> None:
    worker, go = Worker("test"), threading.Event()
    with pytest.raises(TimeoutError):
        worker.call(go.wait, 0.02)
    with pytest.raises(TimeoutError):
        worker.call(lambda: 7, 0.02)  # waits behind the first
    go.set()
    assert worker.call(lambda: 7, 10.0) == 7


def test_ok__process_ends_though_a_call_hangs(checkout: Path) -> None:
    script = (
        "import sys, threading\n"
        "from leukoscope.microscope.worker import Worker\n"
        "try:\n"
        "    Worker('test').call(threading.Event().wait, 0.05)\n"
        "except TimeoutError:\n"
        "    sys.exit(7)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=checkout, capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stderr) == (7, b"")
