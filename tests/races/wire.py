"""HTTP for tests that count: prepared bytes on connections that stay open, so that many requests start at once."""

import base64
import json
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

BACKLOG = 512


class NoAnswer(Exception):
    """The connection ended before an answer was complete: nobody knows what became of the request."""


@dataclass(frozen=True)
class Answer:
    """A complete answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def request(
    method: str, path: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> bytes:
    """A request as bytes."""
    body = urlencode(form).encode() if form is not None else b""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if form is not None:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def body_request(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """A request with a body of any type, as bytes."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of a confidential client."""
    return {"Authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


class Line:
    """One connection, opened again when it has been lost."""

    def __init__(self, port: int, *, timeout: float = 20) -> None:
        self._port = port
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def ask(self, octets: bytes) -> Answer:
        """Send a request and wait for its answer."""
        self.send(octets)
        return self.receive()

    def send(self, octets: bytes) -> None:
        """Send a request only."""
        try:
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=self._timeout)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._reader = self._socket.makefile("rb")
            self._socket.sendall(octets)
        except OSError as error:
            self.close()
            raise NoAnswer from error

    def receive(self) -> Answer:
        """The answer to the request that was sent last."""
        try:
            status = self._reader.readline().split(b" ", 2)
            headers: dict[str, str] = {}
            while (line := self._reader.readline()) not in {b"\r\n", b""}:
                name, _, value = line.decode("latin-1").partition(":")
                headers[name.strip().lower()] = value.strip()
            length = int(headers.get("content-length", "0"))
            body = self._reader.read(length)
        except OSError as error:
            self.close()
            raise NoAnswer from error
        if len(status) < 2 or not headers or len(body) < length:
            self.close()
            raise NoAnswer
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(status[1]), headers, body)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._reader.close()
            self._socket.close()
            self._socket = None


def at_once(lines: Sequence[Line], requests: Iterable[bytes]) -> list[Answer]:
    """Send every request before the first answer is read."""
    used = []
    for line, octets in zip(lines, requests, strict=True):
        line.send(octets)
        used.append(line)
    return [line.receive() for line in used]
