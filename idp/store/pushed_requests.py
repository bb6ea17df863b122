"""Authorization requests that a client has pushed, and that wait for a browser to bring their reference (RFC 9126)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, insert, select, update

from idp.store.base import Digest, Document, UtcDateTime, metadata
from idp.store.database import Connection

pushed_requests = Table(
    "pushed_requests",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("parameters", Document, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """A request as accepted when it was pushed. `digest` is that of the random part of its reference."""

    digest: bytes
    client_id: str
    parameters: Mapping[str, str]
    expires_at: datetime
    used_at: datetime | None


def add(db: Connection, digest: bytes, *, client_id: str, parameters: Mapping[str, str], expires_at: datetime) -> None:
    """Keep a request."""
    values = {"digest": digest, "client_id": client_id, "parameters": dict(parameters), "expires_at": expires_at}
    db.execute(insert(pushed_requests).values(values))


def find(db: Connection, digest: bytes) -> PushedRequest | None:
    """The request, whatever became of it."""
    row = db.execute(select(pushed_requests).where(pushed_requests.c.digest == digest)).first()
    return PushedRequest(*row) if row else None


def use(db: Connection, digest: bytes, *, now: datetime) -> bool:
    """Take the request for its one answer, in one statement. False: it has been answered, or is long gone.

    However old: it was looked up in time, and a person may take theirs to sign in.
    """
    taken = (
        update(pushed_requests)
        .where(pushed_requests.c.digest == digest, pushed_requests.c.used_at.is_(None))
        .values(used_at=now)
        .returning(pushed_requests.c.digest)
    )
    return db.execute(taken).first() is not None
