"""Answers that are not right: those of the token endpoint, and those that a browser brings."""

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.federation.connector import Opening
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import Direct
from tests.federation.lies import Claims, fails


@pytest.mark.parametrize(
    "more",
    [
        {"access_token": None},
        {"access_token": 1},
        {"access_token": "two words"},
        {"access_token": "line\r\nbreak"},
        {"expires_in": "soon"},
        {"expires_in": [1]},
        {"token_type": {"a": "b"}, "access_token": ""},
        {"error": 'a "quoted" error with ümlauts \\'},
        {"error": {"an": "object"}},
    ],
    ids=str,
)
def test_a_token_answer_that_is_not_right_comes_to_nothing(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.token_more = more

    assert fails(there).because in {"untrusted", "refused"}


@pytest.mark.parametrize(
    ("more", "because"),
    [
        ({"iss": "https://evil.example"}, "untrusted"),
        ({"code": ""}, "untrusted"),
        ({"code": "x" * 5000}, "untrusted"),
        ({"error": "access_denied", "error_description": "<script>alert(1)</script>"}, "cancelled"),
        ({"error": "<script>"}, "refused"),
        ({"error": "server_error"}, "unavailable"),
        ({"error": "unauthorized_client"}, "misconfigured"),
    ],
)
def test_an_answer_by_the_browser_that_is_not_right_asks_nobody(
    there: Direct[GoogleStage], more: dict[str, str], because: str
) -> None:
    connector, opening = there.connector(), there.opening()
    answer = there.answer(connector.authorization_url(opening), "alice") | more
    before = there.stage.requests.count("token")

    with pytest.raises(UpstreamProblem) as raised:
        connector.identity(answer, opening, now=there.clock())

    assert raised.value.because == because
    assert there.stage.requests.count("token") == before


def test_an_issuer_that_is_promised_has_to_come(there: Direct[GoogleStage]) -> None:
    there.stage.discovery_more = {"authorization_response_iss_parameter_supported": True}
    connector, opening = there.connector(), there.opening()
    answer = there.answer(connector.authorization_url(opening), "alice")

    with pytest.raises(UpstreamProblem, match="another provider"):
        connector.identity(answer, opening, now=there.clock())
    assert connector.identity(answer | {"iss": there.stage.origin}, opening, now=there.clock()).subject


def test_a_code_of_another_journey_is_of_no_use(there: Direct[GoogleStage]) -> None:
    # The attacker's own code, put into the victim's callback (RFC 9700 section 4.5).
    connector, mine, theirs = there.connector(), there.opening(), there.opening()
    injected = there.answer(connector.authorization_url(theirs), "walt")

    with pytest.raises(UpstreamProblem):
        connector.identity(injected, mine, now=there.clock())


def test_a_nonce_of_another_journey_is_of_no_use(there: Direct[GoogleStage]) -> None:
    connector, mine = there.connector(), there.opening()
    theirs = Opening(
        state=mine.state,
        nonce="another",
        code_verifier=mine.code_verifier,
        redirect_uri=mine.redirect_uri,
        opened_at=mine.opened_at,
    )
    answer = there.answer(connector.authorization_url(theirs), "alice")

    with pytest.raises(UpstreamProblem, match="nonce"):
        connector.identity(answer, mine, now=there.clock())
