"""The discovery document (OpenID Connect Discovery 1.0, RFC 8414), computed from what is there."""

from collections.abc import Iterable
from typing import Any

from idp.protocol.authorization.authentication_context import ACR_VALUES
from idp.protocol.authorization.request_checks import PROMPTS
from idp.protocol.authorization.return_address import RESPONSE_MODES
from idp.protocol.clients.client import IDENTITY_SCOPES
from idp.protocol.clients.client_authentication import SUPPORTED
from idp.protocol.clients.security_profile import SIGNING_ALGORITHMS
from idp.protocol.features import Features
from idp.protocol.server import GRANT_TYPES
from idp.protocol.tokens.claims import PERSONAL_CLAIMS

_CONFIDENTIAL = [method for method in SUPPORTED if method != "none"]
_PROTOCOL_CLAIMS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "at_hash", "sid")
_FRONT_CLAIMS = ("c_hash", "s_hash")


def discovery(
    issuer: str, features: Features, *, algorithms: Iterable[str], ui_locales: Iterable[str]
) -> dict[str, Any]:
    """The metadata of this provider. Nothing is advertised that is not there.

    Args:
        algorithms: Those that we can sign with now.
    """
    signing = sorted({"RS256", *algorithms})
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks",
        "end_session_endpoint": f"{issuer}/end_session",
        **({"check_session_iframe": f"{issuer}/check_session"} if features.session_management else {}),
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "revocation_endpoint": f"{issuer}/revoke",
        "introspection_endpoint": f"{issuer}/introspect",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        **({"registration_endpoint": f"{issuer}/register"} if features.registration else {}),
        "scopes_supported": list(IDENTITY_SCOPES),
        "response_types_supported": list(features.response_types),
        "response_modes_supported": list(RESPONSE_MODES),
        "grant_types_supported": [*GRANT_TYPES, *(("implicit",) if features.implicit_and_hybrid else ())],
        "acr_values_supported": list(ACR_VALUES),
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": signing,
        "userinfo_signing_alg_values_supported": signing,
        "authorization_signing_alg_values_supported": signing,
        "token_endpoint_auth_methods_supported": list(SUPPORTED),
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": list(SUPPORTED),
        "revocation_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": _CONFIDENTIAL,
        "introspection_endpoint_auth_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "introspection_signing_alg_values_supported": signing,
        "dpop_signing_alg_values_supported": list(features.dpop_algorithms),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": sorted(PROMPTS),
        "display_values_supported": ["page"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *_PROTOCOL_CLAIMS,
            *(_FRONT_CLAIMS if features.implicit_and_hybrid else ()),
            *PERSONAL_CLAIMS,
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "request_object_signing_alg_values_supported": ["none", *SIGNING_ALGORITHMS],
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "require_pushed_authorization_requests": features.require_pushed_authorization_requests,
        "authorization_response_iss_parameter_supported": True,
        "ui_locales_supported": list(ui_locales),
    }
