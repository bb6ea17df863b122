"""Where a person signs out with their browser: the session ends, the apps are told, and the browser goes on."""

import json
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

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
from keys.sealing import Box, UnsealError

_log = logging.getLogger(__name__)

MOST_FRAMES = 20
"""How many apps are told by a frame on one page. Each frame is a request, and most often a page, of another server."""

_SHOWN_FOR = timedelta(minutes=10)
"""How long the address of the page names apps and loads their frames. Later the person may be signed in there again."""
_CONTEXT = b"signed-out"


@dataclass(frozen=True, slots=True)
class Farewell:
    """Signs a browser out. Every way to sign out with it ends here; the back channel sees to itself."""

    database: Database
    provider: Provider
    pages: Pages
    reception: Reception
    box: Box
    clock: Clock

    def say(
        self,
        exchange: Exchange,
        visit: Visit | None,
        *,
        client: RegisteredClient | None = None,
        return_to: str | None = None,
        by_form: bool = False,
    ) -> Response:
        """End the session and answer: with a redirect, unless the browser has frames to load first.

        Args:
            client: Who asked for it.
            return_to: Its registered address, `state` included; None for our own page.
            by_form: A form of ours was sent. The page has an address of its own then, so that neither loading it again
                nor going back to it sends the form once more.
        """
        clients = self._end(exchange, visit, client) if visit is not None else []
        session_id = visit.session.id if visit is not None and clients else None
        if return_to is not None and not self._frames(clients, session_id):
            response = replies.see_other(return_to)
        elif by_form:
            response = replies.see_other(self._address(session_id, client, return_to))
        else:
            response = self._page(exchange, clients, session_id, client, return_to)
        self.reception.cookies.delete_session(response)
        return response

    def show(self, exchange: Exchange) -> Response:
        """The page, for whoever has signed out with a form. Changes nothing."""
        ended = self._opened(exchange.query.get("after") or "")
        with self.database.autocommit() as db:
            if self.reception.visit(db, exchange) is not None:
                return replies.see_other("/account")
            session_id, client_id = ended.get("session"), ended.get("client")
            clients = self._registered(grants.clients_of_session(db, session_id)) if session_id else []
        client = self.provider.registry.get(client_id) if client_id else None
        return self._page(exchange, clients, session_id, client, ended.get("return_to"))

    def _page(
        self,
        exchange: Exchange,
        clients: list[RegisteredClient],
        session_id: str | None,
        client: RegisteredClient | None,
        return_to: str | None,
    ) -> Response:
        return self.pages.signed_out(
            exchange.context(),
            client=AskingClient.of(client) if client else None,
            continue_url=return_to,
            frames=self._frames(clients, session_id),
            told=[each.name for each in clients if _is_told(each)],
            not_told=[each.name for each in clients if not _is_told(each) and each != client],
        )

    def _address(self, session_id: str | None, client: RegisteredClient | None, return_to: str | None) -> str:
        """Where the page is. What it says is sealed into the address: nobody else can make it say or frame anything."""
        ended = {
            "session": session_id,
            "client": client.client_id if client else None,
            "return_to": return_to,
            "until": (self.clock() + _SHOWN_FOR).timestamp(),
        }
        sealed = urlsafe_b64encode(self.box.seal(json.dumps(ended).encode(), _CONTEXT)).decode().rstrip("=")
        return f"/signed-out?{urlencode({'after': sealed})}"

    def _opened(self, sealed: str) -> dict[str, str | None]:
        """What an address says. Nothing, if it is none of ours or has had its time."""
        try:
            ended = json.loads(self.box.open(urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), _CONTEXT))
        except (UnsealError, ValueError):
            return {}
        return ended if ended["until"] > self.clock().timestamp() else {}

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
        return self._registered(client_ids)

    def _registered(self, client_ids: Iterable[str]) -> list[RegisteredClient]:
        found = [self.provider.registry.get(client_id) for client_id in client_ids]
        return [each for each in found if each is not None]

    def _frames(self, clients: list[RegisteredClient], session_id: str | None) -> list[LogoutFrame]:
        if session_id is None:
            return []
        issuer, session_of = self.provider.issuer, self.provider.subjects.session_of
        frames = [
            LogoutFrame(client.name, uri)
            for client in clients
            if (uri := logout_frame(client, issuer=issuer, session_id=session_of(client, session_id))) is not None
        ]
        if len(frames) > MOST_FRAMES:
            _log.warning("more logout frames than one page has", extra={"left_out": len(frames) - MOST_FRAMES})
        return frames[:MOST_FRAMES]


def _is_told(client: RegisteredClient) -> bool:
    return client.backchannel_logout_uri is not None or client.frontchannel_logout_uri is not None
