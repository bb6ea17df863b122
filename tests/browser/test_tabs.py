"""Tabs, the back button, reload and old pages: all of them end at the application that was meant, signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from idp.dev.demo_clients import DemoApp
from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, at_home, code_in, heading
from tests.browser.conftest import Opening
from tests.browser.playground import Playground
from tests.running import PASSWORD

_TOO_LONG = timedelta(hours=3)


@contextmanager
def _nothing_written_meanwhile(ground: Playground) -> Iterator[None]:
    """Hold the database, so that the provider answers no sign-in before the end of this."""
    with ground.provider.database.transaction() as db:
        if db.dialect.name == "postgresql":
            db.execute(text("LOCK TABLE authorization_requests IN EXCLUSIVE MODE"))
        yield


def _press_in_background(home: Page, app: DemoApp, count: int) -> None:
    """Press the button several times with Ctrl held: each opens a tab."""
    home.goto(app.origin)
    for _ in range(count):
        home.locator("#sign-in").click(modifiers=["Control"])


def _five_requests_wait(ground: Playground, page: Page) -> None:
    """Return when five requests have reached the provider and none was answered."""
    for _ in range(400):
        if ground.provider.requests_in_progress == 5:
            return
        page.wait_for_timeout(20)
    pytest.fail(f"{ground.provider.requests_in_progress} requests arrived")


def _is_for(page: Page, app: DemoApp) -> bool:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in to continue to")
    return app.name in page.locator("h1").inner_text()


def test_five_sign_ins_in_parallel_tabs_each_arrive_where_they_began(
    ground: Playground, browser: Browsing, open_browser: Opening
) -> None:
    person, home = ground.person(), browser.tab()
    for known in (ground.photos, ground.bookings):
        # Discovery is read at an application's first sign-in; below, it would wait behind the requests that are held.
        open_browser().begin(known)
    # All five requests leave before the first answer brings a cookie.
    with (
        browser.context.expect_event("page", lambda _: len(browser.context.pages) == 6),
        _nothing_written_meanwhile(ground),
    ):
        _press_in_background(home, ground.photos, 3)
        _press_in_background(home, ground.bookings, 2)
        _five_requests_wait(ground, home)
    opened = [page for page in browser.context.pages if page is not home]
    tabs = [(page, next(app for app in (ground.photos, ground.bookings) if _is_for(page, app))) for page in opened]
    assert [app for _, app in tabs].count(ground.photos) == 3
    for page, app in tabs:
        heading(page, f"Sign in to continue to {app.name}")

    for number in (3, 0, 4, 2, 1):
        page, app = tabs[number]
        page.bring_to_front()
        browser.sign_in(page, person)
        if page.locator("#consent-allow").count():
            page.locator("#consent-allow").click()
        at_home(page, app)

    for page, app in tabs:
        page.reload()
        at_home(page, app)


def test_tabs_left_open_go_on_without_the_password_once_one_has_signed_in(
    ground: Playground, browser: Browsing
) -> None:
    person = ground.person()
    first, second = browser.begin(ground.photos), browser.begin(ground.bookings)
    browser.sign_in(second, person)
    at_home(second, ground.bookings)
    first.reload()
    first.get_by_role("button", name="Allow").click()
    at_home(first, ground.photos)


def test_the_back_button_after_signing_in_leads_forward_again(ground: Playground, browser: Browsing) -> None:
    page = browser.arrive(ground.photos, ground.person())
    for _ in range(2):
        page.go_back()
        page.reload()
        at_home(page, ground.photos)


def test_a_form_that_is_shown_again_by_the_back_button_can_be_sent_again(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.photos)
    browser.sign_in(page, person)
    heading(page, "Allow Acme Photos to use your account?")
    page.go_back()
    if page.get_by_label("Password", exact=True).count():
        browser.sign_in(page, person)
    page.get_by_role("button", name="Allow").click()
    at_home(page, ground.photos)


def test_consent_pressed_in_two_tabs_arrives_twice(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.photos)
    browser.sign_in(page, person)
    heading(page, "Allow Acme Photos to use your account?")
    twin = browser.tab()
    twin.goto(page.url)
    page.get_by_role("button", name="Allow").click()
    at_home(page, ground.photos)
    twin.get_by_role("button", name="Allow").click()
    at_home(twin, ground.photos)


def test_every_page_on_the_way_can_be_reloaded(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.photos)
    page.reload()
    page.get_by_role("link", name="Create an account").click()
    page.reload()
    email = f"r{ground.person().id[:10]}@example.com"
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    heading(page, "Check your mail")
    page.reload()
    page.get_by_label("Code from the message").fill(code_in(browser.newest_mail(email)))
    page.get_by_role("button", name="Confirm").click()
    heading(page, "Allow Acme Photos to use your account?")
    page.reload()
    page.get_by_role("button", name="Allow").click()
    at_home(page, ground.photos)


@WITHOUT_SCRIPT
def test_a_form_with_a_mistake_can_be_reloaded(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.bookings)
    browser.sign_in(page, person, "not the password")
    expect(page.locator("#problems")).to_be_visible()
    page.reload()
    browser.sign_in(page, person)
    at_home(page, ground.bookings)


def test_a_sign_in_page_that_is_hours_old_still_leads_there(ground: Playground, browser: Browsing) -> None:
    person, clock = ground.person(), ground.provider.clock
    browser.begin(ground.bookings).close()
    clock.ahead = -_TOO_LONG
    try:
        page = browser.begin(ground.bookings)
    finally:
        clock.ahead = timedelta()
    browser.sign_in(page, person)
    at_home(page, ground.bookings)


def test_a_consent_page_that_is_hours_old_still_leads_there(ground: Playground, browser: Browsing) -> None:
    person, clock = ground.person(), ground.provider.clock
    clock.ahead = -_TOO_LONG
    try:
        page = browser.begin(ground.photos)
        browser.sign_in(page, person)
        heading(page, "Allow Acme Photos to use your account?")
    finally:
        clock.ahead = timedelta()
    page.get_by_role("button", name="Allow").click()
    heading(page, "Allow Acme Photos to use your account?")
    page.get_by_role("button", name="Allow").click()
    at_home(page, ground.photos)


@WITHOUT_SCRIPT
def test_a_reloaded_page_that_is_hours_old_still_leads_there(ground: Playground, browser: Browsing) -> None:
    clock = ground.provider.clock
    clock.ahead = -_TOO_LONG
    try:
        page = browser.begin(ground.bookings)
    finally:
        clock.ahead = timedelta()
    page.reload()
    heading(page, "Sign in to continue to Bistro Bookings")
    browser.sign_in(page, ground.person())
    at_home(page, ground.bookings)


@WITHOUT_SCRIPT
def test_an_address_taken_to_another_browser_is_explained(ground: Playground, open_browser: Opening) -> None:
    address = open_browser().begin(ground.bookings).url
    page = open_browser().tab()
    page.goto(address)
    heading(page, "This sign-in is not open here")
