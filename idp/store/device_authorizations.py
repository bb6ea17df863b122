"""Device authorizations: what a device has asked for, until a person elsewhere has decided about it (RFC 8628).

Approval writes a grant whose code is the device code, so that redeeming it is the one claim of `redemption`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, select, update
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import Digest, ScopeSet, UtcDateTime, metadata
from idp.store.database import Connection

device_authorizations = Table(
    "device_authorizations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("device_digest", Digest, nullable=False, unique=True),
    Column("user_code", Text, nullable=False, unique=True),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("scopes", ScopeSet, nullable=False),
    Column("resources", ScopeSet),
    Column("address", Text, nullable=False),
    Column("user_agent", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("interval_seconds", Integer, nullable=False),
    Column("polled_at", UtcDateTime),
    Column("approved_at", UtcDateTime),
    Column("refused_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """What a device asks for, from where, and what became of it.

    Attributes:
        user_code: Kept readable, since the page shows it again to the person who typed it. By itself it gives nothing:
            tokens go to whoever has the device code, of which only the digest is stored.
        address: Where the device asked from; with `user_agent` told to the person, who may find it strange.
        interval_seconds: How long the device has to wait between two questions (RFC 8628 section 3.5).
    """

    id: str
    user_code: str
    client_id: str
    scopes: tuple[str, ...]
    resources: tuple[str, ...] | None
    address: str
    user_agent: str
    created_at: datetime
    expires_at: datetime
    interval_seconds: int
    polled_at: datetime | None
    approved_at: datetime | None
    refused_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether a person can still decide."""
        return self.approved_at is None and self.refused_at is None and self.expires_at > now


_COLUMNS = tuple(column for column in device_authorizations.c if column.name != "device_digest")


def open_authorization(db: Connection, device_digest: bytes, asked: DeviceAuthorization) -> bool:
    """Keep what a device asks for. False: the user code is taken, try another."""
    insertion = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values = {
        "id": asked.id,
        "device_digest": device_digest,
        "user_code": asked.user_code,
        "client_id": asked.client_id,
        "scopes": asked.scopes,
        "resources": asked.resources,
        "address": asked.address,
        "user_agent": asked.user_agent,
        "created_at": asked.created_at,
        "expires_at": asked.expires_at,
        "interval_seconds": asked.interval_seconds,
    }
    added = insertion(device_authorizations).values(values).on_conflict_do_nothing()
    return db.execute(added.returning(device_authorizations.c.id)).first() is not None


def find_by_user_code(db: Connection, user_code: str) -> DeviceAuthorization | None:
    """The authorization with this user code, decided and expired ones too."""
    row = db.execute(select(*_COLUMNS).where(device_authorizations.c.user_code == user_code)).first()
    return DeviceAuthorization(*row) if row else None


def find(db: Connection, authorization_id: str) -> tuple[DeviceAuthorization, bytes] | None:
    """The authorization with this id, and the digest of its device code."""
    query = select(*_COLUMNS, device_authorizations.c.device_digest)
    row = db.execute(query.where(device_authorizations.c.id == authorization_id)).first()
    return (DeviceAuthorization(*row[:-1]), bytes(row[-1])) if row else None


def find_by_device_code(db: Connection, device_digest: bytes) -> DeviceAuthorization | None:
    """The authorization that a device asks about."""
    row = db.execute(select(*_COLUMNS).where(device_authorizations.c.device_digest == device_digest)).first()
    return DeviceAuthorization(*row) if row else None


def decide(db: Connection, authorization_id: str, *, approved: bool, now: datetime) -> bool:
    """Record what the person has decided, once. False: it was decided before, or has expired."""
    taken = (
        update(device_authorizations)
        .where(
            device_authorizations.c.id == authorization_id,
            device_authorizations.c.approved_at.is_(None),
            device_authorizations.c.refused_at.is_(None),
            device_authorizations.c.expires_at > now,
        )
        .values({"approved_at" if approved else "refused_at": now})
        .returning(device_authorizations.c.id)
    )
    return db.execute(taken).first() is not None


def polled(db: Connection, found: DeviceAuthorization, *, interval_seconds: int, now: datetime) -> bool:
    """Record that the device has asked, and how long it has to wait from now on.

    False: another question has come in between, which makes this one too early.
    """
    recorded = (
        update(device_authorizations)
        .where(
            device_authorizations.c.id == found.id,
            device_authorizations.c.polled_at.is_not_distinct_from(found.polled_at),
        )
        .values(polled_at=now, interval_seconds=interval_seconds)
    )
    return db.execute(recorded).rowcount == 1
