"""The guarded client, as its tests ask with it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from idp.outgoing import Fetched, Outgoing, OutgoingFailed
from tests.outgoing.servers import Behaviour, serving

JSON = "application/json"
QUICK = timedelta(milliseconds=300)


def always(*addresses: str) -> Callable[[str, int], Sequence[str]]:
    return lambda _host, _port: addresses


def outgoing(certificate: Path | None = None, *, timeout: timedelta = timedelta(seconds=5), **more: object) -> Outgoing:
    """A client for which rp.example, wherever it is, may be asked."""
    given = {"allowed_hosts": ("rp.example",), "resolve": always("127.0.0.1"), **more}
    return Outgoing(ca_file=certificate, timeout=timeout, **given)  # type: ignore[arg-type]


def get(client: Outgoing, port: int, path: str = "/jwks", *, max_bytes: int = 10_000, scheme: str = "http") -> Fetched:
    return client.fetch(f"{scheme}://rp.example:{port}{path}", accept=JSON, max_bytes=max_bytes)


def failure(client: Outgoing, behaviour: Behaviour, certificate: Path | None = None) -> str:
    with serving(behaviour, certificate) as server, pytest.raises(OutgoingFailed) as failed:
        get(client, server.port, scheme="https" if certificate else "http")
    return failed.value.sentence
