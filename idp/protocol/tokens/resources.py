"""Resource indicators: where the access tokens of a request are to be used (RFC 8707)."""

import time
from contextlib import nullcontext
from threading import Lock

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import Parameters
from idp.store import resource_servers
from idp.store.database import Connection, Database


class InvalidTarget(Exception):
    """A resource that the client may not have tokens for: `invalid_target` (RFC 8707 section 2)."""

    sentence = "resource may contain only what the client is registered for, and what was granted."


def asked_resources(
    parameters: Parameters, client: RegisteredClient, *, issuer: str, granted: tuple[str, ...] | None = None
) -> tuple[str, ...] | None:
    """The resources that a request names, or None when it names none.

    A client may ask for what it is registered with, compared as exact strings, and for ourselves by our issuer, which
    is what userinfo takes. A grant that names resources is the limit of what its tokens may be used for; one that
    names none leaves the choice to the token request.

    Raises:
        InvalidTarget: It names another.
    """
    asked = parameters.resources
    if not asked:
        return None
    allowed = {issuer, *(client.resources if granted is None else granted)}
    if not allowed.issuperset(asked):
        raise InvalidTarget
    return asked


class ResourceServers:
    """Which resources are served by servers that want a JWT; read at most once in a few seconds for each process."""

    def __init__(self, database: Database, *, life_seconds: float = 5.0) -> None:
        self._database = database
        self._life = life_seconds
        self._known: tuple[float, frozenset[str]] | None = None
        self._lock = Lock()

    def want_jwt(self, resources: tuple[str, ...] | None, *, held: Connection | None = None) -> bool:
        """Whether one of the servers of these resources is registered with `access_token_format` `jwt`.

        Args:
            held: The connection that the caller has already: nobody may wait for a second one while holding one.
        """
        return resources is not None and not self._served_by_jwt(held).isdisjoint(resources)

    def _served_by_jwt(self, held: Connection | None) -> frozenset[str]:
        known = self._known
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with self._lock:
            known = self._known
            if known is None or known[0] <= time.monotonic():
                with nullcontext(held) if held is not None else self._database.autocommit() as db:
                    served = resource_servers.resources_served_by_jwt(db)
                known = self._known = (time.monotonic() + self._life, served)
            return known[1]
