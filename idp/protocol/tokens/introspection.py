"""Token introspection (RFC 7662), with answers that can be signed (RFC 9701)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import ClientRequest, Reply
from idp.protocol.refusals import oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.access_token import LONGEST, sign_in
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.grants import Grant
from idp.store.tokens import AccessToken, RefreshToken, find_access, find_refresh
from keys.signing import signed

JWT_TYPE = "token-introspection+jwt"
_MEDIA_TYPE = f"application/{JWT_TYPE}"
_INACTIVE: Mapping[str, Any] = {"active": False}


def introspect(server: AuthorizationServer, request: ClientRequest) -> Reply:
    """Tell a client about its own token, or a registered resource server about those that are meant for it.

    Everyone else, and every token that is not live, gets `active: false` (section 2.2). Public clients cannot ask.
    """
    return server.authenticated(request, lambda client: _introspect(server, client, request))


def _introspect(server: AuthorizationServer, client: RegisteredClient, request: ClientRequest) -> Reply:
    if client.is_public:
        raise oauth_error("unauthorized_client", "A public client cannot introspect tokens.")
    token = request.parameters.get("token")
    if token is None:
        raise oauth_error("invalid_request", "token is missing.")
    now = server.clock()
    about = _about(server, client, token, now) if len(token) <= LONGEST else _INACTIVE
    return _signed(server, client, about, now) if _MEDIA_TYPE in request.accept.lower() else Reply(200, about)


def _signed(server: AuthorizationServer, client: RegisteredClient, about: Mapping[str, Any], now: datetime) -> Reply:
    """The answer as a JWT for the resource server that asked, who can show it to others (RFC 9701 section 5)."""
    key = server.mint.signing_key(client, client.introspection_signed_response_alg or "RS256")
    claims = {
        "iss": server.issuer,
        "aud": client.client_id,
        "iat": int(now.timestamp()),
        "token_introspection": about,
    }
    return Reply(200, signed(key, claims, typ=JWT_TYPE), (("Content-Type", _MEDIA_TYPE), ("Cache-Control", "no-store")))


def _about(server: AuthorizationServer, client: RegisteredClient, token: str, now: datetime) -> Mapping[str, Any]:
    digest = digest_of(token)
    with server.database.autocommit() as db:
        access = find_access(db, digest, now=now)
        refresh = _live_refresh(db, digest, now) if access is None else None
    if access is not None and _may_know(client, access):
        return _access(server, access)
    # A resource server is told about access tokens only: it would let a refresh token in as one (RFC 7662 section 4).
    if refresh is not None and refresh.grant.client_id == client.client_id:
        return _refresh(server, refresh)
    return _INACTIVE


def _may_know(client: RegisteredClient, access: AccessToken) -> bool:
    """A resource server that has registered what it serves learns of tokens for that and of no others."""
    if access.client_id == client.client_id:
        return True
    meant = not client.resources or not set(client.resources).isdisjoint(access.resources or ())
    return client.resource_server and meant


def _live_refresh(db: Connection, digest: bytes, now: datetime) -> RefreshToken | None:
    found = find_refresh(db, digest)
    usable = found is not None and found.used_at is None and found.grant_is_live and found.expires_at > now
    return found if usable else None


def _access(server: AuthorizationServer, access: AccessToken) -> Mapping[str, Any]:
    about: dict[str, Any] = {
        "active": True,
        "iss": server.issuer,
        "client_id": access.client_id,
        "token_type": access.token_type,
        "scope": " ".join(access.scopes),
        "iat": int(access.issued_at.timestamp()),
        "exp": int(access.expires_at.timestamp()),
        "sub": _subject(server, access.client_id, access.grant),
        **sign_in(access.grant),
    }
    client = server.registry.get(access.client_id)
    if access.grant is not None and client is not None:
        about["sid"] = server.subjects.session_of(client, access.grant.session_id)
    if access.resources:
        about["aud"] = access.resources[0] if len(access.resources) == 1 else list(access.resources)
    return {**about, **_confirmation(access.jkt)}


def _refresh(server: AuthorizationServer, refresh: RefreshToken) -> Mapping[str, Any]:
    about: dict[str, Any] = {
        "active": True,
        "iss": server.issuer,
        "client_id": refresh.grant.client_id,
        "token_type": "refresh_token",
        "scope": " ".join(refresh.grant.scopes),
        "iat": int(refresh.issued_at.timestamp()),
        "exp": int(refresh.expires_at.timestamp()),
        "sub": _subject(server, refresh.grant.client_id, refresh.grant),
    }
    return {**about, **_confirmation(refresh.jkt)}


def _subject(server: AuthorizationServer, client_id: str, grant: Grant | None) -> str:
    """Whom the token is about, as its client knows the person."""
    client = server.registry.get(client_id)
    if grant is None or client is None:
        return client_id
    return server.subjects.of(client, grant.account_id)


def _confirmation(jkt: str | None) -> Mapping[str, Any]:
    """The key that the token is bound to (RFC 9449 section 6.2)."""
    return {} if jkt is None else {"cnf": {"jkt": jkt}}
