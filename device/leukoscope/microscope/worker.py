"""A thread for calls that can hang: each has a longest wait."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Worker:
    """One thread that runs calls in order.

    Not a ThreadPoolExecutor: Python waits for the threads of one when the process ends, so a call
    that hangs would keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, work: Callable[[], _Result], timeout_s: float) -> _Result:
        """Return or raise what `work` does. Raises TimeoutError when it takes longer than `timeout_s`."""
        answer: Future[_Result] = Future()
        self._calls.put((work, answer))
        return answer.result(timeout_s)

    def _run(self) -> None:
        while True:
            work, answer = self._calls.get()
            try:
                answer.set_result(work())
            except BaseException as error:  # handed to the caller, whatever it is
                answer.set_exception(error)
