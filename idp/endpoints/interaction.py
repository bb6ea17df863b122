"""Consent and the choice of an account: what a person decides about one authorization request."""

from dataclasses import dataclass, replace
from datetime import timedelta

from starlette.responses import Response

from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.protocol.authorization.authorization_request import AskedAuthorization
from idp.protocol.authorization.interaction import Consent, Step
from idp.protocol.messages import Parameters
from idp.protocol.provider import Provider
from idp.protocol.refusals import RefusedToClient, RefusedToPerson
from idp.store import authorization_requests, consents, sessions
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.base import digest_of
from idp.store.database import Connection, Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.cookies import Cookies
from idp.web.exchange import Exchange
from idp.web.pages import AccountChoice, AskingClient, Pages, permission_for

_OPTIONAL = frozenset({"offline_access"})
"""Scopes that a person may leave out while allowing the rest."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that waits for the person of this browser, and what it waits for."""

    pending: AuthorizationRequest
    asked: AskedAuthorization
    visit: Visit
    step: Step


@dataclass(frozen=True, slots=True)
class InteractionEndpoint:
    """`/consent` and `/select-account`. Whatever does not fit goes back to `/authorize/{id}`, which knows what does."""

    database: Database
    provider: Provider
    pages: Pages
    cookies: Cookies
    session_idle: timedelta
    clock: Clock

    def show_consent(self, exchange: Exchange) -> Response:
        """Ask what the client may do."""
        with self.database.autocommit() as db:
            found = self._find(db, exchange, exchange.query.get("request"))
        if found is None or not isinstance(found.step, Consent):
            return _back(exchange.query.get("request"))
        permissions = [
            replace(permission_for(scope), optional=scope in _OPTIONAL and scope != "openid")
            for scope in found.step.scopes
        ]
        return self.pages.consent(
            exchange.context(ui_locales=found.asked.ui_locales, signed_in=found.visit.email),
            client=AskingClient.of(found.asked.client, found.asked.to.redirect_uri),
            request=found.pending.id,
            identity=found.visit.email,
            permissions=permissions,
            account=found.visit.session.id,
        )

    def decide_consent(self, exchange: Exchange) -> Response:
        """Remember what was allowed, or tell the client that it was not."""
        request_id, decision = exchange.form.get("request"), exchange.form.get("decision")
        ticked = frozenset(exchange.form.getlist("scope"))
        now = self.clock()
        with self.database.transaction() as db:
            found = self._find(db, exchange, request_id)
            if (
                found is None
                or not isinstance(found.step, Consent)
                # Somebody else has signed in since the page was shown: they have not seen it.
                or exchange.form.get("account") != found.visit.session.id
                # The client may have registered for more since: nobody has seen that either.
                or (exchange.form.get("shown") or "").split() != list(found.step.scopes)
            ):
                return _back(request_id)
            account_id, client_id = found.visit.session.account_id, found.asked.client.client_id
            if decision == "cancel":
                authorization_requests.refuse(db, found.pending.id, now=now)
                self._note(db, Event.CONSENT_REFUSED, found, exchange)
                return _back(request_id)
            if decision != "allow":
                return _back(request_id)
            declined = tuple(scope for scope in found.step.scopes if scope in _OPTIONAL - ticked)
            allowed = (*(found.visit.consented_scopes or ()), *(s for s in found.step.scopes if s not in declined))
            consents.grant(
                db,
                account_id,
                client_id,
                (scope for scope in dict.fromkeys(allowed) if scope not in declined),
                declined=declined,
                now=now,
            )
            self._note(
                db, Event.CONSENT_GIVEN, found, exchange, tuple(s for s in found.step.scopes if s not in declined)
            )
        return _back(request_id)

    def show_accounts(self, exchange: Exchange) -> Response:
        """Ask as whom to go on."""
        with self.database.autocommit() as db:
            found = self._find(db, exchange, exchange.query.get("request"))
        if found is None:
            return _back(exchange.query.get("request"))
        name = found.visit.profile.get("name")
        choice = AccountChoice(found.visit.session.id, name if isinstance(name, str) else "", found.visit.email)
        return self.pages.select_account(
            exchange.context(ui_locales=found.asked.ui_locales, signed_in=found.visit.email),
            client=AskingClient.of(found.asked.client, found.asked.to.redirect_uri),
            request=found.pending.id,
            accounts=[choice],
        )

    def choose_account(self, exchange: Exchange) -> Response:
        """Go on as the person signed in, or sign somebody else in."""
        request_id = exchange.form.get("request")
        with self.database.transaction() as db:
            found = self._find(db, exchange, request_id)
            if found is None:
                return _back(request_id)
            if exchange.form.get("account") == found.visit.session.id:
                authorization_requests.select_account(db, found.pending.id, now=self.clock())
                return _back(request_id)
        return replies.see_other(f"/login?request={found.pending.id}&reason=other_person")

    def _find(self, db: Connection, exchange: Exchange, request_id: str | None) -> _Asked | None:
        """The request of this browser with what it waits for; None when it waits for nothing that can be shown."""
        secret = self.cookies.session(exchange.cookies)
        if request_id is None or secret is None:
            return None
        now = self.clock()
        pending = authorization_requests.find(db, request_id, browsers=exchange.browsers)
        if pending is None or pending.finished_at is not None or pending.expires_at <= now:
            return None
        parameters = Parameters(pending.parameters)
        try:
            asked = self.provider.accept(parameters, self.provider.return_address(parameters))
        except (RefusedToClient, RefusedToPerson):
            return None
        visit = sessions.visit(
            db, digest_of(secret), client_id=pending.client_id, idle_since=now - self.session_idle, now=now
        )
        if visit is None:
            return None
        step = self.provider.next_step(
            asked, visit, asked_at=pending.created_at, selected_at=pending.selected_at, now=now
        )
        return _Asked(pending, asked, visit, step)

    def _note(
        self, db: Connection, event: Event, found: _Asked, exchange: Exchange, scopes: tuple[str, ...] = ()
    ) -> None:
        note(
            db,
            event,
            Occasion(self.clock(), exchange.request_id, exchange.client_address),
            account_id=found.visit.session.account_id,
            client_id=found.asked.client.client_id,
            session_id=found.visit.session.id,
            facts={"scopes": " ".join(scopes)} if scopes else None,
        )


def _back(request_id: str | None) -> Response:
    """To the hub, which knows what comes next; its ids are made of these characters."""
    if request_id is None or not request_id.replace("-", "").replace("_", "").isalnum() or len(request_id) > 64:
        return replies.see_other("/account")
    return replies.see_other(f"/authorize/{request_id}")
