"""Refused requests of applications, kept for a while so that their owners can be told what was wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Delete, Table, Text, delete, insert, or_, select

from idp.store.base import Document, UtcDateTime, metadata
from idp.store.database import Connection

MOST_KEPT = 20_000
"""So many are kept at most, the newest: whoever causes refusals without end drives out others, and fills nothing."""

refusals = Table(
    "refusals",
    metadata,
    Column("reference", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("client_id", Text, index=True),
    Column("endpoint", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("facts", Document, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that was refused.

    Attributes:
        reference: The request id, which the answer carried.
        client_id: A registered client, disabled or not; None for everything else that was sent as one. No foreign
            key, since what is told of a client outlives it.
        endpoint: The path.
        sentence: What the answer said, word by word.
        facts: What was received, without anything that a secret or an address of a person could hide in.
    """

    reference: str
    at: datetime
    client_id: str | None
    endpoint: str
    error: str
    sentence: str
    facts: Mapping[str, Any]


_COLUMNS = (
    refusals.c.reference,
    refusals.c.at,
    refusals.c.client_id,
    refusals.c.endpoint,
    refusals.c.error,
    refusals.c.sentence,
    refusals.c.facts,
)


def record(db: Connection, refusal: Refusal) -> None:
    """Keep a refusal."""
    db.execute(
        insert(refusals).values(
            reference=refusal.reference,
            at=refusal.at,
            client_id=refusal.client_id,
            endpoint=refusal.endpoint,
            error=refusal.error,
            sentence=refusal.sentence,
            facts=dict(refusal.facts),
        )
    )


def find(db: Connection, reference: str) -> Refusal | None:
    """The refusal with this reference, while it is kept."""
    row = db.execute(select(*_COLUMNS).where(refusals.c.reference == reference)).one_or_none()
    return Refusal(*row) if row is not None else None


def latest(db: Connection, *, client_id: str | None = None, limit: int = 20) -> list[Refusal]:
    """The newest refusals, of one client or of all."""
    query = select(*_COLUMNS).order_by(refusals.c.at.desc(), refusals.c.reference).limit(limit)
    if client_id is not None:
        query = query.where(refusals.c.client_id == client_id)
    return [Refusal(*row) for row in db.execute(query)]


def too_old_or_too_many(before: datetime, *, most: int = MOST_KEPT) -> Delete:
    """What the sweep deletes: refusals from before a time, and those that so many newer ones have driven out."""
    newest_too_many = select(refusals.c.at).order_by(refusals.c.at.desc()).offset(most).limit(1).scalar_subquery()
    return delete(refusals).where(or_(refusals.c.at < before, refusals.c.at <= newest_too_many))
