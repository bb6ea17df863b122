"""Browser sessions: begun when a person has shown who they are, ended by them, by time, or by a new password."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.accounts.visitor import Visitor
from idp.store import session_endings, sessions
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.sessions import BrowserSession, Visit

_TOUCH_EVERY = timedelta(minutes=5)

PASSWORD = ("pwd",)
"""The authentication method of a password (RFC 8176 section 2)."""

FEDERATED = ("fed",)
"""Another provider has vouched for the person. RFC 8176 has no word for it; this one is in use elsewhere."""

_FRESH = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Started:
    """A session the browser has now.

    Attributes:
        secret: The value of its cookie; only its digest is stored.
        ended: The session that this browser had before, of another person, and which has been ended.
    """

    secret: str = field(repr=False)
    session_id: str
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens sessions and finds them again.

    Attributes:
        idle: How long a session lasts in which nothing happens.
        absolute: How long it lasts at most, from the last authentication on.
    """

    idle: timedelta
    absolute: timedelta

    def start(
        self, db: Connection, account_id: str, *, visitor: Visitor, amr: tuple[str, ...], now: datetime
    ) -> Started:
        """Sign a person in. The cookie is always a new one, and what this browser had before is void.

        The same person signing in again goes on with their session (`sid`): relying parties that hang on it must not
        lose their tokens because another one asked for a fresh sign-in. A session of somebody else is ended.
        """
        secret, ended = secrets.token_urlsafe(32), None
        before = sessions.find_open(db, digest_of(visitor.session_secret)) if visitor.session_secret else None
        if before is not None:
            session_id, owner = before
            if owner == account_id and self._renew(db, session_id, secret, amr=amr, now=now):
                return Started(secret, session_id)
            if session_endings.end(db, session_id, because="replaced", now=now):
                ended = session_id
        session_id = secrets.token_urlsafe(24)
        sessions.start(
            db,
            session_id,
            digest_of(secret),
            account_id=account_id,
            amr=amr,
            expires_at=now + self.absolute,
            device=visitor.device,
            now=now,
        )
        return Started(secret, session_id, ended)

    def current(self, db: Connection, visitor: Visitor, *, now: datetime) -> Visit | None:
        """The session of this browser with its person; None when nobody is signed in."""
        if visitor.session_secret is None:
            return None
        visit = sessions.visit(
            db, digest_of(visitor.session_secret), client_id=None, idle_since=now - self.idle, now=now
        )
        if visit is not None and now - visit.session.seen_at > _TOUCH_EVERY:
            sessions.touch(db, visit.session.id, now=now)
        return visit

    @staticmethod
    def is_fresh(session: BrowserSession, *, now: datetime) -> bool:
        """Whether the person has signed in so lately that they may change how they sign in."""
        return now - session.auth_time <= _FRESH

    def open_of(self, db: Connection, account_id: str, *, now: datetime) -> list[BrowserSession]:
        """The sessions a person has open, the latest first."""
        return sessions.live(db, account_id, idle_since=now - self.idle, now=now)

    def change_cookie(self, db: Connection, session: BrowserSession, *, now: datetime) -> Started | None:
        """Go on under another cookie, after a change of credentials. None: the session has ended meanwhile."""
        secret = secrets.token_urlsafe(32)
        renewed = sessions.renew(db, session.id, digest_of(secret), amr=None, expires_at=session.expires_at, now=now)
        return Started(secret, session.id) if renewed else None

    def end(self, db: Connection, account_id: str, session_id: str, *, because: str, now: datetime) -> bool:
        """End one session of this person; False: it was over, or is somebody else's."""
        if session_id not in {session.id for session in self.open_of(db, account_id, now=now)}:
            return False
        return session_endings.end(db, session_id, because=because, now=now)

    def _renew(self, db: Connection, session_id: str, secret: str, *, amr: tuple[str, ...], now: datetime) -> bool:
        return sessions.renew(db, session_id, digest_of(secret), amr=amr, expires_at=now + self.absolute, now=now)
