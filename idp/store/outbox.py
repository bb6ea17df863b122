"""The outbox: what has to leave the house, written in the transaction that decided it, sent later by any worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, insert, select, update

from idp.store.base import UtcDateTime, metadata
from idp.store.database import Connection

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime, nullable=False, index=True),
    Column("delivered_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("last_error", Text),
)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to deliver. `sealed` is encrypted, because mails carry links that are secrets."""

    id: str
    kind: str
    recipient: str
    sealed: bytes
    created_at: datetime
    expires_at: datetime
    attempts: int
    next_attempt_at: datetime
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None


def put(
    db: Connection,
    parcel_id: str,
    *,
    kind: str,
    recipient: str,
    sealed: bytes,
    expires_at: datetime,
    now: datetime,
) -> None:
    """Leave something to be delivered, in the caller's transaction."""
    db.execute(
        insert(outbox).values(
            id=parcel_id,
            kind=kind,
            recipient=recipient,
            sealed=sealed,
            created_at=now,
            expires_at=expires_at,
            attempts=0,
            next_attempt_at=now,
        )
    )


def lease(db: Connection, *, lease_for: timedelta, now: datetime) -> Parcel | None:
    """Take the next parcel that is due, for a while. A worker that dies gives it back by that time passing.

    The conditional update lets several workers share one outbox without `SKIP LOCKED`: who comes second gets nothing
    for that row and asks again.
    """
    due = (
        select(outbox.c.id)
        .where(outbox.c.delivered_at.is_(None), outbox.c.failed_at.is_(None), outbox.c.next_attempt_at <= now)
        .order_by(outbox.c.next_attempt_at)
        .limit(1)
    )
    if db.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    taken = (
        update(outbox)
        .where(outbox.c.id == due.scalar_subquery(), outbox.c.next_attempt_at <= now)
        .values(attempts=outbox.c.attempts + 1, next_attempt_at=now + lease_for)
        .returning(*outbox.c)
    )
    row = db.execute(taken).first()
    return Parcel(*row) if row else None


def delivered(db: Connection, parcel_id: str, *, now: datetime) -> None:
    """Record that it arrived."""
    db.execute(update(outbox).where(outbox.c.id == parcel_id).values(delivered_at=now, last_error=None))


def postponed(db: Connection, parcel_id: str, *, error: str, next_attempt_at: datetime) -> None:
    """Record why it did not arrive, and when to try again."""
    changed = update(outbox).where(outbox.c.id == parcel_id)
    db.execute(changed.values(last_error=error, next_attempt_at=next_attempt_at))


def failed(db: Connection, parcel_id: str, *, error: str, now: datetime) -> None:
    """Give up."""
    db.execute(update(outbox).where(outbox.c.id == parcel_id).values(last_error=error, failed_at=now))


def latest(db: Connection, *, kind: str, limit: int = 100) -> list[Parcel]:
    """The newest parcels of a kind, whatever became of them."""
    query = select(outbox).where(outbox.c.kind == kind).order_by(outbox.c.created_at.desc()).limit(limit)
    return [Parcel(*row) for row in db.execute(query)]


def find(db: Connection, parcel_id: str) -> Parcel | None:
    """One parcel."""
    row = db.execute(select(outbox).where(outbox.c.id == parcel_id)).first()
    return Parcel(*row) if row else None
