"""Security profiles: to what a client is held beyond the protocol itself. One table, read by whoever applies a rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from idp.protocol.clients.client_metadata import ClientMetadata

SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""What clients may sign with. EdDSA and Ed25519 name the same (RFC 9864), since no other curve is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityProfile:
    """The rules of one profile.

    Attributes:
        authentication_methods: How the client may show that it is itself.
        client_algorithms: What it may sign with, and what is signed for it.
        audience_is_issuer: An assertion is for the issuer, named as one string; else also for the endpoint that is
            called, or the token endpoint, or a list of these.
        assertion_life: How far ahead an assertion may expire.
        always_pkce: Whatever the registration says.
        code_flow_only: No other response type, whatever the registration says.
        pushed_requests_only: Authorization requests come through the pushed authorization request endpoint.
        https_redirects: No http address, on loopback neither.
        unsigned_request_objects: Taken where the client has not registered an algorithm.
        dated_request_objects: A request object says for whom it is, from when and until when; None: as it likes.
            Neither may the time between be longer than this, nor the beginning longer ago.
        request_object_alone: With a request object, parameters outside of it do not count (RFC 9101 section 5); else
            they do where it does not say anything (OpenID Connect Core 1.0 section 6.1).
        sender_constrained: Tokens are bound to a key of the client.
        rotates_refresh_tokens: A refresh token works once. Tokens that are bound to the client gain nothing by it.
        longest_code_life: However long codes live for others.
    """

    authentication_methods: frozenset[str]
    client_algorithms: tuple[str, ...]
    audience_is_issuer: bool
    assertion_life: timedelta
    always_pkce: bool
    code_flow_only: bool
    pushed_requests_only: bool
    https_redirects: bool
    unsigned_request_objects: bool
    dated_request_objects: timedelta | None
    request_object_alone: bool
    sender_constrained: bool
    rotates_refresh_tokens: bool
    longest_code_life: timedelta | None


# A released library lets its assertions live for an hour; whatever is much longer is a credential of another kind.
OPENID = SecurityProfile(
    authentication_methods=frozenset({"client_secret_basic", "client_secret_post", "private_key_jwt", "none"}),
    client_algorithms=SIGNING_ALGORITHMS,
    audience_is_issuer=False,
    assertion_life=timedelta(hours=1),
    always_pkce=False,
    code_flow_only=False,
    pushed_requests_only=False,
    https_redirects=False,
    unsigned_request_objects=True,
    dated_request_objects=None,
    request_object_alone=False,
    sender_constrained=False,
    rotates_refresh_tokens=True,
    longest_code_life=None,
)

FAPI_2_0 = SecurityProfile(
    authentication_methods=frozenset({"private_key_jwt"}),  # FAPI 2.0 Security Profile 5.3.2.1
    client_algorithms=("PS256", "ES256", "EdDSA", "Ed25519"),  # 5.4.1
    audience_is_issuer=True,  # 5.3.2.1
    assertion_life=timedelta(minutes=10),
    always_pkce=True,  # 5.3.2.2
    code_flow_only=True,  # 5.3.2.2
    pushed_requests_only=True,  # 5.3.2.2
    https_redirects=True,  # 5.3.2.2
    unsigned_request_objects=False,
    dated_request_objects=timedelta(minutes=60),  # FAPI 2.0 Message Signing 5.3.1
    request_object_alone=True,  # RFC 9101 section 5
    sender_constrained=True,  # Security Profile 5.3.2.1
    rotates_refresh_tokens=False,  # 5.3.2.1
    longest_code_life=timedelta(seconds=60),  # 5.3.2.2
)

_PROFILES = {None: OPENID, "fapi_2_0": FAPI_2_0}


def rules_of(client: ClientMetadata) -> SecurityProfile:
    """The rules that a client is held to."""
    return _PROFILES[client.security_profile]


def defaults_of(profile: str | None) -> dict[str, Any]:
    """What a registration under a profile means where it does not say anything."""
    if _PROFILES[profile] is OPENID:
        return {}
    return {
        "token_endpoint_auth_method": "private_key_jwt",
        "id_token_signed_response_alg": "PS256",
        "authorization_signed_response_alg": "PS256",
        "require_pushed_authorization_requests": True,
        "dpop_bound_access_tokens": True,
    }


def breaches(client: ClientMetadata) -> Iterator[tuple[str, str]]:
    """What in a registration its profile does not allow: the member, and what it must be instead."""
    rules = rules_of(client)
    if rules is OPENID:
        return
    if client.token_endpoint_auth_method not in rules.authentication_methods:
        yield "token_endpoint_auth_method", f"must be {' or '.join(sorted(rules.authentication_methods))}"
    for member in _SIGNED:
        if getattr(client, member) not in {None, *rules.client_algorithms}:
            yield member, f"must be one of {', '.join(rules.client_algorithms)}"
    if rules.code_flow_only and set(client.response_types) - {"code"}:
        yield "response_types", "must hold nothing but code"
    if rules.https_redirects and not all(uri.startswith("https://") for uri in client.redirect_uris):
        yield "redirect_uris", "must all use https"
    if rules.always_pkce and not client.require_pkce:
        yield "require_pkce", "must be true"


_SIGNED = (
    "token_endpoint_auth_signing_alg",
    "request_object_signing_alg",
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
)
