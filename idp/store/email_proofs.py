"""Proofs sent by mail: a link and a short code that show that a person reads an address."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, insert, select, update

from idp.store.base import Digest, UtcDateTime, metadata
from idp.store.database import Connection

Purpose = Literal["sign_up", "reset_password", "change_email"]

email_proofs = Table(
    "email_proofs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("link_digest", Digest, nullable=False, unique=True),
    Column("code_digest", Digest),
    Column("code_attempts", Integer, nullable=False, server_default="0"),
    Column("code_expires_at", UtcDateTime),
    Column("browser_digest", Digest),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False, index=True),
    Column("name", Text),
    Column("password_hash", Text),
    Column("request_id", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    CheckConstraint("purpose IN ('sign_up', 'reset_password', 'change_email')", name="purpose"),
    CheckConstraint("purpose = 'sign_up' OR account_id IS NOT NULL", name="whose"),
)


@dataclass(frozen=True, slots=True)
class EmailProof:
    """One mail that was sent, and what follows when its link or code comes back.

    A sign-up has no account yet: address, name and password hash wait here until the address is proven. `request_id`
    is the authorization request to go on with, `browser_digest` the browser in which it began. The digest of the
    short code is made with the proof's id in front.
    """

    id: str
    purpose: Purpose
    link_digest: bytes
    code_digest: bytes | None
    code_attempts: int
    code_expires_at: datetime | None
    browser_digest: bytes | None
    account_id: str | None
    email: str
    email_key: str
    name: str | None
    password_hash: str | None
    request_id: str | None
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


def add(db: Connection, proof: EmailProof) -> None:
    """Store a proof with the mail that carries it, in the caller's transaction."""
    values: dict[str, Any] = {
        "id": proof.id,
        "purpose": proof.purpose,
        "link_digest": proof.link_digest,
        "code_digest": proof.code_digest,
        "code_attempts": 0,
        "code_expires_at": proof.code_expires_at,
        "browser_digest": proof.browser_digest,
        "account_id": proof.account_id,
        "email": proof.email,
        "email_key": proof.email_key,
        "name": proof.name,
        "password_hash": proof.password_hash,
        "request_id": proof.request_id,
        "created_at": proof.created_at,
        "expires_at": proof.expires_at,
    }
    db.execute(insert(email_proofs).values(values))


def find(db: Connection, proof_id: str) -> EmailProof | None:
    """The proof with this id, whatever became of it."""
    row = db.execute(select(email_proofs).where(email_proofs.c.id == proof_id)).first()
    return EmailProof(*row) if row else None


def find_by_link(db: Connection, link_digest: bytes) -> EmailProof | None:
    """The proof behind a mailed link, whatever became of it."""
    row = db.execute(select(email_proofs).where(email_proofs.c.link_digest == link_digest)).first()
    return EmailProof(*row) if row else None


def count_attempt(db: Connection, proof_id: str, *, at_most: int) -> bool:
    """Reserve one guess of the short code before it is compared. False: there are none left."""
    counted = (
        update(email_proofs)
        .where(email_proofs.c.id == proof_id, email_proofs.c.code_attempts < at_most)
        .values(code_attempts=email_proofs.c.code_attempts + 1)
        .returning(email_proofs.c.id)
    )
    return db.execute(counted).first() is not None


def use(db: Connection, proof_id: str, *, now: datetime) -> bool:
    """Take the proof, once. False: used, superseded or expired."""
    taken = (
        update(email_proofs)
        .where(email_proofs.c.id == proof_id, email_proofs.c.used_at.is_(None), email_proofs.c.expires_at > now)
        .values(used_at=now)
        .returning(email_proofs.c.id)
    )
    return db.execute(taken).first() is not None


def supersede(db: Connection, *, purpose: Purpose, account_id: str, now: datetime) -> int:
    """Make a person's earlier proofs of this kind useless: only the newest mail counts."""
    ended = (
        update(email_proofs)
        .where(
            email_proofs.c.purpose == purpose,
            email_proofs.c.account_id == account_id,
            email_proofs.c.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return db.execute(ended).rowcount


@contextmanager
def rehearsed(db: Connection, *, for_good: bool) -> Iterator[None]:
    """Do what is inside, and take it back unless it is meant for good.

    Asking for a reset link takes the same statements for an address that has no account as for one that has.
    """
    savepoint = db.begin_nested()
    try:
        yield
    except BaseException:
        savepoint.rollback()
        raise
    if for_good:
        savepoint.commit()
    else:
        savepoint.rollback()
