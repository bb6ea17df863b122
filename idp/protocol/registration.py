"""Client metadata: what may be registered, checked and typed (RFC 7591; OpenID Connect Dynamic Registration 1.0)."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from idp.protocol.client_metadata import ClientMetadata
from idp.protocol.registered_uri import UnusableUriError, UriUse, checked_uri

AUTHENTICATION_METHODS = ("client_secret_basic", "client_secret_post", "none")
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials")
RESPONSE_TYPES = ("code",)
SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")

_LONGEST_LIST = 50
_LONGEST_MAX_AGE = 10 * 365 * 24 * 3600
_SCOPE_VALUE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
# Control, format (zero-width and bidirectional), surrogate, private and line-separating characters let a name on the
# consent page look like another one.
_DECEIVING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class InvalidClientMetadata(Exception):
    """Metadata that cannot be registered: `member` has to be what `sentence` says (RFC 7591 section 3.2.2)."""

    error = "invalid_client_metadata"

    def __init__(self, member: str, sentence: str) -> None:
        self.member = member
        self.sentence = sentence
        super().__init__(f"{member} {sentence}")


class InvalidRedirectUri(InvalidClientMetadata):
    """A redirect URI that cannot be registered (RFC 7591 section 3.2.2)."""

    error = "invalid_redirect_uri"


def validate_client_metadata(metadata: Mapping[str, object], *, refuse_unknown: bool = True) -> ClientMetadata:
    """Check a registration and give it types. A member that is null counts as absent (RFC 7591 section 2).

    Args:
        metadata: As received; nothing about its types is taken for granted.
        refuse_unknown: An operator's misspelling is an error; a dynamic registration may name what we do not know
            (RFC 7591 section 2: "MUST ignore").

    Raises:
        InvalidRedirectUri: One of `redirect_uris` cannot be registered.
        InvalidClientMetadata: Anything else cannot be.
    """
    given = {name: value for name, value in metadata.items() if value is not None}
    if refuse_unknown and (unknown := sorted(set(given) - set(_CHECKS))):
        raise InvalidClientMetadata(unknown[0] if unknown[0].isidentifier() else "metadata", "is not a known member")
    values: dict[str, Any] = {name: check(name, given[name]) for name, check in _CHECKS.items() if name in given}
    if "response_types" not in given and "authorization_code" not in values.get("grant_types", ("authorization_code",)):
        values["response_types"] = ()
    client = ClientMetadata(**values)
    use = UriUse.REDIRECT_NATIVE if client.application_type == "native" else UriUse.REDIRECT_WEB
    for uri in client.redirect_uris:
        _uri("redirect_uris", uri, use)
    for uri in client.post_logout_redirect_uris:
        _uri("post_logout_redirect_uris", uri, use)
    _check_together(client)
    return client


def _check_together(client: ClientMetadata) -> None:
    """Rules that join several members."""
    by_browser = "authorization_code" in client.grant_types
    if by_browser and not client.redirect_uris:
        raise InvalidRedirectUri("redirect_uris", "must name at least one address for the authorization_code grant")
    if by_browser != ("code" in client.response_types):
        raise InvalidClientMetadata("response_types", "must hold code exactly when grant_types hold authorization_code")
    if "refresh_token" in client.grant_types and not by_browser:
        raise InvalidClientMetadata("grant_types", "must hold authorization_code for refresh_token to be of use")
    if client.is_public and "client_credentials" in client.grant_types:
        raise InvalidClientMetadata("grant_types", "must not hold client_credentials for a client without a secret")
    if client.is_public and not client.require_pkce:
        raise InvalidClientMetadata(
            "require_pkce", "must be true for a client without a secret (RFC 9700 section 2.1.1)"
        )
    if by_browser and "openid" not in client.scope:
        raise InvalidClientMetadata("scope", "must hold openid for the authorization_code grant")


def _uri(name: str, value: object, use: UriUse = UriUse.PAGE) -> str:
    try:
        return checked_uri(value, use)
    except UnusableUriError as error:
        refusal = InvalidRedirectUri if name == "redirect_uris" else InvalidClientMetadata
        raise refusal(name, str(error)) from None


def _page(name: str, value: object) -> str:
    return _uri(name, value)


def _strings(name: str, value: object) -> tuple[str, ...]:
    refusal = InvalidRedirectUri if name == "redirect_uris" else InvalidClientMetadata
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise refusal(name, "must be a list of strings")
    if len(value) > _LONGEST_LIST:
        raise refusal(name, f"must have at most {_LONGEST_LIST} entries")
    if len(set(value)) != len(value):
        raise refusal(name, "must not name anything twice")
    return tuple(value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= len(value) <= 100:
        raise InvalidClientMetadata(name, "must be a string of 1 to 100 characters")
    if any(unicodedata.category(character) in _DECEIVING for character in value):
        raise InvalidClientMetadata(name, "must not have control or invisible characters")
    return value


def _contacts(name: str, value: object) -> tuple[str, ...]:
    return tuple(_text(name, contact) for contact in _strings(name, value))


def _scope(name: str, value: object) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value.split(" "))) if isinstance(value, str) else ()
    if not values or len(values) > _LONGEST_LIST or not all(_SCOPE_VALUE.fullmatch(part) for part in values):
        raise InvalidClientMetadata(name, "must be scope values with single spaces between them (RFC 6749 section 3.3)")
    return values


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidClientMetadata(name, "must be true or false")
    return value


def _document(name: str, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidClientMetadata(name, "must be a JSON object")
    return value


def _seconds(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LONGEST_MAX_AGE:
        raise InvalidClientMetadata(name, "must be a number of seconds, at most ten years")
    return value


def _one_of(*choices: str) -> Callable[[str, object], str]:
    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise InvalidClientMetadata(name, "must be one of: " + ", ".join(choices))
        return value

    return check


def _some_of(*choices: str) -> Callable[[str, object], tuple[str, ...]]:
    def check(name: str, value: object) -> tuple[str, ...]:
        values = _strings(name, value)
        if not set(values) <= set(choices):
            raise InvalidClientMetadata(name, "must be among: " + ", ".join(choices))
        return values

    return check


_CHECKS: dict[str, Callable[[str, object], object]] = {
    "redirect_uris": _strings,
    "post_logout_redirect_uris": _strings,
    "client_name": _text,
    "client_uri": _page,
    "logo_uri": _page,
    "policy_uri": _page,
    "tos_uri": _page,
    "initiate_login_uri": _page,
    "contacts": _contacts,
    "application_type": _one_of("web", "native"),
    "token_endpoint_auth_method": _one_of(*AUTHENTICATION_METHODS),
    "grant_types": _some_of(*GRANT_TYPES),
    "response_types": _some_of(*RESPONSE_TYPES),
    "scope": _scope,
    "id_token_signed_response_alg": _one_of(*SIGNING_ALGORITHMS),
    "default_max_age": _seconds,
    "require_auth_time": _flag,
    "first_party": _flag,
    "resource_server": _flag,
    "require_pkce": _flag,
    "claims_in_id_token": _flag,
    "default_acr_values": _strings,
    "security_profile": _one_of("fapi_2_0"),
    "access_token_format": _one_of("opaque", "jwt"),
    "resources": _strings,
    "token_endpoint_auth_signing_alg": _one_of(*SIGNING_ALGORITHMS),
    "jwks": _document,
    "jwks_uri": _page,
    "dpop_bound_access_tokens": _flag,
    "request_uris": _strings,
    "request_object_signing_alg": _one_of(*SIGNING_ALGORITHMS),
    "require_signed_request_object": _flag,
    "require_pushed_authorization_requests": _flag,
    "userinfo_signed_response_alg": _one_of(*SIGNING_ALGORITHMS),
    "authorization_signed_response_alg": _one_of(*SIGNING_ALGORITHMS),
    "introspection_signed_response_alg": _one_of(*SIGNING_ALGORITHMS),
    "subject_type": _one_of("public", "pairwise"),
    "sector_identifier_uri": _page,
    "frontchannel_logout_uri": _page,
    "frontchannel_logout_session_required": _flag,
    "backchannel_logout_uri": _page,
    "backchannel_logout_session_required": _flag,
}
