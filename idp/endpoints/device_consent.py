"""The question whether a device may come in: who asks, for what, from where (RFC 8628 section 3.3, RFC 10027)."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from idp.accounts.device_sign_in import DeviceSignIn
from idp.accounts.visitor import Visitor
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.grants import device_authorization
from idp.protocol.provider import Provider
from idp.reception import Reception
from idp.store import authorization_requests, consents, device_authorizations, sessions
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.base import digest_of
from idp.store.database import Connection, Database
from idp.store.device_authorizations import DeviceAuthorization
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.pages import AskingClient, AskingDevice, Pages, permission_for

_OPTIONAL = frozenset({"offline_access"})
"""Scopes that a person may leave out while allowing the rest."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A device that waits for the person of this browser."""

    pending: AuthorizationRequest
    asked: DeviceAuthorization
    digest: bytes
    client: RegisteredClient


@dataclass(frozen=True, slots=True)
class DeviceConsentEndpoint:
    """`/device/confirm`. It is always asked, also of people and for clients that need no consent elsewhere.

    Who sends somebody a link to a device of their own needs nothing but a yes to take over the account: the question
    is all there is between, and no earlier answer can stand for it.
    """

    database: Database
    provider: Provider
    pages: Pages
    reception: Reception
    sign_in: DeviceSignIn
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask, having seen to it that somebody is signed in."""
        with self.database.autocommit() as db:
            pending = self._pending(db, exchange, exchange.query.get("request"))
            if pending.finished_at is not None:
                return self._outcome(exchange, pending)
            waiting = self._waiting(db, pending)
            visit = self._visit(db, exchange, waiting.client)
        if visit is None:
            return replies.see_other(f"/login?request={pending.id}")
        asked = waiting.asked
        is_near = Visitor(asked.address).source == self.reception.visitor(exchange).source
        return self.pages.device_question(
            exchange.context(signed_in=visit.email),
            client=AskingClient.of(waiting.client),
            device=AskingDevice(
                device_authorization.shown(asked.user_code), asked.address, asked.created_at, same_network=is_near
            ),
            request=pending.id,
            identity=visit.email,
            permissions=[replace(permission_for(scope), optional=scope in _OPTIONAL) for scope in asked.scopes],
            account=visit.session.id,
        )

    def decide(self, exchange: Exchange) -> Response:
        """Let the device in, or tell it that it may not."""
        decision, now = exchange.form.get("decision"), self.clock()
        with self.database.transaction() as db:
            pending = self._pending(db, exchange, exchange.form.get("request"))
            again = replies.see_other(f"/device/confirm?request={pending.id}")
            if pending.finished_at is not None:
                return again
            waiting = self._waiting(db, pending)
            visit = self._visit(db, exchange, waiting.client)
            # Somebody else may have signed in since the page was shown: they have not seen it.
            if visit is None or exchange.form.get("account") != visit.session.id or decision not in {"allow", "deny"}:
                return again
            is_approved = decision == "allow"
            if not device_authorizations.decide(db, waiting.asked.id, approved=is_approved, now=now):
                return again
            if is_approved:
                self._approve(db, exchange, waiting, visit)
            else:
                authorization_requests.refuse(db, pending.id, now=now)
                self._note(db, Event.DEVICE_REFUSED, exchange, waiting, visit)
            authorization_requests.finish(db, pending.id, now=now)
        return again

    def _approve(self, db: Connection, exchange: Exchange, waiting: _Waiting, visit: Visit) -> None:
        now, asked = self.clock(), waiting.asked
        declined = tuple(scope for scope in asked.scopes if scope in _OPTIONAL - {*exchange.form.getlist("scope")})
        allowed = tuple(scope for scope in asked.scopes if scope not in declined)
        kept = dict.fromkeys((*(visit.consented_scopes or ()), *allowed))
        consents.grant(
            db,
            visit.session.account_id,
            asked.client_id,
            (scope for scope in kept if scope not in declined),
            declined=declined,
            now=now,
        )
        session_id = self.sign_in.start(
            db, asked, visit, client_name=waiting.client.name, is_lasting="offline_access" in allowed, now=now
        )
        device_authorization.approve(
            db,
            asked,
            waiting.digest,
            scopes=allowed,
            approver=visit.session,
            session_id=session_id,
            server=self.provider.server,
            now=now,
        )
        self._note(db, Event.DEVICE_ALLOWED, exchange, waiting, visit, session_id=session_id, scopes=allowed)

    def _pending(self, db: Connection, exchange: Exchange, request_id: str | None) -> AuthorizationRequest:
        pending = self.reception.pending(db, exchange, request_id)
        if pending is None or pending.device_authorization_id is None:
            raise _no_longer()
        return pending

    def _waiting(self, db: Connection, pending: AuthorizationRequest) -> _Waiting:
        found = device_authorizations.find(db, pending.device_authorization_id or "")
        client = self.provider.registry.get(pending.client_id)
        if found is None or client is None or not found[0].is_open(self.clock()):
            raise _no_longer()
        return _Waiting(pending, found[0], found[1], client)

    def _visit(self, db: Connection, exchange: Exchange, client: RegisteredClient) -> Visit | None:
        secret, now = self.reception.visitor(exchange).session_secret, self.clock()
        if secret is None:
            return None
        idle_since = now - self.reception.sessions.idle
        return sessions.visit(db, digest_of(secret), client_id=client.client_id, idle_since=idle_since, now=now)

    def _outcome(self, exchange: Exchange, pending: AuthorizationRequest) -> Response:
        client = self.provider.registry.get(pending.client_id)
        if client is None:
            raise _no_longer()
        return self.pages.device_outcome(
            exchange.context(), client=AskingClient.of(client), approved=pending.refused_at is None
        )

    def _note(
        self,
        db: Connection,
        event: Event,
        exchange: Exchange,
        waiting: _Waiting,
        visit: Visit,
        *,
        session_id: str | None = None,
        scopes: tuple[str, ...] = (),
    ) -> None:
        note(
            db,
            event,
            self.reception.occasion(exchange),
            account_id=visit.session.account_id,
            client_id=waiting.asked.client_id,
            session_id=session_id or visit.session.id,
            facts={"scopes": " ".join(scopes)} if scopes else None,
        )


def _no_longer() -> PageProblem:
    """The code has expired, has been answered, or was typed in another browser."""
    return PageProblem(
        "This code can no longer be used",
        "It has expired, was answered already, or was typed in another browser. "
        "Have your device show a new code and type that one.",
        code="expired_token",
        link=Link("Type a code", "/device"),
    )
