"""What an application may ask for beside signing in, and what the person may answer."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, at_home, fact, heading
from tests.browser.playground import Playground
from tests.browser.pressing import follow, leaving, touch


def test_cancelling_consent_is_told_to_the_application(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.photos)
    browser.sign_in(page, ground.person())
    follow(page.get_by_role("button", name="Cancel"))
    page.wait_for_url(re.compile(re.escape(ground.photos.callback)))
    expect(page.locator("#problem")).to_contain_text("access_denied")


@WITHOUT_SCRIPT
def test_lasting_access_can_be_declined_while_the_rest_is_allowed(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.photos)
    browser.sign_in(page, ground.person())
    page.get_by_role("checkbox").uncheck()
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)
    assert "refresh_token" not in fact(page, "token-response", "tokens received")
    with browser.seeing_no_page_of_the_provider():
        at_home(browser.begin(ground.photos, asking="ui_locales=en"), ground.photos)


def test_a_wrong_password_keeps_what_was_typed_and_leads_to_the_problem(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.bookings)
    browser.sign_in(page, person, "not the password")
    expect(page).to_have_title(re.compile(r"^Error: "))
    expect(page.locator("#problems")).to_be_focused()
    expect(page.locator("#problems")).to_contain_text("The e-mail address or the password is not right.")
    expect(page.get_by_label("E-mail address")).to_have_value(person.email)
    expect(page.get_by_label("Password", exact=True)).to_have_value("")
    page.get_by_label("Password", exact=True).fill(person.password)
    with leaving(page):
        page.get_by_label("Password", exact=True).press("Enter")
    at_home(page, ground.bookings)


def test_what_is_missing_is_named_at_the_field_and_in_the_summary(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.bookings)
    follow(page.get_by_role("button", name="Sign in", exact=True))
    touch(page.get_by_role("link", name="Enter your e-mail address."))
    expect(page.get_by_label("E-mail address")).to_be_focused()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Password", exact=True)).to_have_accessible_description(re.compile("Enter your password"))


@pytest.mark.parametrize("asking", ["prompt=login", "max_age=60"])
def test_who_is_to_prove_it_again_is_told_so(ground: Playground, browser: Browsing, asking: str) -> None:
    person = ground.person()
    with ground.ago(timedelta(minutes=2)):
        browser.own_pages(person)
    before = fact(browser.arrive_again(ground.bookings), "id-token", "auth_time")
    page = browser.begin(ground.bookings, asking=asking)
    expect(page.get_by_text("Bistro Bookings asks you to confirm it's you.")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_value(person.email)
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    browser.sign_in(page, person)
    at_home(page, ground.bookings)
    assert fact(page, "id-token", "auth_time") > before


@WITHOUT_SCRIPT
def test_a_german_who_is_to_prove_it_again_is_told_so_in_german(ground: Playground, browser: Browsing) -> None:
    browser.arrive(ground.bookings, ground.person())
    page = browser.begin(ground.bookings, asking="prompt=login&ui_locales=de")
    expect(page.get_by_text("Bistro Bookings bittet um Bestätigung, dass Sie es sind.")).to_be_visible()


def test_the_person_signed_in_can_be_chosen(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    browser.arrive(ground.bookings, person)
    page = browser.begin(ground.bookings, asking="prompt=select_account")
    heading(page, "Choose an account for Bistro Bookings")
    with browser.seeing_no_page_of_the_provider():
        follow(page.get_by_role("button", name=f"Continue as Ada Lovelace {person.email}"))
        at_home(page, ground.bookings)
    assert fact(page, "userinfo", "email") == person.email


def test_somebody_else_can_be_chosen(ground: Playground, browser: Browsing) -> None:
    browser.arrive(ground.bookings, ground.person())
    second = ground.person("Charles Babbage")
    page = browser.begin(ground.bookings, asking="prompt=select_account")
    follow(page.get_by_role("button", name="Use another account"))
    expect(page.get_by_text("Sign in with the account you want to use.")).to_be_visible()
    browser.sign_in(page, second)
    at_home(page, ground.bookings)
    assert fact(page, "userinfo", "email") == second.email


@WITHOUT_SCRIPT
def test_somebody_else_can_be_chosen_at_consent(ground: Playground, browser: Browsing) -> None:
    second = ground.person("Charles Babbage")
    page = browser.begin(ground.photos)
    browser.sign_in(page, ground.person())
    follow(page.get_by_role("link", name="Switch account"))
    follow(page.get_by_role("button", name="Use another account"))
    browser.sign_in(page, second)
    expect(page.locator(".identity")).to_contain_text(second.email)
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)
    assert fact(page, "userinfo", "email") == second.email


def test_a_hint_is_filled_in_and_only_the_password_is_missing(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.bookings, asking=f"login_hint={person.email}")
    expect(page.get_by_label("E-mail address")).to_have_value(person.email)
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    page.keyboard.type(person.password)
    with leaving(page):
        page.keyboard.press("Enter")
    at_home(page, ground.bookings)


@WITHOUT_SCRIPT
def test_an_application_can_ask_for_a_new_account(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.photos, asking="prompt=create")
    heading(page, "Create an account to continue to Acme Photos")


@WITHOUT_SCRIPT
def test_pages_speak_the_language_that_was_asked_for(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.bookings, asking="ui_locales=de")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("button", name="Anmelden", exact=True)).to_be_visible()
    follow(page.get_by_role("button", name="Anmelden", exact=True))
    expect(page.locator("#problems")).to_contain_text("Passwort")


@WITHOUT_SCRIPT
def test_a_broken_link_is_explained_and_goes_nowhere(ground: Playground, browser: Browsing) -> None:
    page = browser.tab()
    page.goto(f"{ground.issuer}/authorize?client_id=acme-photos&redirect_uri=https%3A%2F%2Fevil.example%2F")
    heading(page, "This sign-in link does not work")
    assert page.locator("#reference").inner_text()
    touch(page.get_by_text("Details for developers"))
    expect(page.locator("#developer-details")).to_contain_text("https://evil.example/")
