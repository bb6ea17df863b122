"""Registered clients and their secrets (RFC 7591 metadata, kept as registered)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, Text, delete, insert, or_, select, update
from sqlalchemy.engine import Row

from idp.store.base import Digest, Document, UtcDateTime, metadata
from idp.store.database import Connection

clients = Table(
    "clients",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("metadata", Document, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
)

client_secrets = Table(
    "client_secrets",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A secret of full entropy, as its SHA-256. Two overlap while a client is being moved to the new one."""

    digest: bytes
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredClient:
    """A client as registered."""

    client_id: str
    metadata: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    secrets: tuple[ClientSecret, ...] = ()


def find(db: Connection, client_id: str) -> StoredClient | None:
    """The client and its secrets, disabled or not."""
    query = (
        select(clients, client_secrets.c.digest, client_secrets.c.expires_at)
        .join_from(clients, client_secrets, isouter=True)
        .where(clients.c.client_id == client_id)
    )
    rows = db.execute(query).all()
    return _client(rows) if rows else None


def all_clients(db: Connection) -> list[StoredClient]:
    """Every client, by id, without secrets."""
    return [StoredClient(*row) for row in db.execute(select(clients).order_by(clients.c.client_id))]


def add(db: Connection, client_id: str, document: Mapping[str, Any], *, now: datetime) -> None:
    """Register a client.

    Raises:
        IntegrityError: The client id is taken.
    """
    db.execute(insert(clients).values(client_id=client_id, metadata=dict(document), created_at=now, updated_at=now))


def replace_metadata(db: Connection, client_id: str, document: Mapping[str, Any], *, now: datetime) -> bool:
    """Put new metadata in the place of the old. False: no such client."""
    changed = update(clients).where(clients.c.client_id == client_id).values(metadata=dict(document), updated_at=now)
    return db.execute(changed).rowcount == 1


def set_disabled(db: Connection, client_id: str, disabled_at: datetime | None, *, now: datetime) -> bool:
    """Disable a client, or enable it again with None. False: no such client."""
    changed = update(clients).where(clients.c.client_id == client_id).values(disabled_at=disabled_at, updated_at=now)
    return db.execute(changed).rowcount == 1


def remove(db: Connection, client_id: str) -> bool:
    """Delete a client and all that was granted to it. False: no such client."""
    return db.execute(delete(clients).where(clients.c.client_id == client_id)).rowcount == 1


def add_secret(db: Connection, client_id: str, digest: bytes, *, now: datetime) -> None:
    """Give the client a further secret."""
    db.execute(insert(client_secrets).values(digest=digest, client_id=client_id, created_at=now))


def expire_secrets(db: Connection, client_id: str, *, at: datetime, except_digest: bytes) -> int:
    """Let every other secret end at a time, unless it ends before. Returns how many there are."""
    ending = (
        update(client_secrets)
        .where(
            client_secrets.c.client_id == client_id,
            client_secrets.c.digest != except_digest,
            or_(client_secrets.c.expires_at.is_(None), client_secrets.c.expires_at > at),
        )
        .values(expires_at=at)
    )
    return db.execute(ending).rowcount


def _client(rows: Sequence[Row[Any]]) -> StoredClient:
    first: Any = rows[0]
    secrets = tuple(ClientSecret(row.digest, row.expires_at) for row in rows if row.digest is not None)
    return StoredClient(first[0], first[1], first[2], first[3], first[4], secrets)
