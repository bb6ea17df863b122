"""The front page: what lives here, and where machines find the rest."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from idp.clock import Clock
from idp.store import sessions
from idp.store.base import digest_of
from idp.store.database import Database
from idp.web import replies
from idp.web.cookies import Cookies
from idp.web.exchange import Exchange
from idp.web.pages import Pages

_ROBOTS = b"User-agent: *\nDisallow: /\n"


@dataclass(frozen=True, slots=True)
class HomeEndpoint:
    """`/` and `/robots.txt`."""

    issuer: str
    database: Database
    pages: Pages
    cookies: Cookies
    session_idle: timedelta
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Say what this is, and who is signed in."""
        secret, now, visit = self.cookies.session(exchange.cookies), self.clock(), None
        if secret is not None:
            with self.database.autocommit() as db:
                visit = sessions.visit(
                    db, digest_of(secret), client_id=None, idle_since=now - self.session_idle, now=now
                )
        return self.pages.home(exchange.context(signed_in=visit.email if visit else None), issuer=self.issuer)

    def robots(self, exchange: Exchange) -> Response:
        """There is nothing here to index."""
        return replies.bytes_with_etag(exchange, _ROBOTS, media_type="text/plain", max_age=timedelta(days=1))
