"""Counting failed client authentications, in this process only.

Secrets of clients have 256 random bits, so nobody guesses one: the limit spares the database and the log from a client
that is set up wrongly. It never locks the client itself, only one source that fails for it.
"""

import time
from collections import OrderedDict
from datetime import timedelta
from threading import Lock


class ClientFailures:
    """How often each client has failed to authenticate from each source lately."""

    def __init__(self, *, at_most: int, window: timedelta = timedelta(minutes=1), size: int = 10_000) -> None:
        self._at_most = at_most
        self._window = window.total_seconds()
        self._size = size
        self._counts: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._lock = Lock()

    def must_wait(self, client_id: str, source: str) -> timedelta | None:
        """How long until this source may try again for this client; None when it may now."""
        found = self._counts.get((client_id[:128], source))
        if found is None or found[1] < self._at_most:
            return None
        left = found[0] + self._window - time.monotonic()
        return timedelta(seconds=left) if left > 0 else None

    def failed(self, client_id: str, source: str) -> None:
        """Count one failure."""
        key, now = (client_id[:128], source), time.monotonic()
        with self._lock:
            since, count = self._counts.pop(key, (now, 0))
            self._counts[key] = (since, count + 1) if now - since < self._window else (now, 1)
            while len(self._counts) > self._size:
                self._counts.popitem(last=False)
