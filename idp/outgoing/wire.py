"""A connection that ends at a deadline, however slowly the other side drips."""

import io
import socket
import ssl
import time
from collections.abc import Sequence
from http.client import HTTPConnection, HTTPResponse
from typing import TYPE_CHECKING, cast

from idp.outgoing.target import Target

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Deadline:
    """A moment on the monotonic clock. Limits of sockets are for each call; this is for all of them together."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left.

        Raises:
            TimeoutError: None are.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


class Wire:
    """What `http.client` needs of a socket, with the deadline in every call."""

    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        self._socket = connected
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        """Send."""
        self._socket.settimeout(self._deadline.left)
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The answer as it comes in."""
        return io.BufferedReader(_Incoming(self._socket, self._deadline))

    def close(self) -> None:
        """Nothing: `http.client` calls it as soon as it knows that no second request can follow, body unread."""

    def hang_up(self) -> None:
        """End the connection."""
        self._socket.close()


class _Incoming(io.RawIOBase):
    def __init__(self, connected: socket.socket, deadline: Deadline) -> None:
        super().__init__()
        self._socket = connected
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        self._socket.settimeout(self._deadline.left)
        return self._socket.recv_into(buffer)


def connect(target: Target, addresses: Sequence[str], tls: ssl.SSLContext, deadline: Deadline, *, each: float) -> Wire:
    """Connect to the first of the addresses that answers; no name is resolved here.

    Args:
        each: Seconds for each attempt, so that one dead address leaves time for the next.

    Raises:
        OSError: None of them did, or TLS failed.
    """
    refused: OSError = ConnectionError()
    for address in addresses:
        plain = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            plain.settimeout(min(each, deadline.left))
            plain.connect((address, target.port))
        except OSError as error:
            plain.close()
            refused = error
            continue
        if target.scheme == "http":
            return Wire(plain, deadline)
        try:
            plain.settimeout(deadline.left)
            # Closes the plain socket itself when the handshake fails.
            return Wire(tls.wrap_socket(plain, server_hostname=target.host), deadline)
        except OSError:
            plain.close()
            raise
    raise refused


def ask(wire: Wire, target: Target, method: str, headers: dict[str, str], body: bytes | None) -> HTTPResponse:
    """Send one request and read the head of its answer."""
    connection = HTTPConnection(target.host, target.port)
    connection.auto_open = 0
    connection.sock = cast("socket.socket", wire)
    connection.request(method, target.path, body, {"Host": target.authority, **headers})
    return connection.getresponse()
