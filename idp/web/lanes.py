"""The lanes on which plain functions run beside the event loop.

Few threads on purpose: the interpreter lock punishes many under load, and each worker on the *work* lane has a
database connection waiting for it. The threads are our own because every request passes here, and handing one over
costs a third of what AnyIO's and concurrent.futures' general ones take.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, Literal, TypeVar, cast

Lane = Literal["work", "waiting", "hashing"]

Given = TypeVar("Given")
Answer = TypeVar("Answer")

_here = threading.local()

_Outcome = tuple[Answer | None, BaseException | None]
_Job = tuple[Context, Callable[[Any], Any], Any, "asyncio.Future[_Outcome[Any]]"]


def may_wait() -> bool:
    """Whether this thread may wait for another server: not one of the few that work and hash."""
    return getattr(_here, "lane", "waiting") == "waiting"


class LaneFull(Exception):
    """So many are waiting already that the caller had better come again later."""


class Lanes:
    """Three kinds of work, each with its own number of threads.

    Args:
        work: Database and protocol; as many as there are pooled connections.
        waiting: Routes that call other servers and hold no connection while they wait.
        hashing: Password hashing; as many as there are cores.
        hashing_queue: How many may wait for a hashing thread. Without a bound, a flood of sign-ins would make
            everybody wait for minutes, and then fail.
    """

    def __init__(self, *, work: int = 4, waiting: int = 40, hashing: int = 2, hashing_queue: int = 32) -> None:
        self._threads: dict[Lane, _Threads] = {
            "work": _Threads("work", work),
            "waiting": _Threads("waiting", waiting),
            "hashing": _Threads("hashing", hashing),
        }
        self._hashing_places = hashing + hashing_queue
        self._hashing_taken = 0

    async def run(self, lane: Lane, function: Callable[[Given], Answer], argument: Given) -> Answer:
        """Run `function(argument)` in a thread of the lane and wait for what it returns or raises.

        A caller that is cancelled stops waiting; what has begun runs to its end.

        Raises:
            LaneFull: The hashing lane and its queue are full.
        """
        if lane != "hashing":
            return _answer_of(await self._threads[lane].hand_over(function, argument))
        # Only the event loop's own thread comes here, so the count needs no lock.
        if self._hashing_taken >= self._hashing_places:
            raise LaneFull
        self._hashing_taken += 1
        job = self._threads[lane].hand_over(function, argument)
        # Counted until it has ended: a caller who hangs up frees no thread.
        job.add_done_callback(self._hashed)
        return _answer_of(await asyncio.shield(job))

    def _hashed(self, _job: object) -> None:
        self._hashing_taken -= 1


class _Threads:
    """So many threads around one queue, started as they are needed. They end with the process."""

    def __init__(self, name: Lane, at_most: int) -> None:
        self._name = name
        self._at_most = at_most
        self._started = 0
        self._unfinished = 0
        self._jobs: SimpleQueue[_Job] = SimpleQueue()

    def hand_over(self, function: Callable[[Given], Answer], argument: Given) -> asyncio.Future[_Outcome[Answer]]:
        """Let a thread run it, with the context of the caller."""
        done: asyncio.Future[_Outcome[Answer]] = asyncio.get_running_loop().create_future()
        self._unfinished += 1
        if self._started < min(self._unfinished, self._at_most):
            self._started += 1
            name = f"{self._name}-{self._started}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        self._jobs.put((copy_context(), function, argument, done))
        return done

    def _work(self) -> None:
        _here.lane = self._name
        while True:
            context, function, argument, done = self._jobs.get()
            outcome: _Outcome[Any]
            try:
                outcome = context.run(function, argument), None
            except BaseException as error:  # noqa: BLE001  Whatever it was, the one who waits has to hear of it.
                outcome = None, error
            # A server that would not wait any longer has closed the loop: then nobody waits here either.
            with suppress(RuntimeError):
                done.get_loop().call_soon_threadsafe(self._settle, done, outcome)
            # Else the last request would be kept alive until the next one comes.
            del context, function, argument, done, outcome

    def _settle(self, done: asyncio.Future[_Outcome[Any]], outcome: _Outcome[Any]) -> None:
        self._unfinished -= 1
        if not done.cancelled():
            done.set_result(outcome)


def _answer_of(outcome: _Outcome[Answer]) -> Answer:
    answer, error = outcome
    if error is not None:
        raise error
    return cast("Answer", answer)
