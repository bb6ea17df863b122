"""Basic OP: claims, by scope and by request, and the ways to read them."""

import json
from collections.abc import Iterable

import pytest
import requests

from conformance_tests.checks import SCOPE_CLAIMS
from conformance_tests.relying_party import RelyingParty
from conformance_tests.verdict import Verdict

pytestmark = pytest.mark.profile("basic")


@pytest.mark.requirement("OIDCC-5.3.1")
def test_oidcc_userinfo_get(rp: RelyingParty) -> None:
    """Userinfo answers a Bearer GET with JSON, about the same person as the ID token."""
    rp.sign_in()


@pytest.mark.requirement("OIDCC-5.3.1")
def test_oidcc_userinfo_post_header(rp: RelyingParty) -> None:
    """Userinfo answers a POST with a Bearer header and an empty form like a GET."""
    signed_in = rp.sign_in()

    answer = _post(rp, {}, {"Authorization": f"Bearer {signed_in.tokens.access_token}"})

    rp.userinfo_from(answer, signed_in.tokens.id_token)


@pytest.mark.requirement("OIDCC-5.3.1")
@pytest.mark.requirement("RFC6750-2.2")
def test_oidcc_userinfo_post_body(rp: RelyingParty, verdict: Verdict) -> None:
    """Userinfo may take the access token in the form of a POST; when it does, it answers like a GET."""
    signed_in = rp.sign_in()

    answer = _post(rp, {"access_token": signed_in.tokens.access_token}, {})

    verdict.advise(answer.ok, f"userinfo answered {answer.status_code} to a token in the form")
    if answer.ok:
        rp.userinfo_from(answer, signed_in.tokens.id_token)


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_profile(rp: RelyingParty) -> None:
    """Scope `profile` yields all of its claims at userinfo."""
    _check_scopes(rp, "profile")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_email(rp: RelyingParty, verdict: Verdict) -> None:
    """Scope `email` yields its claims at userinfo and nowhere else, and no others."""
    userinfo, id_token = _check_scopes(rp, "email")

    verdict.advise("name" not in userinfo, "userinfo has name, which was not asked for")
    for name in ("name", "email"):
        verdict.advise(name not in id_token, f"the ID token has {name}, which belongs to userinfo here")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_address(rp: RelyingParty) -> None:
    """Scope `address` yields its claim at userinfo."""
    _check_scopes(rp, "address")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_phone(rp: RelyingParty) -> None:
    """Scope `phone` yields its claims at userinfo."""
    _check_scopes(rp, "phone")


@pytest.mark.requirement("OIDCC-5.4")
def test_oidcc_scope_all(rp: RelyingParty) -> None:
    """All standard scopes together yield all of their claims."""
    _check_scopes(rp, "email", "phone", "address", "profile")


@pytest.mark.requirement("OIDCC-5.5.1")
def test_oidcc_claims_essential(rp: RelyingParty, verdict: Verdict) -> None:
    """A claim asked for as essential at userinfo is delivered there, and only there."""
    asked = json.dumps({"userinfo": {"name": {"essential": True}}}, separators=(",", ":"))

    signed_in = rp.sign_in(claims=asked)

    verdict.advise("name" in signed_in.userinfo, "userinfo lacks name, which was asked for by the claims parameter")
    verdict.advise("name" not in signed_in.claims, "the ID token has name, which was asked for at userinfo")


def _check_scopes(rp: RelyingParty, *scopes: str) -> tuple[Iterable[str], Iterable[str]]:
    """Sign in with these scopes, and warn of every claim of theirs that userinfo lacks."""
    unsupported = [scope for scope in scopes if scope not in rp.issuer.listed("scopes_supported")]
    if unsupported:
        rp.verdict.not_applicable(f"scopes_supported does not list {', '.join(unsupported)}")
    signed_in = rp.sign_in(scope=" ".join(("openid", *scopes)))
    missing = [name for scope in scopes for name in SCOPE_CLAIMS[scope] if name not in signed_in.userinfo]
    rp.verdict.advise(not missing, f"userinfo lacks {', '.join(missing)}")
    return signed_in.userinfo, signed_in.claims


def _post(rp: RelyingParty, form: dict[str, str], headers: dict[str, str]) -> requests.Response:
    everything = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded", **headers}
    return rp.issuer.http.post(
        rp.issuer.endpoint("userinfo_endpoint"),
        data=form,
        headers=everything,
        allow_redirects=False,
        timeout=rp.issuer.options.timeout,
    )
