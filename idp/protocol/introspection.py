"""Token introspection (RFC 7662)."""

from typing import Any

from idp.protocol import opaque
from idp.protocol.client import RegisteredClient
from idp.protocol.messages import ClientRequest, Reply
from idp.protocol.refusals import oauth_error
from idp.protocol.server import AuthorizationServer
from idp.store.base import digest_of
from idp.store.tokens import find_access, find_refresh

_INACTIVE = Reply(200, {"active": False})


def introspect(server: AuthorizationServer, request: ClientRequest) -> Reply:
    """Tell a client about its own token, or a registered resource server about any.

    Everyone else, and every token that is not live, gets `active: false` (section 2.2). Public clients cannot ask.
    """
    return server.authenticated(request, lambda client: _introspect(server, client, request))


def _introspect(server: AuthorizationServer, client: RegisteredClient, request: ClientRequest) -> Reply:
    if client.is_public:
        raise oauth_error("unauthorized_client", "A public client cannot introspect tokens.")
    token = request.parameters.get("token")
    if token is None:
        raise oauth_error("invalid_request", "token is missing.")
    if len(token) > opaque.LONGEST:
        return _INACTIVE
    about = _about(server, digest_of(token))
    if about is None or not _may_know(client, about):
        return _INACTIVE
    return Reply(200, about)


def _may_know(client: RegisteredClient, about: dict[str, Any]) -> bool:
    """A resource server is told about access tokens only: it would let a refresh token in as one (section 4)."""
    return about["client_id"] == client.client_id or (client.resource_server and about["token_type"] == "Bearer")


def _about(server: AuthorizationServer, digest: bytes) -> dict[str, Any] | None:
    now = server.clock()
    with server.database.autocommit() as db:
        access = find_access(db, digest, now=now)
        if access is not None:
            facts = {
                "active": True,
                "iss": server.issuer,
                "client_id": access.client_id,
                "token_type": "Bearer",
                "scope": " ".join(access.scopes),
                "iat": int(access.issued_at.timestamp()),
                "exp": int(access.expires_at.timestamp()),
                "sub": access.grant.account_id if access.grant else access.client_id,
            }
            if access.grant:
                facts |= {"auth_time": int(access.grant.auth_time.timestamp()), "sid": access.grant.session_id}
                facts |= {"acr": access.grant.acr, "amr": list(access.grant.amr)}
            return facts
        refresh = find_refresh(db, digest)
    if refresh is None or refresh.used_at is not None or not refresh.grant_is_live or refresh.expires_at <= now:
        return None
    return {
        "active": True,
        "iss": server.issuer,
        "client_id": refresh.grant.client_id,
        "token_type": "refresh_token",
        "scope": " ".join(refresh.grant.scopes),
        "iat": int(refresh.issued_at.timestamp()),
        "exp": int(refresh.expires_at.timestamp()),
        "sub": refresh.grant.account_id,
    }
