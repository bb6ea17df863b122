"""Every attempt to deliver what is in the outbox, and how it ended.

The row is written with the lease, before anything is sent: what a killed worker may have sent is on record as begun,
without an outcome.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, insert, select, update

from idp.store.base import UtcDateTime, metadata
from idp.store.database import Connection

delivery_attempts = Table(
    "delivery_attempts",
    metadata,
    Column("parcel_id", ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("reference", Text, nullable=False, unique=True),
    Column("begun_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("outcome", Text),
)


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt.

    Attributes:
        reference: What names it to the other side: the `jti` of its logout token.
        outcome: A sentence; None while it is under way, and for ever if the worker died with it.
    """

    parcel_id: str
    number: int
    reference: str
    begun_at: datetime
    ended_at: datetime | None
    outcome: str | None


def begin(db: Connection, parcel_id: str, number: int, *, reference: str, now: datetime) -> None:
    """Record that an attempt is about to be made."""
    db.execute(insert(delivery_attempts).values(parcel_id=parcel_id, number=number, reference=reference, begun_at=now))


def conclude(db: Connection, parcel_id: str, number: int, *, outcome: str, now: datetime) -> None:
    """Record how an attempt ended."""
    mine = (delivery_attempts.c.parcel_id == parcel_id, delivery_attempts.c.number == number)
    db.execute(update(delivery_attempts).where(*mine).values(outcome=outcome, ended_at=now))


def of_parcel(db: Connection, parcel_id: str) -> list[DeliveryAttempt]:
    """The attempts for a parcel, the first first."""
    query = select(delivery_attempts).where(delivery_attempts.c.parcel_id == parcel_id)
    return [DeliveryAttempt(*row) for row in db.execute(query.order_by(delivery_attempts.c.number))]
