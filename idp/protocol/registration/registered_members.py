"""Every member that a client can be registered with, and what its value has to be."""

from collections.abc import Mapping
from types import MappingProxyType

from idp.protocol.registration.registered_uri import UriUse
from idp.protocol.registration.registered_values import (
    Check,
    flag,
    keys,
    one_of,
    response_types,
    scope,
    seconds,
    some_of,
    strings,
    text,
    texts,
    uri,
    uris,
    words,
)

AUTHENTICATION_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
GRANT_TYPES = ("authorization_code", "implicit", "refresh_token", "client_credentials", DEVICE_CODE)
RESPONSE_TYPES = ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
SIGNING_ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
# What clients may sign with; Ed25519 is EdDSA with its curve in the name (RFC 9864).
_OF_CLIENTS = (*SIGNING_ALGORITHMS, "Ed25519")
SECURITY_PROFILES = ("fapi_2_0",)

# What client_secret_jwt and HS256 need: a secret that the provider can read again, and so can whoever steals its
# database.
_NO_SHARED_KEYS = " (client_secret_jwt would need the secret kept readable: register a key for private_key_jwt)"

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "client_name": text,
        "application_type": one_of("web", "native"),
        # Which addresses are fine depends on the application type: see `registration_rules`.
        "redirect_uris": strings,
        "post_logout_redirect_uris": strings,
        "grant_types": some_of(*GRANT_TYPES),
        "response_types": response_types(RESPONSE_TYPES),
        "scope": scope,
        "default_max_age": seconds,
        "default_acr_values": words,
        "require_auth_time": flag,
        "contacts": texts,
        "client_uri": uri(UriUse.PAGE),
        "logo_uri": uri(UriUse.PAGE),
        "policy_uri": uri(UriUse.PAGE),
        "tos_uri": uri(UriUse.PAGE),
        "initiate_login_uri": uri(UriUse.PAGE),
        "first_party": flag,
        "resource_server": flag,
        "require_pkce": flag,
        "claims_in_id_token": flag,
        "security_profile": one_of(*SECURITY_PROFILES),
        "access_token_format": one_of("opaque", "jwt"),
        "resources": uris(UriUse.RESOURCE),
        "connectors": words,
        "token_endpoint_auth_method": one_of(*AUTHENTICATION_METHODS, because=_NO_SHARED_KEYS),
        "token_endpoint_auth_signing_alg": one_of(*_OF_CLIENTS),
        "jwks": keys,
        "jwks_uri": uri(UriUse.FETCHED),
        "dpop_bound_access_tokens": flag,
        "request_uris": uris(UriUse.REQUEST_OBJECT),
        "request_object_signing_alg": one_of(*_OF_CLIENTS, "none"),
        "require_signed_request_object": flag,
        "require_pushed_authorization_requests": flag,
        "id_token_signed_response_alg": one_of(*SIGNING_ALGORITHMS),
        "userinfo_signed_response_alg": one_of(*SIGNING_ALGORITHMS),
        "authorization_signed_response_alg": one_of(*SIGNING_ALGORITHMS),
        "introspection_signed_response_alg": one_of(*SIGNING_ALGORITHMS),
        "subject_type": one_of("public", "pairwise"),
        "sector_identifier_uri": uri(UriUse.HTTPS_ONLY),
        "frontchannel_logout_uri": uri(UriUse.PAGE),
        "frontchannel_logout_session_required": flag,
        "backchannel_logout_uri": uri(UriUse.FETCHED),
        "backchannel_logout_session_required": flag,
    }
)
