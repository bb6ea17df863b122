"""A clock that several processes read and the test moves on: nothing is over because the machine is slow."""

import mmap
import os
from datetime import UTC, datetime, timedelta

_LENGTH = 8


class SharedClock:
    """The time of day, and how far the test has moved it for all processes at once.

    Args:
        fd: Of a clock that another process has made; None makes a new one.
    """

    def __init__(self, fd: int | None = None) -> None:
        self.fd = os.memfd_create("clock", 0) if fd is None else fd
        if fd is None:
            os.ftruncate(self.fd, _LENGTH)
        # Eight bytes in one piece: whoever reads meets the former value or the new one.
        self._microseconds = memoryview(mmap.mmap(self.fd, _LENGTH)).cast("q")

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(microseconds=self._microseconds[0])

    def forward(self, by: timedelta) -> None:
        """Move it on, in every process."""
        self._microseconds[0] += by // timedelta(microseconds=1)
