"""Accounts: the people, their address, password hash and profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Table, Text, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import Document, UtcDateTime, metadata
from idp.store.database import Connection

accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, unique=True),
    Column("email_verified_at", UtcDateTime),
    Column("password_hash", Text),
    Column("password_changed_at", UtcDateTime),
    Column("profile", Document, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
)


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. `id` is random and is the `sub` of public clients; address and name may change.

    `email` is the address as typed, `email_key` its canonical form, which is unique. `profile` holds the standard
    claims of OpenID Connect Core 1.0 section 5.1 other than `sub`, `email` and `email_verified`.
    """

    id: str
    email: str
    email_key: str
    email_verified_at: datetime | None
    password_hash: str | None
    password_changed_at: datetime | None
    profile: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime
    disabled_at: datetime | None
    deleted_at: datetime | None

    @property
    def is_enabled(self) -> bool:
        """Whether the person may sign in and tokens may live."""
        return self.disabled_at is None and self.deleted_at is None


def find(db: Connection, account_id: str) -> Account | None:
    """The account with this id."""
    row = db.execute(select(accounts).where(accounts.c.id == account_id)).first()
    return Account(*row) if row else None


def find_to_change(db: Connection, account_id: str) -> Account | None:
    """The account, as nobody else changes it before this transaction ends.

    Whoever signs a person in, or replaces their password, takes the account before anything else that is theirs: a
    session cannot begin with a password that is being replaced, and two such changes never wait for each other.
    """
    query = select(accounts).where(accounts.c.id == account_id).with_for_update(key_share=True)
    row = db.execute(query).first()
    return Account(*row) if row else None


def find_by_email(db: Connection, email_key: str) -> Account | None:
    """The account with this canonical address."""
    row = db.execute(select(accounts).where(accounts.c.email_key == email_key)).first()
    return Account(*row) if row else None


def all_accounts(db: Connection) -> list[Account]:
    """Every account, by address."""
    return [Account(*row) for row in db.execute(select(accounts).order_by(accounts.c.email_key))]


def add(
    db: Connection,
    account_id: str,
    *,
    email: str,
    email_key: str,
    email_verified_at: datetime | None,
    password_hash: str | None,
    profile: Mapping[str, Any],
    now: datetime,
) -> None:
    """Create an account.

    Raises:
        IntegrityError: Another account has this address.
    """
    values = _values(account_id, email, email_key, email_verified_at, password_hash, profile, now)
    db.execute(insert(accounts).values(values))


def add_if_free(
    db: Connection,
    account_id: str,
    *,
    email: str,
    email_key: str,
    email_verified_at: datetime | None,
    password_hash: str | None,
    profile: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Create an account unless the address is taken, also by somebody at the same moment. False: it is."""
    dialect = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values = _values(account_id, email, email_key, email_verified_at, password_hash, profile, now)
    added = dialect(accounts).values(values).on_conflict_do_nothing(index_elements=[accounts.c.email_key])
    return db.execute(added.returning(accounts.c.id)).first() is not None


def _values(  # noqa: PLR0917  one for each column
    account_id: str,
    email: str,
    email_key: str,
    email_verified_at: datetime | None,
    password_hash: str | None,
    profile: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    return {
        "id": account_id,
        "email": email,
        "email_key": email_key,
        "email_verified_at": email_verified_at,
        "password_hash": password_hash,
        "password_changed_at": now if password_hash else None,
        "profile": dict(profile),
        "created_at": now,
        "updated_at": now,
    }


def set_password(db: Connection, account_id: str, password_hash: str, *, now: datetime) -> bool:
    """Store the hash of a new password. False: no such account."""
    return _change(db, account_id, {"password_hash": password_hash, "password_changed_at": now, "updated_at": now})


def rehash_password(db: Connection, account_id: str, *, old_hash: str, new_hash: str) -> bool:
    """Replace the hash of the same password, unless the password was changed meanwhile."""
    changed = (
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.password_hash == old_hash)
        .values(password_hash=new_hash)
    )
    return db.execute(changed).rowcount == 1


def set_email(db: Connection, account_id: str, *, email: str, email_key: str, now: datetime) -> bool:
    """Move the account to another, proven address.

    Raises:
        IntegrityError: Another account has this address.
    """
    values = {"email": email, "email_key": email_key, "email_verified_at": now, "updated_at": now}
    return _change(db, account_id, values)


def verify_email(db: Connection, account_id: str, *, now: datetime) -> bool:
    """Record that the person has proven the address. The time of the first proof stays."""
    proven = (
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.email_verified_at.is_(None))
        .values(email_verified_at=now, updated_at=now)
    )
    return db.execute(proven).rowcount == 1


def set_profile(db: Connection, account_id: str, profile: Mapping[str, Any], *, now: datetime) -> bool:
    """Replace the profile claims."""
    return _change(db, account_id, {"profile": dict(profile), "updated_at": now})


def set_disabled(db: Connection, account_id: str, disabled_at: datetime | None, *, now: datetime) -> bool:
    """Disable an account, or enable it again with None. Sessions and tokens of a disabled account are void at once."""
    return _change(db, account_id, {"disabled_at": disabled_at, "updated_at": now})


def mark_deleted(db: Connection, account_id: str, *, now: datetime) -> bool:
    """Delete softly: nothing works any more; `erase` follows after the grace period."""
    return _change(db, account_id, {"deleted_at": now, "updated_at": now})


def supersede(db: Connection, account_id: str, *, now: datetime) -> bool:
    """Take the address from an account that has never proven it, and close the account. False: it has proven it."""
    superseded = (
        update(accounts)
        .where(accounts.c.id == account_id, accounts.c.email_verified_at.is_(None))
        # No address looks like this, so none can be found by it.
        .values(email_key=f"superseded:{account_id}", deleted_at=now, updated_at=now)
    )
    return db.execute(superseded).rowcount == 1


def erase(db: Connection, account_id: str) -> bool:
    """Erase the account and everything that belongs to it."""
    return db.execute(delete(accounts).where(accounts.c.id == account_id)).rowcount == 1


def _change(db: Connection, account_id: str, values: Mapping[str, Any]) -> bool:
    return db.execute(update(accounts).where(accounts.c.id == account_id).values(**values)).rowcount == 1
