"""Dynamic: signatures as registered, and keys that change on either side."""

import json
import subprocess
import time
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.callback_server import CallbackServer
from conformance_tests.claim_types import claim_type_problems
from conformance_tests.client_keys import new_rsa_key
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer, media_type
from conformance_tests.journey import check_signed_by_rs256
from conformance_tests.options import Options
from conformance_tests.relying_party import RelyingParty, random_text
from conformance_tests.renewal import offline_sign_in, refresh_and_check
from conformance_tests.tokens import signed
from conformance_tests.verdict import Verdict

_MATERIAL = ("n", "e", "crv", "x", "y")


@pytest.mark.requirement("OIDCC-3.1.3.7")
@pytest.mark.requirement("OIDCR-2")
def test_oidcc_idtoken_rs256(rp: RelyingParty, registrar: Registrar, verdict: Verdict) -> None:
    """A client that registered RS256 gets RS256, with a kid."""
    client = registrar.client(id_token_signed_response_alg="RS256")

    check_signed_by_rs256(replace(rp, client=client).sign_in(), verdict)


@pytest.mark.requirement("OIDCC-5.3.2")
@pytest.mark.requirement("OIDCR-2")
def test_oidcc_userinfo_rs256(rp: RelyingParty, registrar: Registrar, verdict: Verdict) -> None:
    """Userinfo is a signed JWT for the client that registered an algorithm."""
    listed = rp.issuer.listed("userinfo_signing_alg_values_supported")
    verdict.expect("RS256" in listed, "userinfo_signing_alg_values_supported does not list RS256")
    rp = replace(rp, client=registrar.client(userinfo_signed_response_alg="RS256"))
    signed_in = rp.redeemed(rp.authorize(rp.request()))

    bearer = f"Bearer {signed_in.access_token}"
    answer = rp.issuer.fetch(rp.issuer.endpoint("userinfo_endpoint"), Authorization=bearer)

    verdict.demand(answer.status_code == 200, f"userinfo answered {answer.status_code}")
    verdict.expect(media_type(answer.headers) == "application/jwt", "signed userinfo is not application/jwt")
    userinfo = signed(answer.text, rp.issuer, verdict, "userinfo")
    verdict.expect(userinfo.algorithm == "RS256", f"userinfo is signed by {userinfo.algorithm}, not RS256")
    verdict.expect("nonce" not in userinfo.claims, "signed userinfo has a nonce")
    same = userinfo.claims.get("sub") == signed_in.claims["sub"]
    verdict.expect(same, "sub of userinfo is not that of the ID token")
    verdict.advise(userinfo.claims.get("iss") == rp.issuer.identifier, "iss of signed userinfo is not the issuer")
    audience = userinfo.claims.get("aud")
    ours = audience == rp.client.client_id or (isinstance(audience, list) and rp.client.client_id in audience)
    verdict.advise(ours, "aud of signed userinfo does not contain the client_id")
    verdict.expect_none(claim_type_problems(userinfo.claims))


@pytest.mark.requirement("OIDCC-10.1.1")
def test_oidcc_server_rotate_keys(issuer: Issuer, options: Options, verdict: Verdict) -> None:
    """After a rotation there is a new key, under a new kid, and the old ones are still there."""
    if options.rotate_keys is None:
        verdict.not_applicable("no command was given that rotates the provider's keys (--rotate-keys)")
    before = issuer.keys

    subprocess.run(options.rotate_keys, shell=True, check=True, timeout=60, stdout=subprocess.DEVNULL)  # noqa: S602

    after = _keys_once_changed(issuer, options.timeout)
    fresh = [key for key in after if key.get("kid") not in {old.get("kid") for old in before}]
    new = [key for key in fresh if key.get("use", "sig") == "sig" and _material(key) not in map(_material, before)]
    verdict.expect(new, "no new signing key with a new kid and new material was published")
    kept = {key.get("kid") for key in before} & {key.get("kid") for key in after}
    verdict.advise(kept, "no old key is still published")


@pytest.mark.requirement("OIDCC-10.1.1")
@pytest.mark.requirement("OIDCC-12")
def test_oidcc_refresh_token_rp_key_rotation(
    rp: RelyingParty, registrar: Registrar, callbacks: CallbackServer, options: Options, verdict: Verdict
) -> None:
    """A client that puts a new key where the old one was is known by the new one."""
    old, new = new_rsa_key("first"), new_rsa_key("second")
    document = callbacks.publish("jwks.json", json.dumps(old.key_set))
    client = registrar.with_refresh(jwks=None, jwks_uri=document.url)
    before = replace(rp, client=replace(client, key=old))
    tokens = offline_sign_in(before, random_text(), always=True).tokens
    if tokens is None or tokens.refresh_token is None:
        raise verdict.stop("no refresh token was issued although offline_access was asked for")

    document.content = json.dumps(new.key_set)
    time.sleep(options.jwks_refresh_pause)

    refresh_and_check(replace(rp, client=replace(client, key=new)), tokens)


def _keys_once_changed(issuer: Issuer, patience: float) -> list[dict[str, Any]]:
    """The published keys as soon as they differ; as they are when they never do."""
    before, give_up = issuer.keys, time.monotonic() + patience
    while issuer.keys == before and time.monotonic() < give_up:
        time.sleep(0.2)
        issuer.read_keys_again()
    return issuer.keys


def _material(key: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(key.get(name) for name in _MATERIAL)
