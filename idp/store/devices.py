"""Browsers from which a person has signed in before. Never a proof of login: only a bucket of its own for attempts."""

from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import Digest, UtcDateTime, metadata
from idp.store.database import Connection

known_devices = Table(
    "known_devices",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)


def is_known(db: Connection, digest: bytes, account_id: str, *, now: datetime) -> bool:
    """Whether this person has signed in with this browser before."""
    query = select(1).where(
        known_devices.c.digest == digest, known_devices.c.account_id == account_id, known_devices.c.expires_at > now
    )
    return db.execute(query).first() is not None


def remember(db: Connection, digest: bytes, account_id: str, *, expires_at: datetime, now: datetime) -> None:
    """Record a successful sign-in with this browser."""
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values = {"digest": digest, "account_id": account_id, "seen_at": now, "expires_at": expires_at}
    statement = insert(known_devices).values(values)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=[known_devices.c.digest, known_devices.c.account_id],
            set_={"seen_at": statement.excluded.seen_at, "expires_at": statement.excluded.expires_at},
        )
    )


def forget_all(db: Connection, account_id: str) -> int:
    """Forget every browser of a person: after a reset nobody may rely on an old one."""
    return db.execute(delete(known_devices).where(known_devices.c.account_id == account_id)).rowcount
