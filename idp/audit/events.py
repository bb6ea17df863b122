"""Every security-relevant event, by name. None carries a secret, a token, a code or an e-mail address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from idp.store import audit_events
from idp.store.audit_events import AuditEvent
from idp.store.database import Connection

Event = Literal[
    "account_created",
    "account_deleted",
    "account_disabled",
    "account_enabled",
    "app_removed",
    "code_replayed",
    "consent_given",
    "consent_refused",
    "password_changed",
    "password_reset",
    "password_reset_requested",
    "refresh_repeated",
    "refresh_reused",
    "refresh_token_of_another_client",
    "session_ended",
    "sessions_ended",
    "sign_in_refused",
    "sign_in_succeeded",
    "sign_up_begun",
    "token_revoked",
]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Which request caused an event, and from where it came."""

    reference: str
    address: str


def record(
    db: Connection,
    event: Event,
    circumstances: Circumstances,
    *,
    now: datetime,
    account_id: str | None = None,
    client_id: str | None = None,
    session_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Write an event in the caller's transaction."""
    audit_events.record(
        db,
        AuditEvent(
            now,
            event,
            account_id=account_id,
            client_id=client_id,
            session_id=session_id,
            reference=circumstances.reference,
            address=circumstances.address,
            detail=detail,
        ),
    )
