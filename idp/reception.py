"""Where endpoints that meet a person learn who is there, and where a person who has signed in is let in."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from idp.accounts.login import SignedIn
from idp.accounts.sessions import Sessions
from idp.accounts.visitor import Visitor
from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.store import authorization_requests
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.database import Connection
from idp.store.sessions import Visit
from idp.web.cookies import Cookies
from idp.web.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Reception:
    """Knows what a request says about its sender, and gives out what lets somebody in. Every way to sign in ends here.

    Attributes:
        known_device_life: How long a browser that has signed in is remembered by the sign-in limits.
    """

    sessions: Sessions
    cookies: Cookies
    known_device_life: timedelta
    clock: Clock

    def visitor(self, exchange: Exchange) -> Visitor:
        """The browser that sent this."""
        return Visitor(
            exchange.client_address,
            exchange.headers.get("user-agent", ""),
            self.cookies.device(exchange.cookies),
            self.cookies.session(exchange.cookies),
            exchange.browsers,
        )

    def occasion(self, exchange: Exchange) -> Occasion:
        """What the audit log says about this request."""
        return Occasion(self.clock(), exchange.request_id, exchange.client_address)

    def visit(self, db: Connection, exchange: Exchange) -> Visit | None:
        """The person who is signed in with this browser."""
        return self.sessions.current(db, self.visitor(exchange), now=self.clock())

    @staticmethod
    def pending(db: Connection, exchange: Exchange, request_id: str | None) -> AuthorizationRequest | None:
        """The authorization request to go on with, if it was begun in this browser."""
        return authorization_requests.find(db, request_id, browsers=exchange.browsers) if request_id else None

    def note_sign_in(self, db: Connection, exchange: Exchange, signed_in: SignedIn, *, amr: tuple[str, ...]) -> None:
        """Write down that somebody signed in, in the transaction that began the session."""
        occasion, started = self.occasion(exchange), signed_in.started
        note(
            db,
            Event.SIGN_IN_SUCCEEDED,
            occasion,
            account_id=signed_in.account.id,
            session_id=started.session_id,
            facts={
                "device": self.visitor(exchange).description,
                "known_device": signed_in.known_device,
                "amr": " ".join(amr),
            },
        )
        if started.ended is not None:
            note(db, Event.SESSION_ENDED, occasion, session_id=started.ended, facts={"because": "replaced"})

    def let_in(self, response: Response, signed_in: SignedIn) -> None:
        """Give the browser the cookies of its session, and the mark by which it is known again."""
        self.cookies.set_session(response, signed_in.started.secret)
        self.cookies.set_device(response, signed_in.device_mark, lifetime=self.known_device_life)
