"""The members that provider metadata may have, with the JSON type each must be of.

From Discovery 1.0 section 3, RFC 8414 section 2, and the IANA registry of authorization server metadata.
"""

from collections.abc import Iterator, Mapping
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_URLS = _words("""
    issuer jwks_uri service_documentation op_policy_uri op_tos_uri check_session_iframe signed_metadata_uri
    authorization_endpoint token_endpoint userinfo_endpoint registration_endpoint revocation_endpoint
    introspection_endpoint end_session_endpoint device_authorization_endpoint pushed_authorization_request_endpoint
    backchannel_authentication_endpoint federation_registration_endpoint credential_endpoint
    challenge_endpoint grant_management_endpoint global_token_revocation_endpoint
""")

_LISTS = _words("""
    scopes_supported response_types_supported response_modes_supported grant_types_supported acr_values_supported
    subject_types_supported claim_types_supported claims_supported claims_locales_supported ui_locales_supported
    display_values_supported code_challenge_methods_supported prompt_values_supported protected_resources
    id_token_signing_alg_values_supported id_token_encryption_alg_values_supported
    id_token_encryption_enc_values_supported userinfo_signing_alg_values_supported
    userinfo_encryption_alg_values_supported userinfo_encryption_enc_values_supported
    request_object_signing_alg_values_supported request_object_encryption_alg_values_supported
    request_object_encryption_enc_values_supported token_endpoint_auth_methods_supported
    token_endpoint_auth_signing_alg_values_supported revocation_endpoint_auth_methods_supported
    revocation_endpoint_auth_signing_alg_values_supported introspection_endpoint_auth_methods_supported
    introspection_endpoint_auth_signing_alg_values_supported introspection_signing_alg_values_supported
    introspection_encryption_alg_values_supported introspection_encryption_enc_values_supported
    authorization_signing_alg_values_supported authorization_encryption_alg_values_supported
    authorization_encryption_enc_values_supported dpop_signing_alg_values_supported
    backchannel_token_delivery_modes_supported backchannel_authentication_request_signing_alg_values_supported
    authorization_details_types_supported client_registration_types_supported
    request_authentication_methods_supported request_authentication_signing_alg_values_supported
    client_attestation_signing_alg_values_supported client_attestation_pop_signing_alg_values_supported
    grant_management_actions_supported identity_chaining_requested_token_types_supported
""")

_BOOLEANS = _words("""
    claims_parameter_supported request_parameter_supported request_uri_parameter_supported
    require_request_uri_registration require_signed_request_object require_pushed_authorization_requests
    authorization_response_iss_parameter_supported tls_client_certificate_bound_access_tokens
    frontchannel_logout_supported frontchannel_logout_session_supported backchannel_logout_supported
    backchannel_logout_session_supported backchannel_user_code_parameter_supported native_sso_supported
    pre-authorized_grant_anonymous_access_supported client_id_metadata_document_supported
    grant_management_action_required
""")

_OBJECTS = frozenset({"mtls_endpoint_aliases", "jwks", "verified_claims_supported"})
_STRINGS = frozenset({"signed_metadata", "organization_name", "signed_jwks_uri"})
_KNOWN = _URLS | _LISTS | _BOOLEANS | _OBJECTS | _STRINGS


def type_problems(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Members of the wrong JSON type."""
    for name, value in metadata.items():
        if name in _URLS | _STRINGS and (not isinstance(value, str) or not value):
            yield f"{name} is not a string with something in it"
        elif name in _LISTS and not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
            yield f"{name} is not an array of strings"
        elif name in _BOOLEANS and not isinstance(value, bool):
            yield f"{name} is not a boolean"
        elif name in _OBJECTS and not isinstance(value, dict):
            yield f"{name} is not an object"


def unknown_members(metadata: Mapping[str, Any]) -> Iterator[str]:
    """Members that no specification on the list has."""
    yield from (f"the metadata has the unknown member {name}" for name in sorted(set(metadata) - _KNOWN))
