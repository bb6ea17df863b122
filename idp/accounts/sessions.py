"""Browser sessions: opening one for a person who has just shown who they are, and ending it."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.store import sessions
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.sessions import Visit

_TOUCH_EVERY = timedelta(minutes=5)
_LONGEST_AGENT = 400

# The first that matches wins: most browsers name several others as well.
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    (re.compile(r"iPhone|iPad"), "iOS"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"CrOS"), "ChromeOS"),
    (re.compile(r"Mac OS X|Macintosh"), "macOS"),
    (re.compile(r"Linux"), "Linux"),
)


@dataclass(frozen=True, slots=True)
class SessionLife:
    """How long a browser session lasts without being used, and at most."""

    idle: timedelta = timedelta(hours=24)
    absolute: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ThisBrowser:
    """The browser that a request came from.

    Attributes:
        digest: Of the secret that open interactions are tied to.
        session_secret: Of the session it has so far, if any.
        device: `description` and `address`, for the person's own list.
    """

    digest: bytes
    session_secret: str | None
    device: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Started:
    """A session that has just begun. `secret` goes into the cookie and nowhere else."""

    session_id: str
    secret: str


def start(db: Connection, account_id: str, browser: ThisBrowser, *, life: SessionLife, now: datetime) -> Started:
    """Open a session under a new identifier, and end the one that this browser had: an attacker cannot have set it."""
    if browser.session_secret is not None:
        digest = digest_of(browser.session_secret)
        previous = sessions.visit(db, digest, client_id=None, idle_since=now - life.idle, now=now)
        if previous is not None:
            sessions.end(db, previous.session.id, because="signed_in_again", now=now)
    secret, session_id = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    sessions.start(
        db,
        session_id,
        digest_of(secret),
        account_id=account_id,
        amr=("pwd",),
        expires_at=now + life.absolute,
        device=browser.device,
        now=now,
    )
    return Started(session_id, secret)


def current(db: Connection, secret: str | None, *, life: SessionLife, now: datetime) -> Visit | None:
    """Who is signed in with this browser."""
    if secret is None:
        return None
    visit = sessions.visit(db, digest_of(secret), client_id=None, idle_since=now - life.idle, now=now)
    if visit is not None and now - visit.session.seen_at > _TOUCH_EVERY:
        sessions.touch(db, visit.session.id, now=now)
    return visit


def describe_device(user_agent: str | None, address: str) -> dict[str, str]:
    """A browser in words its owner recognises, such as "Firefox on Windows", and where it called from."""
    agent = (user_agent or "")[:_LONGEST_AGENT]
    browser = next((name for mark, name in _BROWSERS if mark in agent), "A browser")
    system = next((name for pattern, name in _SYSTEMS if pattern.search(agent)), None)
    return {"description": f"{browser} on {system}" if system else browser, "address": address}
