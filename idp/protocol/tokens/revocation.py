"""Token revocation (RFC 7009)."""

from idp.audit.events import Event
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import ClientRequest, Reply
from idp.protocol.refusals import oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.access_token import LONGEST
from idp.store import grants
from idp.store.base import digest_of
from idp.store.tokens import find_refresh, revoke_access

_REVOKED = Reply(200, "")


def revoke(server: AuthorizationServer, request: ClientRequest) -> Reply:
    """Revoke a client's token: an access token alone, a refresh token with its whole family.

    A token that is unknown, or another client's, is answered like one that was revoked (section 2.2): whoever asks
    learns nothing. `token_type_hint` may be wrong and is not needed.
    """
    return server.authenticated(request, lambda client: _revoke(server, client, request))


def _revoke(server: AuthorizationServer, client: RegisteredClient, request: ClientRequest) -> Reply:
    token = request.parameters.get("token")
    if token is None:
        raise oauth_error("invalid_request", "token is missing.")
    if len(token) > LONGEST:
        return _REVOKED
    now, digest = server.clock(), digest_of(token)
    with server.database.transaction() as db:
        if revoke_access(db, digest, client_id=client.client_id, now=now):
            return _REVOKED
        found = find_refresh(db, digest)
        if (
            found is not None
            and found.grant.client_id == client.client_id
            and grants.revoke(db, found.grant.id, because="revoked_by_client", now=now)
        ):
            server.audit(Event.TOKEN_REVOKED, grant=found.grant, db=db, now=now)
    return _REVOKED
