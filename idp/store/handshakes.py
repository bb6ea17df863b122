"""Handshakes with other providers: from the button on our page until their answer has been made use of.

One row for each journey, bound to the browser that began it. Of `state` only the digest is stored; nonce and PKCE
verifier are not stored at all, since both can be derived from it (see `idp.federation.handshake`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import CheckConstraint, Column, ForeignKey, Integer, Table, Text, insert, select, update

from idp.store.base import Digest, Document, UtcDateTime, digest_of, metadata
from idp.store.database import Connection

Intent = Literal["sign_in", "link"]

handshakes = Table(
    "handshakes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("state_digest", Digest, nullable=False, unique=True),
    Column("browser_digest", Digest, nullable=False),
    Column("connector", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("request_id", Text),
    Column("then", Text),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), index=True),
    Column("max_age", Integer),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("redeemed_at", UtcDateTime),
    Column("identity", Document),
    Column("proof_id", Text),
    Column("settled_at", UtcDateTime),
    CheckConstraint("intent IN ('sign_in', 'link')", name="intent"),
    CheckConstraint("intent = 'sign_in' OR account_id IS NOT NULL", name="whose"),
)


@dataclass(frozen=True, slots=True)
class Handshake:
    """One journey to another provider and back.

    Attributes:
        request_id: The authorization request to go on with; None on the way to the person's own pages.
        then: Which of our own pages to go on to, where that is not the account (see `idp.web.onward`).
        account_id: Whose account it is to be linked to, if that is the intent.
        max_age: How old, in seconds, the sign-in over there may be; 0 asks for a new one, None for nothing.
        redeemed_at: When the answer came. It comes once.
        identity: Who the provider says it was, once it has been verified.
        proof_id: The mailed proof of the address that a new account is waiting for.
        settled_at: When the identity was made use of: signed in, linked, or become an account.
    """

    id: str
    connector: str
    intent: Intent
    request_id: str | None
    then: str | None
    account_id: str | None
    max_age: int | None
    created_at: datetime
    expires_at: datetime
    redeemed_at: datetime | None
    identity: Mapping[str, Any] | None
    proof_id: str | None
    settled_at: datetime | None


_COLUMNS: tuple[Column[Any], ...] = (
    handshakes.c.id,
    handshakes.c.connector,
    handshakes.c.intent,
    handshakes.c.request_id,
    handshakes.c.then,
    handshakes.c.account_id,
    handshakes.c.max_age,
    handshakes.c.created_at,
    handshakes.c.expires_at,
    handshakes.c.redeemed_at,
    handshakes.c.identity,
    handshakes.c.proof_id,
    handshakes.c.settled_at,
)


def open_handshake(db: Connection, handshake: Handshake, *, state: str, browser: str) -> None:
    """Keep a journey that begins."""
    values: dict[str, Any] = {
        "id": handshake.id,
        "state_digest": digest_of(state),
        "browser_digest": digest_of(browser),
        "connector": handshake.connector,
        "intent": handshake.intent,
        "request_id": handshake.request_id,
        "then": handshake.then,
        "account_id": handshake.account_id,
        "max_age": handshake.max_age,
        "created_at": handshake.created_at,
        "expires_at": handshake.expires_at,
    }
    db.execute(insert(handshakes).values(values))


def redeem(
    db: Connection, state: str, *, connector: str, browsers: Iterable[str], expires_at: datetime, now: datetime
) -> Handshake | None:
    """Take the answer of a provider, once: one statement, of any number at the same moment one gets the row.

    Args:
        connector: At whose address the answer came in. One that was begun with another provider is not taken.
        browsers: The secrets that the browser has shown.
        expires_at: Until when what the answer says can be made use of.

    Returns:
        None where there is nothing to take: unknown, of another browser or provider, too old, or taken before.
    """
    taken = (
        update(handshakes)
        .where(
            handshakes.c.state_digest == digest_of(state),
            handshakes.c.connector == connector,
            handshakes.c.browser_digest.in_([digest_of(secret) for secret in browsers]),
            handshakes.c.redeemed_at.is_(None),
            handshakes.c.expires_at > now,
        )
        .values(redeemed_at=now, expires_at=expires_at)
        .returning(*_COLUMNS)
    )
    row = db.execute(taken).first()
    return Handshake(*row) if row else None


def by_state(db: Connection, state: str, *, browsers: Iterable[str]) -> Handshake | None:
    """The journey of this browser with this state, whatever became of it: to say what went wrong."""
    query = select(*_COLUMNS).where(
        handshakes.c.state_digest == digest_of(state),
        handshakes.c.browser_digest.in_([digest_of(secret) for secret in browsers]),
    )
    row = db.execute(query).first()
    return Handshake(*row) if row else None


def identify(db: Connection, handshake_id: str, identity: Mapping[str, Any]) -> None:
    """Keep who it was, while the person is asked what to do with it."""
    db.execute(update(handshakes).where(handshakes.c.id == handshake_id).values(identity=dict(identity)))


def await_proof(db: Connection, handshake_id: str, proof_id: str) -> None:
    """Record the mail that a new account waits for; an earlier one counts no longer."""
    db.execute(update(handshakes).where(handshakes.c.id == handshake_id).values(proof_id=proof_id))


def find(db: Connection, handshake_id: str, *, browsers: Iterable[str], now: datetime) -> Handshake | None:
    """A journey of this browser whose identity waits to be made use of."""
    query = select(*_COLUMNS).where(
        handshakes.c.id == handshake_id,
        handshakes.c.browser_digest.in_([digest_of(secret) for secret in browsers]),
        handshakes.c.identity.is_not(None),
        handshakes.c.settled_at.is_(None),
        handshakes.c.expires_at > now,
    )
    row = db.execute(query).first()
    return Handshake(*row) if row else None


def settle(db: Connection, handshake_id: str, *, now: datetime) -> bool:
    """Make use of the identity, once. False: it has been made use of, or is too old."""
    taken = (
        update(handshakes)
        .where(handshakes.c.id == handshake_id, handshakes.c.settled_at.is_(None), handshakes.c.expires_at > now)
        .values(settled_at=now)
        .returning(handshakes.c.id)
    )
    return db.execute(taken).first() is not None
