"""An HTTP/1.1 client that costs next to nothing, so that the driver is not what is measured."""

import asyncio
import re
from dataclasses import dataclass
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LOCATION = re.compile(rb"\r\nlocation: *([^\r]*)", re.IGNORECASE)


class BadAnswer(Exception):
    """The provider answered something that no flow of a healthy provider meets."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    location: str
    body: bytes


class Connection(asyncio.Protocol):
    """A keep-alive connection with at most one request under way."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connect to a provider on loopback."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits."""
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(exc or BadAnswer("the connection was closed"))

    def data_received(self, data: bytes) -> None:
        """Collect; hand over as soon as the announced length is there."""
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        expected = int(length[1]) if length else 0
        if len(rest) < expected:
            return
        self._buffer = rest[expected:]
        location = _LOCATION.search(head)
        answer = Answer(int(head[9:12]), location[1].decode() if location else "", rest[:expected])
        assert self._waiting is not None
        self._waiting.set_result(answer)

    def send(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a request; the answer comes with the future."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()
