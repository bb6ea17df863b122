"""FAPI 2.0: what shows who a client is, and what does not."""

import pytest

from conformance_tests.client_keys import assertion_claims, seconds_from_now
from conformance_tests.fapi_party import FapiParty
from conformance_tests.fapi_sender import NO_ASSERTION, PAR, TOKEN
from conformance_tests.tokens import check_refusal
from conformance_tests.verdict import Verdict

_REFUSED = (400, 401)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(
    fapi: FapiParty,
) -> None:
    """A clock that is eight seconds fast does not matter."""
    fapi.pushed(
        fapi.request(), assertion=fapi.assertion(nbf=seconds_from_now(seconds=8), iat=seconds_from_now(seconds=8))
    )


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(
    fapi: FapiParty,
) -> None:
    """An assertion that is good from later on is not good yet."""
    later = seconds_from_now(seconds=70)

    _demand_refused_at_par(fapi, fapi.assertion(nbf=later, iat=later, exp=seconds_from_now(minutes=3)))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_par_test_array_as_audience_fails(fapi: FapiParty) -> None:
    """The audience is one string, and no list with the issuer in it."""
    endpoints = [fapi.issuer.endpoint(TOKEN), fapi.issuer.endpoint(PAR)]

    _demand_refused_at_par(fapi, fapi.assertion(aud=[fapi.issuer.identifier, *endpoints]))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_par_test_par_endpoint_url_as_audience_fails(fapi: FapiParty) -> None:
    """The PAR endpoint is no audience."""
    _demand_refused_at_par(fapi, fapi.assertion(aud=fapi.issuer.endpoint(PAR)))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_par_test_token_endpoint_url_as_audience_fails(fapi: FapiParty) -> None:
    """The token endpoint is no audience."""
    _demand_refused_at_par(fapi, fapi.assertion(aud=fapi.issuer.endpoint(TOKEN)))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.4.1")
def test_fapi2_security_profile_final_ensure_signed_client_assertion_with_RS256_fails(  # noqa: N802
    fapi: FapiParty, verdict: Verdict
) -> None:
    """The client's own key does not help under RS256."""
    claims = assertion_claims(fapi.client.client_id, fapi.issuer.identifier)
    by_rs256 = fapi.client.key.sign(claims, alg="RS256")

    check_refusal(fapi.redeem(fapi.authorize(), assertion=by_rs256), verdict, "invalid_client", statuses=_REFUSED)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_ensure_client_assertion_in_token_endpoint(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """A client that does not show itself gets no tokens."""
    answer = fapi.redeem(fapi.authorize(), assertion=NO_ASSERTION, client_id=fapi.client.client_id)

    check_refusal(answer, verdict, "invalid_client", "invalid_request", statuses=_REFUSED)


@pytest.mark.requirement("RFC7523-3")
def test_fapi2_security_profile_final_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """An assertion that has expired shows nothing."""
    expired = fapi.assertion(
        exp=seconds_from_now(minutes=-5), iat=seconds_from_now(minutes=-6), nbf=seconds_from_now(minutes=-6)
    )

    check_refusal(fapi.redeem(fapi.authorize(), assertion=expired), verdict, "invalid_client", statuses=_REFUSED)


@pytest.mark.requirement("RFC7523-3")
def test_fapi2_security_profile_final_ensure_client_assertion_with_wrong_aud_fails(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """An assertion that is meant for somebody else shows nothing."""
    foreign = fapi.assertion(aud="https://other.example")

    check_refusal(fapi.redeem(fapi.authorize(), assertion=foreign), verdict, "invalid_client", statuses=_REFUSED)


@pytest.mark.requirement("RFC7523-3")
def test_fapi2_security_profile_final_ensure_client_assertion_with_no_sub_fails(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """An assertion about nobody shows nothing."""
    nobody = fapi.assertion(sub=None)

    check_refusal(fapi.redeem(fapi.authorize(), assertion=nobody), verdict, "invalid_client", statuses=_REFUSED)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.1")
def test_fapi2_security_profile_final_ensure_client_id_in_token_endpoint(
    fapi: FapiParty, other_fapi: FapiParty, verdict: Verdict
) -> None:
    """A client_id in the form that is not that of the assertion is refused."""
    answer = fapi.redeem(fapi.authorize(), client_id=other_fapi.client.client_id)

    check_refusal(answer, verdict, "invalid_client", "invalid_request", statuses=_REFUSED)


def _demand_refused_at_par(fapi: FapiParty, assertion: str) -> None:
    answer = fapi.push(fapi.request(), assertion=assertion)
    check_refusal(answer, fapi.verdict, "invalid_client", "invalid_request", statuses=_REFUSED)
