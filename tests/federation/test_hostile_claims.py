"""A provider that lies in its claims: nobody comes in by a token that is not for us, now, and of this journey."""

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from tests.federation.direct import CLIENT_ID, Direct
from tests.federation.lies import Claims, Lie, by_attacker, claiming, fails, raw

WRONG_CLAIMS: dict[str, Lie] = {
    "issuer of somebody else": claiming(iss="https://accounts.google.com"),
    "issuer with a slash": lambda claims, keys: claiming(iss=claims["iss"] + "/")(claims, keys),
    "issuer in a list": lambda claims, keys: claiming(iss=[claims["iss"]])(claims, keys),
    "no issuer": claiming(iss=None),
    "audience of somebody else": claiming(aud="another-app"),
    "audience of somebody else with our azp": claiming(aud="another-app", azp=CLIENT_ID),
    "our audience with another": claiming(aud=[CLIENT_ID, "another-app"]),
    "no audience": claiming(aud=None),
    "empty audience": claiming(aud=[]),
    "audience that is an object": claiming(aud={CLIENT_ID: True}),
    "issued to another client": claiming(azp="another-app"),
    "expired": claiming(exp=1),
    "no end": claiming(exp=None),
    "end as text": claiming(exp="9999999999"),
    "end that is true": claiming(exp=True),
    "end that is no number": lambda claims, keys: raw(claims, keys, "exp", "NaN"),
    "end that is endless": lambda claims, keys: raw(claims, keys, "exp", "Infinity"),
    "end beyond the calendar": claiming(exp=10**30),
    "end of five thousand digits": lambda claims, keys: raw(claims, keys, "exp", "9" * 5000),
    "from the future": claiming(iat=4102444800),
    "no beginning": claiming(iat=None),
    "not yet good": claiming(nbf=4102444800),
    "nbf as text": claiming(nbf="0"),
    "no nonce": claiming(nonce=None),
    "another nonce": claiming(nonce="another"),
    "nonce in a list": lambda claims, keys: claiming(nonce=[claims["nonce"]])(claims, keys),
    "a nonce that is switched off": claiming(nonce=None, nonce_supported=False),
    "no subject": claiming(sub=None),
    "empty subject": claiming(sub=""),
    "subject that is a number": claiming(sub=7),
    "subject in a list": claiming(sub=["7"]),
    "subject of 300 letters": claiming(sub="s" * 300),
    "subject with a nul": claiming(sub="7\x00"),
    "subject that is not ascii": claiming(sub="Ω"),
    "another access token": claiming(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "at_hash that is no text": claiming(at_hash=1),
}


@pytest.mark.parametrize("name", WRONG_CLAIMS)
def test_claims_that_are_not_right_come_to_nothing(there: Direct[GoogleStage], name: str) -> None:
    assert fails(there, WRONG_CLAIMS[name]).because == "untrusted"


def test_nothing_of_what_a_provider_says_is_repeated(there: Direct[GoogleStage]) -> None:
    for lie in (claiming(iss="<script>"), by_attacker(kid="<script>")):
        assert "<" not in str(fails(there, lie))


@pytest.mark.parametrize("verified", ["true", "false", 1, 0, None, [], {}])
def test_only_true_means_verified(there: Direct[GoogleStage], verified: object) -> None:
    there.stage.forge = claiming(email_verified=verified)

    identity = there.travel(there.connector(authoritative_for=("gmail.com",)))

    assert (identity.email_verified, identity.is_authoritative) == (False, False)


def test_an_unknown_provider_is_authoritative_for_nothing_but_what_the_operator_says(
    there: Direct[GoogleStage],
) -> None:
    assert there.travel().is_authoritative is False
    assert there.travel(there.connector(authoritative_for=("gmail.com",))).is_authoritative is True
    assert there.travel(there.connector(authoritative_for=("mail.com", "acme.example"))).is_authoritative is False


@pytest.mark.parametrize(
    "claims",
    [
        {"name": ["x"]},
        {"name": "x\x00y"},
        {"name": "x" * 10_000},
        {"name": "\u202eecila"},
        {"name": "\ud800"},
        {"name": ""},
        {"given_name": {"a": "b"}},
        {"locale": 7},
        {"email": 7},
        {"email": "x" * 10_000 + "@gmail.com"},
        {"email": "a\u200b@gmail.com"},
    ],
    ids=ascii,
)
def test_claims_of_the_wrong_kind_are_left_out(there: Direct[GoogleStage], claims: Claims) -> None:
    there.stage.forge = claiming(**claims)

    identity = there.travel()

    assert identity.subject == GOOGLE[0].subject
    assert not claims.keys() & identity.profile.keys()
    assert "email" not in claims or identity.email is None


@pytest.mark.parametrize("name", ["Ωμέγα Ελλάδα", "山田 太郎", "Zoë O'Brien-Nuñez", "محمد"])
def test_names_of_every_script_are_names(there: Direct[GoogleStage], name: str) -> None:
    there.stage.forge = claiming(name=name)

    assert there.travel().profile["name"] == name


@pytest.mark.parametrize(
    "more",
    [
        {"filler": "x" * 40_000},
        {f"claim-{number}": number for number in range(4000)},
    ],
    ids=["one", "many"],
)
def test_a_token_longer_than_any_is_not_read(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.forge = claiming(**more)

    assert there.fails() == "untrusted"


def test_claims_nested_beyond_reason_come_to_nothing(there: Direct[GoogleStage]) -> None:
    there.stage.forge = lambda claims, keys: raw(claims, keys, "deep", "[" * 10_000 + "]" * 10_000)

    assert there.fails() == "untrusted"


def test_the_hash_of_the_access_token_is_taken_if_it_is_right(there: Direct[GoogleStage]) -> None:
    there.stage.token_more = {"access_token": "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"}
    # Both from the example of OpenID Connect Core 1.0 appendix A.3.
    there.stage.forge = claiming(at_hash="77QmUPtjPfzWtF2AnpK9RQ")

    assert there.travel().subject == GOOGLE[0].subject
