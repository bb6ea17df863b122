"""What clients keep at addresses of their own: keys, and requests by reference."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from urllib.parse import urlsplit

from idp.outgoing import Outgoing, OutgoingFailed, OutgoingRefused

_MOST_AT_ONCE = 8
_MOST_IN_ALL = 24
"""Of the threads that may wait some are left for what strangers cannot ask for: other providers, and clients' keys."""


class DocumentUnavailable(Exception):
    """The document could not be had."""


class HasToWait(Exception):
    """Another server has to be asked first, which this thread may not wait for.

    Nothing has been done yet: whoever holds the request has it answered anew by a thread that may.
    """


class ClientDocuments:
    """Fetches documents, from threads that may wait for strangers.

    Few threads do all the work that needs the database; a client whose server is slow must not stand in their way.
    """

    def __init__(self, outgoing: Outgoing, *, may_wait: Callable[[], bool]) -> None:
        self._outgoing = outgoing
        self._may_wait = may_wait
        self._under_way: Counter[str] = Counter()
        self._lock = Lock()

    def fetch(self, url: str, *, accept: str, max_bytes: int) -> bytes:
        """Get a document, whatever type it says to be.

        Raises:
            HasToWait: Not in this thread.
            DocumentUnavailable: It is not there, too long, or its address is not one that we ask.
        """
        self.have_time()
        try:
            fetched = self._outgoing.fetch(url, accept=accept, max_bytes=max_bytes)
        except (OutgoingRefused, OutgoingFailed) as error:
            raise DocumentUnavailable(error.sentence) from error
        if fetched.status != 200:
            raise DocumentUnavailable(f"the server answered with status {fetched.status}")
        return fetched.body

    def fetch_for_a_stranger(self, url: str, *, accept: str, max_bytes: int) -> bytes:
        """Get a document that anybody can make us ask for, so that a server that hangs cannot hold all who wait.

        Raises:
            HasToWait: As for `fetch`.
            DocumentUnavailable: As for `fetch`; also when many requests to its server, or to all, are under way.
        """
        self.have_time()
        with self._place_at(urlsplit(url).netloc):
            return self.fetch(url, accept=accept, max_bytes=max_bytes)

    def have_time(self) -> None:
        """See to it that this thread may wait.

        Raises:
            HasToWait: It may not.
        """
        if not self._may_wait():
            raise HasToWait

    @contextmanager
    def _place_at(self, server: str) -> Iterator[None]:
        with self._lock:
            if self._under_way[server] >= _MOST_AT_ONCE or self._under_way.total() >= _MOST_IN_ALL:
                raise DocumentUnavailable("many requests to servers of clients are under way")
            self._under_way[server] += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way[server] -= 1
                if not self._under_way[server]:
                    del self._under_way[server]
