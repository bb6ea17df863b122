"""Tokens from the authorization endpoint: what each response type is given, where, and what it vouches for."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.flows.front_channel import FRONT_TYPES, GIVEN, asking, half_hash
from tests.flows.relying_party import answer_in
from tests.flows.test_authorize_responses import fields_of
from tests.running import Running

ALWAYS = {"state", "iss"}


@pytest.fixture
def browser(full_provider: Running) -> requests.Session:
    return full_provider.session(full_provider.person(name="Ada Lovelace"))


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_exactly_what_the_response_type_names_comes_in_the_fragment(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)

    response = rp.authorize(browser, response_type=response_type)

    location = urlsplit(response.headers["Location"])
    assert location.query == ""
    answer = answer_in(response)
    assert set(answer) == ALWAYS.union(*(GIVEN[word] for word in response_type.split()))
    assert answer["state"] == "the-state"
    assert answer["iss"] == full_provider.issuer


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_the_words_of_a_response_type_come_in_any_order(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    backwards = " ".join(reversed(response_type.split()))
    rp = asking(full_provider, response_type)
    backwards_rp = asking(full_provider, backwards)

    answers = [
        answer_in(rp.authorize(browser, response_type=backwards)),
        answer_in(backwards_rp.authorize(browser, response_type=response_type)),
    ]

    for answer in answers:
        assert set(answer) == ALWAYS.union(*(GIVEN[word] for word in response_type.split()))


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_an_id_token_vouches_for_what_it_comes_with(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)

    answer = answer_in(rp.authorize(browser, response_type=response_type))

    if "id_token" not in answer:
        return
    claims = rp.claims(answer["id_token"])
    assert claims.get("at_hash") == (half_hash(answer["access_token"]) if "access_token" in answer else None)
    assert claims.get("c_hash") == (half_hash(answer["code"]) if "code" in answer else None)
    assert claims["s_hash"] == half_hash("the-state")
    assert claims["nonce"] == "the-nonce"
    assert claims["aud"] == rp.client.client_id
    assert claims["iss"] == full_provider.issuer
    assert {"sub", "sid", "auth_time", "acr", "amr", "iat", "exp"} <= set(claims)


@pytest.mark.parametrize(("algorithm", "hash_name"), [("ES256", "sha256"), ("PS256", "sha256"), ("EdDSA", "sha512")])
def test_the_hashes_are_those_of_the_id_tokens_own_algorithm(
    full_provider: Running, browser: requests.Session, algorithm: str, hash_name: str
) -> None:
    rp = asking(full_provider, "code id_token token", id_token_signed_response_alg=algorithm)

    answer = answer_in(rp.authorize(browser, response_type="code id_token token"))

    claims = rp.claims(answer["id_token"], algorithm)
    assert claims["at_hash"] == half_hash(answer["access_token"], hash_name)
    assert claims["c_hash"] == half_hash(answer["code"], hash_name)
    assert claims["s_hash"] == half_hash("the-state", hash_name)


def test_without_state_there_is_no_state_and_no_hash_of_one(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "id_token")

    answer = answer_in(rp.authorize(browser, response_type="id_token", state=None))

    assert set(answer) == {"id_token", "iss"}
    assert "s_hash" not in rp.claims(answer["id_token"])


def test_claims_are_in_the_id_token_only_where_nothing_else_would_give_them(
    full_provider: Running, browser: requests.Session
) -> None:
    alone = asking(full_provider, "id_token")
    claims = alone.claims(answer_in(alone.authorize(browser, response_type="id_token"))["id_token"])
    assert claims["name"] == "Ada Lovelace"
    assert claims["email_verified"] is True

    for response_type in ("id_token token", "code id_token", "code id_token token"):
        rp = asking(full_provider, response_type)
        claims = rp.claims(answer_in(rp.authorize(browser, response_type=response_type))["id_token"])
        assert not {"name", "email", "email_verified", "updated_at"} & set(claims)


def test_a_claim_asked_for_by_name_is_in_the_id_token_of_the_front(
    full_provider: Running, browser: requests.Session
) -> None:
    rp = asking(full_provider, "id_token token")
    wanted = '{"id_token":{"email":null},"userinfo":{"name":{"essential":true}}}'

    answer = answer_in(rp.authorize(browser, response_type="id_token token", scope="openid", claims=wanted))

    claims, told = rp.claims(answer["id_token"]), rp.userinfo(answer["access_token"]).json()
    assert ("email" in claims, "name" in claims) == (True, False)
    assert ("email" in told, "name" in told) == (False, True)


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_the_answer_can_be_posted(full_provider: Running, browser: requests.Session, response_type: str) -> None:
    rp = asking(full_provider, response_type)

    action, fields = fields_of(rp.authorize(browser, response_type=response_type, response_mode="form_post"))
    _, refused = fields_of(
        rp.authorize(browser, response_type=response_type, response_mode="form_post", prompt="none", max_age="0")
    )

    assert action == rp.client.redirect_uri
    assert set(fields) == ALWAYS.union(*(GIVEN[word] for word in response_type.split()))
    assert refused["error"] == "login_required"
    assert refused["state"] == "the-state"


def test_the_registered_query_stays_before_the_fragment(full_provider: Running, browser: requests.Session) -> None:
    uri = "https://rp.example/callback?bar=foo"
    rp = asking(full_provider, "code id_token", redirect_uris=[uri])

    location = rp.authorize(browser, response_type="code id_token").headers["Location"]

    assert location.startswith(f"{uri}#code=")


def test_a_person_who_has_to_be_asked_gets_there_too(full_provider: Running) -> None:
    rp, waiting = asking(full_provider, "code id_token token"), requests.Session()
    login = rp.authorize(waiting, response_type="code id_token token").headers["Location"]
    signed_in = full_provider.session(full_provider.person())
    waiting.cookies.set("op_sid", signed_in.cookies["op_sid"], domain="127.0.0.1", path="/")
    request_id = parse_qs(urlsplit(login).query)["request"][0]

    response = waiting.get(f"{full_provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)

    assert {"code", "access_token", "id_token"} <= set(answer_in(response))
    assert "#" in response.headers["Location"]


def test_discovery_says_what_is_switched_on(full_provider: Running, provider: Running) -> None:
    path = "/.well-known/openid-configuration"
    full, plain = full_provider.get(path).json(), provider.get(path).json()

    assert set(full["response_types_supported"]) == {"code", *FRONT_TYPES}
    assert "implicit" in full["grant_types_supported"]
    assert plain["response_types_supported"] == ["code"]
    assert "implicit" not in plain["grant_types_supported"]
    assert not [name for name in full if re.fullmatch(r".*_signing_alg_values_supported", name) and not full[name]]
