"""FAPI 2.0: codes and tokens are worth something to their own client only, once, and not for long."""

import time
from urllib.parse import urlsplit

import pytest

from conformance_tests import tls_probe
from conformance_tests.fapi_party import FapiParty
from conformance_tests.fapi_sender import NO_ASSERTION, TOKEN, no_proof
from conformance_tests.options import Options
from conformance_tests.relying_party import random_text
from conformance_tests.tokens import Tokens, check_refusal, token_answer
from conformance_tests.verdict import Verdict

_REFUSED = (400, 401)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
@pytest.mark.requirement("FAPI2-SP-FINAL-5.2.1")
def test_fapi2_security_profile_final_ensure_holder_of_key_required(fapi: FapiParty, verdict: Verdict) -> None:
    """Without a proof there are no tokens; and connections are state of the art at every endpoint."""
    answer = fapi.redeem(fapi.authorize(), proof=no_proof)

    check_refusal(answer, verdict, "invalid_dpop_proof", "invalid_request", "invalid_grant", statuses=_REFUSED)
    if urlsplit(fapi.issuer.identifier).scheme != "https":
        verdict.note("TLS was not looked at, since the issuer is http")
        return
    for host, port in sorted(fapi.issuer.servers):
        verdict.expect_none(tls_probe.problems(host, port))
        verdict.advise_none(tls_probe.oddities(host, port))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_ensure_authorization_code_is_bound_to_client(
    fapi: FapiParty, other_fapi: FapiParty, verdict: Verdict
) -> None:
    """A code is worth nothing to another client."""
    code = fapi.authorize()

    answer = other_fapi.redeem(code, redirect_uri=fapi.client.redirect_uri, code_verifier=fapi.verifier)

    check_refusal(answer, verdict, "invalid_grant", "invalid_client", statuses=_REFUSED)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_attempt_reuse_authorization_code_after_one_second(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """A code is redeemed once, and a second attempt takes back what the first has yielded."""
    request = fapi.request()
    code = fapi.authorize(request)
    tokens = fapi.complete(code, request)
    time.sleep(1)

    check_refusal(fapi.redeem(code), verdict, "invalid_grant")

    status = fapi.resource(tokens.access_token).status_code
    verdict.advise(400 <= status < 500, f"userinfo answered {status}; the access token was not revoked")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_expired_auth_code(
    fapi: FapiParty, options: Options, verdict: Verdict
) -> None:
    """A code that was left lying is worth nothing."""
    code = fapi.authorize()
    time.sleep(options.code_lifetime + 1)

    check_refusal(fapi.redeem(code), verdict, "invalid_grant")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
@pytest.mark.requirement("RFC7636-4.6")
def test_fapi2_security_profile_final_ensure_pkce_code_verifier_required(fapi: FapiParty, verdict: Verdict) -> None:
    """Without the verifier a code is worth nothing."""
    answer = fapi.redeem(fapi.authorize(), code_verifier=None)

    check_refusal(answer, verdict, "invalid_grant", "invalid_request")


@pytest.mark.requirement("RFC7636-4.6")
def test_fapi2_security_profile_final_incorrect_pkce_code_verifier_rejected(fapi: FapiParty, verdict: Verdict) -> None:
    """With another verifier a code is worth nothing."""
    answer = fapi.redeem(fapi.authorize(), code_verifier=random_text(64))

    check_refusal(answer, verdict, "invalid_grant")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
@pytest.mark.requirement("RFC9449-5")
def test_fapi2_security_profile_final_refresh_token(fapi: FapiParty, other_fapi: FapiParty, verdict: Verdict) -> None:
    """A refresh token renews bound tokens for its own client, which has to show itself."""
    offline = "offline_access" in fapi.issuer.listed("scopes_supported")
    tokens = fapi.sign_in(scope="openid offline_access" if offline else "openid", prompt="consent" if offline else None)
    if tokens.refresh_token is None:
        verdict.not_applicable("no refresh token was issued")
    form = {"grant_type": "refresh_token", "refresh_token": str(tokens.refresh_token)}

    form["refresh_token"] = _renewed(fapi, tokens, form)
    unknown = {**form, "client_id": fapi.client.client_id}
    unshown = fapi.send(TOKEN, unknown, assertion=NO_ASSERTION, proof=fapi.proof_for(TOKEN))
    check_refusal(unshown, verdict, "invalid_client", "invalid_request", statuses=_REFUSED)
    foreign = other_fapi.send(TOKEN, form, proof=other_fapi.proof_for(TOKEN))
    check_refusal(foreign, verdict, "invalid_grant")


def _renewed(fapi: FapiParty, tokens: Tokens, form: dict[str, str]) -> str:
    """Refresh once, check what comes, and give back the refresh token that is good now."""
    renewed = token_answer(fapi.send(TOKEN, form, proof=fapi.proof_for(TOKEN)), fapi.verdict, token_type="dpop")
    answer = fapi.resource(renewed["access_token"])
    fapi.verdict.expect(answer.ok, f"the protected resource answered {answer.status_code} to a renewed token")
    if "id_token" in renewed:
        same = fapi.id_token(renewed["id_token"], None).claims.get("sub") == tokens.id_token.claims.get("sub")
        fapi.verdict.expect(same, "sub of the ID token changed with the refresh")
    return str(renewed.get("refresh_token", form["refresh_token"]))
