"""Counters of attempts. An attempt is reserved before the check that it asks for, in one atomic statement."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Column, Integer, Table, Text, case, delete, literal, or_, select, update
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


def reserve_spaced(
    db: Connection, key: str, *, free: int, longest: timedelta, window_ends_at: datetime, now: datetime
) -> bool:
    """Count an attempt, unless the ones before it ask for a wait: 1 s after `free` attempts, then doubling.

    An attempt that has to wait is not counted, so that trying during the wait does not prolong it. Count and wait are
    looked at in the same statement: of any number of attempts at one moment, one takes the turn.
    """
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    statement = insert(attempts).values(key=key, count=1, last_at=now, window_ends_at=window_ends_at)
    over = attempts.c.window_ends_at <= now
    turns = [
        (attempts.c.count == free + step, literal(now - wait, UtcDateTime))
        for step, wait in enumerate(_doubling(longest))
    ]
    waited = attempts.c.last_at <= case(*turns, else_=literal(now - longest, UtcDateTime))
    reserved = statement.on_conflict_do_update(
        index_elements=[attempts.c.key],
        set_={
            "count": case((over, 1), else_=attempts.c.count + 1),
            "last_at": now,
            "window_ends_at": case((over, statement.excluded.window_ends_at), else_=attempts.c.window_ends_at),
        },
        where=or_(over, attempts.c.count < free, waited),
    ).returning(attempts.c.count)
    return db.execute(reserved).first() is not None


def wait_after(count: int, *, free: int, longest: timedelta) -> timedelta:
    """How long the attempt after `count` counted ones has to wait, from the last of them on."""
    if count < free:
        return timedelta()
    waits = _doubling(longest)
    return waits[count - free] if count - free < len(waits) else longest


def give_back(db: Connection, key: str, *, now: datetime) -> None:
    """Uncount one attempt, which turned out to be a success, where others' attempts must stay counted."""
    given_back = (
        update(attempts)
        .where(attempts.c.key == key, attempts.c.count > 0, attempts.c.window_ends_at > now)
        .values(count=attempts.c.count - 1)
    )
    db.execute(given_back)


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


def _doubling(longest: timedelta) -> list[timedelta]:
    waits: list[timedelta] = []
    wait = timedelta(seconds=1)
    while wait < longest:
        waits.append(wait)
        wait *= 2
    return waits
