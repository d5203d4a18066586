"""A thread for calls that can hang. The caller waits only up to a time-out."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

_Result = TypeVar("_Result")


class Worker:
    """One thread that runs calls in order.

    A ThreadPoolExecutor would not do: Python waits for its threads when the process ends, so a call that hangs
    would keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, work: Callable[[], _Result], timeout_s: float) -> _Result:
        """Run `work` on the thread. Return what it returns, or raise what it raises.

        Raises:
            TimeoutError: `work` takes longer than `timeout_s`.
        """
        answer: Future[_Result] = Future()
        self._calls.put((work, answer))
        return answer.result(timeout_s)

    def _run(self) -> None:
        while True:
            work, answer = self._calls.get()
            try:
                answer.set_result(work())
            except BaseException as error:  # any error goes to the caller
                answer.set_exception(error)
