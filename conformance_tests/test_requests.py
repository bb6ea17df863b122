"""Core: what an authorization request may say, and what it must not."""

import secrets

import pytest

from conformance_tests.browser import Arrival
from conformance_tests.checks import INTERACTIVE_ERRORS, PROTOCOL_CLAIMS, secret_problems
from conformance_tests.claim_types import SCOPE_CLAIMS
from conformance_tests.delivered_claims import check_email_alone, claims_of
from conformance_tests.options import Options
from conformance_tests.relying_party import RelyingParty, random_text
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_response_type_missing(rp: RelyingParty) -> None:
    """Without response_type: `invalid_request` or `unsupported_response_type` by redirect, or an error page."""
    _demand_error(rp, rp.request(response_type=None), frozenset({"invalid_request", "unsupported_response_type"}))


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(rp: RelyingParty) -> None:
    """A nonce is optional where the ID token comes from the token endpoint."""
    rp.authorize(rp.request(nonce=None))


@pytest.mark.requirement("OIDCC-3.2.2.1")
@pytest.mark.requirement("OIDCC-3.3.2.11")
def test_oidcc_ensure_request_without_nonce_fails(rp: RelyingParty) -> None:
    """Without a nonce no ID token leaves the authorization endpoint: `invalid_request`, or an error page."""
    _demand_error(rp, rp.request(nonce=None), frozenset({"invalid_request"}))


@pytest.mark.requirement("OIDCC-3.1.2.1")
@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_alternate_happy_flow(rp: RelyingParty, verdict: Verdict) -> None:
    """Scope words and parameters in reverse order change nothing."""
    request = dict(reversed(rp.request(scope="email openid").items()))

    signed_in = rp.sign_in(request)

    delivered = claims_of(rp, signed_in)
    missing = [name for name in SCOPE_CLAIMS["email"] if name not in delivered]
    verdict.advise(not missing, f"these claims are not delivered: {', '.join(missing)}")
    check_email_alone(rp, signed_in)


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_display_page(rp: RelyingParty) -> None:
    """`display=page` does not stand in the way."""
    rp.sign_in(display="page")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_display_popup(rp: RelyingParty) -> None:
    """`display=popup` does not stand in the way."""
    rp.sign_in(display="popup")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_prompt_none_not_logged_in(rp: RelyingParty) -> None:
    """`prompt=none` without a session is refused by redirect at once, with a state of 128 characters intact."""
    request = rp.request(prompt="none", state=random_text(124) + "-._~")

    rp.refusal(rp.ask(request), request, INTERACTIVE_ERRORS)


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ensure_request_with_unknown_parameter_succeeds(rp: RelyingParty) -> None:
    """Parameters that are not understood are ignored."""
    rp.sign_in(extra="foobar")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_login_hint(rp: RelyingParty, options: Options) -> None:
    """A `login_hint` of somebody unknown is no error."""
    rp.sign_in(login_hint=options.login_hint)


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ui_locales(rp: RelyingParty, options: Options) -> None:
    """`ui_locales` that the provider does not speak are no error."""
    rp.sign_in(ui_locales=options.ui_locales)


@pytest.mark.requirement("OIDCC-5.2")
def test_oidcc_claims_locales(rp: RelyingParty) -> None:
    """`claims_locales` that the provider does not have are no error."""
    rp.sign_in(claims_locales="se")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ensure_request_with_acr_values_succeeds(rp: RelyingParty, verdict: Verdict) -> None:
    """`acr_values` are voluntary: the request succeeds, and the ID token says which of them was met."""
    asked = rp.issuer.listed("acr_values_supported") or ["1", "2"]

    signed_in = rp.sign_in(acr_values=" ".join(asked))

    verdict.advise(signed_in.claims.get("acr") in asked, f"acr of the ID token is none of {' '.join(asked)}")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ensure_registered_redirect_uri(rp: RelyingParty, verdict: Verdict) -> None:
    """A redirect URI that is not registered gets an error page, and nothing is ever sent to it."""
    place = rp.ask(rp.request(redirect_uri=f"{rp.client.redirect_uri}/{secrets.token_urlsafe(8)}"))

    if isinstance(place, Arrival):
        raise verdict.stop("the browser was redirected although the redirect URI is not registered")
    verdict.expect(place.is_error, f"this is no error page: {place.description}")


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ensure_post_request_succeeds(rp: RelyingParty) -> None:
    """The authorization endpoint takes a form POST from a foreign page as it takes a GET."""
    request = rp.request()

    place = rp.browser.post(rp.issuer.endpoint("authorization_endpoint"), list(request.items()))

    rp.complete(rp.authorization_from(place, request))


@pytest.mark.requirement("OIDCC-2")
@pytest.mark.requirement("OIDCC-3.1.2.1")
@pytest.mark.requirement("OIDCC-3.1.3.3")
def test_oidcc_server(rp: RelyingParty, verdict: Verdict) -> None:
    """The plain journey: a strong code, tokens with an expiry, and no ID token with anything foreign in it."""
    authorization = rp.authorize(rp.request())
    if rp.variant.has_code:
        verdict.expect_none(secret_problems("code", authorization.code, shortest=16))
    signed_in = rp.complete(authorization)

    if signed_in.tokens is not None:
        verdict.advise("expires_in" in signed_in.tokens.answer, "the token response has no expires_in")
    if "token" in rp.variant.parts:
        verdict.advise("expires_in" in authorization.returned, "the authorization response has no expires_in")
    for token in signed_in.id_tokens:
        foreign = sorted(set(token.claims) - PROTOCOL_CLAIMS)
        verdict.advise(not foreign, f"the ID token has claims that were not asked for: {', '.join(foreign)}")


def _demand_error(rp: RelyingParty, request: dict[str, str], allowed: frozenset[str]) -> None:
    """Demand one of these errors by redirect, or an error page."""
    place = rp.ask(request)
    if isinstance(place, Arrival):
        rp.refusal(place, request, allowed)
    else:
        rp.verdict.expect(place.is_error, f"neither a redirect nor an error page: {place.description}")
