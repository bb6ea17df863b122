"""Granting what was asked for: the grant, and what the client is given of it at the authorization endpoint."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from idp.protocol.authorization.authentication_context import acr_of
from idp.protocol.authorization.authorization_request import AskedAuthorization
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens import opaque
from idp.protocol.tokens.id_token import Beside
from idp.store import accounts, grants
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.grants import Grant
from idp.store.sessions import BrowserSession
from idp.store.tokens import Person


@dataclass(frozen=True, slots=True)
class Granted:
    """What a person granted, and the fields of the answer: exactly what `response_type` names, and no more."""

    grant: Grant
    fields: tuple[tuple[str, str], ...]


def issue(
    db: Connection,
    asked: AskedAuthorization,
    scopes: tuple[str, ...],
    session: BrowserSession,
    *,
    server: AuthorizationServer,
    now: datetime,
) -> Granted:
    """Grant these scopes of what was asked for. One insert for a code alone.

    Raises:
        NoSigningKey: An ID token was asked for, and nothing can sign it.
    """
    code = opaque.new(opaque.CODE)
    grant = Grant(
        id=uuid4().hex,
        client_id=asked.client.client_id,
        account_id=session.account_id,
        session_id=session.id,
        redirect_uri=asked.to.redirect_uri,
        scopes=scopes,
        nonce=asked.nonce,
        claims=asked.claims.to_store(),
        code_challenge=asked.code_challenge,
        resources=asked.resources,
        dpop_jkt=asked.dpop_jkt,
        auth_time=session.auth_time,
        acr=acr_of(session.amr, asked.acr_values),
        amr=session.amr,
        issued_at=now,
        # Where no code was asked for, this one is told to nobody, and would be too late anyway.
        code_expires_at=now + _code_life(asked, server) if "code" in asked.response_type else now,
        redeemed_at=None,
        revoked_at=None,
    )
    grants.issue(db, digest_of(code), grant)
    if asked.response_type == {"code"}:
        return Granted(grant, (("code", code),))
    return Granted(grant, _from_the_front(db, asked, grant, code, server=server, now=now))


def _code_life(asked: AskedAuthorization, server: AuthorizationServer) -> timedelta:
    longest = rules_of(asked.client).longest_code_life
    return server.lifetimes.code if longest is None else min(server.lifetimes.code, longest)


def _from_the_front(
    db: Connection, asked: AskedAuthorization, grant: Grant, code: str, *, server: AuthorizationServer, now: datetime
) -> tuple[tuple[str, str], ...]:
    """The fields of an implicit or hybrid answer (OpenID Connect Core 1.0 sections 3.2.2.5 and 3.3.2.5)."""
    fields: list[tuple[str, str]] = []
    access_token = None
    if "code" in asked.response_type:
        fields.append(("code", code))
    if "token" in asked.response_type:
        access = server.mint.access(asked.client, grant.scopes, grant=grant, resources=None, jkt=None, now=now, held=db)
        access.store(db, client_id=grant.client_id, scopes=grant.scopes, grant=grant)
        access_token = access.value
        fields += [
            ("access_token", access_token),
            ("token_type", access.token_type),
            ("expires_in", str(access.expires_in)),
            ("scope", " ".join(grant.scopes)),
        ]
    if "id_token" in asked.response_type:
        beside = Beside(
            access_token=access_token,
            code=code if "code" in asked.response_type else None,
            state=asked.to.state,
        )
        id_token = server.id_tokens.mint(asked.client, grant, _person(db, grant), beside=beside, now=now)
        fields.append(("id_token", id_token))
    return tuple(fields)


def _person(db: Connection, grant: Grant) -> Person:
    account = accounts.find(db, grant.account_id)
    assert account is not None
    return Person(account.email, account.email_verified_at, account.profile, account.updated_at)
