"""Accepting an authorization request: the ordered checks (RFC 6749 section 4.1.1, OpenID Connect Core 1.0 3.1.2.1)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN

from idp.protocol.claims import ClaimsRequest, MalformedClaimsRequest
from idp.protocol.client import ClientRegistry, RegisteredClient
from idp.protocol.id_token import IdTokenHint, NotAnIdToken
from idp.protocol.messages import Parameters
from idp.protocol.refusals import RefusedToClient, RefusedToPerson

PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})
RESPONSE_MODES = ("query", "fragment", "form_post")
RESPONSE_TYPES = ("code",)
ACR_VALUES = ("1",)
"""Authentication context classes we can vouch for: `1` is one factor."""

_KNOWN = frozenset(
    {
        "acr_values",
        "claims",
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "id_token_hint",
        "login_hint",
        "max_age",
        "nonce",
        "prompt",
        "redirect_uri",
        "response_mode",
        "response_type",
        "scope",
        "state",
        "ui_locales",
    }
)
"""What a request can be made of; anything else is ignored, and not kept while a person is asked."""

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST = 4096

HintReader = Callable[[str], IdTokenHint | None]


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """A client and a redirect URI that belong together: from here on, refusals go to the client."""

    client: RegisteredClient
    redirect_uri: str
    response_mode: str
    state: str | None


@dataclass(frozen=True, slots=True)
class AskedAuthorization:
    """A request that has passed every check. `parameters` are those we know, as they were sent."""

    to: ReturnAddress
    parameters: Mapping[str, str]
    scopes: tuple[str, ...]
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str | None
    hint: IdTokenHint | None
    claims: ClaimsRequest
    acr_values: tuple[str, ...]
    nonce: str | None
    code_challenge: str | None
    ui_locales: str | None

    @property
    def client(self) -> RegisteredClient:
        """The client that asks."""
        return self.to.client


def return_address(parameters: Parameters, registry: ClientRegistry) -> ReturnAddress:
    """Prove client and redirect URI first: until then nothing may be sent anywhere (RFC 6749 section 4.1.2.1).

    Raises:
        RefusedToPerson: Either is missing, repeated, unknown or not registered.
    """
    if parameters.repeated & {"client_id", "redirect_uri"}:
        raise RefusedToPerson("repeated_parameter", "client_id and redirect_uri must be sent once.")
    client_id = parameters.get("client_id")
    if client_id is None:
        raise RefusedToPerson("missing_client_id", "The request has no client_id.")
    client = registry.get(client_id)
    if client is None:
        raise RefusedToPerson("unknown_client", "The client_id is not registered here, or the client is disabled.")
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri is None:
        raise RefusedToPerson("missing_redirect_uri", "The request has no redirect_uri.", client_id)
    if not client.check_redirect_uri(redirect_uri):
        raise RefusedToPerson(
            "unregistered_redirect_uri",
            "The redirect_uri is not one of those registered for this client. It is compared as an exact string: "
            "scheme, host, port, path, query and a trailing slash all count.",
            client_id,
        )
    mode = parameters.get("response_mode")
    return ReturnAddress(
        client=client,
        redirect_uri=redirect_uri,
        response_mode=mode if mode in RESPONSE_MODES and _can_be_sent(mode, redirect_uri) else "query",
        state=None if "state" in parameters.repeated else parameters.get("state"),
    )


def _can_be_sent(mode: str, redirect_uri: str) -> bool:
    """A form can be posted to a web address only; into the query or fragment of any other an answer fits as well."""
    return mode != "form_post" or redirect_uri.startswith(("http://", "https://"))


def accept(parameters: Parameters, to: ReturnAddress, read_hint: HintReader) -> AskedAuthorization:
    """Run the checks whose failures go to the client, in order.

    Raises:
        RefusedToClient: With the error code and a sentence that names the parameter to change.
    """
    for check in _SENT_TO_THE_CLIENT:
        check(parameters, to)
    client = to.client
    max_age = parameters.get("max_age")
    challenge = parameters.get("code_challenge")
    return AskedAuthorization(
        to=to,
        parameters={name: value for name, value in parameters.values.items() if name in _KNOWN},
        scopes=client.allowed(parameters.get("scope")),
        prompt=frozenset((parameters.get("prompt") or "").split()),
        max_age=client.default_max_age if max_age is None else int(max_age),
        login_hint=parameters.get("login_hint"),
        hint=_hint(parameters, read_hint),
        claims=_claims(parameters),
        acr_values=tuple((parameters.get("acr_values") or "").split()),
        nonce=parameters.get("nonce"),
        code_challenge=challenge,
        ui_locales=parameters.get("ui_locales"),
    )


def _no_parameter_is_repeated(parameters: Parameters, _to: ReturnAddress) -> None:
    if parameters.repeated:
        raise RefusedToClient("invalid_request", "Every parameter must be sent once (RFC 6749 section 3.1).")


def _no_parameter_is_oversized(parameters: Parameters, _to: ReturnAddress) -> None:
    for name, value in parameters.values.items():
        if len(value) > _LONGEST and name != "id_token_hint":
            raise RefusedToClient("invalid_request", "A parameter is longer than 4096 characters.")


def _no_request_object(parameters: Parameters, _to: ReturnAddress) -> None:
    for name, error in (
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ):
        if parameters.get(name) is not None:
            raise RefusedToClient(error, f"The parameter {name} is not supported; send plain parameters.")


def _supported_response_type(parameters: Parameters, to: ReturnAddress) -> None:
    response_type = parameters.get("response_type")
    if response_type is None:
        raise RefusedToClient("invalid_request", "response_type is missing; it must be code.")
    if response_type not in RESPONSE_TYPES:
        raise RefusedToClient("unsupported_response_type", "response_type must be code.")
    if not to.client.check_response_type(response_type) or not to.client.check_grant_type("authorization_code"):
        raise RefusedToClient("unauthorized_client", "The client is not registered for response_type code.")


def _supported_response_mode(parameters: Parameters, to: ReturnAddress) -> None:
    mode = parameters.get("response_mode")
    if mode is not None and mode not in RESPONSE_MODES:
        raise RefusedToClient("invalid_request", "response_mode must be query, fragment or form_post.")
    if mode == "form_post" and to.response_mode != "form_post":
        raise RefusedToClient("invalid_request", "response_mode form_post needs an http or https redirect_uri.")


def _s256_challenge(parameters: Parameters, to: ReturnAddress) -> None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if to.client.require_pkce:
            raise RefusedToClient("invalid_request", "code_challenge is missing; this client must use PKCE with S256.")
        if method is not None:
            raise RefusedToClient("invalid_request", "code_challenge_method is sent without code_challenge.")
        return
    if method != "S256":
        raise RefusedToClient("invalid_request", "code_challenge_method must be S256.")
    if not CODE_CHALLENGE_PATTERN.fullmatch(challenge) or len(challenge) != 43:
        raise RefusedToClient("invalid_request", "code_challenge must be 43 characters of base64url.")


def _consistent_prompt(parameters: Parameters, _to: ReturnAddress) -> None:
    prompt = frozenset((parameters.get("prompt") or "").split())
    if prompt - PROMPTS:
        raise RefusedToClient("invalid_request", "prompt may contain none, login, consent, select_account and create.")
    if "none" in prompt and len(prompt) > 1:
        raise RefusedToClient("invalid_request", "prompt=none cannot be combined with another value.")


def _valid_max_age(parameters: Parameters, _to: ReturnAddress) -> None:
    max_age = parameters.get("max_age")
    if max_age is not None and not _SECONDS.fullmatch(max_age):
        raise RefusedToClient("invalid_request", "max_age must be a whole number of seconds, in digits only.")


_SENT_TO_THE_CLIENT = (
    _no_parameter_is_repeated,
    _no_parameter_is_oversized,
    _no_request_object,
    _supported_response_type,
    _supported_response_mode,
    _s256_challenge,
    _consistent_prompt,
    _valid_max_age,
)


def _claims(parameters: Parameters) -> ClaimsRequest:
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
    return claims


def _hint(parameters: Parameters, read_hint: HintReader) -> IdTokenHint | None:
    token = parameters.get("id_token_hint")
    try:
        return None if token is None else read_hint(token)
    except NotAnIdToken:
        raise RefusedToClient("invalid_request", "id_token_hint is not an ID token of this provider.") from None
