"""What an authorization request may say; each refusal starts from the request that passes and changes one thing."""

from urllib.parse import urlencode

import pytest
import requests

from tests.flows.authorize_errors import error_of
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("id_token token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
        ("code ", "unsupported_response_type"),
        (" code", "unsupported_response_type"),
        ("code code", "unsupported_response_type"),
        ('co"de', "unsupported_response_type"),
        ("c\u00f6de", "unsupported_response_type"),
    ],
)
def test_only_the_response_type_code_is_there(
    rp: RelyingParty, browser: requests.Session, response_type: str | None, error: str
) -> None:
    assert error_of(rp, browser, response_type=response_type) == error


@pytest.mark.parametrize("registered", [{"response_types": ["id_token"]}, {"grant_types": ["client_credentials"]}])
def test_a_client_that_is_not_registered_for_the_code_flow_is_told_so(
    provider: Running, browser: requests.Session, registered: dict[str, list[str]]
) -> None:
    rp = RelyingParty(provider, provider.client(**registered))

    assert error_of(rp, browser) == "unauthorized_client"


@pytest.mark.parametrize(
    "mode", ["web_message", "JWT", ".jwt", "jwt.jwt", "QUERY", "form_post ", 'q"', "fragment query"]
)
def test_an_unknown_response_mode_is_refused(rp: RelyingParty, browser: requests.Session, mode: str) -> None:
    assert error_of(rp, browser, response_mode=mode) == "invalid_request"


@pytest.mark.parametrize("value", ["x", "{}", "eyJhbGciOiJub25lIn0.e30."])
def test_a_registration_inside_of_a_request_is_refused(rp: RelyingParty, browser: requests.Session, value: str) -> None:
    assert error_of(rp, browser, registration=value) == "registration_not_supported"


@pytest.mark.parametrize(
    "name",
    [
        "response_type", "scope", "nonce", "prompt", "max_age", "code_challenge", "code_challenge_method",
        "response_mode", "claims", "id_token_hint", "login_hint", "acr_values", "ui_locales", "display", "unheard_of",
    ],
)  # fmt: skip
@pytest.mark.parametrize("second", ["", "same"])
def test_a_parameter_that_is_sent_twice_is_refused(
    provider: Running, rp: RelyingParty, browser: requests.Session, name: str, second: str
) -> None:
    parameters = rp.parameters()
    first = parameters.get(name, "x")
    query = urlencode([*{**parameters, name: first}.items(), (name, first if second else "")])

    answer = answer_in(browser.get(f"{provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))

    assert answer["error"] == "invalid_request"
    assert (answer["state"], answer["iss"]) == ("the-state", provider.issuer)


def test_a_state_that_is_sent_twice_is_refused_without_either(
    provider: Running, rp: RelyingParty, browser: requests.Session
) -> None:
    query = urlencode([*rp.parameters().items(), ("state", "other")])

    answer = answer_in(browser.get(f"{provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))

    assert answer["error"] == "invalid_request"
    assert "state" not in answer


@pytest.mark.parametrize("name", ["unheard_of", "access_type", "audience", "__proto__", "code", "error", "iss"])
def test_parameters_that_are_not_understood_are_ignored(rp: RelyingParty, browser: requests.Session, name: str) -> None:
    assert rp.code(browser, **{name: "offline"})


@pytest.mark.parametrize("name", ["nonce", "login_hint", "ui_locales", "scope", "acr_values", "unheard_of"])
def test_an_oversized_parameter_is_an_error_for_the_client(
    rp: RelyingParty, browser: requests.Session, name: str
) -> None:
    assert error_of(rp, browser, **{name: "x" * 5_000}) == "invalid_request"
