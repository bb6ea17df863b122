"""Core: when the End-User is asked again, and when not."""

import time

import pytest

from conformance_tests.journey import SignIn
from conformance_tests.relying_party import RelyingParty
from conformance_tests.verdict import Verdict

# Time of sign-in is told in whole seconds, so two that have to differ need more than one between them.
_OVER_A_SECOND = 1.2


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_prompt_login(rp: RelyingParty, verdict: Verdict) -> None:
    """`prompt=login` shows the sign-in page although there is a session, and moves auth_time."""
    first = rp.sign_in()
    time.sleep(_OVER_A_SECOND)

    second = _sign_in_again(rp, prompt="login")

    _check_later(first, second, verdict)


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_prompt_none_logged_in(rp: RelyingParty, verdict: Verdict) -> None:
    """`prompt=none` with a session succeeds without a page, for the same person and the same sign-in."""
    first = rp.sign_in()

    second = rp.sign_in(prompt="none", silently=True)

    _check_same(first, second, verdict)


@pytest.mark.requirement("OIDCC-3.1.2.1")
@pytest.mark.requirement("OIDCC-15.1")
def test_oidcc_max_age_1(rp: RelyingParty, verdict: Verdict) -> None:
    """A sign-in older than max_age is done again, and auth_time says so."""
    first = rp.sign_in()
    time.sleep(2)

    second = _sign_in_again(rp, max_age="1")

    _check_later(first, second, verdict)
    for token in second.id_tokens:
        again = token.claims.get("auth_time")
        verdict.demand(isinstance(again, int | float), "max_age was sent and the ID token has no auth_time")
        assert isinstance(again, int | float)
        verdict.expect(rp.clock().timestamp() - again < 300, "auth_time is older than five minutes")


@pytest.mark.requirement("OIDCC-3.1.2.1")
@pytest.mark.requirement("OIDCC-15.1")
def test_oidcc_max_age_10000(rp: RelyingParty, verdict: Verdict) -> None:
    """A sign-in younger than max_age is good enough, and auth_time stays what it was."""
    first = rp.sign_in(max_age="15000")
    shown = rp.browser.logins_shown

    second = rp.sign_in(max_age="10000")

    for token in (*first.id_tokens, *second.id_tokens):
        verdict.expect("auth_time" in token.claims, "max_age was sent and the ID token has no auth_time")
    verdict.expect(rp.browser.logins_shown == shown, "the sign-in page was shown although the sign-in is young enough")
    _check_same(first, second, verdict)


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_id_token_hint(rp: RelyingParty, verdict: Verdict) -> None:
    """`prompt=none` with the ID token of the person who is signed in succeeds at once."""
    first = rp.sign_in()

    second = rp.sign_in(prompt="none", id_token_hint=first.id_token.raw, silently=True)

    _check_same(first, second, verdict)


def _sign_in_again(rp: RelyingParty, **changes: str | None) -> SignIn:
    """Authorize a second time, and record a failure unless the sign-in page was shown for it."""
    shown = rp.browser.logins_shown
    signed_in = rp.sign_in(rp.request(**changes))
    rp.verdict.expect(rp.browser.logins_shown > shown, "the sign-in page was not shown again")
    return signed_in


def _check_later(first: SignIn, second: SignIn, verdict: Verdict) -> None:
    for old, new in zip(first.id_tokens, second.id_tokens, strict=True):
        if "auth_time" in old.claims and "auth_time" in new.claims:
            later = new.claims["auth_time"] > old.claims["auth_time"]
            verdict.expect(later, "auth_time of the second sign-in is not later")


def _check_same(first: SignIn, second: SignIn, verdict: Verdict) -> None:
    for old, new in zip(first.id_tokens, second.id_tokens, strict=True):
        verdict.expect(old.claims.get("sub") == new.claims.get("sub"), "sub of the two sign-ins differs")
        if "auth_time" in old.claims and "auth_time" in new.claims:
            same = old.claims["auth_time"] == new.claims["auth_time"]
            verdict.expect(same, "auth_time of the two sign-ins differs")
