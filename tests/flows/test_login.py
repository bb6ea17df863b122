"""Signing in over HTTP."""

import pytest
import requests

from idp.store import accounts, audit_events
from tests.flows.people import FormBrowser, fields_of, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import PASSWORD, Running


def asked_to_log_in(provider: Running, browser: FormBrowser, **changed: str) -> str:
    """The way from a relying party to the sign-in page."""
    rp = RelyingParty(provider, provider.client(client_name="Acme Photos"))
    location = rp.authorize(browser.http, **changed).headers["Location"]
    assert location.startswith("/login?request=")
    return location


def test_signing_in_leads_back_to_the_relying_party(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    page = browser.get(asked_to_log_in(provider, browser))

    response = browser.send(page, "/login", username=person.email, password=PASSWORD)

    assert "Acme Photos" in page.text
    assert response.status_code == 303
    assert "code" in answer_in(browser.get(response.headers["Location"]))


def test_a_wrong_password_keeps_what_was_typed_but_the_password(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    page = browser.get(asked_to_log_in(provider, browser))

    response = browser.send(page, "/login", username=person.email, password="something I made up")

    assert response.status_code == 400
    assert fields_of(response, "/login")["username"] == person.email
    assert fields_of(response, "/login")["request"] == fields_of(page, "/login")["request"]
    assert "something I made up" not in response.text
    assert "op_sid" not in browser.http.cookies


def test_a_wrong_password_and_an_unknown_name_look_the_same(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    page = browser.get("/login")

    wrong = browser.send(page, "/login", username=person.email, password="wrong")
    unknown = browser.send(page, "/login", username="x" + person.email[1:], password="wrong")

    def seen(response: requests.Response, email: str) -> str:
        return response.text.replace(email, "EMAIL").replace(response.headers["X-Request-Id"], "REFERENCE")

    assert seen(wrong, person.email) == seen(unknown, "x" + person.email[1:])
    assert wrong.status_code == unknown.status_code


def test_a_guesser_is_told_to_wait_whatever_they_send(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    for _ in range(8):
        browser.log_in(person, password="wrong")

    right = browser.log_in(person)

    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) >= 1
    assert "op_sid" not in browser.http.cookies


def test_the_login_hint_is_filled_in_and_nothing_more(provider: Running) -> None:
    browser = FormBrowser(provider)

    page = browser.get(asked_to_log_in(provider, browser, login_hint='"><b>ann@example.com'))

    assert fields_of(page, "/login")["username"] == '"><b>ann@example.com'
    assert "<b>ann" not in page.text


def test_a_step_up_says_who_asks_and_keeps_the_session(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    browser.log_in(person)
    before = browser.http.cookies["op_sid"]

    page = browser.get(asked_to_log_in(provider, browser, prompt="login"))
    response = browser.send(page, "/login", password=PASSWORD)

    assert "Acme Photos asks you to confirm it&#39;s you." in page.text
    assert fields_of(page, "/login")["username"] == person.email
    assert "code" in answer_in(browser.get(response.headers["Location"]))
    assert browser.http.cookies["op_sid"] != before


def test_who_is_signed_in_already_is_not_asked_without_a_reason(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    location = asked_to_log_in(provider, browser)
    browser.log_in(person)

    assert browser.get("/login").headers["Location"] == "/account"
    assert browser.get(location).headers["Location"] == location.replace("/login?request=", "/authorize/")


def test_a_sign_in_begun_in_another_browser_is_refused_with_words(provider: Running) -> None:
    browser, other = FormBrowser(provider), FormBrowser(provider)
    location = asked_to_log_in(provider, browser)

    response = other.get(location)

    assert response.status_code == 400
    assert "Location" not in response.headers


def test_a_form_of_another_browser_signs_nobody_in(provider: Running) -> None:
    person, browser, other = somebody(provider), FormBrowser(provider), FormBrowser(provider)
    page = browser.get("/login")
    other.get("/login")

    response = other.send(page, "/login", username=person.email, password=PASSWORD)

    assert response.status_code == 403
    assert "op_sid" not in other.http.cookies


def test_a_session_cookie_from_before_signing_in_stays_worthless(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    browser.http.cookies.set("op_sid", "A" * 43, domain="127.0.0.1", path="/")

    browser.log_in(person)

    assert "A" * 43 not in set(browser.http.cookies.values())
    planted = FormBrowser(provider)
    planted.http.cookies.set("op_sid", "A" * 43, domain="127.0.0.1", path="/")
    assert planted.get("/account").headers["Location"] == "/login"


def test_a_disabled_person_learns_it_after_the_right_password_only(provider: Running) -> None:
    person = somebody(provider)
    with provider.database.transaction() as db:
        accounts.set_disabled(db, person.id, provider.clock(), now=provider.clock())

    right, wrong = FormBrowser(provider).log_in(person), FormBrowser(provider).log_in(person, password="wrong")

    assert (right.status_code, wrong.status_code) == (403, 400)
    assert "disabled" not in wrong.text


def test_the_audit_log_tells_who_signed_in_and_who_failed(provider: Running) -> None:
    person = somebody(provider)

    refused = FormBrowser(provider).log_in(person, password="wrong")
    FormBrowser(provider).log_in(person)

    with provider.database.autocommit() as db:
        events = {event.event: event for event in audit_events.of_account(db, person.id)}
    assert events["sign_in_refused"].reference == refused.headers["X-Request-Id"]
    assert events["sign_in_succeeded"].session_id
    assert person.email not in repr(events)


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"username": "", "password": ""},
        {"username": "x" * 10_000, "password": "y" * 10_000},
        {"username": "a@b\r\nBcc: c@d", "password": "x"},
        {"username": "\u202e@\u212a.com", "password": "\u202e"},
        {"request": "x" * 5000, "username": "a@b.com", "password": "x"},
        {"request": "'; --", "username": "a@b.com", "password": "x"},
    ],
)
def test_bad_input_is_answered_with_a_page(provider: Running, typed: dict[str, str]) -> None:
    browser = FormBrowser(provider)
    page = browser.get("/login")

    response = browser.send(page, "/login", **typed)

    assert response.status_code in {400, 429}
    assert "<h1" in response.text
