"""Signed answers (JARM): one JWT in the place of the parameters, in every mode, also when the answer is no."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jws

from tests.flows.front_channel import GIVEN, asking, half_hash
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.test_authorize_responses import ODD_VALUES, fields_of
from tests.running import Running

MODES = ("jwt", "query.jwt", "fragment.jwt", "form_post.jwt")
REFUSED = ({"prompt": "none login"}, {"prompt": "none", "max_age": "0"}, {"code_challenge_method": "plain"})


@pytest.fixture
def browser(full_provider: Running) -> requests.Session:
    return full_provider.session(full_provider.person())


def signed_answer(rp: RelyingParty, response: requests.Response, algorithm: str = "RS256") -> dict[str, Any]:
    """The claims of a signed answer, which is all that came, after everything that each owes the client was seen."""
    fields = fields_of(response)[1] if response.status_code == 200 else answer_in(response)
    assert set(fields) == {"response"}
    header = jws.extract_compact(fields["response"].encode()).headers()
    assert header["alg"] == algorithm
    claims = rp.claims(fields["response"], algorithm)
    assert claims.pop("iss") == rp.provider.issuer
    assert claims.pop("aud") == rp.client.client_id
    now = rp.provider.clock().timestamp()
    assert now < claims.pop("exp") <= now + 600
    return claims


def place_of(response: requests.Response) -> str:
    """Where the answer was put."""
    if response.status_code == 200:
        return "form_post"
    location = urlsplit(response.headers["Location"])
    assert bool(location.query) is not bool(location.fragment)
    return "query" if location.query else "fragment"


@pytest.mark.parametrize("mode", MODES)
def test_a_code_comes_signed_where_the_mode_says(full_provider: Running, browser: requests.Session, mode: str) -> None:
    rp = RelyingParty(full_provider, full_provider.client())

    response = rp.authorize(browser, response_mode=mode)

    assert place_of(response) == {"jwt": "query"}.get(mode, mode.removesuffix(".jwt"))
    answer = signed_answer(rp, response)
    assert set(answer) == {"code", "state"}
    assert answer["state"] == "the-state"
    assert rp.redeem(answer["code"]).status_code == 200


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("changed", REFUSED, ids=str)
def test_a_refusal_comes_signed_too(
    full_provider: Running, browser: requests.Session, mode: str, changed: dict[str, str]
) -> None:
    rp = RelyingParty(full_provider, full_provider.client())
    assert "code" in signed_answer(rp, rp.authorize(browser, response_mode=mode))

    answer = signed_answer(rp, rp.authorize(browser, response_mode=mode, **changed))

    assert set(answer) == {"error", "error_description", "state"}
    assert answer["error"] in {"invalid_request", "login_required"}


@pytest.mark.parametrize("response_type", ["id_token", "id_token token", "code id_token", "code token"])
@pytest.mark.parametrize("mode", ["jwt", "fragment.jwt", "form_post.jwt"])
def test_tokens_come_signed_in_the_fragment_or_a_form(
    full_provider: Running, browser: requests.Session, response_type: str, mode: str
) -> None:
    rp = asking(full_provider, response_type)

    response = rp.authorize(browser, response_type=response_type, response_mode=mode)

    assert place_of(response) == ("form_post" if "post" in mode else "fragment")
    answer = signed_answer(rp, response)
    assert set(answer) == {"state"}.union(*(GIVEN[word] for word in response_type.split()))
    if "id_token" in answer and "access_token" in answer:
        assert rp.claims(answer["id_token"])["at_hash"] == half_hash(answer["access_token"])


@pytest.mark.parametrize("response_type", ["id_token", "code token", "code id_token token"])
def test_a_query_is_refused_for_tokens_and_the_refusal_is_signed_in_the_fragment(
    full_provider: Running, browser: requests.Session, response_type: str
) -> None:
    rp = asking(full_provider, response_type)

    response = rp.authorize(browser, response_type=response_type, response_mode="query.jwt")

    assert place_of(response) == "fragment"
    assert signed_answer(rp, response)["error"] == "invalid_request"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_the_answer_is_signed_as_the_client_is_registered_whatever_its_id_tokens_are(
    full_provider: Running, browser: requests.Session, algorithm: str
) -> None:
    rp = RelyingParty(full_provider, full_provider.client(authorization_signed_response_alg=algorithm))

    answer = signed_answer(rp, rp.authorize(browser, response_mode="jwt"), algorithm)

    assert rp.claims(rp.redeem(answer["code"]).json()["id_token"], "RS256")


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value[:25]))
def test_the_state_comes_back_byte_for_byte(full_provider: Running, browser: requests.Session, value: str) -> None:
    rp = RelyingParty(full_provider, full_provider.client())

    assert signed_answer(rp, rp.authorize(browser, response_mode="jwt", state=value))["state"] == value


def test_the_registered_query_stays(full_provider: Running, browser: requests.Session) -> None:
    uri = "https://rp.example/callback?bar=foo"
    rp = RelyingParty(full_provider, full_provider.client(redirect_uris=[uri]))

    location = rp.authorize(browser, response_mode="jwt").headers["Location"]

    assert location.startswith(f"{uri}&response=")


def test_where_nothing_can_sign_the_client_is_told_so_and_no_code_is_given(provider: Running) -> None:
    # This provider has an RS256 key only.
    rp = RelyingParty(provider, provider.client(authorization_signed_response_alg="ES256"))
    person = provider.session(provider.person())
    assert "code" in answer_in(rp.authorize(person))

    answer = answer_in(rp.authorize(person, response_mode="jwt"))

    assert answer["error"] == "temporarily_unavailable"
    assert set(answer) == {"error", "error_description", "state", "iss"}


def test_a_signed_answer_is_no_id_token_hint(full_provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(full_provider, full_provider.client())
    response = answer_in(rp.authorize(browser, response_mode="jwt"))["response"]

    assert answer_in(rp.authorize(browser, prompt="none", id_token_hint=response))["error"] == "invalid_request"


def test_discovery_names_the_modes_and_what_can_sign(full_provider: Running) -> None:
    document = full_provider.get("/.well-known/openid-configuration").json()

    assert set(MODES) | {"query", "fragment", "form_post"} == set(document["response_modes_supported"])
    assert {"RS256", "PS256", "ES256", "EdDSA"} == set(document["authorization_signing_alg_values_supported"])


def test_a_person_who_has_to_be_asked_gets_the_signed_answer(full_provider: Running) -> None:
    rp, waiting = RelyingParty(full_provider, full_provider.client()), requests.Session()
    login = rp.authorize(waiting, response_mode="form_post.jwt").headers["Location"]
    signed_in = full_provider.session(full_provider.person())
    waiting.cookies.set("op_sid", signed_in.cookies["op_sid"], domain="127.0.0.1", path="/")
    request_id = parse_qs(urlsplit(login).query)["request"][0]

    response = waiting.get(f"{full_provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)

    assert place_of(response) == "form_post"
    assert "code" in signed_answer(rp, response)
