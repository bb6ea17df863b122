"""Forgotten and changed passwords over HTTP."""

from datetime import timedelta

import requests

from idp.store import audit_events
from tests.flows.people import FormBrowser, fields_of, mails, new_address, path_of, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import PASSWORD, Person, Running

NEW = "seventeen green herons"


def ask(browser: FormBrowser, email: str, path: str = "/forgot-password") -> requests.Response:
    return browser.send(browser.get(path), "/forgot-password", email=email)


def link_to(provider: Running, person: Person) -> str:
    return path_of(mails(provider, person.email, "reset_password")[0]["link"])


def test_a_reset_leads_through_signing_in_back_to_the_relying_party(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    rp = RelyingParty(provider, provider.client())
    request = rp.authorize(browser.http).headers["Location"].removeprefix("/login")
    ask(browser, person.email, f"/forgot-password{request}")

    done = browser.send(browser.get(link_to(provider, person)), "/reset-password", password=NEW)
    page = browser.get(done.headers["Location"])
    response = browser.send(page, "/login", username=person.email, password=NEW)

    assert "Your password has been changed." in page.text
    assert "code" in answer_in(browser.get(response.headers["Location"]))


def test_a_reset_ends_sessions_and_the_tokens_that_hang_on_them(provider: Running) -> None:
    person, browser, elsewhere = somebody(provider), FormBrowser(provider), FormBrowser(provider)
    elsewhere.log_in(person)
    rp = RelyingParty(provider, provider.client())
    tokens = rp.redeem(rp.code(elsewhere.http))
    access_token = tokens.json()["access_token"]
    ask(browser, person.email)

    browser.send(browser.get(link_to(provider, person)), "/reset-password", password=NEW)

    assert elsewhere.get("/account").headers["Location"] == "/login"
    assert rp.userinfo(access_token).status_code == 401
    assert FormBrowser(provider).log_in(person).status_code == 400
    assert FormBrowser(provider).log_in(person, password=NEW).status_code == 303


def test_known_and_unknown_addresses_get_the_same_page(provider: Running) -> None:
    person, browser, unknown = somebody(provider), FormBrowser(provider), new_address()

    pages = [(ask(browser, email), email) for email in (person.email, unknown)]

    seen = {
        page.text.replace(email, "EMAIL").replace(page.headers["X-Request-Id"], "REFERENCE") for page, email in pages
    }
    assert len(seen) == 1
    assert mails(provider, unknown) == []


def test_looking_at_the_link_does_not_use_it_and_pressing_the_button_does(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    ask(browser, person.email)
    link = link_to(provider, person)

    for _ in range(3):
        assert provider.get(link).status_code == 200
        assert requests.head(provider.issuer + link, timeout=20).status_code == 200
    page = browser.get(link)
    first = browser.send(page, "/reset-password", password=NEW)
    second = browser.send(page, "/reset-password", password="yet another passphrase")

    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert (first.status_code, second.status_code) == (303, 400)
    assert FormBrowser(provider).log_in(person, password=NEW).status_code == 303


def test_a_weak_new_password_does_not_use_the_link(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    ask(browser, person.email)
    page = browser.get(link_to(provider, person))

    weak = browser.send(page, "/reset-password", password="short")
    good = browser.send(weak, "/reset-password", password=NEW)

    assert (weak.status_code, good.status_code) == (400, 303)


def test_a_link_is_dead_after_half_an_hour(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    ask(browser, person.email)
    link = link_to(provider, person)

    provider.clock.ahead += timedelta(minutes=31)
    try:
        late = browser.get(link)
    finally:
        provider.clock.ahead -= timedelta(minutes=31)

    assert late.status_code == 400
    assert "no longer works" in late.text


def test_a_password_is_changed_by_who_knows_the_old_one(provider: Running) -> None:
    person, browser, elsewhere = somebody(provider), FormBrowser(provider), FormBrowser(provider)
    browser.log_in(person)
    elsewhere.log_in(person)
    before = browser.http.cookies["op_sid"]
    page = browser.get("/account/password")

    wrong = browser.send(page, "/account/password", current_password="wrong", password=NEW)
    done = browser.send(page, "/account/password", current_password=PASSWORD, password=NEW)

    assert wrong.status_code == 400
    assert done.headers["Location"] == "/account?done=password"
    assert "Your password has been changed." in browser.get("/account?done=password").text
    assert browser.http.cookies["op_sid"] != before
    assert elsewhere.get("/account").headers["Location"] == "/login"
    assert mails(provider, person.email, "password_changed")
    with provider.database.autocommit() as db:
        events = [event.event for event in audit_events.of_account(db, person.id)]
    assert {"password_changed", "password_change_refused", "session_ended"} <= set(events)


def test_guessing_the_old_password_ends_in_a_wait(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    browser.log_in(person)
    page = browser.get("/account/password")
    for _ in range(10):
        browser.send(page, "/account/password", current_password="wrong", password=NEW)

    response = browser.send(page, "/account/password", current_password=PASSWORD, password=NEW)

    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0


def test_password_managers_find_the_form(provider: Running) -> None:
    response = provider.get("/.well-known/change-password")

    assert (response.status_code, response.headers["Location"]) == (303, "/account/password")


def test_nobody_changes_a_password_without_a_session(provider: Running) -> None:
    browser = FormBrowser(provider)

    assert browser.get("/account/password").headers["Location"] == "/login"
    csrf = fields_of(browser.get("/login"), "/login")["csrf"]
    assert browser.post("/account/password", {"csrf": csrf, "password": NEW}).status_code == 403


def test_no_token_in_the_address_is_answered_with_a_page(provider: Running) -> None:
    for path in (
        "/reset-password",
        "/reset-password?token=",
        "/reset-password?token=x%27",
        "/forgot-password?request=x",
    ):
        assert FormBrowser(provider).get(path).status_code in {200, 400}
