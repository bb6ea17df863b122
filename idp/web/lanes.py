"""The lanes on which plain functions run beside the event loop.

Few threads on purpose: the interpreter lock punishes many under load, and each worker on the *work* lane has a
database connection waiting for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

import anyio
import anyio.to_thread

Lane = Literal["work", "waiting", "hashing"]

Given = TypeVar("Given")
Answer = TypeVar("Answer")


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
        self._limits: dict[Lane, anyio.CapacityLimiter] = {
            "work": anyio.CapacityLimiter(work),
            "waiting": anyio.CapacityLimiter(waiting),
            "hashing": anyio.CapacityLimiter(hashing),
        }
        self._hashing_places = hashing + hashing_queue
        self._hashing_taken = 0

    async def run(self, lane: Lane, function: Callable[[Given], Answer], argument: Given) -> Answer:
        """Run `function(argument)` in a thread of the lane and wait for what it returns or raises.

        Raises:
            LaneFull: The hashing lane and its queue are full.
        """
        if lane != "hashing":
            return await anyio.to_thread.run_sync(function, argument, limiter=self._limits[lane])
        # Only the event loop's own thread comes here, so the count needs no lock.
        if self._hashing_taken >= self._hashing_places:
            raise LaneFull
        self._hashing_taken += 1
        try:
            return await anyio.to_thread.run_sync(function, argument, limiter=self._limits[lane])
        finally:
            self._hashing_taken -= 1
