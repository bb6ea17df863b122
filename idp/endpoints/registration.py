"""The client registration endpoint: applications that make themselves known."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import Response

from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.clients.sector_identifier import check_sector
from idp.protocol.provider import Provider
from idp.protocol.registration import dynamic_registration
from idp.protocol.registration.client_information import client_information
from idp.protocol.registration.client_registration import InvalidClientMetadata
from idp.protocol.registration.dynamic_registration import Limits, Offered
from idp.protocol.registration.registration_access import (
    CountRegistration,
    RegistrationRefused,
    bearer,
    count_one,
    unauthorized,
    unknown_initial_token,
    unregistrable,
)
from idp.protocol.tokens import opaque
from idp.store import clients, initial_access_tokens
from idp.store.base import digest_of
from idp.store.database import Connection, Database
from idp.web import replies
from idp.web.exchange import Exchange


@dataclass(frozen=True, slots=True)
class _Admission:
    """By what right a client is registered. Without an initial access token: because everybody may."""

    by: str = clients.ANYONE
    digest: bytes | None = None
    limits: Limits = field(default_factory=Limits)

    @property
    def facts(self) -> dict[str, str]:
        """What the audit trail tells of it."""
        return {"because": clients.ANYONE} if self.digest is None else {"initial_token": self.by}


@dataclass(frozen=True, slots=True)
class RegistrationEndpoint:
    """`POST /register` (RFC 7591 section 3, OpenID Connect Dynamic Client Registration 1.0 section 3).

    Attributes:
        is_open: Whether a client may come without an initial access token.
    """

    database: Database
    provider: Provider
    count: CountRegistration
    is_open: bool
    clock: Clock

    def register(self, exchange: Exchange) -> Response:
        """Register a client, or say why not."""
        now = self.clock()
        try:
            admission = self._admitted(exchange, now)
            offered = Offered.of(self.provider.features, self.provider.ring)
            asked = dynamic_registration.asked(exchange.document, admission.limits, offered)
            if asked.sector_identifier_uri is not None:
                # Before anything is counted: this may begin anew in a thread that has time.
                self.provider.documents.have_time()
            if admission.digest is None:
                count_one(self.count, exchange.client_address)
            check_sector(asked, self.provider.documents)
            return replies.json(201, self._registered(exchange, asked, admission, now))
        except InvalidClientMetadata as refusal:
            refused = unregistrable(refusal)
        except RegistrationRefused as refusal:
            refused = refusal
        return replies.json(refused.status, dict(refused.body), refused.headers)

    def _admitted(self, exchange: Exchange, now: datetime) -> _Admission:
        token = bearer(exchange.headers.getlist("authorization"))
        if token is None:
            if self.is_open:
                return _Admission()
            raise unauthorized()
        digest = digest_of(token)
        with self.database.autocommit() as db:
            found = initial_access_tokens.find_usable(db, digest, now=now)
        if found is None:
            raise unknown_initial_token()
        return _Admission(found.id, digest, Limits.of(found.limits))

    def _registered(
        self, exchange: Exchange, asked: ClientMetadata, admission: _Admission, now: datetime
    ) -> dict[str, Any]:
        client_id, token = secrets.token_urlsafe(12), opaque.new(opaque.REGISTRATION_TOKEN)
        secret = secrets.token_urlsafe(32) if asked.uses_secret else None
        limits = None if admission.digest is None else admission.limits.document()
        with self.database.transaction() as db:
            self._take(db, admission, now)
            clients.add(db, client_id, asked.document(), now=now)
            clients.let_manage_itself(db, client_id, by=admission.by, digest=digest_of(token), limits=limits)
            if secret is not None:
                clients.add_secret(db, client_id, digest_of(secret), now=now)
            occasion = Occasion(now, exchange.request_id, exchange.client_address)
            note(db, Event.CLIENT_REGISTERED, occasion, client_id=client_id, facts=admission.facts)
        return client_information(
            client_id, asked, issuer=self.provider.issuer, token=token, issued_at=now, secret=secret
        )

    @staticmethod
    def _take(db: Connection, admission: _Admission, now: datetime) -> None:
        """Use the initial access token, after every other check and in the transaction of what it is used for."""
        if admission.digest is not None and not initial_access_tokens.take(db, admission.digest, now=now):
            raise unknown_initial_token()
