"""Core: codes, client authentication, signatures."""

import secrets
import time
from dataclasses import replace

import pytest
import requests

from conformance_tests.clients import Registrar
from conformance_tests.journey import check_signed_by_rs256
from conformance_tests.options import Options
from conformance_tests.pkce import s256_challenge
from conformance_tests.plans import POST_AUTHENTICATION
from conformance_tests.relying_party import RelyingParty
from conformance_tests.verdict import Verdict


@pytest.mark.dynamic_client
@pytest.mark.requirement("OIDCC-3.1.3.7")
@pytest.mark.requirement("OIDCC-10.1")
def test_oidcc_idtoken_signature(rp: RelyingParty, verdict: Verdict) -> None:
    """A client that registered no algorithm gets RS256, with a kid."""
    check_signed_by_rs256(rp.sign_in(), verdict)


@pytest.mark.dynamic_client
@pytest.mark.requirement("OIDCC-3.1.3.7")
def test_oidcc_idtoken_unsigned(rp: RelyingParty, registrar: Registrar, verdict: Verdict) -> None:
    """A provider that offers `none` for ID tokens gives it to a client that registered it."""
    if "none" not in rp.issuer.listed("id_token_signing_alg_values_supported"):
        verdict.not_applicable("id_token_signing_alg_values_supported does not list none")
    client = registrar.client(id_token_signed_response_alg="none")

    algorithm = replace(rp, client=client).sign_in().id_token.algorithm

    verdict.expect(algorithm == "none", f"the ID token is signed by {algorithm}, not none")


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
    bearer = f"Bearer {signed_in.access_token}"
    read = rp.issuer.fetch(rp.issuer.endpoint("userinfo_endpoint"), Authorization=bearer)
    verdict.advise(
        400 <= read.status_code < 500, f"userinfo answered {read.status_code}; the access token was not revoked"
    )


@pytest.mark.requirement("OIDCC-9")
@pytest.mark.requirement("RFC6749-2.3.1")
def test_oidcc_server_client_secret_post(rp: RelyingParty, registrar: Registrar) -> None:
    """The plain journey with the client's secret in the form."""
    replace(rp, client=registrar.client(authentication=POST_AUTHENTICATION)).sign_in()


@pytest.mark.requirement("RFC7636-4")
def test_oidcc_ensure_request_with_valid_pkce_succeeds(rp: RelyingParty) -> None:
    """The plain journey with PKCE, whether or not the provider needs it."""
    verifier = secrets.token_urlsafe(48)
    request = rp.request(code_challenge=s256_challenge(verifier), code_challenge_method="S256")

    rp.complete(rp.authorize(request), code_verifier=verifier)
