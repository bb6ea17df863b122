"""The client configuration endpoint: where an application that registered itself looks after its registration."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.clients.sector_identifier import check_sector
from idp.protocol.provider import Provider
from idp.protocol.registration import dynamic_registration
from idp.protocol.registration.client_information import check_own, client_information
from idp.protocol.registration.client_registration import InvalidClientMetadata
from idp.protocol.registration.dynamic_registration import Limits, Offered
from idp.protocol.registration.registration_access import (
    CountRegistration,
    RegistrationRefused,
    bearer,
    count_one,
    unauthorized,
    unknown_client,
    unregistrable,
)
from idp.store import clients
from idp.store.base import digest_of
from idp.store.clients import StoredClient
from idp.store.database import Connection, Database
from idp.web import replies
from idp.web.exchange import Exchange

_BY_ITSELF = {"because": "client"}


@dataclass(frozen=True, slots=True)
class _Own:
    """A client that has shown its registration access token, which is good for no other (RFC 7592 section 2)."""

    client_id: str
    token: str

    def find(self, db: Connection) -> StoredClient:
        """Its row. Looked for anew in each transaction: it may have gone, or been given another token, meanwhile."""
        found = clients.find_managed(db, self.client_id, digest_of(self.token))
        if found is None:
            raise unknown_client()
        return found


@dataclass(frozen=True, slots=True)
class ClientConfigurationEndpoint:
    """`/register/{client_id}` (RFC 7592 section 2). Unknown clients and wrong tokens are answered alike."""

    database: Database
    provider: Provider
    count: CountRegistration
    clock: Clock

    def answer(self, exchange: Exchange) -> Response:
        """Tell what is registered, put other metadata in the place of all there is, or delete the client."""
        answers = {"PUT": self._replaced, "DELETE": self._removed}
        try:
            token = bearer(exchange.headers.getlist("authorization"))
            if token is None:
                raise unauthorized()
            answer = answers.get(exchange.method, self._shown)
            return answer(exchange, _Own(exchange.path_params["client_id"], token))
        except InvalidClientMetadata as refusal:
            refused = unregistrable(refusal)
        except RegistrationRefused as refusal:
            refused = refusal
        return replies.json(refused.status, dict(refused.body), refused.headers)

    def _shown(self, _exchange: Exchange, own: _Own) -> Response:
        with self.database.autocommit() as db:
            stored = own.find(db)
        return self._information(own, RegisteredClient.of(stored), stored.created_at)

    def _replaced(self, exchange: Exchange, own: _Own) -> Response:
        with self.database.autocommit() as db:
            before = own.find(db)
        now, client = self.clock(), RegisteredClient.of(before)
        repeated = check_own(exchange.document, own.client_id)
        if repeated is not None and not client.has_secret(repeated, now=now):
            raise InvalidClientMetadata("client_secret", "must be the one of this client, or left out")
        offered = Offered.of(self.provider.features, self.provider.ring)
        asked = dynamic_registration.asked(exchange.document, Limits.of(before.registration_limits), offered)
        if asked.sector_identifier_uri is not None:
            # Another server is asked, and nobody has that done more often than they may register.
            self.provider.documents.have_time()
            count_one(self.count, exchange.client_address)
        check_sector(asked, self.provider.documents)
        with self.database.transaction() as db:
            stored = own.find(db)
            if not clients.replace_metadata(db, own.client_id, asked.document(), now=now):
                raise unknown_client()
            secret = _secret_for(db, asked, stored, now)
            occasion = Occasion(now, exchange.request_id, exchange.client_address)
            note(db, Event.CLIENT_CHANGED, occasion, client_id=own.client_id, facts=_BY_ITSELF)
        # Other processes read it anew within seconds.
        self.provider.registry.forget(own.client_id)
        return self._information(own, asked, stored.created_at, secret)

    def _removed(self, exchange: Exchange, own: _Own) -> Response:
        """With the client goes everything that was granted to it."""
        now = self.clock()
        with self.database.transaction() as db:
            own.find(db)
            occasion = Occasion(now, exchange.request_id, exchange.client_address)
            note(db, Event.CLIENT_DELETED, occasion, client_id=own.client_id, facts=_BY_ITSELF)
            if not clients.remove(db, own.client_id):
                raise unknown_client()
        self.provider.registry.forget(own.client_id)
        return replies.empty(204)

    def _information(
        self, own: _Own, registered: ClientMetadata, issued_at: datetime, secret: str | None = None
    ) -> Response:
        body = client_information(
            own.client_id,
            registered,
            issuer=self.provider.issuer,
            token=own.token,
            issued_at=issued_at,
            secret=secret,
        )
        return replies.json(200, body)


def _secret_for(db: Connection, asked: ClientMetadata, stored: StoredClient, now: datetime) -> str | None:
    """A new secret where one is needed and there is none; none is left where none is needed any more."""
    if not asked.uses_secret:
        clients.end_secrets(db, stored.client_id)
        return None
    if any(secret.expires_at is None or secret.expires_at > now for secret in stored.secrets):
        return None
    secret = secrets.token_urlsafe(32)
    clients.add_secret(db, stored.client_id, digest_of(secret), now=now)
    return secret
