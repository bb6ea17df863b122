"""The guarded client: everything that the provider asks of an address which somebody else has written down.

A relying party registers addresses, and a request may carry one; whoever does that must not be able to make the
provider talk to its own network, wait for ever, or fill its memory (server-side request forgery). The name is resolved
once and the connection goes to the address that was judged, so that a name which answers differently the second time
gains nothing.
"""

import logging
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlencode

from idp.outgoing.failures import OutgoingFailed, OutgoingRefused
from idp.outgoing.target import Resolver, Target, system_addresses
from idp.outgoing.wire import Deadline, ask, connect

_log = logging.getLogger(__name__)

_PIECE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: any status but a redirect. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Outgoing:
    """Asks other servers, blocking, one connection for each request.

    Args:
        allowed_hosts: `host` or `host:port` that may have addresses which are not public, and on this machine speak
            http: for tests and private networks.
        ca_file: Certificate authorities (PEM) trusted besides the system's.
        timeout: For everything together: waiting for a place, resolving, connecting, and the whole answer.
        at_once: Requests under way in this process, and how many of them with one host.
        held: Whether the caller holds a connection of the database, which nobody may while waiting for a stranger.
        resolve: Who knows the addresses of a name.
    """

    def __init__(
        self,
        *,
        allowed_hosts: Collection[str] = (),
        ca_file: Path | None = None,
        timeout: timedelta = timedelta(seconds=5),
        at_once: tuple[int, int] = (32, 8),
        held: Callable[[], bool] = lambda: False,
        resolve: Resolver = system_addresses,
    ) -> None:
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)
        self._timeout = timeout.total_seconds()
        self._places = _Places(*at_once)
        self._held = held
        self._resolve = resolve

    def fetch(
        self, url: str, *, accept: str, max_bytes: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Fetched:
        """Get a document.

        Args:
            accept: The media types that are of use; what comes is for the caller to judge.
            max_bytes: The longest body that is read.
            headers: More of them, such as Authorization.

        Raises:
            OutgoingRefused: The URL, or the address it leads to, is not one we talk to.
            OutgoingFailed: No answer, or none of use; redirects, compressed and longer bodies are among these.
        """
        return self._exchange("GET", url, {**headers, "Accept": accept}, None, max_bytes)

    def post(
        self,
        url: str,
        form: Mapping[str, str],
        *,
        accept: str = "*/*",
        max_bytes: int = 0,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Fetched:
        """Send a form. By default the body of the answer is left unread: its status is the answer.

        Raises:
            OutgoingRefused: As for `fetch`.
            OutgoingFailed: As for `fetch`.
        """
        asked = {**headers, "Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
        return self._exchange("POST", url, asked, urlencode(form).encode(), max_bytes)

    def _exchange(self, method: str, url: str, headers: dict[str, str], body: bytes | None, max_bytes: int) -> Fetched:
        if self._held():
            raise RuntimeError("a connection of the database is held while another server is asked")
        host = ""
        try:
            target = Target.of(url, self._allowed_hosts)
            host = target.host
            deadline = Deadline(self._timeout)
            with self._places.taken(target.host, deadline), _explained():
                addresses = target.addresses(self._resolve, within=deadline.left)
                wire = connect(target, addresses, self._tls, deadline, each=self._timeout / 2)
                try:
                    # Identity, because a few bytes that unpack to gigabytes are within every limit.
                    asked = {"User-Agent": "idp", "Accept-Encoding": "identity", "Connection": "close"}
                    return _read(ask(wire, target, method, asked | headers, body), max_bytes)
                finally:
                    wire.hang_up()
        except (OutgoingRefused, OutgoingFailed) as error:
            _log.info("asked another server in vain", extra={"host": host, "reason": error.sentence})
            raise


def _read(response: HTTPResponse, max_bytes: int) -> Fetched:
    headers = {name.lower(): value for name, value in response.getheaders()}
    if 300 <= response.status < 400:
        raise OutgoingFailed("the server answered with a redirect, which is not followed")
    body = bytearray()
    if max_bytes:
        if headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}:
            raise OutgoingFailed("the server answered in a compressed form that was not asked for")
        if response.length is not None and response.length > max_bytes:
            raise OutgoingFailed("the answer of the server is too long")
        while piece := response.read(min(_PIECE, max_bytes + 1 - len(body))):
            body += piece
            if len(body) > max_bytes:
                raise OutgoingFailed("the answer of the server is too long")
        if response.length:
            raise OutgoingFailed("the answer of the server broke off")
    return Fetched(response.status, headers, bytes(body))


@contextmanager
def _explained() -> Iterator[None]:
    """Say what happened in a sentence of ours: the text of such errors may repeat what the other side sent."""
    try:
        yield
    except TimeoutError:
        raise OutgoingFailed("the server did not answer in time") from None
    except ssl.SSLCertVerificationError:
        raise OutgoingFailed("the certificate of the server is not trusted") from None
    except ssl.SSLError:
        raise OutgoingFailed("no TLS connection could be made with the server") from None
    except OSError:
        raise OutgoingFailed("the server could not be reached") from None
    except (HTTPException, ValueError):
        raise OutgoingFailed("the server did not answer in HTTP") from None


class _Places:
    """So many requests at once, and so many with one host: a slow one must not take the places of all the others."""

    def __init__(self, in_all: int, with_one_host: int) -> None:
        self._in_all = in_all
        self._with_one_host = with_one_host
        self._taken: dict[str, int] = {}
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, host: str, deadline: Deadline) -> Iterator[None]:
        with self._changed:
            if not self._changed.wait_for(lambda: self._free(host), deadline.left):
                raise OutgoingFailed("too many requests to other servers are under way")
            self._taken[host] = self._taken.get(host, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._taken[host] -= 1
                if not self._taken[host]:
                    del self._taken[host]
                self._changed.notify_all()

    def _free(self, host: str) -> bool:
        return sum(self._taken.values()) < self._in_all and self._taken.get(host, 0) < self._with_one_host
