"""Tokens from the authorization endpoint: what each response type is given, where, and what it vouches for."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jws

from idp.store import session_endings
from idp.store.base import digest_of
from idp.store.tokens import access_tokens
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.test_authorize_responses import fields_of
from tests.running import Registered, Running

FRONT_TYPES = ("id_token", "id_token token", "code id_token", "code token", "code id_token token")
ALWAYS = {"state", "iss"}
GIVEN = {
    "code": {"code"},
    "token": {"access_token", "token_type", "expires_in", "scope"},
    "id_token": {"id_token"},
}


def registered_for(provider: Running, response_type: str, **changed: object) -> Registered:
    words = response_type.split()
    grants = ["authorization_code"] * ("code" in words) + ["implicit"] * (words != ["code"])
    return provider.client(**{"response_types": [response_type], "grant_types": grants, **changed})


def asking(provider: Running, response_type: str, **changed: object) -> RelyingParty:
    return RelyingParty(provider, registered_for(provider, response_type, **changed))


@pytest.fixture
def browser(full_provider: Running) -> requests.Session:
    return full_provider.session(full_provider.person(name="Ada Lovelace"))


def half_hash(value: str, algorithm: str = "sha256") -> str:
    digest = hashlib.new(algorithm, value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")


def error_of(rp: RelyingParty, browser: requests.Session, response_type: str, **changed: str | None) -> dict[str, str]:
    """The error of a request that passes but for the change; it has to be in the fragment."""
    location = urlsplit(rp.authorize(browser, response_type=response_type, **changed).headers["Location"])
    assert location.query == ""
    answer = {name: values[0] for name, values in parse_qs(location.fragment).items()}
    assert set(answer) == {"error", "error_description", "state", "iss"}
    assert answer["iss"] == rp.provider.issuer
    return answer


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


@pytest.mark.parametrize("response_type", ["id_token token", "code token", "code id_token token"])
def test_the_access_token_works_until_it_expires(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)
    answer = answer_in(rp.authorize(browser, response_type=response_type))
    assert answer["token_type"] == "Bearer"
    assert answer["scope"] == "openid email profile"
    assert int(answer["expires_in"]) == 3600

    told = rp.userinfo(answer["access_token"])
    assert told.status_code == 200
    assert told.json()["name"] == "Ada Lovelace"
    if "id_token" in answer:
        assert told.json()["sub"] == rp.claims(answer["id_token"])["sub"]

    with full_provider.database.transaction() as db:
        mine = access_tokens.c.digest == digest_of(answer["access_token"])
        db.execute(access_tokens.update().where(mine).values(expires_at=full_provider.clock()))
    assert rp.userinfo(answer["access_token"]).status_code == 401


def test_an_access_token_that_is_a_jwt_comes_from_the_front_as_well_and_is_no_hint(
    full_provider: Running, browser: requests.Session
) -> None:
    rp = asking(full_provider, "id_token token", access_token_format="jwt")

    answer = answer_in(rp.authorize(browser, response_type="id_token token"))

    assert jws.extract_compact(answer["access_token"].encode()).headers()["typ"] == "at+jwt"
    assert rp.claims(answer["id_token"])["at_hash"] == half_hash(answer["access_token"])
    assert rp.userinfo(answer["access_token"]).status_code == 200
    hinted = error_of(rp, browser, "id_token token", id_token_hint=answer["access_token"], prompt="none")
    assert hinted["error"] == "invalid_request"


def test_a_token_of_the_front_is_meant_for_the_resource_that_was_named_and_in_its_format(
    full_provider: Running, browser: requests.Session
) -> None:
    api = "https://api.example/front"
    full_provider.client(resource_server=True, access_token_format="jwt", resources=[api])
    rp = asking(full_provider, "code token", resources=[api])

    answer = answer_in(rp.authorize(browser, response_type="code token", resource=api))
    refused = error_of(rp, browser, "code token", resource="https://other.example/")

    assert rp.claims(answer["access_token"])["aud"] == api
    assert refused["error"] == "invalid_target"


def test_an_id_token_opens_no_door(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "id_token")
    id_token = answer_in(rp.authorize(browser, response_type="id_token"))["id_token"]

    assert rp.userinfo(id_token).status_code == 401


def test_the_access_token_ends_with_the_session(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "id_token token")
    answer = answer_in(rp.authorize(browser, response_type="id_token token"))
    assert rp.userinfo(answer["access_token"]).status_code == 200

    with full_provider.database.transaction() as db:
        sid = rp.claims(answer["id_token"])["sid"]
        assert session_endings.end(db, sid, because="signed_out", now=full_provider.clock())

    assert rp.userinfo(answer["access_token"]).status_code == 401


@pytest.mark.parametrize("response_type", ["code id_token", "code token", "code id_token token"])
def test_a_hybrid_code_is_redeemed_once_and_a_replay_ends_the_token_of_the_front_too(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)
    answer = answer_in(rp.authorize(browser, response_type=response_type))

    tokens = rp.redeem(answer["code"]).json()

    claims = rp.claims(tokens["id_token"])
    assert claims["nonce"] == "the-nonce"
    assert "c_hash" not in claims
    if "id_token" in answer:
        front = rp.claims(answer["id_token"])
        assert {name: claims[name] for name in ("iss", "sub", "aud", "sid", "auth_time")} == {
            name: front[name] for name in ("iss", "sub", "aud", "sid", "auth_time")
        }
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    replay = rp.redeem(answer["code"])
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    for dead in filter(None, (tokens["access_token"], answer.get("access_token"))):
        assert rp.userinfo(dead).status_code == 401


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_no_refresh_token_ever_comes_from_the_front(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type, grant_types=["authorization_code", "implicit", "refresh_token"])

    answer = answer_in(rp.authorize(browser, response_type=response_type, scope="openid offline_access"))

    assert "refresh_token" not in answer
    assert ("offline_access" in answer.get("scope", "")) is ({"code", "token"} <= set(response_type.split()))
    if "code" in answer:
        assert "refresh_token" in rp.redeem(answer["code"]).json()


@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token", "code id_token token"])
def test_an_id_token_of_the_front_needs_a_nonce(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)
    assert "id_token" in answer_in(rp.authorize(browser, response_type=response_type))

    assert error_of(rp, browser, response_type, nonce=None)["error"] == "invalid_request"
    assert "nonce" in error_of(rp, browser, response_type, nonce=None)["error_description"]


def test_code_token_needs_no_nonce(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "code token")

    assert "access_token" in answer_in(rp.authorize(browser, response_type="code token", nonce=None))


@pytest.mark.parametrize("response_type", FRONT_TYPES)
@pytest.mark.parametrize("mode", ["query", "query.jwt"])
def test_tokens_never_go_into_a_query(
    full_provider: Running, browser: requests.Session, response_type: str, mode: str
) -> None:
    rp = asking(full_provider, response_type)

    location = urlsplit(rp.authorize(browser, response_type=response_type, response_mode=mode).headers["Location"])

    assert location.query == ""
    assert ("error=invalid_request" in location.fragment) is (mode == "query")
    assert "token=" not in location.fragment


@pytest.mark.parametrize("response_type", FRONT_TYPES)
@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"response_mode": "unheard-of"}, "invalid_request"),
        ({"claims": "[]"}, "invalid_request"),
        ({"id_token_hint": "x.y.z"}, "invalid_request"),
        ({"prompt": "none", "max_age": "0"}, "login_required"),
    ],
    ids=str,
)
def test_every_refusal_of_these_types_is_in_the_fragment(
    full_provider: Running, browser: requests.Session, response_type: str, changed: dict[str, str], error: str
) -> None:
    rp = asking(full_provider, response_type)
    assert "error" not in answer_in(rp.authorize(browser, response_type=response_type))

    assert error_of(rp, browser, response_type, **changed)["error"] == error


def test_nobody_signed_in_and_prompt_none_is_refused_in_the_fragment(full_provider: Running) -> None:
    rp = asking(full_provider, "id_token token")

    assert error_of(rp, requests.Session(), "id_token token", prompt="none")["error"] == "login_required"


@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token", "code id_token token"])
def test_without_openid_there_is_no_id_token(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)

    assert error_of(rp, browser, response_type, scope="email")["error"] == "invalid_scope"


@pytest.mark.parametrize("response_type", ["token", "none", "code none", "id_token id_token", "id_token  token"])
def test_other_response_types_are_not_there(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, "id_token token")

    answer = answer_in(rp.authorize(browser, response_type=response_type))

    assert answer["error"] == "unsupported_response_type"


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_a_client_gets_only_the_types_it_is_registered_for(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    others = [other for other in (*FRONT_TYPES, "code") if other != response_type]
    grants = ["authorization_code", "implicit"]
    rp = RelyingParty(full_provider, full_provider.client(response_types=others, grant_types=grants))

    assert error_of(rp, browser, response_type)["error"] == "unauthorized_client"


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_a_client_needs_the_grants_of_its_response_type(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    without_implicit = asking(full_provider, response_type, grant_types=["authorization_code"])
    assert error_of(without_implicit, browser, response_type)["error"] == "unauthorized_client"
    if "code" in response_type.split():
        without_code = asking(full_provider, response_type, grant_types=["implicit"])
        assert error_of(without_code, browser, response_type)["error"] == "unauthorized_client"


@pytest.mark.parametrize("response_type", FRONT_TYPES)
def test_where_they_are_switched_off_nobody_gets_them(provider: Running, response_type: str) -> None:
    rp, person = asking(provider, response_type), provider.session(provider.person())

    assert error_of(rp, person, response_type)["error"] == "unsupported_response_type"


@pytest.mark.parametrize("response_type", ["code id_token", "code token", "code id_token token"])
def test_a_hybrid_request_is_held_to_pkce(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)

    plain = error_of(rp, browser, response_type, code_challenge_method="plain")
    none = error_of(rp, browser, response_type, code_challenge=None, code_challenge_method=None)

    assert (plain["error"], none["error"]) == ("invalid_request", "invalid_request")
    answer = answer_in(rp.authorize(browser, response_type=response_type))
    assert rp.redeem(answer["code"], code_verifier="x" * 43).json()["error"] == "invalid_grant"


def test_without_a_code_there_is_nothing_to_prove_by_pkce(full_provider: Running, browser: requests.Session) -> None:
    rp = asking(full_provider, "id_token", token_endpoint_auth_method="none")

    answer = answer_in(rp.authorize(browser, response_type="id_token", code_challenge=None, code_challenge_method=None))

    assert set(answer) == {"id_token", "state", "iss"}


def test_a_client_whose_tokens_are_bound_to_a_key_gets_none_from_the_front(
    full_provider: Running, browser: requests.Session
) -> None:
    rp = asking(full_provider, "code token", dpop_bound_access_tokens=True)

    assert error_of(rp, browser, "code token")["error"] == "unauthorized_client"


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


def test_a_refusal_without_response_type_goes_where_the_mode_says(
    full_provider: Running, browser: requests.Session
) -> None:
    rp = asking(full_provider, "id_token token")

    plain = urlsplit(rp.authorize(browser, response_type=None).headers["Location"])
    _, posted = fields_of(rp.authorize(browser, response_type=None, response_mode="form_post"))

    assert "error=invalid_request" in plain.query
    assert posted["error"] == "invalid_request"


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
