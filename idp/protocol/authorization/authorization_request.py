"""Accepting an authorization request (RFC 6749 section 4.1.1, OpenID Connect Core 1.0 section 3.1.2.1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.protocol.authorization import request_checks
from idp.protocol.authorization.authentication_context import ACR_VALUES
from idp.protocol.authorization.return_address import ReturnAddress
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.features import Features
from idp.protocol.messages import Parameters
from idp.protocol.refusals import RefusedToClient
from idp.protocol.tokens.claims import ClaimsRequest, MalformedClaimsRequest
from idp.protocol.tokens.id_token import IdTokenHint, NotAnIdToken
from idp.protocol.tokens.key_proofs import is_bound
from idp.protocol.tokens.resources import InvalidTarget, asked_resources

_KNOWN = frozenset(
    {
        "acr_values",
        "claims",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "dpop_jkt",
        "id_token_hint",
        "idp_hint",
        "login_hint",
        "max_age",
        "nonce",
        "prompt",
        "redirect_uri",
        "resource",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    }
)
"""What a request can be made of; anything else is ignored, and not kept while a person is asked."""

_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)

HintReader = Callable[[str], IdTokenHint | None]


@dataclass(frozen=True, slots=True)
class AskedAuthorization:
    """A request that has passed every check.

    Attributes:
        parameters: Those we know, as they were sent.
        response_type: What is to come from the authorization endpoint: `code`, `id_token`, `token`.
        acr_values: The preferred authentication contexts, those of the `claims` parameter first.
        resources: Where the access tokens are to be used (RFC 8707); None: nothing was said about it.
        dpop_jkt: The thumbprint of the key that is to redeem the code (RFC 9449 section 10).
    """

    to: ReturnAddress
    parameters: Mapping[str, str]
    response_type: frozenset[str]
    scopes: tuple[str, ...]
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    hint: IdTokenHint | None
    claims: ClaimsRequest
    acr_values: tuple[str, ...]
    nonce: str | None
    code_challenge: str | None
    resources: tuple[str, ...] | None
    dpop_jkt: str | None
    ui_locales: str | None

    @property
    def client(self) -> RegisteredClient:
        """The client that asks."""
        return self.to.client

    @property
    def disclosed(self) -> tuple[str, ...]:
        """The scopes that the person has to allow: those asked for, and those whose claims are asked for by name."""
        return tuple(dict.fromkeys((*self.scopes, *self.claims.scopes)))


def accept(
    parameters: Parameters, to: ReturnAddress, features: Features, read_hint: HintReader, *, issuer: str
) -> AskedAuthorization:
    """Judge everything about a request but its return address, which is proven.

    Raises:
        RefusedToClient: With the error code and a sentence that names the parameter to change.
    """
    request_checks.check(parameters, to, features)
    client = to.client
    response_type = request_checks.words_of(parameters.values["response_type"])
    max_age = parameters.get("max_age")
    claims = _claims(parameters, client)
    acr_values = tuple((parameters.get("acr_values") or "").split()) or client.default_acr_values
    scopes = client.allowed(parameters.get("scope"))
    return AskedAuthorization(
        to=to,
        parameters={name: value for name, value in parameters.values.items() if name in _KNOWN},
        response_type=response_type,
        # Without a code there is no refresh token to ask for (section 11).
        scopes=scopes if "code" in response_type else tuple(scope for scope in scopes if scope != "offline_access"),
        prompt=frozenset((parameters.get("prompt") or "").split()),
        max_age=client.default_max_age if max_age is None else int(max_age),
        login_hint=parameters.get("login_hint"),
        hint=_hint(parameters, read_hint),
        claims=claims,
        acr_values=(*claims.acr, *acr_values),
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge") if "code" in response_type else None,
        resources=_resources(parameters, client, issuer),
        dpop_jkt=_dpop_jkt(parameters, client, response_type),
        ui_locales=parameters.get("ui_locales"),
    )


def _resources(parameters: Parameters, client: RegisteredClient, issuer: str) -> tuple[str, ...] | None:
    try:
        return asked_resources(parameters, client, issuer=issuer)
    except InvalidTarget as refused:
        raise RefusedToClient("invalid_target", refused.sentence) from refused


def _dpop_jkt(parameters: Parameters, client: RegisteredClient, response_type: frozenset[str]) -> str | None:
    """What the code is to be bound to. What comes from the authorization endpoint itself cannot be bound at all."""
    if "token" in response_type and is_bound(client):
        raise RefusedToClient(
            "unauthorized_client", "This client gets tokens bound to its key only, from the token endpoint."
        )
    jkt = parameters.get("dpop_jkt")
    if jkt is not None and not _THUMBPRINT.fullmatch(jkt):
        raise RefusedToClient("invalid_request", "dpop_jkt must be the SHA-256 thumbprint of a key (RFC 7638).")
    return jkt


def _claims(parameters: Parameters, client: RegisteredClient) -> ClaimsRequest:
    try:
        claims = ClaimsRequest.parse(parameters.get("claims"))
    except MalformedClaimsRequest:
        raise RefusedToClient(
            "invalid_request", "claims must be a JSON object as in OpenID Connect Core 1.0 section 5.5."
        ) from None
    if claims.essential_acr and not set(claims.essential_acr) & set(ACR_VALUES):
        raise RefusedToClient(
            "unmet_authentication_requirements", "None of the essential acr values can be reached here."
        )
    return claims.within(client.scope)


def _hint(parameters: Parameters, read_hint: HintReader) -> IdTokenHint | None:
    token = parameters.get("id_token_hint")
    try:
        return None if token is None else read_hint(token)
    except NotAnIdToken:
        raise RefusedToClient("invalid_request", "id_token_hint is not an ID token of this provider.") from None
