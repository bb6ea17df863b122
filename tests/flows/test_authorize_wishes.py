"""What a request may wish for: claims, a class of authentication, scopes (OpenID Connect Core 1.0 section 5.5)."""

import json

import pytest
import requests

from tests.flows.authorize_errors import error_of
from tests.flows.relying_party import RelyingParty
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        "{'id_token':{}}",
        '{"id_token":[]}',
        '{"id_token":1}',
        '{"userinfo":{"name":1}}',
        '{"userinfo":{"name":"x"}}',
        '{"id_token":{"sub":{"value":1}}}',
        '{"id_token":{"sub":{"values":"x"}}}',
        '{"id_token":{"acr":{"essential":true,"values":[1]}}}',
        "[" * 4000,
        "1" * 4000,
        '{"id_token":{' + ",".join(f'"x{n}":null' for n in range(900)) + "}}",
    ],
    ids=lambda text: text[:40],
)
def test_a_claims_parameter_that_is_none_is_refused(rp: RelyingParty, browser: requests.Session, claims: str) -> None:
    assert error_of(rp, browser, claims=claims) == "invalid_request"


def test_claims_asked_for_one_by_one_arrive_where_they_were_asked_for(provider: Running, rp: RelyingParty) -> None:
    browser = provider.session(provider.person(name="Alice Example", nickname="Al"))
    claims = {"userinfo": {"name": {"essential": True}, "x-unknown": None}, "id_token": {"nickname": None, "iss": None}}

    tokens = rp.redeem(rp.code(browser, scope="openid", claims=json.dumps(claims))).json()
    id_token, userinfo = rp.claims(tokens["id_token"]), rp.userinfo(tokens["access_token"]).json()

    assert id_token["nickname"] == "Al"
    assert "name" not in id_token
    assert userinfo["name"] == "Alice Example"
    assert set(userinfo) == {"sub", "name"}
    assert id_token["iss"] == provider.issuer


def test_attributes_of_a_person_cannot_take_the_place_of_protocol_claims(provider: Running) -> None:
    person = provider.person(
        iss="https://evil.test", aud="other", exp=1, nonce="evil", sub="evil", amr=["hwk"], auth_time=1, name="Eve"
    )
    rp = RelyingParty(provider, provider.client(claims_in_id_token=True))
    wanted = dict.fromkeys(("iss", "aud", "exp", "nonce", "sub", "amr", "auth_time", "name"))

    tokens = rp.redeem(
        rp.code(provider.session(person), claims=json.dumps({"id_token": wanted, "userinfo": wanted}))
    ).json()
    id_token, userinfo = rp.claims(tokens["id_token"]), rp.userinfo(tokens["access_token"]).json()

    assert (id_token["iss"], id_token["aud"], id_token["sub"]) == (provider.issuer, rp.client.client_id, person.id)
    assert (id_token["nonce"], id_token["amr"], id_token["name"]) == ("the-nonce", ["pwd"], "Eve")
    assert id_token["exp"] > id_token["auth_time"] > 1_000_000_000
    assert userinfo["sub"] == person.id
    assert not {"iss", "aud", "exp", "nonce", "amr", "auth_time"} & set(userinfo)


@pytest.mark.parametrize("acr", [["unheard-of"], ["0", "2", "phr"]])
def test_an_essential_acr_that_cannot_be_reached_is_refused(
    rp: RelyingParty, browser: requests.Session, acr: list[str]
) -> None:
    wish = json.dumps({"id_token": {"acr": {"essential": True, "values": acr}}})

    assert error_of(rp, browser, claims=wish) == "unmet_authentication_requirements"


@pytest.mark.parametrize(
    "changed",
    [
        {"acr_values": "unheard-of phr"},
        {"acr_values": "1"},
        {"claims": '{"id_token":{"acr":{"values":["unheard-of"]}}}'},
        {"claims": '{"id_token":{"acr":{"essential":true,"values":["unheard-of","1"]}}}'},
        {"claims": '{"id_token":{"acr":{"essential":true}}}'},
    ],
    ids=str,
)
def test_a_wish_for_an_acr_is_answered_with_the_truth(
    rp: RelyingParty, browser: requests.Session, changed: dict[str, str]
) -> None:
    tokens = rp.redeem(rp.code(browser, **changed)).json()

    assert rp.claims(tokens["id_token"])["acr"] == "1"


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("openid openid email", "openid email"),
        ("openid unheard-of email", "openid email"),
        ("email openid", "email openid"),
        ("openid  email", "openid email"),
        ("openid OPENID Email", "openid"),
        ("openid\temail", "openid email"),
        ("openid *", "openid"),
        ("openid offline_access", "openid offline_access"),
    ],
)
def test_the_scope_is_narrowed_to_what_the_client_may_have_and_told(
    rp: RelyingParty, browser: requests.Session, asked: str, granted: str
) -> None:
    tokens = rp.redeem(rp.code(browser, scope=asked)).json()

    assert tokens["scope"] == granted


def test_offline_access_is_passed_over_for_a_client_without_refresh_tokens(
    provider: Running, browser: requests.Session
) -> None:
    rp = RelyingParty(provider, provider.client(grant_types=["authorization_code"]))

    tokens = rp.redeem(rp.code(browser, scope="openid offline_access")).json()

    assert tokens["scope"] == "openid"
    assert "refresh_token" not in tokens


def test_a_claims_subject_of_another_person_never_yields_a_code(provider: Running, rp: RelyingParty) -> None:
    person, other = provider.person(), provider.person()
    browser = provider.session(person)
    for member in ("id_token", "userinfo"):
        mine = json.dumps({member: {"sub": {"value": person.id}}})
        theirs = json.dumps({member: {"sub": {"value": other.id}}})

        assert rp.code(browser, claims=mine, prompt="none")
        assert error_of(rp, browser, claims=theirs, prompt="none") == "login_required"
        assert rp.authorize(browser, claims=theirs).headers["Location"].startswith("/login?")
