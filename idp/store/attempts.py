"""Counters of attempts. An attempt is reserved before the check that it asks for, in one atomic statement."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Integer, Table, Text, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import UtcDateTime, metadata
from idp.store.database import Connection

attempts = Table(
    "attempts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("window_ends_at", UtcDateTime, nullable=False, index=True),
)


@dataclass(frozen=True, slots=True)
class Count:
    """How many attempts the current window has seen, the one just reserved included."""

    count: int
    last_at: datetime
    window_ends_at: datetime


def reserve(db: Connection, key: str, *, window_ends_at: datetime, now: datetime) -> Count:
    """Count an attempt. A window that is over is begun anew, ending at `window_ends_at`."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(attempts).values(key=key, count=1, last_at=now, window_ends_at=window_ends_at)
    over = attempts.c.window_ends_at <= now
    reserved = statement.on_conflict_do_update(
        index_elements=[attempts.c.key],
        set_={
            "count": case((over, 1), else_=attempts.c.count + 1),
            "last_at": now,
            "window_ends_at": case((over, statement.excluded.window_ends_at), else_=attempts.c.window_ends_at),
        },
    ).returning(attempts.c.count, attempts.c.last_at, attempts.c.window_ends_at)
    return Count(*db.execute(reserved).one())


def advance(db: Connection, key: str, seen: Count | None, *, window_ends_at: datetime, now: datetime) -> bool:
    """Count an attempt if nobody else has counted one since `seen` was read; False: somebody has."""
    if seen is None:
        insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
        statement = insert(attempts).values(key=key, count=1, last_at=now, window_ends_at=window_ends_at)
        begun = statement.on_conflict_do_update(
            index_elements=[attempts.c.key],
            set_={"count": 1, "last_at": now, "window_ends_at": window_ends_at},
            where=attempts.c.window_ends_at <= now,
        )
        return db.execute(begun.returning(attempts.c.key)).first() is not None
    counted = (
        update(attempts)
        .where(attempts.c.key == key, attempts.c.count == seen.count, attempts.c.last_at == seen.last_at)
        .values(count=attempts.c.count + 1, last_at=now)
        .returning(attempts.c.key)
    )
    return db.execute(counted).first() is not None


def find(db: Connection, key: str, *, now: datetime) -> Count | None:
    """The attempts counted in the current window, without counting one."""
    query = select(attempts.c.count, attempts.c.last_at, attempts.c.window_ends_at).where(
        attempts.c.key == key, attempts.c.window_ends_at > now
    )
    row = db.execute(query).first()
    return Count(*row) if row else None


def clear(db: Connection, key: str) -> None:
    """Forget the attempts after a success."""
    db.execute(delete(attempts).where(attempts.c.key == key))
