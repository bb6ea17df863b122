"""Authorization requests that wait for a person. A silent sign-on stores none.

One row for each request, never a single "current login": tabs, the back button and reloads each find their own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, Text, insert, select, update

from idp.store.base import Digest, Document, UtcDateTime, digest_of, metadata
from idp.store.database import Connection

authorization_requests = Table(
    "authorization_requests",
    metadata,
    Column("id", Text, primary_key=True),
    Column("browser_digest", Digest, nullable=False),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("parameters", Document, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("selected_at", UtcDateTime),
    Column("refused_at", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("device_authorization_id", Text),
    Column("pushed_digest", Digest),
)


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request as received and accepted, bound to the browser that brought it.

    `created_at` answers `prompt=login` and `prompt=consent`: what happened after it, happened for this request.
    The row outlives `expires_at` for a while, so that an old tab can be sent back to its relying party.
    `device_authorization_id` is there where no relying party waits, but a device whose code the person has typed;
    `pushed_digest` where it was pushed before.
    """

    id: str
    client_id: str
    parameters: Mapping[str, str]
    created_at: datetime
    expires_at: datetime
    selected_at: datetime | None
    refused_at: datetime | None
    finished_at: datetime | None
    device_authorization_id: str | None = None
    pushed_digest: bytes | None = None


_COLUMNS = (
    authorization_requests.c.id,
    authorization_requests.c.client_id,
    authorization_requests.c.parameters,
    authorization_requests.c.created_at,
    authorization_requests.c.expires_at,
    authorization_requests.c.selected_at,
    authorization_requests.c.refused_at,
    authorization_requests.c.finished_at,
    authorization_requests.c.device_authorization_id,
    authorization_requests.c.pushed_digest,
)


def open_request(  # noqa: PLR0913  each says one thing about the request
    db: Connection,
    request_id: str,
    *,
    browser_digest: bytes,
    client_id: str,
    parameters: Mapping[str, str],
    expires_at: datetime,
    now: datetime,
    device_authorization_id: str | None = None,
    pushed_digest: bytes | None = None,
) -> None:
    """Keep a request while its person is being asked."""
    values: dict[str, Any] = {
        "id": request_id,
        "browser_digest": browser_digest,
        "client_id": client_id,
        "parameters": dict(parameters),
        "created_at": now,
        "expires_at": expires_at,
        "device_authorization_id": device_authorization_id,
        "pushed_digest": pushed_digest,
    }
    db.execute(insert(authorization_requests).values(values))


def find(db: Connection, request_id: str, *, browsers: Iterable[str]) -> AuthorizationRequest | None:
    """The request, if this browser brought it; expired and finished ones too.

    Args:
        browsers: The secrets that the browser has shown.
    """
    query = select(*_COLUMNS).where(
        authorization_requests.c.id == request_id,
        authorization_requests.c.browser_digest.in_([digest_of(secret) for secret in browsers]),
    )
    row: Any = db.execute(query).first()
    return AuthorizationRequest(*row) if row else None


def select_account(db: Connection, request_id: str, *, now: datetime) -> None:
    """Record that the person has chosen the account for this request."""
    chosen = update(authorization_requests).where(authorization_requests.c.id == request_id).values(selected_at=now)
    db.execute(chosen)


def refuse(db: Connection, request_id: str, *, now: datetime) -> None:
    """Record that the person does not allow what the client asks for; the client is told at the next step."""
    refused = update(authorization_requests).where(authorization_requests.c.id == request_id).values(refused_at=now)
    db.execute(refused)


def finish(db: Connection, request_id: str, *, now: datetime) -> bool:
    """Take the request for its one answer. False: it has been answered before, or has expired."""
    taken = (
        update(authorization_requests)
        .where(
            authorization_requests.c.id == request_id,
            authorization_requests.c.finished_at.is_(None),
            authorization_requests.c.expires_at > now,
        )
        .values(finished_at=now)
        .returning(authorization_requests.c.id)
    )
    return db.execute(taken).first() is not None
