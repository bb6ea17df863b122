"""FAPI 2.0: pushed requests that are refused (RFC 9126, RFC 7636)."""

import time

import pytest
import requests

from conformance_tests.fapi_party import FapiParty
from conformance_tests.fapi_sender import PAR
from conformance_tests.issuer import json_object
from conformance_tests.relying_party import random_text
from conformance_tests.tokens import check_refusal
from conformance_tests.verdict import Verdict

_REQUEST_ERRORS = ("invalid_request", "invalid_request_object")
_TYPE_ERRORS = ("unsupported_response_type", "unauthorized_client")
_STALE_ERRORS = ("invalid_request_uri", "invalid_request", "invalid_request_object")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_request_object_without_redirect_uri_fails(fapi: FapiParty) -> None:
    """A redirect URI beside the pushed request does not count."""
    request = fapi.request(redirect_uri=None)

    fapi.demand_refused(request, *_REQUEST_ERRORS, redirect_uri=fapi.client.redirect_uri)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_unsigned_authorization_request_without_using_par_fails(
    fapi: FapiParty,
) -> None:
    """A request that was not pushed is refused, however complete it is."""
    request = fapi.request()

    fapi.demand_error(fapi.ask_openly(request), request, *_REQUEST_ERRORS)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_response_type_code_idtoken_fails(fapi: FapiParty) -> None:
    """No ID token leaves the authorization endpoint."""
    fapi.demand_refused(fapi.request(response_type="code id_token"), *_REQUEST_ERRORS, *_TYPE_ERRORS)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_response_type_token_fails(fapi: FapiParty) -> None:
    """No access token leaves the authorization endpoint."""
    fapi.demand_refused(fapi.request(response_type="token"), *_REQUEST_ERRORS, *_TYPE_ERRORS)


@pytest.mark.requirement("RFC9126-2.2")
def test_fapi2_security_profile_final_par_attempt_to_use_expired_request_uri(fapi: FapiParty) -> None:
    """A pushed request is worth nothing once its time is over."""
    request = fapi.request()
    answer = fapi.push(request)
    request_uri = fapi.request_uri_from(answer)

    time.sleep((json_object(answer) or {})["expires_in"] + 1)

    fapi.demand_error(fapi.ask(request_uri), request, *_STALE_ERRORS)


@pytest.mark.requirement("RFC9126-2.2")
def test_fapi2_security_profile_final_par_attempt_to_use_request_uri_for_different_client(
    fapi: FapiParty, other_fapi: FapiParty
) -> None:
    """A pushed request is its own client's only."""
    request = fapi.request()

    other_fapi.demand_error(other_fapi.ask(fapi.pushed(request)), request, *_STALE_ERRORS)


@pytest.mark.requirement("RFC9126-2.1")
def test_fapi2_security_profile_final_par_authorization_request_containing_request_uri_form_param(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """A pushed request does not refer to another one."""
    form = {**fapi.pushed_form(fapi.request()), "request_uri": f"urn:ietf:params:oauth:request_uri:{random_text()}"}

    check_refusal(fapi.send(PAR, form), verdict, *_REQUEST_ERRORS, "request_uri_not_supported")


@pytest.mark.requirement("RFC9126-2.3")
def test_fapi2_security_profile_final_par_attempt_invalid_http_method(fapi: FapiParty, verdict: Verdict) -> None:
    """Requests are pushed by POST and nothing else."""
    address = fapi.issuer.endpoint(PAR)

    for method in ("GET", "PUT"):
        answer = fapi.issuer.http.request(method, address, allow_redirects=False, timeout=fapi.issuer.options.timeout)
        refused = requests.codes.bad_request <= answer.status_code < requests.codes.server_error
        verdict.expect(refused, f"{method} was answered {answer.status_code} by the PAR endpoint")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_par_ensure_pkce_required(fapi: FapiParty) -> None:
    """A request without a challenge is refused."""
    fapi.demand_refused(fapi.request(code_challenge=None, code_challenge_method=None), *_REQUEST_ERRORS)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_par_plain_pkce_rejected(fapi: FapiParty) -> None:
    """A challenge that is the verifier itself is refused."""
    fapi.demand_refused(fapi.request(code_challenge=fapi.verifier, code_challenge_method="plain"), *_REQUEST_ERRORS)
