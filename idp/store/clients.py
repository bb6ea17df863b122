"""Registered clients and their secrets (RFC 7591 metadata, kept as registered)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, Text, and_, delete, insert, or_, select, update
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
    Column("registered_by", Text),
    Column("registration_digest", Digest),
    Column("registration_limits", Document),
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


ANYONE = "anyone"
"""In `registered_by`: a client that came without an initial access token."""


@dataclass(frozen=True, slots=True)
class StoredClient:
    """A client as registered.

    Attributes:
        registered_by: None for an operator, `ANYONE`, or the id of the initial access token that it came with.
        manages_itself: It holds a registration access token (RFC 7592).
        registration_limits: What it may make of itself, if it came with an initial access token.
    """

    client_id: str
    metadata: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    secrets: tuple[ClientSecret, ...] = ()
    registered_by: str | None = None
    manages_itself: bool = False
    registration_limits: Mapping[str, Any] | None = None


_COLUMNS = (
    clients.c.client_id,
    clients.c.metadata,
    clients.c.created_at,
    clients.c.updated_at,
    clients.c.disabled_at,
    clients.c.registered_by,
    clients.c.registration_digest.is_not(None).label("manages_itself"),
    clients.c.registration_limits,
)


_WITH_SECRETS = select(*_COLUMNS, client_secrets.c.digest, client_secrets.c.expires_at).join_from(
    clients, client_secrets, isouter=True
)


def find(db: Connection, client_id: str) -> StoredClient | None:
    """The client and its secrets, disabled or not."""
    rows = db.execute(_WITH_SECRETS.where(clients.c.client_id == client_id)).all()
    return _client(rows) if rows else None


def find_managed(db: Connection, client_id: str, registration_digest: bytes) -> StoredClient | None:
    """The client that this registration access token belongs to, unless it is disabled (RFC 7592 section 2)."""
    its_own = and_(
        clients.c.client_id == client_id,
        clients.c.registration_digest == registration_digest,
        clients.c.disabled_at.is_(None),
    )
    rows = db.execute(_WITH_SECRETS.where(its_own)).all()
    return _client(rows) if rows else None


def all_clients(db: Connection) -> list[StoredClient]:
    """Every client, by id, without secrets."""
    return [_client([row]) for row in db.execute(select(*_COLUMNS).order_by(clients.c.client_id))]


def add(db: Connection, client_id: str, document: Mapping[str, Any], *, now: datetime) -> None:
    """Register a client in the name of an operator.

    Raises:
        IntegrityError: The client id is taken.
    """
    db.execute(insert(clients).values(client_id=client_id, metadata=dict(document), created_at=now, updated_at=now))


def let_manage_itself(
    db: Connection, client_id: str, *, by: str, digest: bytes, limits: Mapping[str, Any] | None
) -> None:
    """Note that a client has come by itself, and which registration access token is its own."""
    values = {"registered_by": by, "registration_digest": digest, "registration_limits": limits}
    db.execute(update(clients).where(clients.c.client_id == client_id).values(values))


def renew_registration(db: Connection, client_id: str, digest: bytes) -> bool:
    """Put another registration access token in the place of the old one. False: it does not manage itself."""
    renewed = (
        update(clients)
        .where(clients.c.client_id == client_id, clients.c.registration_digest.is_not(None))
        .values(registration_digest=digest)
    )
    return db.execute(renewed).rowcount == 1


def adopt(db: Connection, client_id: str) -> bool:
    """Make a client that came by itself an operator's. False: it is one."""
    adopted = (
        update(clients)
        .where(clients.c.client_id == client_id, clients.c.registered_by.is_not(None))
        .values(registered_by=None, registration_digest=None, registration_limits=None)
    )
    return db.execute(adopted).rowcount == 1


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


def end_secrets(db: Connection, client_id: str) -> int:
    """Delete every secret of a client that is no longer to have one."""
    return db.execute(delete(client_secrets).where(client_secrets.c.client_id == client_id)).rowcount


def _client(rows: Sequence[Row[Any]]) -> StoredClient:
    """One client from its rows, one for each secret. The columns of the secret come last, if they were asked for."""
    first: Any = rows[0]
    width = len(_COLUMNS)
    secrets = tuple(ClientSecret(*row[width:]) for row in rows if len(row) > width and row[width] is not None)
    client_id, document, created_at, updated_at, disabled_at, *registration = first[:width]
    return StoredClient(client_id, document, created_at, updated_at, disabled_at, secrets, *registration)
