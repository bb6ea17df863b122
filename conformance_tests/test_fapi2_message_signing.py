"""FAPI 2.0 Message Signing: what a signed request has to be like (RFC 9101)."""

from collections.abc import Mapping
from typing import Any

import pytest

from conformance_tests.client_keys import seconds_from_now
from conformance_tests.fapi_party import FapiParty
from conformance_tests.fapi_sender import PAR
from conformance_tests.relying_party import random_text
from conformance_tests.request_object import unsigned
from conformance_tests.tokens import decoded

_ERRORS = ("invalid_request_object", "invalid_request")


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_with_multiple_aud_succeeds(fapi: FapiParty) -> None:
    """The issuer may be one of several audiences."""
    _sign_in(fapi, aud=[fapi.issuer.identifier, "https://other.example"])


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(
    fapi: FapiParty,
) -> None:
    """A clock that is eight seconds fast does not matter."""
    _sign_in(fapi, nbf=seconds_from_now(seconds=8))


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_without_exp_fails(fapi: FapiParty) -> None:
    """A request says until when it is good."""
    _demand_refused(fapi, exp=None)


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_without_nbf_fails(fapi: FapiParty) -> None:
    """A request says from when it is good."""
    _demand_refused(fapi, nbf=None)


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_expired_request_object_fails(fapi: FapiParty) -> None:
    """A request that has expired is refused."""
    _demand_refused(
        fapi, exp=seconds_from_now(minutes=-5), nbf=seconds_from_now(minutes=-10), iat=seconds_from_now(minutes=-10)
    )


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_with_bad_aud_fails(fapi: FapiParty) -> None:
    """A request that is meant for somebody else is refused."""
    _demand_refused(fapi, aud="https://other.example")


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_with_exp_over_60_fails(fapi: FapiParty) -> None:
    """A request is not good for longer than an hour."""
    _demand_refused(fapi, exp=seconds_from_now(minutes=70))


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_with_nbf_over_60_fails(fapi: FapiParty) -> None:
    """A request that was made over an hour ago is refused."""
    _demand_refused(fapi, nbf=seconds_from_now(minutes=-70))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.4.1")
def test_fapi2_security_profile_final_ensure_signed_request_object_with_RS256_fails(  # noqa: N802
    fapi: FapiParty,
) -> None:
    """The client's own key does not help under RS256."""
    request = fapi.request()

    _demand_object_refused(fapi, request, fapi.request_object(request, header={"alg": "RS256"}))


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_signature_algorithm_is_not_none(fapi: FapiParty) -> None:
    """A request object has a signature."""
    request = fapi.request()
    complete = decoded(fapi.request_object(request))
    assert complete is not None

    _demand_object_refused(fapi, request, unsigned(complete.claims))


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_request_object_with_invalid_signature_fails(fapi: FapiParty) -> None:
    """The signature of a request object is verified."""
    request = fapi.request()
    start, _, signature = fapi.request_object(request).rpartition(".")

    _demand_object_refused(fapi, request, f"{start}.{signature[::-1]}")


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_matching_key_in_authorization_request(
    fapi: FapiParty, other_fapi: FapiParty
) -> None:
    """The key of another client signs nothing for this one."""
    request = fapi.request()

    _demand_object_refused(fapi, request, other_fapi.request_object(request, iss=fapi.client.client_id))


@pytest.mark.requirement("FAPI2-MS-FINAL-5.3.1")
def test_fapi2_security_profile_final_ensure_unsigned_request_at_par_endpoint_fails(fapi: FapiParty) -> None:
    """A client that signs its requests cannot push one without a signature."""
    request = fapi.request()

    code = fapi.granted(fapi.send(PAR, request), request, *_ERRORS)

    fapi.verdict.expect(code is None, "an unsigned request was granted")


@pytest.mark.requirement("RFC9101-4")
def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri(fapi: FapiParty) -> None:
    """A request object does not refer to another request."""
    _demand_refused(fapi, request_uri=f"urn:ietf:params:oauth:request_uri:{random_text()}")


def _sign_in(fapi: FapiParty, **claims: Any) -> None:
    request = fapi.request()
    answer = fapi.send(PAR, {"request": fapi.request_object(request, **claims)})

    fapi.complete(fapi.code_from(fapi.ask(fapi.request_uri_from(answer)), request), request)


def _demand_refused(fapi: FapiParty, **claims: Any) -> None:
    request = fapi.request()
    _demand_object_refused(fapi, request, fapi.request_object(request, **claims))


def _demand_object_refused(fapi: FapiParty, request: Mapping[str, str], written: str) -> None:
    code = fapi.granted(fapi.send(PAR, {"request": written}), request, *_ERRORS)
    fapi.verdict.expect(code is None, "the request was granted")
