"""Who has to be asked for what: `prompt`, `max_age` and `login_hint` (OpenID Connect Core 1.0 section 3.1.2.1)."""

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
    ("prompt", "error"),
    [
        ("none login", "invalid_request"),
        ("none consent", "invalid_request"),
        ("select_account none", "invalid_request"),
        ("unheard-of", "invalid_request"),
        ("login unheard-of", "invalid_request"),
        ("NONE", "invalid_request"),
        ("login,consent", "invalid_request"),
    ],
)
def test_prompts_that_contradict_themselves_or_are_unknown_are_refused(
    rp: RelyingParty, browser: requests.Session, prompt: str, error: str
) -> None:
    assert error_of(rp, browser, prompt=prompt) == error


@pytest.mark.parametrize(
    ("prompt", "page"),
    [
        ("login", "/login?"),
        ("login consent", "/login?"),
        ("consent", "/consent?"),
        ("select_account", "/select-account?"),
        ("create", "/signup?"),
    ],
)
def test_a_prompt_leads_a_known_person_to_its_page(
    rp: RelyingParty, browser: requests.Session, prompt: str, page: str
) -> None:
    response = rp.authorize(browser, prompt=prompt)

    assert response.status_code == 303
    assert response.headers["Location"].startswith(page)


def test_prompt_none_without_session_is_login_required(rp: RelyingParty) -> None:
    assert error_of(rp, requests.Session(), prompt="none") == "login_required"


def test_prompt_none_with_session_is_answered_with_a_code(rp: RelyingParty, browser: requests.Session) -> None:
    assert rp.code(browser, prompt="none")


def test_prompt_none_without_consent_is_consent_required(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(first_party=False))

    assert error_of(rp, browser, prompt="none") == "consent_required"


@pytest.mark.parametrize(
    "max_age",
    ["-1", "abc", "1e3", "0x10", "+5", " 7", "7 ", "7.0", "1_0", "\uff11\uff12", "\u0663", "9" * 10, "9" * 4000, "1\n"],
)
def test_max_age_is_digits_or_an_error(rp: RelyingParty, browser: requests.Session, max_age: str) -> None:
    assert error_of(rp, browser, max_age=max_age) == "invalid_request"


def test_an_empty_max_age_counts_as_left_out(rp: RelyingParty, browser: requests.Session) -> None:
    assert rp.code(browser, max_age="")


def test_max_age_zero_always_asks_for_a_fresh_sign_in(rp: RelyingParty, browser: requests.Session) -> None:
    response = rp.authorize(browser, max_age="0")

    assert response.headers["Location"].startswith("/login?")
    assert error_of(rp, browser, max_age="0", prompt="none") == "login_required"


def test_a_sign_in_younger_than_max_age_will_do_and_is_told(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = rp.redeem(rp.code(browser, max_age="10000")).json()

    claims = rp.claims(tokens["id_token"])

    assert 0 <= claims["iat"] - claims["auth_time"] < 60


@pytest.mark.parametrize("default_max_age", [0])
def test_a_registered_default_max_age_holds_until_the_request_names_one(
    provider: Running, browser: requests.Session, default_max_age: int
) -> None:
    rp = RelyingParty(provider, provider.client(default_max_age=default_max_age))

    assert rp.authorize(browser).headers["Location"].startswith("/login?")
    assert rp.code(browser, max_age="10000")


@pytest.mark.parametrize("hint", ["someone-else@example.com", "SOMEONE-ELSE@EXAMPLE.COM"])
def test_a_login_hint_for_another_address_lets_the_person_choose(
    rp: RelyingParty, browser: requests.Session, hint: str
) -> None:
    response = rp.authorize(browser, login_hint=hint)

    assert response.headers["Location"].startswith("/select-account?")
    assert error_of(rp, browser, login_hint=hint, prompt="none") == "login_required"


def test_a_login_hint_for_the_person_signed_in_changes_nothing(provider: Running, rp: RelyingParty) -> None:
    person = provider.person()

    assert rp.code(provider.session(person), login_hint=person.email.upper(), prompt="none")
