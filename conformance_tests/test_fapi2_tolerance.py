"""FAPI 2.0: what may be granted or refused, as long as nothing is cut, mixed up or invented."""

import pytest

from conformance_tests.fapi_party import FapiParty
from conformance_tests.page import Page
from conformance_tests.relying_party import random_text
from conformance_tests.tokens import check_refusal
from conformance_tests.verdict import Verdict

_LONG = 384


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_authorization_request_with_long_nonce(fapi: FapiParty) -> None:
    """A nonce of 384 characters comes back whole or is refused; it is never cut."""
    _sign_in_or_be_refused(fapi, nonce=random_text(_LONG))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_authorization_request_with_long_state(fapi: FapiParty) -> None:
    """A state of 384 characters comes back whole or is refused; it is never cut."""
    _sign_in_or_be_refused(fapi, state=random_text(_LONG))


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_plain_fapi_tolerate_unregistered_redirect_uri(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """A redirect URI that is not registered may be pushed by a client that has shown itself, or be refused."""
    request = fapi.request(redirect_uri=f"{fapi.client.redirect_uri}/{random_text()}")
    answer = fapi.push(request)
    if answer.status_code != 201:
        check_refusal(answer, verdict, "invalid_request", "invalid_redirect_uri", "invalid_request_object")
        return

    place = fapi.browser.carry_on(fapi.ask(fapi.request_uri_from(answer)))

    if isinstance(place, Page):
        verdict.expect(place.is_error, f"this is no error page: {place.description}")
    else:
        came_to = place.url.partition("?")[0]
        verdict.expect(came_to == request["redirect_uri"], "the browser came to another redirect URI than was pushed")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_redirect_uri_in_authorization_request(fapi: FapiParty) -> None:
    """Without a redirect URI the request is refused; at most the registered one is used."""
    _sign_in_or_be_refused(fapi, redirect_uri=None)


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_different_nonce_inside_and_outside_request_object(fapi: FapiParty) -> None:
    """What was pushed counts, and not the nonce beside it; or the contradiction is refused."""
    _ask_with_another_outside(fapi, "nonce")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_ensure_different_state_inside_and_outside_request_object(fapi: FapiParty) -> None:
    """What was pushed counts, and not the state beside it; or the contradiction is refused."""
    _ask_with_another_outside(fapi, "state")


@pytest.mark.requirement("FAPI2-SP-FINAL-5.3.2.2")
def test_fapi2_security_profile_final_state_only_outside_request_object_not_used(fapi: FapiParty) -> None:
    """A state that was not pushed is no part of the request, and does not come back; or it is refused."""
    _ask_with_another_outside(fapi, "state", state=None)


@pytest.mark.requirement("RFC9126-7.3")
def test_fapi2_security_profile_final_par_attempt_reuse_request_uri(fapi: FapiParty, verdict: Verdict) -> None:
    """A request that has been answered should not be answered again."""
    request = fapi.request()
    request_uri = fapi.pushed(request)
    fapi.code_from(fapi.ask(request_uri), request)

    again = fapi.code_unless_refused(fapi.ask(request_uri), request, "invalid_request", "invalid_request_uri")

    verdict.advise(again is None, "a request_uri was answered a second time")


def _sign_in_or_be_refused(fapi: FapiParty, **changes: str | None) -> None:
    request = fapi.request(**changes)
    code = fapi.granted(fapi.push(request), request, "invalid_request", "invalid_request_object")
    if code is not None:
        fapi.complete(code, request)


def _ask_with_another_outside(fapi: FapiParty, name: str, **inside: str | None) -> None:
    request = fapi.request(**{name: random_text(), **inside})
    request_uri = fapi.pushed(request)
    place = fapi.ask(request_uri, **{name: random_text()})
    code = fapi.code_unless_refused(place, request, "invalid_request", "invalid_request_object")
    if code is not None:
        fapi.complete(code, request)
