"""The userinfo endpoint (OpenID Connect Core 1.0 section 5.3)."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import Reply, ResourceRequest
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.claims import claims_of
from idp.protocol.tokens.protected_resource import AccessRefused
from keys.ring import NoSigningKey
from keys.signing import signed
from keys.vault import VaultError

_log = logging.getLogger(__name__)

_GONE = Reply(401, {"error": "invalid_token"}, (("WWW-Authenticate", 'Bearer error="invalid_token"'),))


def userinfo(server: AuthorizationServer, request: ResourceRequest, *, now: datetime) -> Reply:
    """Answer with the claims that the token stands for. One read; `sub` is always there, and always the ID token's.

    A body that is a string is a JWT: the client is registered for signed answers.
    """
    try:
        admitted = server.protected.admit(request, scope="openid", now=now)
    except AccessRefused as refused:
        return refused.reply
    token = admitted.token
    assert token.grant is not None
    assert token.person is not None
    client = server.registry.get(token.client_id)
    if client is None:
        # Disabled since the token was read.
        return _GONE
    asked = (token.grant.claims or {}).get("userinfo", ())
    claims: dict[str, Any] = claims_of(token.person, issuer=server.issuer, scopes=token.scopes, names=asked)
    claims["sub"] = server.subjects.of(client, token.grant.account_id)
    reply = Reply(200, claims) if client.userinfo_signed_response_alg is None else _signed(server, client, claims)
    return replace(reply, headers=(*reply.headers, *admitted.headers))


def _signed(server: AuthorizationServer, client: RegisteredClient, claims: dict[str, Any]) -> Reply:
    """The claims as a JWT that names issuer and audience, so that it cannot be passed on as somebody else's answer."""
    assert client.userinfo_signed_response_alg is not None
    try:
        key = server.ring.signing_key(client.userinfo_signed_response_alg)
    except (NoSigningKey, VaultError) as error:
        _log.error("no userinfo can be signed for client %s: %s", client.client_id, error)
        return Reply(503, {"error": "temporarily_unavailable"})
    claims |= {"iss": server.issuer, "aud": client.client_id}
    return Reply(200, signed(key, claims))
