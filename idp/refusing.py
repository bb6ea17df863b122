"""Where refusals of applications' requests are written down, so that `idp explain` can tell why."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

from idp.accounts.visitor import Visitor
from idp.clock import Clock
from idp.protocol.clients.client import ClientRegistry
from idp.protocol.explanation.received import named_client, of_client_request, of_parameters
from idp.protocol.messages import ClientRequest, Parameters
from idp.store import clients, refusals
from idp.store.database import Database, DBAPIError
from idp.store.refusals import Refusal
from idp.web.exchange import Exchange

_EXPECTED = frozenset(
    {
        *("authorization_pending", "slow_down", "access_denied", "expired_token", "use_dpop_nonce"),
        *("temporarily_unavailable", "server_error"),
    }
)
"""Answers that are part of a good conversation, or about us: there is nothing to explain to the client's owner."""

_log = logging.getLogger("idp.refusals")


@dataclass(slots=True)
class Quota:
    """How many refusals a process writes down in an hour: a stranger can cause as many as they like.

    Counted in memory, so that a refusal that is not written down costs no statement. Only what is let through is
    counted, so a flood does not fill the memory either.
    """

    in_all: int = 600
    of_a_source: int = 60
    of_a_kind: int = 20
    window: timedelta = timedelta(hours=1)
    _since: datetime | None = None
    _taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def take(self, source: str, sentence: str, *, now: datetime) -> bool:
        """Whether one more refusal with this sentence, caused from this source, is written down."""
        limits = {("", ""): self.in_all, (source, ""): self.of_a_source, (source, sentence): self.of_a_kind}
        with self._lock:
            if self._since is None or not timedelta() <= now - self._since < self.window:
                self._since = now
                self._taken.clear()
            if any(self._taken[key] >= limit for key, limit in limits.items()):
                return False
            self._taken.update(limits.keys())
            return True


@dataclass(frozen=True, slots=True)
class Refusing:
    """Writes refusals down: every one in the log, and in the database as many as the quota allows."""

    database: Database
    registry: ClientRegistry
    clock: Clock
    quota: Quota = field(default_factory=Quota)

    def authorization(self, exchange: Exchange, parameters: Parameters, error: str, sentence: str) -> None:
        """An authorization request, whether a page or the client was told. Never called with a connection in hand."""
        named = parameters.get("client_id") if "client_id" not in parameters.repeated else None
        client = self.registry.get(named) if named is not None else None
        self._write(exchange, named, error, sentence, of_parameters(parameters, client))

    def client_request(self, exchange: Exchange, request: ClientRequest, body: Mapping[str, Any]) -> None:
        """A request that a client has made by itself; `body` is the answer."""
        error, sentence = str(body.get("error", "")), str(body.get("error_description", ""))
        if not error or error in _EXPECTED:
            return
        named = named_client(request)
        client = self.registry.get(named) if named is not None else None
        self._write(exchange, named, error, sentence, of_client_request(request, client))

    def _write(
        self, exchange: Exchange, named: str | None, error: str, sentence: str, facts: Mapping[str, Any]
    ) -> None:
        if error in _EXPECTED:
            return
        # The path of a request that waited for a person goes on with its id.
        endpoint = "/" + exchange.path.split("/")[1]
        _log.info("refused: %s", sentence, extra={"error": error, "endpoint": endpoint})
        now = self.clock()
        if not self.quota.take(Visitor(exchange.client_address).source, sentence, now=now):
            return
        try:
            with self.database.autocommit() as db:
                # Disabled clients count too; anything else that came as a client_id may be somebody's secret.
                client_id = named if named is not None and clients.find(db, named) is not None else None
                refusals.record(db, Refusal(exchange.request_id, now, client_id, endpoint, error, sentence, facts))
        except DBAPIError as problem:
            # The refusal stands all the same: whoever was refused must not get an outage instead.
            _log.warning("a refusal was not written down", extra={"reason": type(problem.orig).__name__})
