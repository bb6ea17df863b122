"""Signing out at the provider (RP-Initiated Logout 1.0), and what must be true afterwards."""

import secrets
import string

from conformance_tests.browser import Arrival
from conformance_tests.checks import INTERACTIVE_ERRORS
from conformance_tests.journey import SignIn
from conformance_tests.page import Page
from conformance_tests.relying_party import RelyingParty


def sign_out_request(rp: RelyingParty, signed_in: SignIn | None, **changes: str | None) -> dict[str, str]:
    parameters: dict[str, str | None] = {
        "id_token_hint": signed_in.id_token.raw if signed_in is not None else None,
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


def sign_out(rp: RelyingParty, request: dict[str, str]) -> Page | Arrival:
    """Send the browser to the end_session_endpoint, and say yes to what it asks."""
    return rp.browser.confirm(rp.browser.visit(rp.address_of("end_session_endpoint", request)))


def demand_return(rp: RelyingParty, request: dict[str, str]) -> None:
    """Sign out, and demand to be brought back with the state that was sent and nothing else."""
    check_return(rp, sign_out(rp, request), request)


def check_return(rp: RelyingParty, place: Page | Arrival, request: dict[str, str]) -> None:
    """Demand that this is the way back that the request asked for."""
    if isinstance(place, Page):
        raise rp.verdict.stop(f"the browser never came to the post-logout redirect URI: {place.description}")
    arrived = place.url.partition("?")[0]
    rp.verdict.demand(
        arrived == rp.client.post_logout_redirect_uri.partition("?")[0],
        "the browser came to an address that is not the post-logout redirect URI",
    )
    returned = dict(place.query)
    rp.verdict.expect(returned.get("state") == request.get("state"), "state did not come back as it was sent")
    rp.verdict.advise(set(returned) <= {"state"}, "the redirect has other parameters than state")


def demand_page(rp: RelyingParty, request: dict[str, str]) -> Page:
    """Demand an error, a question or a signed-out page, and that nothing leads back to the relying party."""
    place = sign_out(rp, request)
    if isinstance(place, Arrival):
        raise rp.verdict.stop("the browser was sent back to the relying party")
    rp.verdict.expect(place.status < 500, f"the provider failed: {place.description}")
    rp.verdict.expect(place.text, "the page has no text")
    return place


def demand_signed_out_page(rp: RelyingParty, request: dict[str, str]) -> None:
    page = demand_page(rp, request)
    rp.verdict.expect(page.status == 200, f"this is no signed-out page: {page.description}")
    check_signed_out(rp)


def check_signed_out(rp: RelyingParty) -> None:
    """Demand that the session is gone: silent sign-in is refused."""
    request = rp.request(prompt="none", state=secrets.token_hex(64))
    rp.refusal(rp.ask(request), request, INTERACTIVE_ERRORS)
