"""Audit events: every change that matters to security, written with the change itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Table, Text, insert, select

from idp.store.base import Document, UtcDateTime, metadata
from idp.store.database import Connection

audit_events = Table(
    "audit_events",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("event", Text, nullable=False),
    Column("account_id", Text, index=True),
    Column("client_id", Text, index=True),
    Column("session_id", Text),
    Column("reference", Text),
    Column("address", Text),
    Column("detail", Document, nullable=False),
)


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What happened, to whom, through whom, and from where. No secret, token, code or e-mail address."""

    at: datetime
    event: str
    account_id: str | None = None
    client_id: str | None = None
    session_id: str | None = None
    reference: str | None = None
    address: str | None = None
    detail: Mapping[str, Any] | None = None


def record(db: Connection, event: AuditEvent) -> None:
    """Write an event in the caller's transaction, so that it stands if and only if the change does."""
    db.execute(
        insert(audit_events).values(
            at=event.at,
            event=event.event,
            account_id=event.account_id,
            client_id=event.client_id,
            session_id=event.session_id,
            reference=event.reference,
            address=event.address,
            detail=dict(event.detail or {}),
        )
    )


def of_account(db: Connection, account_id: str, *, limit: int = 100) -> list[AuditEvent]:
    """The latest events of a person."""
    query = (
        select(
            audit_events.c.at,
            audit_events.c.event,
            audit_events.c.account_id,
            audit_events.c.client_id,
            audit_events.c.session_id,
            audit_events.c.reference,
            audit_events.c.address,
            audit_events.c.detail,
        )
        .where(audit_events.c.account_id == account_id)
        .order_by(audit_events.c.number.desc())
        .limit(limit)
    )
    return [AuditEvent(*row) for row in db.execute(query)]
