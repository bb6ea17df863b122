"""Front-Channel OP: the provider's page loads the relying party's in a frame when a session ends."""

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest

from conformance_tests.browser import origin_of
from conformance_tests.callback_server import CallbackServer
from conformance_tests.checks import INTERACTIVE_ERRORS
from conformance_tests.chromium import Chromium
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer, check_endpoints, check_supported
from conformance_tests.relying_party import RelyingParty, random_text
from conformance_tests.sign_out import check_return, sign_out_request
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCFCL-3")
def test_oidcc_frontchannel_logout_discovery_endpoint_verification(issuer: Issuer) -> None:
    """The metadata says that the front channel is supported, with session ids, and every endpoint is https."""
    issuer.endpoint("end_session_endpoint")

    check_endpoints(issuer)
    check_supported(issuer, "frontchannel_logout_supported", "frontchannel_logout_session_supported")


@pytest.mark.requirement("OIDCFCL-2")
@pytest.mark.requirement("OIDCFCL-3")
def test_oidcc_frontchannel_rp_initiated_logout(
    rp: RelyingParty, registrar: Registrar, chromium: Chromium, callbacks: CallbackServer, verdict: Verdict
) -> None:
    """Signing out loads the relying party's page with issuer and session id, comes back, and ends the session."""
    page = callbacks.publish("frontchannel_logout", "<!doctype html><title>Signed out</title>", "text/html")
    # The page stands on the origin of the redirect URI (section 2).
    needs = {"frontchannel_logout_uri": f"{chromium.origin}{page.path}", "frontchannel_logout_session_required": True}
    rp = replace(rp, client=registrar.with_logout(**needs))
    signed_in = rp.sign_in()
    verdict.demand("sid" in signed_in.claims, "the ID token has no sid")
    chromium.take_cookies(rp.browser.cookies, origin_of(rp.issuer.identifier))
    request = sign_out_request(rp, signed_in)

    arrival = chromium.travel(rp.address_of("end_session_endpoint", request))

    verdict.demand(page.asked_for, "the relying party's page was never loaded in a frame")
    told = dict(parse_qsl(urlsplit(page.asked_for[0]).query))
    verdict.expect(told.get("iss") == rp.issuer.identifier, "iss in the frame's address is not the issuer")
    verdict.expect(told.get("sid") == signed_in.claims["sid"], "sid in the frame's address is not that of the ID token")
    verdict.advise(set(told) <= {"iss", "sid"}, "the frame's address has other parameters than iss and sid")
    if arrival is None:
        raise verdict.stop("the browser never came to the post-logout redirect URI")
    check_return(rp, arrival, request)
    _check_signed_out(rp, chromium)


def _check_signed_out(rp: RelyingParty, chromium: Chromium) -> None:
    """Demand that the browser that has signed out has no session any more."""
    request = rp.request(prompt="none", state=random_text(128))
    arrival = chromium.travel(rp.address_of("authorization_endpoint", request))
    if arrival is None:
        raise rp.verdict.stop("prompt=none has to be answered by a redirect")
    rp.refusal(arrival, request, INTERACTIVE_ERRORS)
