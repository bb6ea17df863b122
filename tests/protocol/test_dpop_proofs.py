"""What a DPoP proof has to be (RFC 9449 section 4.3): one thing is changed at a time. Vectors are those of the RFCs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, RSAKey

from idp.protocol.tokens.dpop import ALGORITHMS, Proof, ProofRefused, ProofRules
from idp.protocol.tokens.dpop_nonce import PERIOD, Nonces
from tests.flows.dpop_key import DpopKey, ath
from tests.flows.forging import encoded

ISSUER = "https://server.example.com"
NOW = datetime.now(UTC)
RULES = ProofRules(ISSUER, Nonces(bytes(range(32))))
KEY = DpopKey()

# RFC 9449 sections 4.1 and 7.1.
_JWK = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
    "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
)
AT_TOKEN = (
    f"{_JWK}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu"
    "IiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)
AT_RESOURCE = (
    f"{_JWK}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90"
    "ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9"
    ".2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)
ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def check(*proofs: str, rules: ProofRules = RULES, now: datetime = NOW, **changed: Any) -> Proof:
    """Check a proof that was sent to the token endpoint, or as asked."""
    request: dict[str, Any] = {"method": "POST", "path": "/token", "algorithms": ALGORITHMS, "nonce_required": False}
    return rules.check(proofs, now=now, **{**request, **changed})


def proof(key: DpopKey = KEY, **changed: Any) -> str:
    # At the time of the checks, however long ago this file was read.
    return key.proof("POST", f"{ISSUER}/token", **{"iat": int(NOW.timestamp()), **changed})


def test_the_proofs_of_the_rfc_are_taken_at_their_time() -> None:
    at_token = check(AT_TOKEN, now=datetime.fromtimestamp(1562262616, UTC))
    at_resource = check(
        AT_RESOURCE,
        rules=replace(RULES, issuer="https://resource.example.org"),
        now=datetime.fromtimestamp(1562262618, UTC),
        method="GET",
        path="/protectedresource",
        access_token=ACCESS_TOKEN,
    )

    assert at_token.jkt == at_resource.jkt == JKT
    assert (at_token.jti, at_resource.jti) == ("-BwC3ESc6acc2lTc", "e1j3V_bKic8-LAEB")
    assert ath(ACCESS_TOKEN) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    members = {
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV"
        "4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZH"
        "zu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8a"
        "wapJzKnqDKgw",
        "e": "AQAB",
        "alg": "RS256",
        "kid": "2011-04-29",
    }

    assert RSAKey.import_key(members).thumbprint() == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_that_is_offered_works(algorithm: str) -> None:
    key = DpopKey(algorithm)

    assert check(proof(key)).jkt == key.jkt


def test_members_that_nobody_knows_and_their_order_do_not_matter() -> None:
    members = {**dict(reversed(KEY.jwk().items())), "use": "sig", "kid": "mine", "alg": "ES256", "ext": True}

    found = check(proof(header={"jwk": members, "x-other": "y"}, other=[1], nbf=NOW.timestamp() - 1))

    assert found.jkt == KEY.jkt


@pytest.mark.parametrize("typ", ["DPoP+JWT", "application/dpop+jwt"])
def test_the_type_is_a_media_type(typ: str) -> None:
    assert check(proof(header={"typ": typ})).jkt == KEY.jkt


HEADERS: dict[str, dict[str, Any]] = {
    "no type": {"typ": None},
    "the type of an ID token": {"typ": "JWT"},
    "the type of an access token": {"typ": "at+jwt"},
    "a type that is no string": {"typ": 7},
    "no algorithm": {"alg": None},
    "alg none": {"alg": "none"},
    "a symmetric algorithm": {"alg": "HS256"},
    "another algorithm of the same family": {"alg": "ES384"},
    "another algorithm": {"alg": "PS256"},
    "an algorithm that is no string": {"alg": ["ES256"]},
    "no key": {"jwk": None},
    "a key that is no object": {"jwk": "key"},
    "an empty key": {"jwk": {}},
    "a private key": {"jwk": KEY.jwk(private=True)},
    "a symmetric key": {"jwk": OctKey.generate_key(256).as_dict(private=True)},
    "a key of another curve": {"jwk": ECKey.generate_key("P-384").as_dict(private=False)},
    "another key": {"jwk": DpopKey().jwk()},
    "a point beside the curve": {"jwk": {**KEY.jwk(), "y": KEY.jwk()["x"]}},
    "a coordinate that is no string": {"jwk": {**KEY.jwk(), "x": 5}},
    "a coordinate that is no base64url": {"jwk": {**KEY.jwk(), "x": "é=+/"}},
    "a critical extension": {"crit": ["exp"], "exp": 1},
    "an unencoded payload": {"b64": False},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_a_header_has_to_be_that_of_a_proof(header: dict[str, Any]) -> None:
    with pytest.raises(ProofRefused) as refused:
        check(proof(header=header))

    assert refused.value.error == "invalid_dpop_proof"


CLAIMS: dict[str, dict[str, Any]] = {
    "no method": {"htm": None},
    "another method": {"htm": "GET"},
    "the method in lower case": {"htm": "post"},
    "no address": {"htu": None},
    "an address that is no string": {"htu": [f"{ISSUER}/token"]},
    "another scheme": {"htu": "http://server.example.com/token"},
    "another host": {"htu": "https://server.example.com.evil.example/token"},
    "another port": {"htu": "https://server.example.com:8443/token"},
    "an impossible port": {"htu": "https://server.example.com:99999/token"},
    "another path": {"htu": f"{ISSUER}/userinfo"},
    "a longer path": {"htu": f"{ISSUER}/token/"},
    "the path in upper case": {"htu": f"{ISSUER}/TOKEN"},
    "credentials in the address": {"htu": "https://me@server.example.com/token"},
    "the issuer alone": {"htu": ISSUER},
    "no identifier": {"jti": None},
    "an empty identifier": {"jti": ""},
    "a number as identifier": {"jti": 7},
    "a list as identifier": {"jti": ["a"]},
    "an endless identifier": {"jti": "a" * 257},
    "an identifier that is no text": {"jti": "\ud800"},
    "no time": {"iat": None},
    "a time as text": {"iat": str(int(NOW.timestamp()))},
    "a truth as time": {"iat": True},
    "an hour ago": {"iat": NOW.timestamp() - 3600},
    "an hour ahead": {"iat": NOW.timestamp() + 3600},
    "a time beyond counting": {"iat": 10**400},
    "not yet": {"nbf": NOW.timestamp() + 30},
    "no more": {"exp": NOW.timestamp() - 30},
    "an end that is no time": {"exp": "never"},
    "a beginning that is no time": {"nbf": []},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
def test_what_it_says_has_to_fit_the_request(claims: dict[str, Any]) -> None:
    with pytest.raises(ProofRefused) as refused:
        check(proof(**claims))

    assert refused.value.error == "invalid_dpop_proof"


@pytest.mark.parametrize(
    "address",
    [
        f"{ISSUER}/token?a=b#c",
        f"{ISSUER}:443/token",
        "HTTPS://SERVER.example.com/token",
        f"{ISSUER}/%74oken",
    ],
)
def test_an_address_is_compared_without_query_and_after_normalisation(address: str) -> None:
    assert check(proof(htu=address)).jkt == KEY.jkt


@pytest.mark.parametrize("seconds", [-59, -10, 10, 59])
def test_clocks_may_differ_by_a_minute(seconds: int) -> None:
    found = check(proof(iat=int(NOW.timestamp()) + seconds))

    assert NOW < found.good_until <= NOW + timedelta(minutes=2)


def test_an_end_and_a_beginning_may_stand_there() -> None:
    assert check(proof(nbf=int(NOW.timestamp()), exp=int(NOW.timestamp()) + 300)).jkt == KEY.jkt


BROKEN: dict[str, Callable[[str], str]] = {
    "empty": lambda _good: "",
    "no JWT": lambda _good: "proof",
    "two parts": lambda good: good.rpartition(".")[0],
    "four parts": lambda good: f"{good}.x",
    "no signature": lambda good: good.rpartition(".")[0] + ".",
    "another signature": lambda good: good.rpartition(".")[0] + "." + good.rpartition(".")[2][::-1],
    "padding": lambda good: f"{good}=",
    "two in one": lambda good: f"{good},{good}",
    "two in one with a space": lambda good: f"{good}, {good}",
    "other claims": lambda good: good.replace(good.split(".")[1], encoded({"jti": "a"})),
    "claims that are a list": lambda good: good.replace(good.split(".")[1], encoded(b"[]")),
    "claims without end": lambda good: good.replace(good.split(".")[1], encoded(b"[" * 5000)),
    "characters of elsewhere": lambda good: f"é{good}",
    "too long": lambda good: good + "a" * 8192,
}


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN.keys())
def test_a_proof_is_one_signed_jwt(breaks: Callable[[str], str]) -> None:
    with pytest.raises(ProofRefused):
        check(breaks(proof()))


def test_a_request_carries_one_proof() -> None:
    for proofs in [(), (proof(), proof())]:
        with pytest.raises(ProofRefused):
            check(*proofs)


@pytest.mark.parametrize("bits", [1024, 8192])
def test_an_rsa_key_is_neither_weak_nor_an_attack(bits: int) -> None:
    modulus = encoded(b"\xff" + bytes(bits // 8 - 2) + b"\x01")

    with pytest.raises(ProofRefused, match=r"2048 to 4096|public key"):
        check(proof(DpopKey("PS256"), header={"jwk": {"kty": "RSA", "n": modulus, "e": "AQAB"}}))


def test_an_algorithm_that_is_not_accepted_is_refused() -> None:
    with pytest.raises(ProofRefused, match="alg must be one of PS256"):
        check(proof(), algorithms=("PS256",))


@pytest.mark.parametrize("wrong", [None, "", ath("another"), ACCESS_TOKEN, 5])
def test_at_a_resource_it_carries_the_hash_of_the_token(wrong: Any) -> None:
    check(proof(access_token=ACCESS_TOKEN), access_token=ACCESS_TOKEN)

    with pytest.raises(ProofRefused, match="ath"):
        check(proof(ath=wrong), access_token=ACCESS_TOKEN)


def test_a_nonce_is_good_for_its_key_and_for_two_periods() -> None:
    start = datetime.fromtimestamp(1000 * PERIOD.total_seconds(), UTC)
    nonce = RULES.nonces.current(KEY.jkt, now=start)

    def good_until(nonce: str, jkt: str = KEY.jkt, *, after: timedelta = timedelta()) -> datetime | None:
        return RULES.nonces.good_until(nonce, jkt, now=start + after)

    end = start + 2 * PERIOD
    assert good_until(nonce) == good_until(nonce, after=2 * PERIOD - timedelta(seconds=1)) == end
    # Another node's clock may be behind.
    assert good_until(nonce, after=-timedelta(seconds=1)) == end
    assert good_until(nonce, after=2 * PERIOD) is None
    assert good_until(nonce, DpopKey().jkt) is None
    assert good_until(nonce.swapcase()) is None
    assert Nonces(bytes(32)).good_until(nonce, KEY.jkt, now=start) is None
    assert Nonces(bytes(range(32))).current(KEY.jkt, now=start) == nonce


@pytest.mark.parametrize("nonce", [None, "", "stale", 5, ["a"], "é" * 24])
def test_where_a_nonce_is_needed_a_proof_without_a_good_one_is_told_which(nonce: Any) -> None:
    with pytest.raises(ProofRefused) as refused:
        check(proof(nonce=nonce), nonce_required=True)

    assert refused.value.error == "use_dpop_nonce"
    assert refused.value.nonce is not None
    found = check(proof(nonce=refused.value.nonce), nonce_required=True)
    assert found.nonce == refused.value.nonce


def test_a_nonce_that_is_not_ours_is_refused_even_where_none_is_needed() -> None:
    with pytest.raises(ProofRefused) as refused:
        check(proof(nonce="a" * 24))

    assert refused.value.error == "use_dpop_nonce"


def test_with_a_nonce_the_clock_of_the_client_does_not_matter() -> None:
    nonce = RULES.nonces.current(KEY.jkt, now=NOW)

    found = check(proof(nonce=nonce, iat=1000, nbf=2**33, exp=1))

    assert NOW + PERIOD <= found.good_until <= NOW + 2 * PERIOD
    with pytest.raises(ProofRefused, match="iat"):
        check(proof(nonce=nonce, iat=None))


@settings(max_examples=300, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["typ", "alg", "jwk", "kid", "crit"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
            max_leaves=6,
        ),
    ),
    st.dictionaries(
        st.sampled_from(["htm", "htu", "iat", "jti", "nonce", "nbf", "exp", "ath"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers()),
    ),
)
def test_whatever_is_in_a_proof_it_is_judged_and_never_an_accident(
    header: dict[str, Any], claims: dict[str, Any]
) -> None:
    made = KEY.sign({"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.jwk(), **header}, {"iat": NOW.timestamp(), **claims})

    with pytest.raises(ProofRefused):
        check(made)
