"""RP-Initiated OP: signing out at the provider, and where the browser may go afterwards."""

import json
import secrets
import string
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from joserfc import jws

from conformance_tests.browser import Arrival
from conformance_tests.checks import INTERACTIVE_ERRORS
from conformance_tests.clients import Registrar, signing_key
from conformance_tests.issuer import Issuer
from conformance_tests.page import Page
from conformance_tests.relying_party import RelyingParty, SignIn
from conformance_tests.request_object import unsigned
from conformance_tests.verdict import Verdict

pytestmark = pytest.mark.profile("rp-initiated-logout")


@pytest.fixture
def rp(registrar: Registrar, rp: RelyingParty) -> RelyingParty:
    """The relying party with its post-logout redirect URI registered."""
    if not registrar.is_dynamic:
        return rp
    uri = rp.issuer.options.post_logout_redirect_uri
    client = registrar.client(post_logout_redirect_uris=[uri])
    return RelyingParty(rp.issuer, client, rp.browser, rp.verdict, rp.response_mode)


@pytest.mark.requirement("OIDCRIL-2.1")
def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(issuer: Issuer) -> None:
    """The metadata names an end_session_endpoint, and every endpoint is https."""
    issuer.endpoint("end_session_endpoint")

    for name, address in issuer.metadata.items():
        if name.endswith("_endpoint"):
            issuer.check_https(address, name)


@pytest.mark.requirement("OIDCRIL-2")
@pytest.mark.requirement("OIDCRIL-3")
def test_oidcc_rp_initiated_logout(rp: RelyingParty, verdict: Verdict) -> None:
    """A complete request ends the session and comes back with the state, and with nothing else."""
    request = _request(rp, rp.sign_in())

    arrival = _demand_return(rp, request)

    returned = dict(arrival.query)
    verdict.expect(returned.get("state") == request["state"], "state did not come back as it was sent")
    verdict.advise(set(returned) <= {"state"}, "the redirect has other parameters than state")
    _check_signed_out(rp)


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_state(rp: RelyingParty, verdict: Verdict) -> None:
    """Without a state, none comes back."""
    request = _request(rp, rp.sign_in(), state=None)

    arrival = _demand_return(rp, request)

    verdict.expect("state" not in dict(arrival.query), "a state came back although none was sent")
    verdict.advise(not arrival.query, "the redirect has parameters")
    _check_signed_out(rp)


@pytest.mark.requirement("OIDCRIL-3")
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(rp: RelyingParty) -> None:
    """A post-logout redirect URI that is not registered is never followed."""
    bad = f"{rp.client.post_logout_redirect_uri}/{secrets.token_urlsafe(8)}"

    _demand_page(rp, _request(rp, rp.sign_in(), post_logout_redirect_uri=bad))


@pytest.mark.requirement("OIDCRIL-3")
def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(rp: RelyingParty) -> None:
    """A registered URI with a query added to it is not registered."""
    bad = f"{rp.client.post_logout_redirect_uri}?foo=bar"

    _demand_page(rp, _request(rp, rp.sign_in(), post_logout_redirect_uri=bad))


@pytest.mark.requirement("OIDCRIL-2")
@pytest.mark.requirement("OIDCRIL-4")
def test_oidcc_rp_initiated_logout_modified_id_token_hint(rp: RelyingParty) -> None:
    """An ID token whose signature was taken away is no hint that could lead back."""
    signed_in = rp.sign_in()

    _demand_page(rp, _request(rp, signed_in, id_token_hint=unsigned(signed_in.claims)))


@pytest.mark.requirement("OIDCRIL-2")
@pytest.mark.requirement("OIDCRIL-4")
def test_oidcc_rp_initiated_logout_bad_id_token_hint(rp: RelyingParty) -> None:
    """A token that somebody else has signed is no hint that could lead back."""
    now = rp.clock()
    claims = {
        "iss": rp.client.client_id,
        "aud": rp.issuer.identifier,
        "sub": rp.sign_in().claims["sub"],
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
    }
    hint = jws.serialize_compact({"alg": "RS256"}, json.dumps(claims), signing_key())

    _demand_page(rp, _request(rp, None, id_token_hint=hint))


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_id_token_hint(rp: RelyingParty) -> None:
    """Without a hint the provider does not know whose URI it is, and stays on a page of its own."""
    _demand_page(rp, _request(rp, rp.sign_in(), id_token_hint=None))


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_params(rp: RelyingParty) -> None:
    """Without any parameter the person is signed out, after a question perhaps, and told so."""
    rp.sign_in()

    _demand_signed_out_page(rp, {})


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(rp: RelyingParty) -> None:
    """With hint and state alone the person is signed out and told so on a page of the provider."""
    _demand_signed_out_page(rp, _request(rp, rp.sign_in(), post_logout_redirect_uri=None))


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_only_state(rp: RelyingParty) -> None:
    """With a state alone the person is signed out and told so on a page of the provider."""
    request = _request(rp, rp.sign_in())

    _demand_signed_out_page(rp, {"state": request["state"]})


def _request(rp: RelyingParty, signed_in: SignIn | None, **changes: str | None) -> dict[str, str]:
    parameters: dict[str, str | None] = {
        "id_token_hint": signed_in.tokens.id_token.raw if signed_in is not None else None,
        "post_logout_redirect_uri": rp.client.post_logout_redirect_uri,
        "state": hostile_state(),
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def hostile_state() -> str:
    """A state of 90 characters: 50 letters, 10 digits and 30 punctuation marks, without space, plus and semicolon."""
    marks = "".join(mark for mark in string.punctuation if mark not in "+;")
    drawn = [
        secrets.choice(kind)
        for kind, times in ((string.ascii_letters, 50), (string.digits, 10), (marks, 30))
        for _ in range(times)
    ]
    secrets.SystemRandom().shuffle(drawn)
    return "".join(drawn)


def _sign_out(rp: RelyingParty, request: dict[str, str]) -> Page | Arrival:
    """Send the browser to the end_session_endpoint, and say yes to what it asks."""
    endpoint = rp.issuer.endpoint("end_session_endpoint")
    query = urlencode(request)
    address = f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{query}" if query else endpoint
    return rp.browser.confirm(rp.browser.visit(address))


def _demand_return(rp: RelyingParty, request: dict[str, str]) -> Arrival:
    place = _sign_out(rp, request)
    if isinstance(place, Page):
        raise rp.verdict.stop(f"the browser never came to the post-logout redirect URI: {place.description}")
    arrived = place.url.partition("?")[0]
    rp.verdict.demand(
        arrived == rp.client.post_logout_redirect_uri.partition("?")[0],
        "the browser came to an address that is not the post-logout redirect URI",
    )
    return place


def _demand_page(rp: RelyingParty, request: dict[str, str]) -> Page:
    """Demand an error, a question or a signed-out page, and that nothing leads back to the relying party."""
    place = _sign_out(rp, request)
    if isinstance(place, Arrival):
        raise rp.verdict.stop("the browser was sent back to the relying party")
    rp.verdict.expect(place.status < 500, f"the provider failed: {place.description}")
    rp.verdict.expect(place.text, "the page has no text")
    return place


def _demand_signed_out_page(rp: RelyingParty, request: dict[str, str]) -> None:
    page = _demand_page(rp, request)
    rp.verdict.expect(page.status == 200, f"this is no signed-out page: {page.description}")
    _check_signed_out(rp)


def _check_signed_out(rp: RelyingParty) -> None:
    """Demand that the session is gone: silent sign-in is refused."""
    request = rp.request(prompt="none", state=secrets.token_hex(64))
    rp.refusal(rp.ask(request), request, INTERACTIVE_ERRORS)
