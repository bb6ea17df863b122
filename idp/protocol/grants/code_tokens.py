"""The tokens for a code, made before it is claimed, since the claim stores their digests."""

from datetime import datetime

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import AuthlibRequest
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.access_token import opaque_token
from idp.protocol.tokens.minted_tokens import MintedTokens
from idp.store import grants
from idp.store.grants import Grant


def tokens_for_code(
    server: AuthorizationServer, request: AuthlibRequest, client: RegisteredClient, digest: bytes, *, now: datetime
) -> MintedTokens:
    """Make the tokens of a request that redeems a code, and check what the request says about them.

    Only where tokens say what was granted, or are for a part of it, is the grant read before; it does not change until
    it is claimed, and the claim decides whether anything of it counts.

    Raises:
        OAuth2Error: `invalid_target`, a DPoP proof that is not good, or no key to sign with. Nothing is used up then
            but a proof that was good.
    """
    grant = _grant(server, request, client, digest)
    resources = server.asked_resources(request, client, granted=None if grant is None else grant.resources)
    jkt = server.proven_key(request, client)
    if grant is None:
        # Nothing has to be said, or the code is not the client's and the claim will fail: nothing is signed for that.
        access = opaque_token(now=now, life=server.lifetimes.access_token, jkt=jkt)
    else:
        access = server.mint.access(client, grant.scopes, grant=grant, resources=resources, jkt=jkt, now=now)
    return MintedTokens.with_access(access, server.lifetimes, is_public=client.is_public)


def _grant(
    server: AuthorizationServer, request: AuthlibRequest, client: RegisteredClient, digest: bytes
) -> Grant | None:
    says_what_was_granted = client.access_token_format == "jwt" or client.resources or request.form.get("resource")
    if not says_what_was_granted:
        return None
    with server.database.autocommit() as db:
        found = grants.find_by_code(db, digest)
    return found[0] if found is not None and found[0].client_id == client.client_id else None
