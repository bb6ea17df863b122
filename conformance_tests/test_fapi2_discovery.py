"""FAPI 2.0: the metadata offers what the profile is made of."""

import pytest

from conformance_tests.fapi_party import ALGORITHMS
from conformance_tests.issuer import Issuer, check_endpoints
from conformance_tests.plans import KEY_AUTHENTICATION, Variant
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
@pytest.mark.requirement("FAPI2-MS-FINAL-5.4.1")
def test_fapi2_security_profile_final_discovery_end_point_verification(
    issuer: Issuer, variant: Variant, verdict: Verdict
) -> None:
    """Pushed requests, PKCE, the issuer in responses or signed ones, and algorithms that the profile allows."""
    check_endpoints(issuer)
    issuer.check_https(issuer.metadata["jwks_uri"], "jwks_uri")
    issuer.endpoint("pushed_authorization_request_endpoint")
    signed = ["id_token_signing_alg_values_supported", "dpop_signing_alg_values_supported"]
    wanted = {
        "response_types_supported": "code",
        "code_challenge_methods_supported": "S256",
        "token_endpoint_auth_methods_supported": KEY_AUTHENTICATION,
        "grant_types_supported": "authorization_code",
    }
    if variant.response_mode == "jwt":
        wanted["response_modes_supported"] = "jwt"
        signed.append("authorization_signing_alg_values_supported")
    else:
        promised = issuer.metadata.get("authorization_response_iss_parameter_supported")
        verdict.expect(promised is True, "authorization_response_iss_parameter_supported is not true")
    if variant.signs_requests:
        signed.append("request_object_signing_alg_values_supported")

    for name, value in wanted.items():
        verdict.expect(value in issuer.listed(name), f"{name} does not list {value}")
    for name in (*signed, "token_endpoint_auth_signing_alg_values_supported"):
        verdict.expect(ALGORITHMS & set(issuer.listed(name)), f"{name} lists nothing that FAPI 2.0 allows")
