"""Where a request goes: a URL taken apart and judged, and its name resolved, once."""

import re
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Self
from urllib.parse import urlsplit

from idp.outgoing.addresses import is_loopback, is_public
from idp.outgoing.failures import OutgoingFailed, OutgoingRefused

Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host for a port. Raises OSError when there are none."""

_LONGEST_URL = 2048
# Printable ASCII without what parsers disagree about.
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]+", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:.]+")
_PORTS = {"https": 443, "http": 80}
_FIRST_FREE_PORT = 1024


@dataclass(frozen=True, slots=True)
class Target:
    """One URL that we are willing to talk to, as far as its letters go. `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str
    named: bool

    @classmethod
    def of(cls, url: str, allowed_hosts: Collection[str]) -> Self:
        """Take a URL apart.

        Args:
            allowed_hosts: `host` or `host:port`, which may have private addresses and any port.

        Raises:
            OutgoingRefused: It is not an https URL that we would ask.
        """
        sentence = "the address is not an https URL that can be asked"
        if len(url) > _LONGEST_URL or not _URL.fullmatch(url):
            raise OutgoingRefused(sentence)
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme, (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise OutgoingRefused(sentence) from None
        if "@" in parts.netloc or not _HOST.fullmatch(host):
            raise OutgoingRefused(sentence)
        if port is None:
            port = _PORTS[scheme]
        named = (
            host in allowed_hosts or f"{_bracketed(host)}:{port}" in allowed_hosts or _bracketed(host) in allowed_hosts
        )
        if scheme == "http" and not named:
            raise OutgoingRefused("the address must be an https URL")
        if not named and port != _PORTS["https"] and port < _FIRST_FREE_PORT:
            raise OutgoingRefused("the port of the address is one that other services use")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(scheme, host, port, path, named)

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        return _bracketed(self.host) + ("" if self.port == _PORTS[self.scheme] else f":{self.port}")

    def addresses(self, resolve: Resolver, *, within: float) -> list[str]:
        """The addresses of the host, each of them one we talk to.

        A name with one public and one private address is refused as a whole: nobody needs that, but who wants us to
        try the private one after the public one has failed.

        Raises:
            OutgoingRefused: The name leads where we do not go.
            OutgoingFailed: The name cannot be resolved, or not in time.
        """
        found = _resolved(resolve, self.host, self.port, within)
        if self.scheme == "http" and not all(is_loopback(address) for address in found):
            raise OutgoingRefused("http is for named hosts on this machine; the address must be an https URL")
        if not self.named and not all(is_public(address) for address in found):
            raise OutgoingRefused("the name of the host does not lead to a public address")
        return found


def system_addresses(host: str, port: int) -> Sequence[str]:
    """What the resolver of this machine says."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _resolved(resolve: Resolver, host: str, port: int, within: float) -> list[str]:
    answers: SimpleQueue[list[str] | None] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put([str(address) for address in resolve(host, port)])
        except (OSError, UnicodeError):
            answers.put(None)

    # The system's resolver takes no time limit, so it waits in a thread of its own.
    threading.Thread(target=ask, name="resolve", daemon=True).start()
    try:
        found = answers.get(timeout=max(within, 0.001))
    except Empty:
        raise OutgoingFailed("the name of the host could not be resolved in time") from None
    if not found:
        raise OutgoingFailed("the name of the host could not be resolved")
    return found


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
