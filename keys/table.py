"""The table of signing keys: its columns and rules, and rows to records and back."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Dialect,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    select,
    update,
)
from sqlalchemy.types import TypeDecorator

from keys.lifecycle import KeyRecord

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ck": "ck_%(table_name)s_%(constraint_name)s"})


class _UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware time in UTC. SQLite keeps no zone, so it is taken off on the way in and given back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("times are stored with their zone")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("public_jwk", JSON, nullable=False),
    Column("created_at", _UtcDateTime, nullable=False),
    Column("activate_at", _UtcDateTime, nullable=False),
    Column("retire_at", _UtcDateTime),
    Column("remove_at", _UtcDateTime),
    Column("revoked_at", _UtcDateTime),
    Column("sealed", LargeBinary),
    CheckConstraint("retire_at IS NULL OR remove_at IS NOT NULL", name="retired_keys_leave"),
    CheckConstraint("remove_at IS NULL OR retire_at IS NULL OR remove_at >= retire_at", name="verifies_until_removed"),
    CheckConstraint("revoked_at IS NULL OR sealed IS NULL", name="revoked_keys_are_erased"),
)


def read_all(db: Connection) -> tuple[KeyRecord, ...]:
    """Every key, oldest first."""
    rows = db.execute(select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.kid))
    return tuple(_record(row) for row in rows.mappings())


def row_of(record: KeyRecord) -> Mapping[str, Any]:
    """A record as the columns take it."""
    row = {column.name: getattr(record, column.name) for column in signing_keys.columns}
    return {**row, "public_jwk": dict(record.public_jwk)}


def change(db: Connection, kid: str, **values: datetime | None) -> None:
    """Write dates of one key."""
    db.execute(update(signing_keys).where(signing_keys.c.kid == kid).values(**values))


def _record(row: RowMapping) -> KeyRecord:
    return KeyRecord(**{column.name: row[column.name] for column in signing_keys.columns})
