"""Refusals of requests for tokens from the front: who gets none, and where each refusal goes."""

from urllib.parse import urlsplit

import pytest
import requests

from tests.flows.front_channel import FRONT_TYPES, asking, error_of
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.test_authorize_responses import fields_of
from tests.running import Running


@pytest.fixture
def browser(full_provider: Running) -> requests.Session:
    return full_provider.session(full_provider.person(name="Ada Lovelace"))


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


def test_a_refusal_without_response_type_goes_where_the_mode_says(
    full_provider: Running, browser: requests.Session
) -> None:
    rp = asking(full_provider, "id_token token")

    plain = urlsplit(rp.authorize(browser, response_type=None).headers["Location"])
    _, posted = fields_of(rp.authorize(browser, response_type=None, response_mode="form_post"))

    assert "error=invalid_request" in plain.query
    assert posted["error"] == "invalid_request"
