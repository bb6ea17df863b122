"""Access and refresh tokens. Only SHA-256 digests are stored; what a token may do stands in its grant."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, Text, and_, bindparam, insert, or_, select, update

from idp.store import grants as _grants
from idp.store.accounts import accounts
from idp.store.base import Digest, ScopeSet, UtcDateTime, metadata
from idp.store.clients import clients
from idp.store.database import Connection
from idp.store.grants import Grant, grants
from idp.store.prepared import Prepared
from idp.store.sessions import sessions

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("grant_id", ForeignKey("grants.id", ondelete="CASCADE"), index=True),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("scopes", ScopeSet, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("revoked_at", UtcDateTime),
    Column("resources", ScopeSet),
    Column("jkt", Text),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("grant_id", ForeignKey("grants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("used_at", UtcDateTime),
    Column("jkt", Text),
)


@dataclass(frozen=True, slots=True)
class Person:
    """The part of an account that claims are made of."""

    email: str
    email_verified_at: datetime | None
    profile: Mapping[str, Any]
    updated_at: datetime


PERSON = (accounts.c.email, accounts.c.email_verified_at, accounts.c.profile, accounts.c.updated_at)
"""The columns of `Person`, in its order."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A live access token with its grant and person. A token of the client itself has neither.

    Attributes:
        resources: Where it may be used (RFC 8707); None: here, and wherever nobody asks who it is for.
        jkt: The thumbprint of the key that it is bound to (RFC 9449 section 6); None: whoever has it may use it.
    """

    client_id: str
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    resources: tuple[str, ...] | None
    jkt: str | None
    grant: Grant | None
    person: Person | None

    @property
    def token_type(self) -> str:
        """How it has to be presented."""
        return "Bearer" if self.jkt is None else "DPoP"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, used or not, with its grant and whether that has not been ended.

    Attributes:
        jkt: The thumbprint of the key that has to use it; only tokens of public clients are bound (RFC 9449 section 5).
    """

    digest: bytes
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None
    jkt: str | None
    grant: Grant
    grant_is_live: bool


_NOT_ENDED = and_(
    grants.c.revoked_at.is_(None),
    accounts.c.disabled_at.is_(None),
    accounts.c.deleted_at.is_(None),
    sessions.c.ended_at.is_(None),
)
"""`grants.NOT_ENDED` by joins: beside an OR, PostgreSQL may read every account and session for its subqueries."""

_ACCESS = (
    access_tokens.c.client_id,
    access_tokens.c.scopes,
    access_tokens.c.issued_at,
    access_tokens.c.expires_at,
    access_tokens.c.resources,
    access_tokens.c.jkt,
)
_GRANT = len(_ACCESS)
_PERSON = _GRANT + len(_grants.COLUMNS)
_LIVE_ACCESS = Prepared(
    select(
        *_ACCESS,
        *_grants.COLUMNS,
        *PERSON,
    )
    .join_from(access_tokens, clients)
    .outerjoin(grants, grants.c.id == access_tokens.c.grant_id)
    .outerjoin(accounts, accounts.c.id == grants.c.account_id)
    .outerjoin(sessions, sessions.c.id == grants.c.session_id)
    .where(
        access_tokens.c.digest == bindparam("digest", type_=Digest),
        access_tokens.c.expires_at > bindparam("now", type_=UtcDateTime),
        access_tokens.c.revoked_at.is_(None),
        clients.c.disabled_at.is_(None),
        or_(access_tokens.c.grant_id.is_(None), _NOT_ENDED),
    )
)


def find_access(db: Connection, digest: bytes, *, now: datetime) -> AccessToken | None:
    """A live access token and everything that an answer about it needs, in one read."""
    row = _LIVE_ACCESS.first(db, {"digest": digest, "now": now})
    if row is None:
        return None
    of_the_client_itself = row[_GRANT] is None
    grant = None if of_the_client_itself else Grant(*row[_GRANT:_PERSON])
    person = None if of_the_client_itself else Person(*row[_PERSON:])
    values: list[Any] = [*row[:_GRANT], grant, person]
    return AccessToken(*values)


_OF_REFRESH = (
    refresh_tokens.c.digest,
    refresh_tokens.c.issued_at,
    refresh_tokens.c.expires_at,
    refresh_tokens.c.used_at,
    refresh_tokens.c.jkt,
)
_REFRESH = (
    select(
        *_OF_REFRESH,
        *_grants.COLUMNS,
        and_(_grants.NOT_ENDED, clients.c.disabled_at.is_(None)).label("live"),
    )
    .join_from(refresh_tokens, grants)
    .join(clients, clients.c.client_id == grants.c.client_id)
    .where(refresh_tokens.c.digest == bindparam("digest", type_=Digest))
)


def find_refresh(db: Connection, digest: bytes) -> RefreshToken | None:
    """A refresh token, whatever became of it."""
    row = db.execute(_REFRESH, {"digest": digest}).first()
    if row is None:
        return None
    own = len(_OF_REFRESH)
    grant = Grant(*row[own : own + len(_grants.COLUMNS)])
    values: list[Any] = [*row[:own], grant, bool(row[-1])]
    return RefreshToken(*values)


def add_access(  # noqa: PLR0913  each is a column
    db: Connection,
    digest: bytes,
    *,
    client_id: str,
    scopes: tuple[str, ...],
    expires_at: datetime,
    now: datetime,
    grant_id: str | None = None,
    resources: tuple[str, ...] | None = None,
    jkt: str | None = None,
) -> None:
    """Store an access token that no code or refresh token is claimed for.

    Args:
        grant_id: None for a token of the client itself (RFC 6749 section 4.4).
    """
    values = {
        "digest": digest,
        "grant_id": grant_id,
        "client_id": client_id,
        "scopes": scopes,
        "issued_at": now,
        "expires_at": expires_at,
        "resources": resources,
        "jkt": jkt,
    }
    db.execute(insert(access_tokens).values(values))


def revoke_access(db: Connection, digest: bytes, *, client_id: str, now: datetime) -> bool:
    """Revoke one access token of a client (RFC 7009). False: it has no such live token."""
    ended = (
        update(access_tokens)
        .where(
            access_tokens.c.digest == digest,
            access_tokens.c.client_id == client_id,
            access_tokens.c.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )
    return db.execute(ended).rowcount == 1
