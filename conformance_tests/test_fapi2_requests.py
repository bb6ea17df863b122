"""FAPI 2.0: what a pushed request may say, and is granted."""

import json
from collections.abc import Iterable

import pytest

from conformance_tests import checks
from conformance_tests.browser import Arrival
from conformance_tests.claim_types import SCOPE_CLAIMS, claim_type_problems
from conformance_tests.fapi_party import FapiParty
from conformance_tests.relying_party import random_text
from conformance_tests.verdict import Verdict

_LONG = 384


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_happy_flow(fapi: FapiParty, other_fapi: FapiParty, verdict: Verdict) -> None:
    """Two clients get tokens that are bound to their keys, and that are worth nothing without them."""
    for party in (fapi, other_fapi):
        request = party.request()
        code = party.authorize(request)
        verdict.expect_none(checks.secret_problems("code", code, shortest=16))

        tokens = party.complete(code, request)

        verdict.expect_none(checks.secret_problems("access token", tokens.access_token))
        verdict.advise("expires_in" in tokens.answer, "the token response has no expires_in")
        for scheme in ("Bearer", "DPoP"):
            unbound = party.resource(tokens.access_token, scheme=scheme, proof="")
            verdict.expect(400 <= unbound.status_code < 500, f"a bound token was taken as {scheme} without a proof")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_user_rejects_authentication(fapi: FapiParty, verdict: Verdict) -> None:
    """A person who does not want to sign in or to agree is sent back with `access_denied`."""
    request = fapi.request()

    place = fapi.browser.decline(fapi.ask(fapi.pushed(request)))

    if not isinstance(place, Arrival):
        raise verdict.stop(f"no way to say no led back to the redirect URI: {place.description}")
    fapi.demand_error(place, request, "access_denied")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_authorization_request_without_state_success(fapi: FapiParty) -> None:
    """Without a state none comes back, and the ID token has no hash of one."""
    claims = fapi.sign_in(state=None).id_token.claims

    fapi.verdict.expect("s_hash" not in claims, "the ID token has s_hash, and no state was sent")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_fapi2_security_profile_final_ensure_authorization_request_without_nonce_success(fapi: FapiParty) -> None:
    """Without a nonce none is in the ID token."""
    fapi.sign_in(nonce=None)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_authorization_request_with_64_char_nonce_success(fapi: FapiParty) -> None:
    """A nonce of 64 characters comes back whole."""
    fapi.sign_in(nonce=random_text(64))


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_fapi2_security_profile_final_ensure_other_scope_order_succeeds(fapi: FapiParty) -> None:
    """Scope words in another order mean the same."""
    fapi.sign_in(scope="email openid")


@pytest.mark.requirement("OIDCC-5.5")
def test_fapi2_security_profile_final_test_claims_parameter_identity_claims(fapi: FapiParty, verdict: Verdict) -> None:
    """Every claim that is supported can be asked for, in both places."""
    if fapi.issuer.metadata.get("claims_parameter_supported") is not True:
        verdict.not_applicable("claims_parameter_supported is not true")
    wanted = dict.fromkeys(_identity_claims(fapi.issuer.listed("claims_supported")))
    asked = json.dumps({"userinfo": wanted, "id_token": wanted}, separators=(",", ":"))

    tokens = fapi.sign_in(claims=asked)

    userinfo = fapi.resource(tokens.access_token).json()
    verdict.expect_none(claim_type_problems(userinfo))
    verdict.advise(set(wanted) & set(userinfo), "no claim that was asked for at userinfo is there")
    verdict.advise(set(wanted) & set(tokens.id_token.claims), "no claim that was asked for in the ID token is there")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_par_without_duplicate_parameters(fapi: FapiParty) -> None:
    """At the authorization endpoint client_id and request_uri are enough."""
    fapi.sign_in()


@pytest.mark.requirement("RFC9126-4")
def test_fapi2_security_profile_final_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(
    fapi: FapiParty,
) -> None:
    """A page that is loaded again before the person has signed in works as the first time."""
    request = fapi.request()
    request_uri = fapi.pushed(request)
    fapi.ask(request_uri)

    fapi.complete(fapi.code_from(fapi.ask(request_uri), request), request)


def _identity_claims(supported: Iterable[str]) -> list[str]:
    """The claims about a person among those that are supported."""
    return [name for names in SCOPE_CLAIMS.values() for name in names if name in supported]
