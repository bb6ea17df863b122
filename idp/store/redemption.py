"""Redeeming a code, and using a refresh token: claimed and replaced in one step, by one caller.

Each is one statement with data-modifying CTEs on PostgreSQL, and one transaction on SQLite, which has no such CTEs but
no round trips either. Both claim with `UPDATE ... WHERE ... IS NULL RETURNING` after every other condition: of any
number of concurrent callers exactly one gets a row back. Why nothing was claimed is for the caller to find out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, exists, insert, literal_column, select, update
from sqlalchemy.sql.dml import Insert, ReturningUpdate

from idp.store import grants as _grants
from idp.store.accounts import accounts
from idp.store.base import Digest, ScopeSet, UtcDateTime
from idp.store.clients import clients
from idp.store.database import Database
from idp.store.grants import Grant, grants
from idp.store.prepared import Prepared
from idp.store.tokens import PERSON, Person, access_tokens, refresh_tokens

_NOW = bindparam("now", type_=UtcDateTime)


@dataclass(frozen=True, slots=True)
class NewTokens:
    """The digests of the tokens to be stored if the claim succeeds, and when they end."""

    access_digest: bytes
    access_expires_at: datetime
    refresh_digest: bytes
    refresh_expires_at: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What was claimed: the grant and its person."""

    grant: Grant
    person: Person


_CLIENT_ENABLED = exists(
    select(1).where(clients.c.client_id == grants.c.client_id, clients.c.disabled_at.is_(None)).correlate(grants)
)
_CLAIM_CODE = (
    update(grants)
    .where(
        grants.c.code_digest == bindparam("presented", type_=Digest),
        grants.c.client_id == bindparam("for_client", type_=Text),
        grants.c.redirect_uri == bindparam("for_redirect_uri", type_=Text),
        grants.c.code_challenge.is_not_distinct_from(bindparam("challenge", type_=Text)),
        grants.c.code_expires_at > _NOW,
        grants.c.redeemed_at.is_(None),
        _grants.NOT_ENDED,
        _CLIENT_ENABLED,
    )
    .values(redeemed_at=_NOW)
    .returning(*_grants.COLUMNS)
)
_CLAIM_REFRESH = (
    update(refresh_tokens)
    .where(
        refresh_tokens.c.digest == bindparam("presented", type_=Digest),
        refresh_tokens.c.used_at.is_(None),
        refresh_tokens.c.expires_at > _NOW,
        exists(select(1).where(grants.c.id == refresh_tokens.c.grant_id, _grants.NOT_ENDED, _CLIENT_ENABLED)),
    )
    .values(used_at=_NOW)
    .returning(refresh_tokens.c.grant_id)
)
_ACCESS_COLUMNS = ("digest", "grant_id", "client_id", "scopes", "issued_at", "expires_at")
_REFRESH_COLUMNS = ("digest", "grant_id", "issued_at", "expires_at")


def redeem_code(
    database: Database,
    code_digest: bytes,
    *,
    client_id: str,
    redirect_uri: str,
    code_challenge: str | None,
    tokens: NewTokens,
    now: datetime,
) -> Redeemed | None:
    """Take the code, once, and store its first tokens (RFC 6749 section 4.1.3).

    The refresh token is stored only where `offline_access` was granted.

    Args:
        code_challenge: What the verifier that was presented hashes to; None when none was presented.
    """
    values = {
        "presented": code_digest,
        "for_client": client_id,
        "for_redirect_uri": redirect_uri,
        "challenge": code_challenge,
        "now": now,
    }
    if database.is_sqlite:
        return _in_one_transaction(database, _CLAIM_CODE, values, tokens, scopes=None)
    return _in_one_statement(database, _REDEEM, {**values, **_token_values(tokens)})


def use_refresh(
    database: Database,
    used_digest: bytes,
    *,
    scopes: tuple[str, ...],
    tokens: NewTokens,
    now: datetime,
) -> Redeemed | None:
    """Take a refresh token, once, and store its successor with a new access token (RFC 9700 section 4.14).

    Args:
        scopes: Of the new access token; the caller has seen that the grant includes them.
    """
    values = {"presented": used_digest, "now": now}
    if database.is_sqlite:
        return _in_one_transaction(database, _CLAIM_REFRESH, values, tokens, scopes=scopes)
    return _in_one_statement(database, _USE_REFRESH, {**values, "access_scopes": scopes, **_token_values(tokens)})


def _token_values(tokens: NewTokens) -> dict[str, Any]:
    return {
        "access_digest": tokens.access_digest,
        "access_expires_at": tokens.access_expires_at,
        "refresh_digest": tokens.refresh_digest,
        "refresh_expires_at": tokens.refresh_expires_at,
    }


def _in_one_statement(database: Database, statement: Prepared, values: dict[str, Any]) -> Redeemed | None:
    with database.autocommit() as db:
        row = statement.first(db, values)
    return _redeemed(row) if row else None


def _in_one_transaction(
    database: Database,
    claim: ReturningUpdate[Any],
    values: dict[str, Any],
    tokens: NewTokens,
    *,
    scopes: tuple[str, ...] | None,
) -> Redeemed | None:
    with database.transaction() as db:
        taken = db.execute(claim, values).first()
        if taken is None:
            return None
        redeemed = _redeemed(db.execute(_GRANT_AND_PERSON, {"grant_id": taken[0]}).one())
        grant, now = redeemed.grant, values["now"]
        access = {
            "digest": tokens.access_digest,
            "grant_id": grant.id,
            "client_id": grant.client_id,
            "scopes": grant.scopes if scopes is None else scopes,
            "issued_at": now,
            "expires_at": tokens.access_expires_at,
        }
        db.execute(insert(access_tokens), access)
        if "offline_access" in grant.scopes:
            refresh = {
                "digest": tokens.refresh_digest,
                "grant_id": grant.id,
                "issued_at": now,
                "expires_at": tokens.refresh_expires_at,
            }
            db.execute(insert(refresh_tokens), refresh)
    return redeemed


def _redeemed(row: Any) -> Redeemed:
    columns = len(_grants.COLUMNS)
    return Redeemed(Grant(*row[:columns]), Person(*row[columns : columns + 4]))


_GRANT_AND_PERSON = (
    select(*_grants.COLUMNS, *PERSON).join_from(grants, accounts).where(grants.c.id == bindparam("grant_id"))
)


def _store_tokens(claimed: Any, access_scopes: Any) -> tuple[Insert, Insert]:
    """The inserts of the new tokens, fed by the row that was claimed."""
    access = insert(access_tokens).from_select(
        _ACCESS_COLUMNS,
        select(
            bindparam("access_digest", type_=Digest),
            claimed.c.id,
            claimed.c.client_id,
            access_scopes,
            _NOW,
            bindparam("access_expires_at", type_=UtcDateTime),
        ),
    )
    refresh = insert(refresh_tokens).from_select(
        _REFRESH_COLUMNS,
        select(
            bindparam("refresh_digest", type_=Digest),
            claimed.c.id,
            _NOW,
            bindparam("refresh_expires_at", type_=UtcDateTime),
        ).where(literal_column("' ' || claimed.scopes || ' '", Text).contains(" offline_access ", autoescape=True)),
    )
    return access, refresh


def _with_tokens_stored(claim: ReturningUpdate[Any]) -> Select[Any]:
    if claim is _CLAIM_CODE:
        claimed = claim.cte("claimed")
        access, refresh = _store_tokens(claimed, claimed.c.scopes)
        query = select(*claimed.c, *PERSON).join_from(claimed, accounts, accounts.c.id == claimed.c.account_id)
    else:
        used = claim.cte("used")
        claimed = select(*_grants.COLUMNS).join_from(used, grants, grants.c.id == used.c.grant_id).cte("claimed")
        access, refresh = _store_tokens(claimed, bindparam("access_scopes", type_=ScopeSet))
        query = select(*claimed.c, *PERSON).join_from(claimed, accounts, accounts.c.id == claimed.c.account_id)
    return query.add_cte(access.cte("stored_access"), refresh.cte("stored_refresh"))


_REDEEM = Prepared(_with_tokens_stored(_CLAIM_CODE))
_USE_REFRESH = Prepared(_with_tokens_stored(_CLAIM_REFRESH))
