"""Basic OP: codes, client authentication, signatures and refresh tokens."""

import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
import requests

from conformance_tests.checks import hash_problems, id_token_problems, secret_problems, signature_problems
from conformance_tests.clients import POST, Registrar
from conformance_tests.options import Options
from conformance_tests.relying_party import RelyingParty, Tokens, decoded, random_text
from conformance_tests.verdict import Verdict

pytestmark = pytest.mark.profile("basic")

# iat is told in whole seconds, and the ID token of a refresh needs another one.
_OVER_A_SECOND = 1.2


@pytest.mark.dynamic_client
@pytest.mark.requirement("OIDCC-3.1.3.7")
@pytest.mark.requirement("OIDCC-10.1")
def test_oidcc_idtoken_signature(rp: RelyingParty, verdict: Verdict) -> None:
    """A client that registered no algorithm gets RS256, with a kid."""
    header = rp.sign_in().tokens.id_token.header

    verdict.expect(header.get("kid"), "the header of the ID token has no kid")
    verdict.expect(header.get("alg") == "RS256", f"the ID token is signed by {header.get('alg')}, not RS256")


@pytest.mark.dynamic_client
@pytest.mark.requirement("OIDCC-3.1.3.7")
def test_oidcc_idtoken_unsigned(rp: RelyingParty, registrar: Registrar, verdict: Verdict) -> None:
    """A provider that offers `none` for ID tokens gives it to a client that registered it."""
    if "none" not in rp.issuer.listed("id_token_signing_alg_values_supported"):
        verdict.not_applicable("id_token_signing_alg_values_supported does not list none")
    client = registrar.client(id_token_signed_response_alg="none")

    header = replace(rp, client=client).sign_in().tokens.id_token.header

    verdict.expect(header.get("alg") == "none", f"the ID token is signed by {header.get('alg')}, not none")


@pytest.mark.requirement("OIDCC-3.1.3.2")
@pytest.mark.requirement("RFC6749-4.1.2")
def test_oidcc_codereuse(rp: RelyingParty, verdict: Verdict) -> None:
    """A code that is sent a second time at once is refused."""
    signed_in = rp.sign_in()

    again = rp.redeem(signed_in.code)

    if again.status_code == requests.codes.ok:
        verdict.advise(False, "the code was redeemed a second time")
    else:
        rp.error_from(again, "invalid_grant")


@pytest.mark.requirement("OIDCC-3.1.3.2")
@pytest.mark.requirement("RFC6749-4.1.2")
def test_oidcc_codereuse_30seconds(rp: RelyingParty, options: Options, verdict: Verdict) -> None:
    """A code that is sent a second time later is refused, and what it had yielded is revoked."""
    signed_in = rp.sign_in()
    time.sleep(options.code_reuse_pause)

    again = rp.redeem(signed_in.code)

    rp.error_from(again, "invalid_grant")
    bearer = f"Bearer {signed_in.tokens.access_token}"
    read = rp.issuer.fetch(rp.issuer.endpoint("userinfo_endpoint"), Authorization=bearer)
    verdict.advise(
        400 <= read.status_code < 500, f"userinfo answered {read.status_code}; the access token was not revoked"
    )


@pytest.mark.requirement("OIDCC-9")
@pytest.mark.requirement("RFC6749-2.3.1")
def test_oidcc_server_client_secret_post(rp: RelyingParty, registrar: Registrar) -> None:
    """The plain journey with the client's secret in the form."""
    replace(rp, client=registrar.client(authentication=POST)).sign_in()


@pytest.mark.requirement("RFC7636-4")
def test_oidcc_ensure_request_with_valid_pkce_succeeds(rp: RelyingParty) -> None:
    """The plain journey with PKCE, whether or not the provider needs it."""
    verifier = secrets.token_urlsafe(48)
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    request = rp.request(code_challenge=challenge, code_challenge_method="S256")

    rp.complete(rp.authorize(request), request, code_verifier=verifier)


@pytest.mark.requirement("OIDCC-12")
def test_oidcc_refresh_token(rp: RelyingParty, registrar: Registrar, verdict: Verdict) -> None:
    """A refresh token renews the tokens of its own client, and is worth nothing to another."""
    grants = ["authorization_code", "refresh_token"]
    first = replace(rp, client=registrar.client(grant_types=grants))
    first_tokens, scope = _offline_sign_in(first, random_text())
    supported = "refresh_token" in rp.issuer.listed("grant_types_supported")
    if first_tokens.refresh_token is None:
        verdict.advise(not supported, "grant_types_supported lists refresh_token, and none was issued")
        verdict.not_applicable("no refresh token was issued")
    verdict.advise(supported, "a refresh token was issued, and grant_types_supported does not list refresh_token")
    _refresh_and_check(first, first_tokens, scope=scope)

    second = replace(rp, client=registrar.client(grant_types=grants, second=True))
    second_tokens, _ = _offline_sign_in(second, random_text(39) + "-._~")
    verdict.demand(second_tokens.refresh_token, "the second client was issued no refresh token")
    theirs = _refresh_and_check(second, second_tokens)

    first.error_from(first.refresh(theirs), "invalid_grant")


def _offline_sign_in(rp: RelyingParty, nonce: str) -> tuple[Tokens, str]:
    """Sign in and ask for what it takes to get a refresh token (Core section 11)."""
    offline = "offline_access" in rp.issuer.listed("scopes_supported")
    scope = "openid offline_access" if offline else "openid"
    return rp.sign_in(scope=scope, prompt="consent" if offline else None, nonce=nonce).tokens, scope


def _refresh_and_check(rp: RelyingParty, tokens: Tokens, **fields: str) -> str:
    """Refresh once, check the answer, and give back the refresh token that is good now."""
    verdict, old = rp.verdict, tokens.refresh_token or ""
    verdict.expect(old.isascii() and old.isprintable(), "the refresh token is not printable ASCII")
    time.sleep(_OVER_A_SECOND)

    answer = rp.refresh(old, **fields)

    document = rp.token_answer(answer)
    verdict.expect(
        "no-store" in answer.headers.get("Cache-Control", ""), "the refresh response lacks Cache-Control: no-store"
    )
    verdict.expect_none(secret_problems("access token", document["access_token"]))
    verdict.advise("expires_in" in document, "the refresh response has no expires_in")
    new = document.get("refresh_token", old)
    verdict.expect_none(secret_problems("refresh token", str(new), shortest=16))
    if "id_token" in document:
        _check_renewed(rp, tokens, document["id_token"], document["access_token"])
    rp.userinfo(document["access_token"], tokens.id_token)
    return str(new)


def _check_renewed(rp: RelyingParty, tokens: Tokens, raw: str, access_token: str) -> None:
    """The ID token of a refresh speaks of the same sign-in, and is a new one (Core section 12.2)."""
    renewed, verdict, old = decoded(raw), rp.verdict, tokens.id_token.claims
    if renewed is None:
        raise verdict.stop("the ID token of the refresh is no signed JWT")
    verdict.expect_none(signature_problems(raw, renewed.header, rp.issuer.keys))
    verdict.expect_none(
        hash_problems(renewed.claims, str(renewed.header.get("alg")), access_token=access_token, code=None)
    )
    verdict.expect_none(
        id_token_problems(
            renewed.claims, issuer=rp.issuer.identifier, client_id=rp.client.client_id, nonce=None, now=rp.clock()
        )
    )
    for name in ("iss", "sub", "aud", "azp"):
        verdict.expect(renewed.claims.get(name) == old.get(name), f"{name} of the ID token changed with the refresh")
    verdict.expect(
        renewed.claims.get("nonce") in {None, old.get("nonce")}, "nonce of the ID token changed with the refresh"
    )
    if "auth_time" in old and "auth_time" in renewed.claims:
        verdict.expect(renewed.claims["auth_time"] == old["auth_time"], "auth_time changed with the refresh")
    verdict.expect(renewed.claims.get("iat") != old.get("iat"), "iat of the ID token did not change with the refresh")
