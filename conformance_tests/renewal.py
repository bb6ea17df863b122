"""Getting a refresh token and using it, with everything that has to be true of the answer (Core section 12)."""

import time
from typing import Any

from conformance_tests.checks import secret_problems
from conformance_tests.journey import SignIn
from conformance_tests.relying_party import RelyingParty
from conformance_tests.tokens import IdToken, Tokens, token_answer

# iat is told in whole seconds, and the ID token of a refresh needs another one.
_OVER_A_SECOND = 1.2


def offline_sign_in(rp: RelyingParty, nonce: str, *, always: bool = False) -> SignIn:
    """Sign in and ask for what it takes to get a refresh token (Core section 11)."""
    offline = always or "offline_access" in rp.issuer.listed("scopes_supported")
    scope = "openid offline_access" if offline else "openid"
    return rp.sign_in(scope=scope, prompt="consent" if offline else None, nonce=nonce)


def refresh_and_check(rp: RelyingParty, tokens: Tokens, **fields: str) -> str:
    """Refresh once, check the answer, and give back the refresh token that is good now."""
    verdict, old = rp.verdict, tokens.refresh_token or ""
    verdict.expect(old.isascii() and old.isprintable(), "the refresh token is not printable ASCII")
    time.sleep(_OVER_A_SECOND)

    answer = rp.refresh(old, **fields)

    document = token_answer(answer, verdict)
    verdict.expect(
        "no-store" in answer.headers.get("Cache-Control", ""), "the refresh response lacks Cache-Control: no-store"
    )
    verdict.expect_none(secret_problems("access token", document["access_token"]))
    verdict.advise("expires_in" in document, "the refresh response has no expires_in")
    new = document.get("refresh_token", old)
    verdict.expect_none(secret_problems("refresh token", str(new), shortest=16))
    if "id_token" in document:
        renewed = rp.id_token(document["id_token"], None, access_token=document["access_token"])
        _check_renewed(rp, tokens.id_token.claims, renewed)
    rp.userinfo(document["access_token"], tokens.id_token)
    return str(new)


def _check_renewed(rp: RelyingParty, old: dict[str, Any], renewed: IdToken) -> None:
    """The ID token of a refresh speaks of the same sign-in, and is a new one (Core section 12.2)."""
    expect, new = rp.verdict.expect, renewed.claims
    for name in ("iss", "sub", "aud", "azp"):
        expect(new.get(name) == old.get(name), f"{name} of the ID token changed with the refresh")
    expect(new.get("nonce") in {None, old.get("nonce")}, "nonce of the ID token changed with the refresh")
    if "auth_time" in old and "auth_time" in new:
        expect(new["auth_time"] == old["auth_time"], "auth_time changed with the refresh")
    expect(new.get("iat") != old.get("iat"), "iat of the ID token did not change with the refresh")
