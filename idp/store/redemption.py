"""Redeeming a code, and using a refresh token: claimed and replaced in one step, by one caller.

Each is one statement with data-modifying CTEs on PostgreSQL, and one transaction on SQLite, which has no such CTEs but
no round trips either. Both claim with `UPDATE ... WHERE ... IS NULL RETURNING` after every other condition: of any
number of concurrent callers exactly one gets a row back. Why nothing was claimed is for the caller to find out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, bindparam, exists, func, insert, literal_column, or_, select, update
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
    """The digests of the tokens to be stored if the claim succeeds, when they end, and what they are bound to.

    Attributes:
        resources: Of the access token; None: those of the grant.
        jkt: The key of the access token.
        refresh_jkt: The key of the refresh token.
    """

    access_digest: bytes
    access_expires_at: datetime
    refresh_digest: bytes
    refresh_expires_at: datetime
    resources: tuple[str, ...] | None = None
    jkt: str | None = None
    refresh_jkt: str | None = None


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What was claimed: the grant and its person."""

    grant: Grant
    person: Person


_CLIENT_ENABLED = exists(
    select(1).where(clients.c.client_id == grants.c.client_id, clients.c.disabled_at.is_(None)).correlate(grants)
)
_JKT = bindparam("for_jkt", type_=Text)
_CLAIM_CODE = (
    update(grants)
    .where(
        grants.c.code_digest == bindparam("presented", type_=Digest),
        grants.c.client_id == bindparam("for_client", type_=Text),
        grants.c.redirect_uri == bindparam("for_redirect_uri", type_=Text),
        grants.c.code_challenge.is_not_distinct_from(bindparam("challenge", type_=Text)),
        or_(grants.c.dpop_jkt.is_(None), grants.c.dpop_jkt == _JKT),
        grants.c.code_expires_at > _NOW,
        grants.c.redeemed_at.is_(None),
        _grants.NOT_ENDED,
        _CLIENT_ENABLED,
    )
    .values(redeemed_at=_NOW)
    .returning(*_grants.COLUMNS)
)
_USABLE_REFRESH = (
    update(refresh_tokens)
    .where(
        refresh_tokens.c.digest == bindparam("presented", type_=Digest),
        refresh_tokens.c.used_at.is_(None),
        refresh_tokens.c.expires_at > _NOW,
        or_(refresh_tokens.c.jkt.is_(None), refresh_tokens.c.jkt == _JKT),
        exists(select(1).where(grants.c.id == refresh_tokens.c.grant_id, _grants.NOT_ENDED, _CLIENT_ENABLED)),
    )
    .returning(refresh_tokens.c.grant_id)
)
_CLAIM_REFRESH = _USABLE_REFRESH.values(used_at=_NOW)
_KEEP_REFRESH = _USABLE_REFRESH.values(expires_at=bindparam("refresh_expires_at", type_=UtcDateTime))
_ACCESS_COLUMNS = ("digest", "grant_id", "client_id", "scopes", "issued_at", "expires_at", "resources", "jkt")
_REFRESH_COLUMNS = ("digest", "grant_id", "issued_at", "expires_at", "jkt")


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
        "for_jkt": tokens.jkt,
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
    rotate: bool = True,
) -> Redeemed | None:
    """Take a refresh token, once, and store its successor with a new access token (RFC 9700 section 4.14).

    Args:
        scopes: Of the new access token; the caller has seen that the grant includes them.
        rotate: False: the token stays the one to use, now until `tokens.refresh_expires_at`, and has no successor.
    """
    values = {"presented": used_digest, "for_jkt": tokens.jkt, "now": now}
    if database.is_sqlite:
        claim = _CLAIM_REFRESH if rotate else _KEEP_REFRESH
        return _in_one_transaction(database, claim, values, tokens, scopes=scopes)
    given = {**values, "access_scopes": scopes, **_token_values(tokens)}
    return _in_one_statement(database, _USE_REFRESH if rotate else _USE_REFRESH_AGAIN, given)


def _token_values(tokens: NewTokens) -> dict[str, Any]:
    return {
        "access_digest": tokens.access_digest,
        "access_expires_at": tokens.access_expires_at,
        "refresh_digest": tokens.refresh_digest,
        "refresh_expires_at": tokens.refresh_expires_at,
        "access_resources": tokens.resources,
        "access_jkt": tokens.jkt,
        "refresh_jkt": tokens.refresh_jkt,
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
        given = {**values, "refresh_expires_at": tokens.refresh_expires_at} if claim is _KEEP_REFRESH else values
        taken = db.execute(claim, given).first()
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
            "resources": grant.resources if tokens.resources is None else tokens.resources,
            "jkt": tokens.jkt,
        }
        db.execute(insert(access_tokens), access)
        if "offline_access" in grant.scopes and claim is not _KEEP_REFRESH:
            refresh = {
                "digest": tokens.refresh_digest,
                "grant_id": grant.id,
                "issued_at": now,
                "expires_at": tokens.refresh_expires_at,
                "jkt": tokens.refresh_jkt,
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
            func.coalesce(bindparam("access_resources", type_=ScopeSet), claimed.c.resources),
            bindparam("access_jkt", type_=Text),
        ),
    )
    refresh = insert(refresh_tokens).from_select(
        _REFRESH_COLUMNS,
        select(
            bindparam("refresh_digest", type_=Digest),
            claimed.c.id,
            _NOW,
            bindparam("refresh_expires_at", type_=UtcDateTime),
            bindparam("refresh_jkt", type_=Text),
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
    query = query.add_cte(access.cte("stored_access"))
    return query if claim is _KEEP_REFRESH else query.add_cte(refresh.cte("stored_refresh"))


_REDEEM = Prepared(_with_tokens_stored(_CLAIM_CODE))
_USE_REFRESH = Prepared(_with_tokens_stored(_CLAIM_REFRESH))
_USE_REFRESH_AGAIN = Prepared(_with_tokens_stored(_KEEP_REFRESH))
