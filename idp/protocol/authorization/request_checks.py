"""The checks of an authorization request whose failures go to the client, in order (OpenID Connect Core 1.0 3.1.2)."""

import re
from collections.abc import Callable

from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN

from idp.protocol.authorization.return_address import (
    RESPONSE_MODES,
    ReturnAddress,
    comes_from_the_front,
    is_web_address,
)
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.features import Features
from idp.protocol.messages import Parameters
from idp.protocol.refusals import RefusedToClient

PROMPTS = frozenset({"none", "login", "consent", "select_account", "create"})

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST = 4096

Check = Callable[[Parameters, ReturnAddress, Features], None]


def check(parameters: Parameters, to: ReturnAddress, features: Features) -> None:
    """Run them all.

    Raises:
        RefusedToClient: By the first that fails, with the error code and a sentence that names the parameter to change.
    """
    for one in _IN_ORDER:
        one(parameters, to, features)


def words_of(response_type: str) -> frozenset[str]:
    """The words of a response type, whose order does not matter (RFC 6749 section 3.1.1)."""
    return frozenset(response_type.split(" "))


def _no_parameter_is_repeated(parameters: Parameters, _to: ReturnAddress, _features: Features) -> None:
    if parameters.repeated:
        raise RefusedToClient("invalid_request", "Every parameter must be sent once (RFC 6749 section 3.1).")


def _no_parameter_is_oversized(parameters: Parameters, _to: ReturnAddress, _features: Features) -> None:
    for name, value in parameters.values.items():
        if len(value) > _LONGEST and name != "id_token_hint":
            raise RefusedToClient("invalid_request", "A parameter is longer than 4096 characters.")


def _no_registration(parameters: Parameters, _to: ReturnAddress, _features: Features) -> None:
    if parameters.get("registration") is not None:
        raise RefusedToClient("registration_not_supported", "The parameter registration is for self-issued providers.")


def _code_where_the_profile_has_it_so(parameters: Parameters, to: ReturnAddress, _features: Features) -> None:
    if rules_of(to.client).code_flow_only and parameters.get("response_type") not in {None, "code"}:
        raise RefusedToClient("unauthorized_client", "response_type must be code under the profile of this client.")


def _supported_response_type(parameters: Parameters, to: ReturnAddress, features: Features) -> None:
    response_type = parameters.get("response_type")
    if response_type is None:
        raise RefusedToClient("invalid_request", f"response_type is missing; it must be {_offered(features)}.")
    words = words_of(response_type)
    normal = " ".join(sorted(words))
    if normal not in features.response_types or len(words) != len(response_type.split(" ")):
        raise RefusedToClient("unsupported_response_type", f"response_type must be {_offered(features)}.")
    if not to.client.check_response_type(normal):
        raise RefusedToClient("unauthorized_client", f"The client is not registered for response_type {normal}.")
    if "code" in words and not to.client.check_grant_type("authorization_code"):
        raise RefusedToClient(
            "unauthorized_client", "The client is not registered for grant_type authorization_code, which code needs."
        )
    if words != {"code"} and not to.client.check_grant_type("implicit"):
        raise RefusedToClient(
            "unauthorized_client",
            "The client is not registered for grant_type implicit, which token and id_token need.",
        )


def _offered(features: Features) -> str:
    if features.implicit_and_hybrid:
        return f"one of {', '.join(features.response_types)}"
    return "code; implicit and hybrid types are switched off at this provider"


def _supported_response_mode(parameters: Parameters, to: ReturnAddress, _features: Features) -> None:
    mode = parameters.get("response_mode")
    if mode is None:
        return
    if mode not in RESPONSE_MODES:
        raise RefusedToClient("invalid_request", f"response_mode must be one of {', '.join(RESPONSE_MODES)}.")
    if mode.startswith("form_post") and not is_web_address(to.redirect_uri):
        raise RefusedToClient("invalid_request", f"response_mode {mode} needs an http or https redirect_uri.")
    if mode.startswith("query") and comes_from_the_front(parameters.get("response_type")):
        raise RefusedToClient(
            "invalid_request", f"response_mode {mode} is for code alone; tokens never go into a query."
        )


def _openid_and_nonce_for_an_id_token(parameters: Parameters, _to: ReturnAddress, _features: Features) -> None:
    if "id_token" not in words_of(parameters.get("response_type") or ""):
        return
    if "openid" not in (parameters.get("scope") or "").split():
        raise RefusedToClient("invalid_scope", "scope must contain openid where response_type contains id_token.")
    if parameters.get("nonce") is None:
        raise RefusedToClient("invalid_request", "nonce is missing; it must be sent where an id_token comes at once.")


def _s256_challenge(parameters: Parameters, to: ReturnAddress, _features: Features) -> None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if "code" not in words_of(parameters.get("response_type") or ""):
        return
    if challenge is None:
        if to.client.require_pkce or rules_of(to.client).always_pkce:
            raise RefusedToClient("invalid_request", "code_challenge is missing; this client must use PKCE with S256.")
        if method is not None:
            raise RefusedToClient("invalid_request", "code_challenge_method is sent without code_challenge.")
        return
    if method != "S256":
        raise RefusedToClient("invalid_request", "code_challenge_method must be S256.")
    if not CODE_CHALLENGE_PATTERN.fullmatch(challenge) or len(challenge) != 43:
        raise RefusedToClient("invalid_request", "code_challenge must be 43 characters of base64url.")


def _consistent_prompt(parameters: Parameters, _to: ReturnAddress, _features: Features) -> None:
    prompt = frozenset((parameters.get("prompt") or "").split())
    if prompt - PROMPTS:
        raise RefusedToClient("invalid_request", "prompt may contain none, login, consent, select_account and create.")
    if "none" in prompt and len(prompt) > 1:
        raise RefusedToClient("invalid_request", "prompt=none cannot be combined with another value.")


def _valid_max_age(parameters: Parameters, _to: ReturnAddress, _features: Features) -> None:
    max_age = parameters.get("max_age")
    if max_age is not None and not _SECONDS.fullmatch(max_age):
        raise RefusedToClient("invalid_request", "max_age must be a whole number of seconds, in digits only.")


_IN_ORDER: tuple[Check, ...] = (
    _no_parameter_is_repeated,
    _no_parameter_is_oversized,
    _no_registration,
    _code_where_the_profile_has_it_so,
    _supported_response_type,
    _supported_response_mode,
    _openid_and_nonce_for_an_id_token,
    _s256_challenge,
    _consistent_prompt,
    _valid_max_age,
)
