"""The outbox: what has to leave the house, written in the transaction that decided it, sent later by any worker."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, and_, func, insert, select, update

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
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("last_error", Text),
    Column("account_id", Text, index=True),
    Column("client_id", Text),
    Column("session_id", Text),
)

_waiting = and_(outbox.c.delivered_at.is_(None), outbox.c.failed_at.is_(None))

# Workers ask every few seconds, so what has been delivered must not stand in the way of what has not.
Index("ix_outbox_waiting", outbox.c.next_attempt_at, sqlite_where=_waiting, postgresql_where=_waiting)

_NEWEST_FIRST = (outbox.c.created_at.desc(), outbox.c.id)


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to deliver. `sealed` is encrypted, because mails carry links that are secrets.

    It is emptied as soon as the parcel has arrived or has been given up. `attempts` tells one lease from the next. What
    is about the end of a session names it, and the person and the client; those rows may be gone by then.
    """

    id: str
    kind: str
    recipient: str
    sealed: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime
    attempts: int
    next_attempt_at: datetime
    delivered_at: datetime | None
    failed_at: datetime | None
    last_error: str | None
    account_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None


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


def lease(
    db: Connection, *, kinds: Collection[str], lease_for: timedelta, now: datetime, except_to: Collection[str] = ()
) -> Parcel | None:
    """Take the next parcel of these kinds that is due, for a while. A worker that dies gives it back by time passing.

    Args:
        except_to: Recipients who are left in peace for now.
    """
    # The conditional update lets several workers share one outbox without `SKIP LOCKED`: who comes second gets nothing
    # for that row and asks again.
    due = (
        select(outbox.c.id)
        .where(
            _waiting, outbox.c.next_attempt_at <= now, outbox.c.kind.in_(kinds), outbox.c.recipient.not_in(except_to)
        )
        .order_by(outbox.c.next_attempt_at)
        .limit(1)
    )
    if db.dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    taken = (
        update(outbox)
        .where(outbox.c.id == due.scalar_subquery(), _waiting, outbox.c.next_attempt_at <= now)
        .values(attempts=outbox.c.attempts + 1, next_attempt_at=now + lease_for)
        .returning(*outbox.c)
    )
    row = db.execute(taken).first()
    return Parcel(*row) if row else None


def next_due_at(db: Connection, *, kinds: Collection[str], except_to: Collection[str] = ()) -> datetime | None:
    """When the next parcel of these kinds is due or its lease passes; None when nothing waits. Only reads."""
    query = select(outbox.c.next_attempt_at).where(
        _waiting, outbox.c.kind.in_(kinds), outbox.c.recipient.not_in(except_to)
    )
    return db.execute(query.order_by(outbox.c.next_attempt_at).limit(1)).scalar()


def delivered(db: Connection, parcel: Parcel, *, now: datetime) -> bool:
    """Record that it arrived, and empty it. True also when this lease had passed: it did arrive.

    False: another worker recorded its end before.
    """
    arrived = update(outbox).where(outbox.c.id == parcel.id, _waiting)
    return db.execute(arrived.values(delivered_at=now, last_error=None, sealed=b"")).rowcount == 1


def postponed(db: Connection, parcel: Parcel, *, error: str, next_attempt_at: datetime) -> bool:
    """Record why it did not arrive, and when to try again. False: the lease had passed, and it is another's now."""
    changed = update(outbox).where(outbox.c.id == parcel.id, outbox.c.attempts == parcel.attempts, _waiting)
    return db.execute(changed.values(last_error=error, next_attempt_at=next_attempt_at)).rowcount == 1


def failed(db: Connection, parcel: Parcel, *, error: str, now: datetime) -> bool:
    """Give up, and empty it. False: the lease had passed, and it is another's now."""
    changed = update(outbox).where(outbox.c.id == parcel.id, outbox.c.attempts == parcel.attempts, _waiting)
    return db.execute(changed.values(last_error=error, failed_at=now, sealed=b"")).rowcount == 1


def latest(db: Connection, *, kind: str, limit: int = 100) -> list[Parcel]:
    """The newest parcels of a kind, whatever became of them."""
    query = select(outbox).where(outbox.c.kind == kind).order_by(*_NEWEST_FIRST).limit(limit)
    return [Parcel(*row) for row in db.execute(query)]


def ledger(
    db: Connection,
    *,
    client_id: str | None = None,
    kind: str | None = None,
    failed: bool = False,
    waiting: bool = False,
    limit: int = 100,
) -> list[Parcel]:
    """The newest parcels, of one client or kind, and only those given up or still waiting, as wanted."""
    query = select(outbox).order_by(*_NEWEST_FIRST).limit(limit)
    if client_id is not None:
        query = query.where(outbox.c.client_id == client_id)
    if kind is not None:
        query = query.where(outbox.c.kind == kind)
    if failed:
        query = query.where(outbox.c.failed_at.is_not(None))
    if waiting:
        query = query.where(_waiting)
    return [Parcel(*row) for row in db.execute(query)]


def undelivered(db: Connection, *, given_up_since: datetime, waiting_since: datetime) -> dict[str, tuple[int, int]]:
    """By kind, how many parcels were given up since a time, and how many have been waiting since another."""
    given_up = func.count().filter(outbox.c.failed_at >= given_up_since)
    waiting = func.count().filter(_waiting, outbox.c.created_at <= waiting_since)
    query = select(outbox.c.kind, given_up, waiting).group_by(outbox.c.kind)
    return {kind: (lost, late) for kind, lost, late in db.execute(query) if lost or late}


def put_back(db: Connection, parcel: Parcel, *, expires_at: datetime, now: datetime) -> bool:
    """Have it tried again at once, also if it was given up. False: it has arrived, or was tried again meanwhile."""
    unchanged = (outbox.c.id == parcel.id, outbox.c.attempts == parcel.attempts, outbox.c.delivered_at.is_(None))
    changed = update(outbox).where(*unchanged)
    return db.execute(changed.values(failed_at=None, next_attempt_at=now, expires_at=expires_at)).rowcount == 1


def about_account(db: Connection, account_id: str, *, kind: str, since: datetime, limit: int = 20) -> list[Parcel]:
    """What had to be told about a person since a time, the newest first."""
    about = (outbox.c.account_id == account_id, outbox.c.kind == kind, outbox.c.created_at >= since)
    return [Parcel(*row) for row in db.execute(select(outbox).where(*about).order_by(*_NEWEST_FIRST).limit(limit))]


def find(db: Connection, parcel_id: str) -> Parcel | None:
    """One parcel."""
    row = db.execute(select(outbox).where(outbox.c.id == parcel_id)).first()
    return Parcel(*row) if row else None
