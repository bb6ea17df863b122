"""Core: claims, by scope and by request, and the ways to read them."""

import json

import pytest
import requests

from conformance_tests.claim_types import SCOPE_CLAIMS
from conformance_tests.delivered_claims import check_email_alone, claims_of
from conformance_tests.journey import SignIn
from conformance_tests.relying_party import RelyingParty
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCC-5.3.1")
def test_oidcc_userinfo_get(rp: RelyingParty) -> None:
    """Userinfo answers a Bearer GET with JSON, about the same person as the ID token."""
    rp.sign_in()


@pytest.mark.requirement("OIDCC-5.3.1")
def test_oidcc_userinfo_post_header(rp: RelyingParty) -> None:
    """Userinfo answers a POST with a Bearer header and an empty form like a GET."""
    signed_in = rp.sign_in()

    answer = _post(rp, {}, {"Authorization": f"Bearer {signed_in.access_token}"})

    rp.userinfo_from(answer, signed_in.id_token)


@pytest.mark.requirement("OIDCC-5.3.1")
@pytest.mark.requirement("RFC6750-2.2")
def test_oidcc_userinfo_post_body(rp: RelyingParty, verdict: Verdict) -> None:
    """Userinfo may take the access token in the form of a POST; when it does, it answers like a GET."""
    signed_in = rp.sign_in()

    answer = _post(rp, {"access_token": signed_in.access_token}, {})

    verdict.advise(answer.ok, f"userinfo answered {answer.status_code} to a token in the form")
    if answer.ok:
        rp.userinfo_from(answer, signed_in.id_token)


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_profile(rp: RelyingParty) -> None:
    """Scope `profile` yields all of its claims."""
    _check_scopes(rp, "profile")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_email(rp: RelyingParty) -> None:
    """Scope `email` yields its claims where they belong and nowhere else, and no others."""
    check_email_alone(rp, _check_scopes(rp, "email"))


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_address(rp: RelyingParty) -> None:
    """Scope `address` yields its claim."""
    _check_scopes(rp, "address")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_phone(rp: RelyingParty) -> None:
    """Scope `phone` yields its claims."""
    _check_scopes(rp, "phone")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_all(rp: RelyingParty) -> None:
    """All standard scopes together yield all of their claims."""
    _check_scopes(rp, "email", "phone", "address", "profile")


@pytest.mark.requirement("OIDCC-5.5.1")
def test_oidcc_claims_essential(rp: RelyingParty, verdict: Verdict) -> None:
    """A claim asked for as essential is delivered where it was asked for, and only there."""
    place = "userinfo" if rp.variant.has_token else "id_token"

    signed_in = rp.sign_in(claims=json.dumps({place: {"name": {"essential": True}}}, separators=(",", ":")))

    if rp.variant.has_token:
        verdict.advise("name" in signed_in.userinfo, "userinfo lacks name, which was asked for by the claims parameter")
        verdict.advise("name" not in signed_in.claims, "the ID token has name, which was asked for at userinfo")
    else:
        verdict.advise("name" in signed_in.claims, "the ID token lacks name, which was asked for there")


def _check_scopes(rp: RelyingParty, *scopes: str) -> SignIn:
    """Sign in with these scopes, and warn of every claim of theirs that is not delivered."""
    unsupported = [scope for scope in scopes if scope not in rp.issuer.listed("scopes_supported")]
    if unsupported:
        rp.verdict.not_applicable(f"scopes_supported does not list {', '.join(unsupported)}")
    signed_in = rp.sign_in(scope=" ".join(("openid", *scopes)))
    delivered = claims_of(rp, signed_in)
    missing = [name for scope in scopes for name in SCOPE_CLAIMS[scope] if name not in delivered]
    rp.verdict.advise(not missing, f"these claims are not delivered: {', '.join(missing)}")
    return signed_in


def _post(rp: RelyingParty, form: dict[str, str], headers: dict[str, str]) -> requests.Response:
    return rp.issuer.post(rp.issuer.endpoint("userinfo_endpoint"), form, headers=headers)
