"""Authorization grants: the code, and the family of tokens that grew from it.

A grant is written when the code is issued. Its row stays after the code has been redeemed: every access and refresh
token points at it, so ending the family is one write, and a token minted at the same moment is void as well.
A grant is live while it is not revoked, its person is enabled, and its browser session has not been ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Table, Text, and_, bindparam, exists, insert, select, update

from idp.store.accounts import accounts
from idp.store.base import Digest, Document, ScopeSet, UtcDateTime, metadata
from idp.store.database import Connection
from idp.store.prepared import Prepared
from idp.store.sessions import sessions

grants = Table(
    "grants",
    metadata,
    Column("id", Text, primary_key=True),
    Column("code_digest", Digest, nullable=False, unique=True),
    Column("client_id", ForeignKey("clients.client_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("account_id", ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("session_id", ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", ScopeSet, nullable=False),
    Column("nonce", Text),
    Column("claims", Document),
    Column("code_challenge", Text),
    Column("resources", ScopeSet),
    Column("dpop_jkt", Text),
    Column("auth_time", UtcDateTime, nullable=False),
    Column("acr", Text),
    Column("amr", ScopeSet, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("code_expires_at", UtcDateTime, nullable=False, index=True),
    Column("redeemed_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("revoked_because", Text),
)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person granted a client at one authorization. Times and methods are those of the sign-in behind it.

    Attributes:
        resources: Where its access tokens may be used (RFC 8707); None: nowhere but here.
        dpop_jkt: The thumbprint of the key that has to redeem the code (RFC 9449 section 10).
    """

    id: str
    client_id: str
    account_id: str
    session_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    nonce: str | None
    claims: Mapping[str, Any] | None
    code_challenge: str | None
    resources: tuple[str, ...] | None
    dpop_jkt: str | None
    auth_time: datetime
    acr: str | None
    amr: tuple[str, ...]
    issued_at: datetime
    code_expires_at: datetime
    redeemed_at: datetime | None
    revoked_at: datetime | None


COLUMNS = (
    grants.c.id,
    grants.c.client_id,
    grants.c.account_id,
    grants.c.session_id,
    grants.c.redirect_uri,
    grants.c.scopes,
    grants.c.nonce,
    grants.c.claims,
    grants.c.code_challenge,
    grants.c.resources,
    grants.c.dpop_jkt,
    grants.c.auth_time,
    grants.c.acr,
    grants.c.amr,
    grants.c.issued_at,
    grants.c.code_expires_at,
    grants.c.redeemed_at,
    grants.c.revoked_at,
)
"""The columns of `Grant`, in its order."""

NOT_ENDED = and_(
    grants.c.revoked_at.is_(None),
    exists(
        select(1)
        .where(accounts.c.id == grants.c.account_id, accounts.c.disabled_at.is_(None), accounts.c.deleted_at.is_(None))
        .correlate(grants)
    ),
    exists(select(1).where(sessions.c.id == grants.c.session_id, sessions.c.ended_at.is_(None)).correlate(grants)),
)
"""What makes a grant live, whichever of its tokens is presented."""

_INSERT = Prepared(
    insert(grants),
    columns=[column.name for column in grants.c if column.name not in {"redeemed_at", "revoked_at", "revoked_because"}],
)


def issue(db: Connection, code_digest: bytes, grant: Grant) -> None:
    """Store a grant with the code that stands for it. One insert."""
    _INSERT.run(
        db,
        {
            "id": grant.id,
            "code_digest": code_digest,
            "client_id": grant.client_id,
            "account_id": grant.account_id,
            "session_id": grant.session_id,
            "redirect_uri": grant.redirect_uri,
            "scopes": grant.scopes,
            "nonce": grant.nonce,
            "claims": grant.claims,
            "code_challenge": grant.code_challenge,
            "resources": grant.resources,
            "dpop_jkt": grant.dpop_jkt,
            "auth_time": grant.auth_time,
            "acr": grant.acr,
            "amr": grant.amr,
            "issued_at": grant.issued_at,
            "code_expires_at": grant.code_expires_at,
        },
    )


_BY_CODE = select(*COLUMNS, NOT_ENDED.label("live")).where(
    grants.c.code_digest == bindparam("code_digest", type_=Digest)
)


def find_by_code(db: Connection, code_digest: bytes) -> tuple[Grant, bool] | None:
    """The grant behind a code, whatever became of it, and whether it has not been ended."""
    row = db.execute(_BY_CODE, {"code_digest": code_digest}).first()
    return (Grant(*row[:-1]), bool(row[-1])) if row else None


def revoke(db: Connection, grant_id: str, *, because: str, now: datetime) -> bool:
    """End the family of tokens that grew from a grant, once."""
    ended = (
        update(grants)
        .where(grants.c.id == grant_id, grants.c.revoked_at.is_(None))
        .values(revoked_at=now, revoked_because=because)
    )
    return db.execute(ended).rowcount == 1


def revoke_all(db: Connection, *, account_id: str | None, client_id: str | None, because: str, now: datetime) -> int:
    """End every grant of a person, of a client, or of a person at a client. Returns how many ended now."""
    if account_id is None and client_id is None:
        raise ValueError("say whose grants are meant")
    ended = update(grants).where(grants.c.revoked_at.is_(None)).values(revoked_at=now, revoked_because=because)
    if account_id is not None:
        ended = ended.where(grants.c.account_id == account_id)
    if client_id is not None:
        ended = ended.where(grants.c.client_id == client_id)
    return db.execute(ended).rowcount


def clients_of_session(db: Connection, session_id: str) -> list[str]:
    """The clients that have signed a person in through this session."""
    query = select(grants.c.client_id).where(grants.c.session_id == session_id).distinct().order_by(grants.c.client_id)
    return list(db.execute(query).scalars())
