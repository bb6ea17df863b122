"""Browser sessions: who is signed in where, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, Text, bindparam, insert, or_, select, update

from idp.store.accounts import accounts
from idp.store.base import Digest, Document, ScopeSet, UtcDateTime, metadata
from idp.store.consents import consents
from idp.store.database import Connection
from idp.store.prepared import Prepared

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Digest, nullable=False, unique=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("auth_time", UtcDateTime, nullable=False),
    Column("amr", ScopeSet, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended_because", Text),
    Column("device", Document, nullable=False),
)


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A person signed in with one browser. `id` is the `sid` of the logout specifications.

    Of the cookie's value only the SHA-256 is stored. `device` holds `user_agent` and `address` as first seen, for the
    person's own list. A session that has ended takes its grants with it: see `grants`.
    """

    id: str
    account_id: str
    auth_time: datetime
    amr: tuple[str, ...]
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    device: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is here, and what they have allowed this client: all that the authorization endpoint has to know."""

    session: BrowserSession
    email: str
    profile: Mapping[str, Any]
    consented_scopes: tuple[str, ...] | None
    declined_scopes: tuple[str, ...] | None
    consented_at: datetime | None


_SESSION = (
    sessions.c.id,
    sessions.c.account_id,
    sessions.c.auth_time,
    sessions.c.amr,
    sessions.c.created_at,
    sessions.c.seen_at,
    sessions.c.expires_at,
    sessions.c.device,
)
_LIVE = (
    sessions.c.ended_at.is_(None),
    sessions.c.expires_at > bindparam("now", type_=UtcDateTime),
    sessions.c.seen_at > bindparam("idle_since", type_=UtcDateTime),
    accounts.c.disabled_at.is_(None),
    accounts.c.deleted_at.is_(None),
)
_VISIT = Prepared(
    select(
        *_SESSION, accounts.c.email, accounts.c.profile, consents.c.scopes, consents.c.declined, consents.c.granted_at
    )
    .join_from(sessions, accounts)
    .outerjoin(
        consents,
        (consents.c.account_id == sessions.c.account_id) & (consents.c.client_id == bindparam("client_id", type_=Text)),
    )
    .where(sessions.c.digest == bindparam("digest", type_=Digest), *_LIVE)
)


def visit(db: Connection, digest: bytes, *, client_id: str | None, idle_since: datetime, now: datetime) -> Visit | None:
    """The live session of this cookie with its account and its consent for a client, in one read."""
    row = _VISIT.first(db, {"digest": digest, "client_id": client_id, "idle_since": idle_since, "now": now})
    return Visit(BrowserSession(*row[:8]), row[8], row[9], row[10], row[11], row[12]) if row else None


def start(
    db: Connection,
    session_id: str,
    digest: bytes,
    *,
    account_id: str,
    amr: tuple[str, ...],
    expires_at: datetime,
    device: Mapping[str, Any],
    now: datetime,
) -> None:
    """Open a session for a person who has just been authenticated."""
    values: dict[str, Any] = {
        "id": session_id,
        "digest": digest,
        "account_id": account_id,
        "auth_time": now,
        "amr": amr,
        "created_at": now,
        "seen_at": now,
        "expires_at": expires_at,
        "device": dict(device),
    }
    db.execute(insert(sessions).values(values))


def find_open(db: Connection, digest: bytes) -> tuple[str, str] | None:
    """The id and the account of the session with this cookie, if it has not been ended; idle or expired ones too."""
    query = select(sessions.c.id, sessions.c.account_id).where(
        sessions.c.digest == digest, sessions.c.ended_at.is_(None)
    )
    row = db.execute(query).first()
    return (row[0], row[1]) if row else None


def renew(
    db: Connection,
    session_id: str,
    digest: bytes,
    *,
    amr: tuple[str, ...] | None,
    expires_at: datetime,
    now: datetime,
) -> bool:
    """Go on with a session under another cookie; the old one is void. False: the session is over.

    Args:
        amr: How the person has just been authenticated again, which makes `now` the `auth_time`; None: they were not.
    """
    again = {"auth_time": now, "amr": amr} if amr is not None else {}
    renewed = (
        update(sessions)
        .where(sessions.c.id == session_id, sessions.c.ended_at.is_(None), sessions.c.expires_at > now)
        .values(digest=digest, seen_at=now, expires_at=expires_at, **again)
    )
    return db.execute(renewed).rowcount == 1


def touch(db: Connection, session_id: str, *, now: datetime) -> None:
    """Record that the browser was seen. Called seldom: the idle limit needs no more."""
    db.execute(update(sessions).where(sessions.c.id == session_id).values(seen_at=now))


def live(db: Connection, account_id: str, *, idle_since: datetime, now: datetime) -> list[BrowserSession]:
    """The sessions a person has open, the latest first.

    A device without a browser, which has a name, is never seen again: it is open until its time is over.
    """
    open_ones = (
        sessions.c.ended_at.is_(None),
        sessions.c.expires_at > now,
        or_(sessions.c.seen_at > idle_since, sessions.c.device["name"].as_string().is_not(None)),
    )
    query = (
        select(*_SESSION)
        .join_from(sessions, accounts)
        .where(
            sessions.c.account_id == account_id,
            *open_ones,
            accounts.c.disabled_at.is_(None),
            accounts.c.deleted_at.is_(None),
        )
        .order_by(sessions.c.seen_at.desc())
    )
    return [BrowserSession(*row) for row in db.execute(query)]
