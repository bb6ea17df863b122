"""Documents that anybody can make us ask for: servers that hang hold so many threads and no more."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from threading import Event, Semaphore

import pytest

from idp.outgoing import Outgoing
from idp.protocol.clients.client_documents import ClientDocuments, DocumentUnavailable
from tests.outgoing.servers import serving

OF_ONE, IN_ALL = 8, 24


@pytest.fixture
def documents() -> ClientDocuments:
    outgoing = Outgoing(allowed_hosts=["127.0.0.1"], at_once=(100, 100), timeout=timedelta(seconds=3))
    return ClientDocuments(outgoing, may_wait=lambda: True)


@pytest.fixture
def hanging() -> Iterator[tuple[list[str], Semaphore]]:
    """The addresses of four servers that answer nobody, and how many requests have reached them."""
    reached, end = Semaphore(0), Event()

    def answer(_connected: object, _request: bytes) -> None:
        reached.release()
        end.wait(20)

    with ExitStack() as servers:
        ports = [servers.enter_context(serving(answer)).port for _ in range(IN_ALL // OF_ONE + 1)]
        try:
            yield [f"http://127.0.0.1:{port}/request" for port in ports], reached
        finally:
            end.set()


@pytest.mark.parametrize("servers", [1, IN_ALL // OF_ONE], ids=["one server", "many servers"])
def test_servers_that_hang_leave_threads_for_others(
    documents: ClientDocuments, hanging: tuple[list[str], Semaphore], servers: int
) -> None:
    addresses, reached = hanging

    def fetch(address: str) -> bytes:
        return documents.fetch_for_a_stranger(address, accept="*/*", max_bytes=100)

    with ThreadPoolExecutor(IN_ALL) as together:
        for address in addresses[:servers]:
            for _ in range(OF_ONE):
                together.submit(fetch, address)
        for _ in range(servers * OF_ONE):
            assert reached.acquire(timeout=10)

        with pytest.raises(DocumentUnavailable, match="under way"):
            fetch(addresses[0] if servers == 1 else addresses[-1])
