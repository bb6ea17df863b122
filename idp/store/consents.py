"""Consents: what a person has allowed a client (OpenID Connect Core 1.0 section 3.1.2.4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Table, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import ScopeSet, UtcDateTime, metadata
from idp.store.database import Connection

consents = Table(
    "consents",
    metadata,
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("scopes", ScopeSet, nullable=False),
    Column("declined", ScopeSet, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Consent:
    """What one person has allowed one client and what not, and when that was last confirmed."""

    account_id: str
    client_id: str
    scopes: tuple[str, ...]
    declined: tuple[str, ...]
    granted_at: datetime


def grant(
    db: Connection,
    account_id: str,
    client_id: str,
    scopes: Iterable[str],
    *,
    declined: Iterable[str] = (),
    now: datetime,
) -> None:
    """Remember a consent, in the place of the earlier one.

    Args:
        declined: Optional scopes that the person was asked about and did not allow: not asked again, not granted.
    """
    insert = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values = {
        "account_id": account_id,
        "client_id": client_id,
        "scopes": tuple(scopes),
        "declined": tuple(declined),
        "granted_at": now,
    }
    statement = insert(consents).values(values)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=[consents.c.account_id, consents.c.client_id],
            set_={name: statement.excluded[name] for name in ("scopes", "declined", "granted_at")},
        )
    )


def of_account(db: Connection, account_id: str) -> list[Consent]:
    """Everything a person has allowed, the latest first."""
    query = (
        select(
            consents.c.account_id, consents.c.client_id, consents.c.scopes, consents.c.declined, consents.c.granted_at
        )
        .where(consents.c.account_id == account_id)
        .order_by(consents.c.granted_at.desc())
    )
    return [Consent(*row) for row in db.execute(query)]


def withdraw(db: Connection, account_id: str, client_id: str) -> bool:
    """Forget a consent. The grants made under it are revoked by the caller."""
    gone = delete(consents).where(consents.c.account_id == account_id, consents.c.client_id == client_id)
    return db.execute(gone).rowcount == 1
