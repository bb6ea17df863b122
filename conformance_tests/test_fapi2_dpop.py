"""FAPI 2.0: tokens bound to a key by DPoP (RFC 9449)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.client_keys import rsa_key, seconds_from_now
from conformance_tests.dpop import ProofKey, token_hash
from conformance_tests.fapi_party import FapiParty
from conformance_tests.fapi_sender import PAR, TOKEN, always
from conformance_tests.request_object import unsigned
from conformance_tests.tokens import check_refusal, decoded
from conformance_tests.verdict import Verdict

_BINDING_ERRORS = ("invalid_dpop_proof", "invalid_grant", "invalid_request")


@pytest.mark.requirement("RFC9449-7.1")
def test_fapi2_security_profile_final_access_token_type_header_case_sensitivity(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """The scheme of the Authorization header is known in any letter case."""
    tokens = fapi.sign_in()

    for scheme in ("dpop", "DPOP", "dPoP"):
        answer = fapi.resource(tokens.access_token, scheme=scheme)
        verdict.expect(answer.ok, f"the scheme {scheme} was answered {answer.status_code}")


@pytest.mark.requirement("RFC9449-4.2")
def test_fapi2_security_profile_final_check_dpop_proof_nbf_exp(fapi: FapiParty) -> None:
    """Proofs may say from when and until when they are good."""
    _sign_in_with(fapi, nbf=seconds_from_now(), exp=seconds_from_now(minutes=5))


@pytest.mark.requirement("RFC9449-11.1")
def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_before_succeeds(fapi: FapiParty) -> None:
    """A clock that is ten seconds slow does not matter."""
    _sign_in_with(fapi, iat=seconds_from_now(seconds=-10))


@pytest.mark.requirement("RFC9449-11.1")
def test_fapi2_security_profile_final_ensure_dpopproof_with_iat_10seconds_after_succeeds(fapi: FapiParty) -> None:
    """A clock that is ten seconds fast does not matter."""
    _sign_in_with(fapi, iat=seconds_from_now(seconds=10))


@pytest.mark.requirement("RFC9449-10.1")
def test_fapi2_security_profile_final_ensure_dpopproof_at_par_endpoint_binding_success(fapi: FapiParty) -> None:
    """A code that a proof at the PAR endpoint was bound to is redeemed with the same key."""
    request = fapi.request()
    request_uri = fapi.pushed(request, proof=fapi.proof_for(PAR))

    fapi.complete(fapi.code_from(fapi.ask(request_uri), request), request)


@pytest.mark.requirement("RFC9449-10")
def test_fapi2_security_profile_final_ensure_dpop_auth_code_binding_success(fapi: FapiParty) -> None:
    """A code that dpop_jkt was bound to is redeemed with the key of that thumbprint."""
    fapi.sign_in(dpop_jkt=fapi.proofs.thumbprint)


@pytest.mark.requirement("RFC9449-10.1")
def test_fapi2_security_profile_final_ensure_mismatched_dpop_jkt_fails(fapi: FapiParty, verdict: Verdict) -> None:
    """A dpop_jkt that is not the thumbprint of the proof's key is refused at the PAR endpoint."""
    request = fapi.request(dpop_jkt=ProofKey().thumbprint)

    answer = fapi.push(request, proof=fapi.proof_for(PAR))

    check_refusal(answer, verdict, "invalid_dpop_proof", "invalid_request", "invalid_request_object")


@pytest.mark.requirement("RFC9449-10.1")
def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """A code that was bound by a proof at the PAR endpoint is worth nothing with another key."""
    request = fapi.request()
    code = fapi.code_from(fapi.ask(fapi.pushed(request, proof=fapi.proof_for(PAR))), request)

    answer = fapi.redeem(code, proof=fapi.proof_for(TOKEN, ProofKey()))

    check_refusal(answer, verdict, *_BINDING_ERRORS)


@pytest.mark.requirement("RFC9449-10")
def test_fapi2_security_profile_final_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(
    fapi: FapiParty, verdict: Verdict
) -> None:
    """A code that was bound by dpop_jkt is worth nothing with another key."""
    code = fapi.authorize(fapi.request(dpop_jkt=fapi.proofs.thumbprint))

    answer = fapi.redeem(code, proof=fapi.proof_for(TOKEN, ProofKey()))

    check_refusal(answer, verdict, *_BINDING_ERRORS)


@pytest.mark.requirement("RFC9449-4.3")
def test_fapi2_security_profile_final_dpop_negative_tests(fapi: FapiParty, verdict: Verdict) -> None:
    """A proof that is broken in any one way is refused by the protected resource and by the PAR endpoint."""
    tokens = fapi.sign_in()
    good = fapi.resource(tokens.access_token)
    verdict.demand(good.ok, f"the protected resource answered {good.status_code} to a good proof")
    resource = fapi.issuer.endpoint("userinfo_endpoint")

    for broken, proof in (
        *_broken_proofs(fapi.proofs, "GET", resource, tokens.access_token),
        *_broken_at_resources(fapi.proofs, resource, tokens.access_token),
    ):
        status = fapi.resource(tokens.access_token, proof=proof).status_code
        verdict.expect(status in {400, 401}, f"a proof with {broken} was answered {status} by the resource")
    for broken, proof in _broken_proofs(fapi.proofs, "POST", fapi.issuer.endpoint(PAR), None):
        status = fapi.push(fapi.request(), proof=always(proof)).status_code
        verdict.expect(status in {400, 401}, f"a proof with {broken} was answered {status} by the PAR endpoint")


def _broken_proofs(key: ProofKey, method: str, url: str, access_token: str | None) -> Iterator[tuple[str, str]]:
    """Proofs with one thing wrong that is wrong everywhere."""
    other = ProofKey()

    def proof(**how: Any) -> str:
        return key.proof(method, url, **{"access_token": access_token, **how})

    start, _, signature = proof().rpartition(".")
    yield "a broken signature", f"{start}.{signature[::-1]}"
    yield "the signature of another key", proof(header={"jwk": other.public})
    yield "another method", key.proof("PUT", url, access_token=access_token)
    yield "another address", key.proof(method, f"{url}/other", access_token=access_token)
    yield "no method", proof(htm=None)
    yield "no address", proof(htu=None)
    yield "no jti", proof(jti=None)
    yield "no iat", proof(iat=None)
    yield "an iat an hour ago", proof(iat=seconds_from_now(hours=-1))
    yield "an iat an hour ahead", proof(iat=seconds_from_now(hours=1))
    yield "another type", proof(header={"typ": "JWT"})
    yield "no key", proof(header={"jwk": None})
    yield "a private key", proof(header={"jwk": key.key.key.as_dict(private=True)})
    plain = decoded(proof())
    yield "no signature", unsigned(plain.claims, header=plain.header) if plain else ""
    rsa = rsa_key()
    under_rs256 = replace(key, key=rsa).proof(method, url, access_token=access_token, header={"jwk": rsa.public})
    yield "a key that only signs by RS256", under_rs256


def _broken_at_resources(key: ProofKey, url: str, access_token: str) -> Iterator[tuple[str, str]]:
    """Proofs that fit their token badly."""
    yield "no hash of the token", key.proof("GET", url)
    yield "the hash of another token", key.proof("GET", url, ath=token_hash(f"{access_token}x"))
    yield "a key that the token is not bound to", ProofKey().proof("GET", url, access_token=access_token)


def _sign_in_with(fapi: FapiParty, **claims: Any) -> None:
    """Get tokens and use them, all with proofs that have these claims."""
    request = fapi.request()
    tokens = fapi.tokens_from(
        fapi.redeem(fapi.authorize(request), proof=fapi.proof_for(TOKEN, **claims)), request.get("nonce")
    )
    answer = fapi.resource(tokens.access_token, **claims)
    fapi.verdict.expect(answer.ok, f"the protected resource answered {answer.status_code}")
