"""Who people are at other providers, and the sessions that came from there.

The key is what the provider promises never to give to anybody else: its issuer and its subject. An address is no key:
it changes, and it is given to the next person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from idp.store.base import UtcDateTime, metadata
from idp.store.database import Connection
from idp.store.sessions import sessions

upstream_identities = Table(
    "upstream_identities",
    metadata,
    Column("issuer", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("connector", Text, nullable=False),
    Column("email", Text),
    Column("email_verified", Boolean, nullable=False),
    Column("label", Text, nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
)

upstream_sessions = Table(
    "upstream_sessions",
    metadata,
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("sid", Text),
    Index(None, "issuer", "subject"),
)


@dataclass(frozen=True, slots=True)
class LinkedIdentity:
    """A way in through another provider.

    Attributes:
        connector: Through which configured connector it was linked.
        email: The address as the provider last told it; never that of the account.
        email_verified: Whether the provider has said that the address was confirmed.
        label: How the person knows this identity: the address, a user name.
    """

    issuer: str
    subject: str
    account_id: str
    connector: str
    email: str | None
    email_verified: bool
    label: str
    linked_at: datetime
    used_at: datetime


def find(db: Connection, issuer: str, subject: str) -> LinkedIdentity | None:
    """The identity with this key, if it is linked."""
    query = select(upstream_identities).where(
        upstream_identities.c.issuer == issuer, upstream_identities.c.subject == subject
    )
    row = db.execute(query).first()
    return LinkedIdentity(*row) if row else None


def of_account(db: Connection, account_id: str) -> list[LinkedIdentity]:
    """Every identity that is linked to an account, the oldest first."""
    query = (
        select(upstream_identities)
        .where(upstream_identities.c.account_id == account_id)
        .order_by(upstream_identities.c.linked_at, upstream_identities.c.issuer, upstream_identities.c.subject)
    )
    return [LinkedIdentity(*row) for row in db.execute(query)]


def link(db: Connection, identity: LinkedIdentity) -> bool:
    """Link an identity, unless it is linked already, also by somebody at the same moment. False: it is."""
    insert_or_nothing = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    values: dict[str, Any] = {
        "issuer": identity.issuer,
        "subject": identity.subject,
        "account_id": identity.account_id,
        "connector": identity.connector,
        "email": identity.email,
        "email_verified": identity.email_verified,
        "label": identity.label,
        "linked_at": identity.linked_at,
        "used_at": identity.used_at,
    }
    added = insert_or_nothing(upstream_identities).values(values).on_conflict_do_nothing()
    return db.execute(added.returning(upstream_identities.c.subject)).first() is not None


def used(
    db: Connection, issuer: str, subject: str, *, email: str | None, email_verified: bool, label: str, now: datetime
) -> None:
    """Record a sign-in, and what the provider says by now."""
    db.execute(
        update(upstream_identities)
        .where(upstream_identities.c.issuer == issuer, upstream_identities.c.subject == subject)
        .values(email=email, email_verified=email_verified, label=label, used_at=now)
    )


def unlink(db: Connection, account_id: str, issuer: str, subject: str) -> bool:
    """Take a way in from an account. False: it is not one of this account's."""
    gone = delete(upstream_identities).where(
        upstream_identities.c.account_id == account_id,
        upstream_identities.c.issuer == issuer,
        upstream_identities.c.subject == subject,
    )
    return db.execute(gone).rowcount == 1


def unlink_all(db: Connection, account_id: str) -> list[LinkedIdentity]:
    """Take every way in through another provider from an account. Gives those that it had."""
    gone = delete(upstream_identities).where(upstream_identities.c.account_id == account_id)
    return [LinkedIdentity(*row) for row in db.execute(gone.returning(*upstream_identities.c))]


def session_came_from(db: Connection, session_id: str, *, issuer: str, subject: str, sid: str | None) -> None:
    """Remember which sign-in over there a session rests on; a session that goes on rests on the latest."""
    db.execute(delete(upstream_sessions).where(upstream_sessions.c.session_id == session_id))
    values = {"session_id": session_id, "issuer": issuer, "subject": subject, "sid": sid}
    db.execute(insert(upstream_sessions).values(values))


def sessions_from(db: Connection, issuer: str, *, subject: str | None, sid: str | None) -> list[tuple[str, str]]:
    """Session and account ids of the open sessions that rest on this subject, or on one sign-in of it."""
    query = (
        select(upstream_sessions.c.session_id, sessions.c.account_id)
        .join_from(upstream_sessions, sessions)
        .where(upstream_sessions.c.issuer == issuer, sessions.c.ended_at.is_(None))
    )
    if subject is not None:
        query = query.where(upstream_sessions.c.subject == subject)
    if sid is not None:
        query = query.where(upstream_sessions.c.sid == sid)
    if subject is None and sid is None:
        raise ValueError("a subject or a session of theirs has to be named")
    return [(session_id, account_id) for session_id, account_id in db.execute(query)]
