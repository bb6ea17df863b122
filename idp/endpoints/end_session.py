"""Signing out at the wish of a relying party (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.protocol.end_session import AskedLogout
from idp.protocol.messages import Parameters
from idp.protocol.provider import Provider
from idp.store import session_endings, sessions
from idp.store.base import digest_of
from idp.store.database import Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.cookies import Cookies
from idp.web.exchange import Exchange
from idp.web.pages import AskingClient, Pages

_CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@dataclass(frozen=True, slots=True)
class EndSessionEndpoint:
    """`/end_session` and the question whether one means it."""

    database: Database
    provider: Provider
    pages: Pages
    cookies: Cookies
    session_idle: timedelta
    clock: Clock

    def begin(self, exchange: Exchange) -> Response:
        """End the session if the request proves to be about it; ask the person otherwise."""
        if exchange.cookies_withheld:
            again = replies.repeated_as_get(exchange)
            if again is not None:
                return again
        parameters = Parameters.parse(exchange.parameters.as_mapping())
        visit = self._visit(exchange)
        asked = self.provider.accept_logout(parameters, session_id=visit.session.id if visit else None)
        if visit is None or asked.is_certain:
            return self._signed_out(exchange, asked, visit)
        return self.pages.confirm_logout(
            exchange.context(ui_locales=parameters.get("ui_locales"), signed_in=visit.email),
            identity=visit.email,
            client_name=asked.client.name if asked.client else None,
            hidden={name: value for name in _CARRIED if (value := parameters.get(name)) is not None},
        )

    def confirm(self, exchange: Exchange) -> Response:
        """The person's answer. Their word makes up for a missing hint, where the client was named."""
        if exchange.form.get("decision") != "logout":
            return replies.see_other("/account")
        fields = {name: list(exchange.form.getlist(name)) for name in _CARRIED if name in exchange.form}
        visit = self._visit(exchange)
        asked = self.provider.accept_logout(Parameters.parse(fields), session_id=visit.session.id if visit else None)
        return self._signed_out(exchange, asked, visit)

    def _visit(self, exchange: Exchange) -> Visit | None:
        secret = self.cookies.session(exchange.cookies)
        if secret is None:
            return None
        now = self.clock()
        with self.database.autocommit() as db:
            return sessions.visit(db, digest_of(secret), client_id=None, idle_since=now - self.session_idle, now=now)

    def _signed_out(self, exchange: Exchange, asked: AskedLogout, visit: Visit | None) -> Response:
        now = self.clock()
        if visit is not None:
            with self.database.transaction() as db:
                if session_endings.end(db, visit.session.id, because="signed_out", now=now):
                    note(
                        db,
                        Event.SIGNED_OUT_BY_CLIENT if asked.client else Event.SESSION_ENDED,
                        Occasion(now, exchange.request_id, exchange.client_address),
                        account_id=visit.session.account_id,
                        client_id=asked.client.client_id if asked.client else None,
                        session_id=visit.session.id,
                    )
        if asked.return_to is not None:
            response = replies.see_other(asked.return_to)
        else:
            client = AskingClient.of(asked.client) if asked.client else None
            response = self.pages.signed_out(exchange.context(), client=client)
        self.cookies.delete_session(response)
        return response
