"""Pushing an authorization request: the client sends it by itself, and the browser only a reference (RFC 9126)."""

from dataclasses import replace
from datetime import timedelta

from idp.protocol.authorization.effective_parameters import PUSHED
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import ClientRequest, Parameters, Reply
from idp.protocol.provider import Provider
from idp.protocol.refusals import RefusedToClient, RefusedToPerson, oauth_error
from idp.protocol.tokens import opaque
from idp.protocol.tokens.key_proofs import ProvenKey
from idp.store import pushed_requests
from idp.store.base import digest_of

_CREDENTIALS = frozenset({"client_secret", "client_assertion", "client_assertion_type"})


def push(provider: Provider, request: ClientRequest, *, life: timedelta) -> Reply:
    """Accept a request and answer with its reference (section 2.2). Everything is checked here as at `/authorize`.

    Args:
        life: Of the reference.
    """
    return provider.server.authenticated(request, lambda client: _push(provider, client, request, life=life))


def _push(provider: Provider, client: RegisteredClient, request: ClientRequest, *, life: timedelta) -> Reply:
    now = provider.clock()
    accepted = _accepted(provider, client, request.parameters)
    key = provider.server.key_proofs.of_client(request, client, required=False, now=now)
    parameters = accepted if key is None else _bound(accepted, key)
    reference = opaque.new("")
    with provider.server.database.autocommit() as db:
        pushed_requests.add(
            db, digest_of(reference), client_id=client.client_id, parameters=parameters, expires_at=now + life
        )
    reply = Reply(201, {"request_uri": PUSHED + reference, "expires_in": int(life.total_seconds())})
    if key is not None and key.next_nonce is not None:
        return replace(reply, headers=(*reply.headers, ("DPoP-Nonce", key.next_nonce)))
    return reply


def _accepted(provider: Provider, client: RegisteredClient, sent: Parameters) -> dict[str, str]:
    """The parameters, after every check that can be made before a browser comes."""
    if sent.get("request_uri") is not None:
        raise oauth_error("invalid_request", "request_uri must not be pushed (RFC 9126 section 2.1).")
    # Where client_id was sent, authentication has seen that it is the client's.
    plain = {name: value for name, value in sent.values.items() if name not in _CREDENTIALS}
    raw = Parameters({**plain, "client_id": client.client_id}, sent.repeated)
    try:
        parameters = provider.requests.of_object(raw, client, now=provider.clock())
        return dict(provider.accept(parameters, provider.return_address(parameters)).parameters)
    except RefusedToPerson as refused:
        raise oauth_error("invalid_request", refused.sentence) from refused
    except RefusedToClient as refused:
        status = 503 if refused.error == "temporarily_unavailable" else 400
        raise oauth_error(refused.error, refused.sentence, status=status) from refused


def _bound(parameters: dict[str, str], key: ProvenKey) -> dict[str, str]:
    """Bind the code to the key of the proof that came along (RFC 9449 section 10.1)."""
    if parameters.get("dpop_jkt", key.jkt) != key.jkt:
        raise oauth_error("invalid_dpop_proof", "The DPoP proof is of another key than dpop_jkt names.")
    return {**parameters, "dpop_jkt": key.jkt}
