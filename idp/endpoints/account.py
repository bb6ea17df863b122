"""The person's own page: who they are, where they are signed in, and what they have allowed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from starlette.responses import Response

from idp.accounts.profile import picture_of
from idp.accounts.sessions import Sessions
from idp.accounts.visitor import describe
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.farewell import Farewell
from idp.federation.connectors import Connectors
from idp.protocol.clients.client import ClientRegistry
from idp.reception import Reception
from idp.store import accounts, consents, grants, outbox, session_endings, upstream_identities
from idp.store.database import Connection, Database
from idp.store.outbox import Parcel
from idp.store.sessions import BrowserSession
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.pages import AppToldLine, ConnectedApp, DeviceLine, Pages, WaysIn, permission_for

_TOLD_LATELY = timedelta(days=3)
"""For how long after signing out the person sees which apps know of it."""

_NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "password": "Your password has been changed. Your other devices have been signed out.",
        "device": "The device has been signed out.",
        "devices": "All other devices have been signed out.",
        "app": "The app has lost its access.",
    }
)


@dataclass(frozen=True, slots=True)
class AccountEndpoint:
    """`/account` and what its buttons do. Every change ends in a redirect, so that a reload repeats nothing."""

    database: Database
    sessions: Sessions
    clients: ClientRegistry
    pages: Pages
    reception: Reception
    farewell: Farewell
    connectors: Connectors
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Show the account of the person who is signed in, or ask who they are."""
        now = self.clock()
        with self.database.autocommit() as db:
            visit = self.reception.visit(db, exchange)
            if visit is None:
                return replies.see_other("/login")
            account = accounts.find(db, visit.session.account_id)
            opened = self.sessions.open_of(db, visit.session.account_id, now=now)
            allowed = consents.of_account(db, visit.session.account_id)
            linked = upstream_identities.of_account(db, visit.session.account_id)
            told = outbox.about_account(
                db, visit.session.account_id, kind=session_endings.LOGOUT, since=now - _TOLD_LATELY
            )
        name = visit.profile.get("name")
        return self.pages.account(
            exchange.context(signed_in=visit.email),
            name=name if isinstance(name, str) else None,
            email=visit.email,
            picture=picture_of(visit.profile),
            email_verified=account is not None and account.email_verified_at is not None,
            devices=[_line(session, current=session.id == visit.session.id) for session in opened],
            apps=[self._app(consent) for consent in allowed],
            told=[self._told(parcel) for parcel in told],
            ways=WaysIn(
                has_password=account is not None and account.password_hash is not None,
                linked=[self.connectors.label(identity.connector) for identity in linked],
                more=bool(list(self.connectors)),
            ),
            notice=_NOTICES.get(exchange.query.get("done") or ""),
            password_changed=exchange.query.get("done") == "password",
        )

    def end_device(self, exchange: Exchange) -> Response:
        """Sign out one device of this person."""
        session_id, now = exchange.form.get("device") or "", self.clock()
        with self.database.transaction() as db:
            visit = self.reception.visit(db, exchange)
            if visit is None:
                return replies.see_other("/login")
            account_id = visit.session.account_id
            if self.sessions.end(db, account_id, session_id, because="ended_by_owner", now=now):
                self._note_ended(db, exchange, account_id, session_id, "ended_by_owner")
        return replies.see_other("/account?done=device")

    def end_other_devices(self, exchange: Exchange) -> Response:
        """Sign out every device of this person but this one."""
        with self.database.transaction() as db:
            visit = self.reception.visit(db, exchange)
            if visit is None:
                return replies.see_other("/login")
            account_id, here = visit.session.account_id, visit.session.id
            accounts.find_to_change(db, account_id)
            ended = session_endings.end_all(db, account_id, because="ended_by_owner", now=self.clock(), except_id=here)
            for session_id in ended:
                self._note_ended(db, exchange, account_id, session_id, "ended_by_owner")
        return replies.see_other("/account?done=devices")

    def remove_app(self, exchange: Exchange) -> Response:
        """Take back what the person has allowed a client: the consent, and every token that grew from it."""
        client_id, now = exchange.form.get("app") or "", self.clock()
        with self.database.transaction() as db:
            visit = self.reception.visit(db, exchange)
            if visit is None:
                return replies.see_other("/login")
            account_id = visit.session.account_id
            if consents.withdraw(db, account_id, client_id):
                ended = grants.revoke_all(
                    db, account_id=account_id, client_id=client_id, because="consent_withdrawn", now=now
                )
                facts = {"grants_ended": ended}
                occasion = self.reception.occasion(exchange)
                note(db, Event.CONSENT_WITHDRAWN, occasion, account_id=account_id, client_id=client_id, facts=facts)
        return replies.see_other("/account?done=app")

    def sign_out(self, exchange: Exchange) -> Response:
        """End the session of this browser."""
        with self.database.autocommit() as db:
            visit = self.reception.visit(db, exchange)
        return self.farewell.say(exchange, visit, by_form=True)

    def _told(self, parcel: Parcel) -> AppToldLine:
        client = self.clients.get(parcel.recipient)
        name = client.name if client else parcel.recipient
        if parcel.delivered_at is not None:
            return AppToldLine(name, "told", parcel.created_at, parcel.delivered_at)
        if parcel.failed_at is not None:
            return AppToldLine(name, "given_up", parcel.created_at)
        return AppToldLine(name, "trying", parcel.created_at, parcel.expires_at)

    def _app(self, consent: consents.Consent) -> ConnectedApp:
        client = self.clients.get(consent.client_id)
        return ConnectedApp(
            consent.client_id,
            client.name if client else consent.client_id,
            consent.granted_at,
            [permission_for(scope).sentence for scope in consent.scopes],
        )

    def _note_ended(self, db: Connection, exchange: Exchange, account_id: str, session_id: str, because: str) -> None:
        occasion = self.reception.occasion(exchange)
        facts = {"because": because}
        note(db, Event.SESSION_ENDED, occasion, account_id=account_id, session_id=session_id, facts=facts)


def _line(session: BrowserSession, *, current: bool) -> DeviceLine:
    return DeviceLine(
        session.id,
        # A device without a browser goes by the name of its app.
        str(session.device.get("name") or describe(str(session.device.get("user_agent", "")))),
        str(session.device.get("address", "")),
        session.created_at,
        session.seen_at,
        current=current,
    )
