"""The userinfo endpoint (Core 5.3): the token in the header or in the form, once, and never in the URL (RFC 6750)."""

from typing import Any

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def token(rp: RelyingParty) -> str:
    browser = rp.provider.session(rp.provider.person(name="Alice Example"))
    return str(rp.redeem(rp.code(browser)).json()["access_token"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_get_and_post_by_header_and_post_by_form_answer_alike(provider: Running, token: str) -> None:
    answers = [
        provider.get("/userinfo", headers=bearer(token)),
        provider.post("/userinfo", {}, headers=bearer(token)),
        provider.post("/userinfo", {"access_token": token}),
        provider.get("/userinfo", headers={"Authorization": f"bEARER {token}"}),
    ]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers)
    assert answers[0].headers["Content-Type"].startswith("application/json")


def test_booleans_and_numbers_are_json_ones(provider: Running, token: str) -> None:
    claims = provider.get("/userinfo", headers=bearer(token)).json()

    assert claims["email_verified"] is True
    assert isinstance(claims["updated_at"], int)


def test_two_tokens_in_one_request_are_refused(provider: Running, token: str) -> None:
    both = provider.post("/userinfo", {"access_token": token}, headers=bearer(token))
    twice = provider.post("/userinfo", [("access_token", token), ("access_token", token)])

    assert [answer.status_code for answer in (both, twice)] == [400, 400]
    assert [answer.json()["error"] for answer in (both, twice)] == ["invalid_request"] * 2


def test_a_token_in_the_url_is_not_looked_at(provider: Running, token: str) -> None:
    answers = [provider.get(f"/userinfo?access_token={token}"), provider.post(f"/userinfo?access_token={token}", {})]

    assert [answer.status_code for answer in answers] == [401, 401]


def test_a_session_cookie_is_not_looked_at(provider: Running) -> None:
    browser = provider.session(provider.person())

    assert browser.get(f"{provider.issuer}/userinfo", timeout=20).status_code == 401


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Token abc"])
def test_without_a_token_the_challenge_has_no_error_code(provider: Running, authorization: str | None) -> None:
    response = provider.get("/userinfo", headers={} if authorization is None else {"Authorization": authorization})

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer, DPoP algs=")


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        "op_at_",
        "a" * 8_000,
        "é".encode().decode("latin-1"),
        'a"b',
        "a, Bearer b",
        "{}x",
        "{}=",
        "{} {}",
        "op_rt_{}",
    ],
    ids=lambda value: ascii(value[:20]),
)
def test_a_wrong_token_is_invalid_and_never_echoed(provider: Running, token: str, wrong: str) -> None:
    response = provider.get("/userinfo", headers=bearer(wrong.replace("{}", token)))

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_token"
    assert response.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
    assert token not in response.text + str(response.headers)


def test_the_subject_is_that_of_the_id_token(rp: RelyingParty) -> None:
    tokens = rp.redeem(rp.code(rp.provider.session(rp.provider.person()))).json()

    assert rp.userinfo(tokens["access_token"]).json()["sub"] == rp.claims(tokens["id_token"])["sub"]


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid", {"sub"}),
        ("openid email", {"sub", "email", "email_verified"}),
        ("openid profile", {"sub", "name", "nickname", "updated_at"}),
        ("openid address", {"sub", "address"}),
        ("openid phone", {"sub", "phone_number", "phone_number_verified"}),
    ],
)
def test_a_scope_gives_its_claims_and_no_others(rp: RelyingParty, scope: str, claims: set[str]) -> None:
    profile: dict[str, Any] = {
        "name": "Alice",
        "nickname": "Al",
        "address": {"country": "PL"},
        "phone_number": "+48",
        "phone_number_verified": False,
        "middle_name": "",
        "password": "x",
        "roles": ["admin"],
    }
    tokens = rp.redeem(rp.code(rp.provider.session(rp.provider.person(**profile)), scope=scope)).json()

    assert set(rp.userinfo(tokens["access_token"]).json()) == claims


@pytest.mark.parametrize("name", ["Zoë \U0001f511", '"><script>', "a\r\nb", "\u202e"])
def test_names_arrive_as_they_are(rp: RelyingParty, name: str) -> None:
    tokens = rp.redeem(rp.code(rp.provider.session(rp.provider.person(name=name)))).json()
    response = rp.userinfo(tokens["access_token"])

    assert response.json()["name"] == name
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_scripts_of_any_origin_may_ask(provider: Running, token: str) -> None:
    preflight = requests.options(
        f"{provider.issuer}/userinfo",
        headers={
            "Origin": "https://spa.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "authorization",
        },
        timeout=20,
    )
    response = provider.get("/userinfo", headers={**bearer(token), "Origin": "https://spa.example"})

    assert preflight.status_code in {200, 204}
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"].lower()
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_a_body_that_is_no_form_is_refused(provider: Running, token: str, content_type: str) -> None:
    response = provider.post("/userinfo", b"{}", headers={**bearer(token), "Content-Type": content_type})

    assert response.status_code == 415


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_client_that_is_registered_so_gets_a_jwt_with_issuer_and_audience_and_never_a_nonce(
    full_provider: Running, algorithm: str
) -> None:
    rp = RelyingParty(full_provider, full_provider.client(userinfo_signed_response_alg=algorithm))
    browser = full_provider.session(full_provider.person(name="Alice Example"))
    tokens = rp.redeem(rp.code(browser)).json()

    answer = rp.userinfo(tokens["access_token"])

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/jwt"
    assert answer.headers["Cache-Control"] == "no-store"
    claims = rp.claims(answer.text, algorithm)
    assert (claims["iss"], claims["aud"]) == (full_provider.issuer, rp.client.client_id)
    assert claims["sub"] == rp.claims(tokens["id_token"])["sub"]
    assert (claims["name"], claims["email_verified"]) == ("Alice Example", True)
    assert "nonce" not in claims


def test_a_signed_answer_is_no_id_token_hint(full_provider: Running) -> None:
    rp = RelyingParty(full_provider, full_provider.client(userinfo_signed_response_alg="RS256"))
    browser = full_provider.session(full_provider.person())
    told = rp.userinfo(rp.redeem(rp.code(browser)).json()["access_token"]).text

    assert answer_in(rp.authorize(browser, prompt="none", id_token_hint=told))["error"] == "invalid_request"


def test_where_nothing_can_sign_the_answer_the_client_is_asked_to_come_again(provider: Running) -> None:
    # This provider has an RS256 key only.
    rp = RelyingParty(provider, provider.client(userinfo_signed_response_alg="ES256"))
    token = rp.redeem(rp.code(provider.session(provider.person()))).json()["access_token"]

    answer = rp.userinfo(token)

    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


def test_a_refusal_is_json_whatever_the_client_is_registered_for(full_provider: Running) -> None:
    answer = full_provider.get("/userinfo", headers=bearer("op_at_unknown"))

    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/json")
