"""Initial access tokens: what an operator hands out so that a client may register itself (RFC 7591 section 1.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Table, Text, and_, insert, select, update

from idp.store.base import Digest, Document, UtcDateTime, metadata
from idp.store.database import Connection

initial_access_tokens = Table(
    "initial_access_tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Digest, nullable=False, unique=True),
    Column("note", Text),
    Column("limits", Document, nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("revoked_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class InitialAccessToken:
    """One of them, used up or not.

    Attributes:
        note: For whom it was made, in the operator's words.
        limits: What clients that come with it may be registered with (`dynamic_registration.Limits`).
    """

    id: str
    note: str | None
    limits: Mapping[str, Any]
    uses_left: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """In a word, for the operator."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at <= now:
            return "expired"
        return "usable" if self.uses_left else "used up"


_COLUMNS = tuple(initial_access_tokens.c[name] for name in InitialAccessToken.__slots__)


def add(db: Connection, digest: bytes, token: InitialAccessToken) -> None:
    """Store a new one."""
    values = {name: getattr(token, name) for name in InitialAccessToken.__slots__}
    db.execute(insert(initial_access_tokens).values(digest=digest, **values | {"limits": dict(token.limits)}))


def everything(db: Connection) -> list[InitialAccessToken]:
    """Every token that has not been swept away yet, the newest first."""
    query = select(*_COLUMNS).order_by(initial_access_tokens.c.created_at.desc(), initial_access_tokens.c.id)
    return [InitialAccessToken(*row) for row in db.execute(query)]


def find_usable(db: Connection, digest: bytes, *, now: datetime) -> InitialAccessToken | None:
    """The token, if a client may be registered with it now. Takes nothing from it."""
    row = db.execute(select(*_COLUMNS).where(_usable(digest, now))).first()
    return InitialAccessToken(*row) if row else None


def take(db: Connection, digest: bytes, *, now: datetime) -> bool:
    """Take one use, in one statement. False: there is none left, or no longer."""
    taken = (
        update(initial_access_tokens)
        .where(_usable(digest, now))
        .values(uses_left=initial_access_tokens.c.uses_left - 1)
        .returning(initial_access_tokens.c.id)
    )
    return db.execute(taken).first() is not None


def revoke(db: Connection, token_id: str, *, now: datetime) -> bool:
    """End a token. Clients that have come with it stay. False: no such token, or ended before."""
    ended = (
        update(initial_access_tokens)
        .where(initial_access_tokens.c.id == token_id, initial_access_tokens.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return db.execute(ended).rowcount == 1


def _usable(digest: bytes, now: datetime) -> Any:
    table = initial_access_tokens.c
    return and_(table.digest == digest, table.uses_left > 0, table.expires_at > now, table.revoked_at.is_(None))
