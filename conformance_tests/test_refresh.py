"""Core: refresh tokens."""

from dataclasses import replace

import pytest

from conformance_tests.clients import Registrar
from conformance_tests.relying_party import RelyingParty, random_text
from conformance_tests.renewal import offline_sign_in, refresh_and_check
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCC-12")
def test_oidcc_refresh_token(rp: RelyingParty, registrar: Registrar, verdict: Verdict) -> None:
    """A refresh token renews the tokens of its own client, and is worth nothing to another."""
    first = replace(rp, client=registrar.with_refresh())
    granted = offline_sign_in(first, random_text())
    supported = "refresh_token" in rp.issuer.listed("grant_types_supported")
    if granted.tokens is None or granted.tokens.refresh_token is None:
        verdict.advise(not supported, "grant_types_supported lists refresh_token, and none was issued")
        verdict.not_applicable("no refresh token was issued")
    verdict.advise(supported, "a refresh token was issued, and grant_types_supported does not list refresh_token")
    refresh_and_check(first, granted.tokens, scope=granted.authorization.request["scope"])

    second = replace(rp, client=registrar.with_refresh(second=True))
    theirs = offline_sign_in(second, random_text(39) + "-._~").tokens
    if theirs is None or theirs.refresh_token is None:
        raise verdict.stop("the second client was issued no refresh token")

    first.error_from(first.refresh(refresh_and_check(second, theirs)), "invalid_grant")
