"""`id_token_hint`: only an ID token of this very provider is one (Core 3.1.2.1; RFC 8725 3.11; T15)."""

import base64
from datetime import timedelta
from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from keys.lifecycle import KeyPolicy
from keys.rotation import rotate
from keys.sealing import Sealer
from keys.vault import Vault
from tests.flows.forging import encoded, id_token_claims, signed
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import KEK, Person, Running, keypair, running_provider


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def person(provider: Running) -> Person:
    return provider.person()


def asked_with(rp: RelyingParty, person: Person, hint: str) -> dict[str, str]:
    """The answer to a silent request of a signed-in person with a hint."""
    return answer_in(rp.authorize(rp.provider.session(person), prompt="none", id_token_hint=hint))


def own_hint(rp: RelyingParty, person: Person) -> str:
    return str(rp.redeem(rp.code(rp.provider.session(person))).json()["id_token"])


def test_the_hint_of_the_person_signed_in_is_welcome(rp: RelyingParty, person: Person) -> None:
    assert "code" in asked_with(rp, person, own_hint(rp, person))


def test_a_forged_hint_as_the_tests_make_it_is_welcome_when_nothing_is_wrong_with_it(
    rp: RelyingParty, person: Person
) -> None:
    hint = signed(id_token_claims(rp.provider, rp.client.client_id, person.id))

    assert "code" in asked_with(rp, person, hint)


def test_an_expired_hint_is_welcome(rp: RelyingParty, person: Person) -> None:
    old = int((rp.provider.clock() - timedelta(days=400)).timestamp())
    hint = signed(id_token_claims(rp.provider, rp.client.client_id, person.id, iat=old, exp=old + 300, auth_time=old))

    assert "code" in asked_with(rp, person, hint)


def test_the_hint_of_another_person_never_yields_a_code(rp: RelyingParty, person: Person) -> None:
    hint = own_hint(rp, rp.provider.person())

    silent = asked_with(rp, person, hint)
    asked = rp.authorize(rp.provider.session(person), id_token_hint=hint)

    assert silent["error"] == "login_required"
    assert asked.headers["Location"].startswith("/login?")


def changed_by(name: str, value: Any) -> Any:
    return pytest.param({name: value}, id=f"{name}={str(value)[:20]}")


@pytest.mark.parametrize(
    "claims",
    [
        changed_by("iss", "https://other.example"),
        changed_by("iss", None),
        changed_by("iss", ["http://127.0.0.1"]),
        changed_by("sub", None),
        changed_by("sub", 1),
        changed_by("sub", ["a"]),
        changed_by("aud", None),
        changed_by("aud", ["a", "b"]),
        changed_by("aud", 7),
        changed_by("auth_time", None),
        changed_by("events", {"http://schemas.openid.net/event/backchannel-logout": {}}),
    ],
)
def test_what_does_not_read_like_an_id_token_of_ours_is_refused(
    rp: RelyingParty, person: Person, claims: dict[str, Any]
) -> None:
    hint = signed(id_token_claims(rp.provider, rp.client.client_id, person.id, **claims))

    assert asked_with(rp, person, hint)["error"] == "invalid_request"


def test_an_issuer_with_a_slash_more_is_another_issuer(rp: RelyingParty, person: Person) -> None:
    hint = signed(id_token_claims(rp.provider, rp.client.client_id, person.id, iss=rp.provider.issuer + "/"))

    assert asked_with(rp, person, hint)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "at+jwt"},
        {"typ": "logout+jwt"},
        {"typ": "oauth-authz-req+jwt"},
        {"typ": "jwt"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS512"},
        {"alg": "PS256"},
        {"alg": None},
        {"alg": ["RS256"]},
        {"alg": 'RS"256'},
        {"kid": None},
        {"kid": 1},
        {"kid": ["a"]},
        {"crit": ["exp"]},
        {"crit": []},
        {"crit": ["b64"], "b64": False},
        {"b64": False},
        {"jku": "http://169.254.169.254/"},
        {"x5u": "http://169.254.169.254/"},
        {"x5c": ["MIIB"]},
        {"jwk": {"kty": "RSA", "n": "AQAB", "e": "AQAB"}},
        {"zip": "DEF"},
    ],
    ids=str,
)
def test_an_odd_header_is_refused_though_our_key_signed_it(
    rp: RelyingParty, person: Person, header: dict[str, Any]
) -> None:
    hint = signed(id_token_claims(rp.provider, rp.client.client_id, person.id), **header)

    assert asked_with(rp, person, hint)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "kid", ["gone", "../../etc/passwd", "' OR 1=1 --", "http://169.254.169.254/", "a\0b", "é", "k" * 5000]
)
def test_a_hint_by_a_key_that_is_not_here_says_nothing(rp: RelyingParty, person: Person, kid: str) -> None:
    other = rp.provider.person()
    hint = signed(id_token_claims(rp.provider, rp.client.client_id, other.id), kid=kid)

    answer = asked_with(rp, person, hint)

    assert "code" in answer or answer["error"] == "invalid_request"


def test_an_unsigned_hint_is_refused(rp: RelyingParty, person: Person) -> None:
    claims = id_token_claims(rp.provider, rp.client.client_id, person.id)
    for algorithm in ("none", "None", "nOnE", "NONE"):
        for signature in ("", "AA"):
            hint = f"{encoded({'alg': algorithm, 'kid': keypair().kid})}.{encoded(claims)}.{signature}"

            assert asked_with(rp, person, hint)["error"] == "invalid_request"


def test_a_key_that_is_sent_along_is_not_taken(rp: RelyingParty, person: Person) -> None:
    from joserfc import jwt

    own = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": keypair().kid, "jwk": own.as_dict(private=False)}
    claims = id_token_claims(rp.provider, rp.client.client_id, person.id)

    assert asked_with(rp, person, jwt.encode(header, claims, own))["error"] == "invalid_request"
    del header["jwk"]
    assert asked_with(rp, person, jwt.encode(header, claims, own))["error"] == "invalid_request"


def test_the_public_key_is_no_hmac_secret(rp: RelyingParty, person: Person) -> None:
    import hashlib
    import hmac

    jwks = rp.provider.get("/jwks")
    pem = RSAKey.import_key(jwks.json()["keys"][0]).as_pem(private=False)
    claims = id_token_claims(rp.provider, rp.client.client_id, person.id)
    signing_input = f"{encoded({'alg': 'HS256', 'kid': keypair().kid})}.{encoded(claims)}"
    for secret in (pem, jwks.content, b""):
        forged = f"{signing_input}.{encoded(hmac.digest(secret or b'', signing_input.encode(), hashlib.sha256))}"

        assert asked_with(rp, person, forged)["error"] == "invalid_request"


@pytest.mark.parametrize("where", ["header", "payload", "signature"])
def test_an_altered_hint_is_refused(rp: RelyingParty, person: Person, where: str) -> None:
    parts = own_hint(rp, person).split(".")
    index = ("header", "payload", "signature").index(where)
    middle = len(parts[index]) // 2
    other = "A" if parts[index][middle] != "A" else "B"
    parts[index] = parts[index][:middle] + other + parts[index][middle + 1 :]

    assert asked_with(rp, person, ".".join(parts))["error"] == "invalid_request"


def test_unused_bits_of_the_signature_are_not_free_to_choose(rp: RelyingParty, person: Person) -> None:
    hint = own_hint(rp, person)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # 256 bytes leave four bits of the last character unused; the encoder writes zeros there.
    altered = hint[:-1] + alphabet[alphabet.index(hint[-1]) + 1]

    assert asked_with(rp, person, altered)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "around", ["{}\n", "\n{}", " {}", "{}=", "{}==", "{}.", "{}.x", "{}..", "{}#", "{}\u200b", "{}{}"]
)
def test_nothing_may_stand_around_a_hint(rp: RelyingParty, person: Person, around: str) -> None:
    hint = around.replace("{}", own_hint(rp, person))

    assert asked_with(rp, person, hint)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "hint", ["x", "..", "a.b.c", "e30.e30.", "é.é.é", "." * 5000, "A" * 9000, "e30.e30.e30.e30.e30"]
)
def test_a_hint_that_is_no_token_is_refused(rp: RelyingParty, person: Person, hint: str) -> None:
    assert asked_with(rp, person, hint)["error"] == "invalid_request"


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"1", b"null", b'"x"', b"{", b"\xff\xfe", b'{"sub":"\\ud800"}', b'{"a":' * 2000]
)
def test_a_signed_payload_that_is_no_claims_set_is_refused(rp: RelyingParty, person: Person, payload: bytes) -> None:
    assert asked_with(rp, person, signed(payload))["error"] == "invalid_request"


def test_an_access_token_a_code_or_a_refresh_token_is_no_hint(rp: RelyingParty, person: Person) -> None:
    browser = rp.provider.session(person)
    code = rp.code(browser, scope="openid offline_access")
    tokens = rp.redeem(rp.code(browser, scope="openid offline_access")).json()

    for wrong in (code, tokens["access_token"], tokens["refresh_token"]):
        assert asked_with(rp, person, wrong)["error"] == "invalid_request"


def test_an_id_token_is_no_bearer_token(rp: RelyingParty, person: Person) -> None:
    response = rp.userinfo(own_hint(rp, person))

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"


def test_a_hint_of_another_browser_does_not_sign_anybody_in(rp: RelyingParty, person: Person) -> None:
    answer = answer_in(rp.authorize(requests.Session(), prompt="none", id_token_hint=own_hint(rp, person)))

    assert answer["error"] == "login_required"


def test_a_hint_outlives_the_active_days_of_its_key_and_no_longer_than_the_key(database_url: str) -> None:
    policy = KeyPolicy()
    with running_provider(database_url, policy=policy) as provider:
        rp, alice, bob = RelyingParty(provider, provider.client()), provider.person(), provider.person()
        hint = own_hint(rp, bob)
        vault = Vault(provider.database.engine, Sealer(base64.urlsafe_b64decode(KEK)).for_purpose("signing-key"))
        rotate(vault, policy, provider.clock, algorithm="RS256")

        provider.clock.ahead = policy.publication + timedelta(minutes=1)
        retired = asked_with(rp, alice, hint)
        provider.clock.ahead += policy.longest_token_life + policy.skew
        gone = asked_with(rp, alice, hint)

        # Retired, the key still proves whom the hint is about; gone, the hint says nothing any more.
        assert retired["error"] == "login_required"
        assert "code" in gone
