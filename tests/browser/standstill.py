"""A provider that stands still: requests arrive, and none is answered."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Semaphore

import requests
from starlette.responses import Response
from starlette.routing import Route

from idp.house import House
from idp.web.exchange import Exchange
from idp.web.replies import empty

_PATH = "/dev/standstill"
_PATIENCE = 30


class Standstill:
    """Keeps every thread that could answer busy, for as long as a test wants it. Nothing times out meanwhile."""

    def __init__(self) -> None:
        self._go_on = Event()
        self._standing = Semaphore(0)
        self.threads = 0

    def routes(self, house: House) -> Sequence[Route]:
        """What the provider has to serve for it."""
        self.threads = house.settings.worker_threads
        return [house.routes.page(_PATH, self._stand)]

    @contextmanager
    def of(self, issuer: str) -> Iterator[None]:
        """Let nothing be answered before the end of this."""
        self._go_on.clear()
        with ThreadPoolExecutor(self.threads) as visitors:
            try:
                asked = [visitors.submit(requests.get, issuer + _PATH, timeout=120) for _ in range(self.threads)]
                for _ in asked:
                    assert self._standing.acquire(timeout=_PATIENCE)
                yield
            finally:
                self._go_on.set()
        assert {each.result().status_code for each in asked} == {204}

    def _stand(self, _exchange: Exchange) -> Response:
        self._standing.release()
        self._go_on.wait()
        return empty()
