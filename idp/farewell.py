"""Where a person signs out with their browser: the session ends, the apps are told, and the browser goes on."""

import logging
from dataclasses import dataclass

from starlette.responses import Response

from idp.audit.events import Event, note
from idp.clock import Clock
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.logout.frontchannel_logout import logout_frame
from idp.protocol.provider import Provider
from idp.reception import Reception
from idp.store import grants, session_endings
from idp.store.database import Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.pages import AskingClient, LogoutFrame, Pages

_log = logging.getLogger(__name__)

MOST_FRAMES = 20
"""How many apps are told by a frame on one page. Each frame is a request, and most often a page, of another server."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """Signs a browser out. Every way to sign out with it ends here; the back channel sees to itself."""

    database: Database
    provider: Provider
    pages: Pages
    reception: Reception
    clock: Clock

    def say(
        self,
        exchange: Exchange,
        visit: Visit | None,
        *,
        client: RegisteredClient | None = None,
        return_to: str | None = None,
    ) -> Response:
        """End the session and answer: with a redirect, unless the browser has frames to load first.

        Args:
            client: Who asked for it.
            return_to: Its registered address, `state` included; None for our own page.
        """
        clients = self._end(exchange, visit, client) if visit is not None else []
        frames = self._frames(clients, visit)
        if return_to is not None and not frames:
            response = replies.see_other(return_to)
        else:
            response = self.pages.signed_out(
                exchange.context(),
                client=AskingClient.of(client) if client else None,
                continue_url=return_to,
                frames=frames,
                told=[each.name for each in clients if _is_told(each)],
                not_told=[each.name for each in clients if not _is_told(each) and each != client],
            )
        self.reception.cookies.delete_session(response)
        return response

    def _end(self, exchange: Exchange, visit: Visit, client: RegisteredClient | None) -> list[RegisteredClient]:
        """End the session, once. Returns the clients that hung on it, if it ended now."""
        with self.database.transaction() as db:
            if not session_endings.end(db, visit.session.id, because="signed_out", now=self.clock()):
                return []
            note(
                db,
                Event.SIGNED_OUT_BY_CLIENT if client else Event.SESSION_ENDED,
                self.reception.occasion(exchange),
                account_id=visit.session.account_id,
                client_id=client.client_id if client else None,
                session_id=visit.session.id,
                facts={"because": "signed_out"},
            )
            client_ids = grants.clients_of_session(db, visit.session.id)
        found = [self.provider.registry.get(client_id) for client_id in client_ids]
        return [each for each in found if each is not None]

    def _frames(self, clients: list[RegisteredClient], visit: Visit | None) -> list[LogoutFrame]:
        if visit is None:
            return []
        issuer, session_of = self.provider.issuer, self.provider.subjects.session_of
        frames = [
            LogoutFrame(client.name, uri)
            for client in clients
            if (uri := logout_frame(client, issuer=issuer, session_id=session_of(client, visit.session.id))) is not None
        ]
        if len(frames) > MOST_FRAMES:
            _log.warning("more logout frames than one page has", extra={"left_out": len(frames) - MOST_FRAMES})
        return frames[:MOST_FRAMES]


def _is_told(client: RegisteredClient) -> bool:
    return client.backchannel_logout_uri is not None or client.frontchannel_logout_uri is not None
