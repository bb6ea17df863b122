"""Signing out at the wish of a relying party (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass

from starlette.responses import Response

from idp.farewell import Farewell
from idp.protocol.messages import Parameters
from idp.protocol.provider import Provider
from idp.reception import Reception
from idp.store.database import Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.pages import Pages

_CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@dataclass(frozen=True, slots=True)
class EndSessionEndpoint:
    """`/end_session` and the question whether one means it."""

    database: Database
    provider: Provider
    pages: Pages
    reception: Reception
    farewell: Farewell

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
            return self.farewell.say(exchange, visit, client=asked.client, return_to=asked.return_to)
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
        return self.farewell.say(exchange, visit, client=asked.client, return_to=asked.return_to, by_form=True)

    def _visit(self, exchange: Exchange) -> Visit | None:
        with self.database.autocommit() as db:
            return self.reception.visit(db, exchange)
