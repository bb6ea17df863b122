"""Tabs, the back button, reload and old pages: all of them end at the application that was meant, signed in."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from idp.dev.demo_clients import DemoApp
from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, at_home, code_in, heading
from tests.browser.conftest import Opening
from tests.browser.playground import Playground
from tests.browser.pressing import follow, open_behind
from tests.running import PASSWORD

_TOO_LONG = timedelta(hours=3)


def _press_in_background(home: Page, app: DemoApp, count: int) -> None:
    """Press the button several times with Ctrl held: each opens a tab."""
    home.goto(app.origin)
    for _ in range(count):
        open_behind(home.locator("#sign-in"))


def _is_for(page: Page, app: DemoApp) -> bool:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sign in to continue to")
    return app.name in page.locator("h1").inner_text()


def test_five_sign_ins_in_parallel_tabs_each_arrive_where_they_began(
    ground: Playground, browser: Browsing, open_browser: Opening
) -> None:
    person, home = ground.person(), browser.tab()
    for known in (ground.photos, ground.bookings):
        # Discovery is read at an application's first sign-in; below, it would wait behind the requests that are held.
        open_browser().begin(known).context.close()
    # All five requests leave before the first answer brings a cookie.
    with ground.standing_still(until_there_wait=5):
        _press_in_background(home, ground.photos, 3)
        _press_in_background(home, ground.bookings, 2)
    # A tab is made known when its first answer begins, which is after the standstill: how long that was is no matter.
    while len(browser.context.pages) < 6:
        browser.context.wait_for_event("page")
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
            follow(page.locator("#consent-allow"))
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
    follow(first.get_by_role("button", name="Allow"))
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
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)


def test_consent_pressed_in_two_tabs_arrives_twice(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.photos)
    browser.sign_in(page, person)
    heading(page, "Allow Acme Photos to use your account?")
    twin = browser.tab()
    twin.goto(page.url)
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)
    follow(twin.get_by_role("button", name="Allow"))
    at_home(twin, ground.photos)


def test_every_page_on_the_way_can_be_reloaded(ground: Playground, browser: Browsing) -> None:
    page = browser.begin(ground.photos)
    page.reload()
    follow(page.get_by_role("link", name="Create an account"))
    page.reload()
    email = f"r{ground.person().id[:10]}@example.com"
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(page.get_by_role("button", name="Create account"))
    heading(page, "Check your mail")
    page.reload()
    page.get_by_label("Code from the message").fill(code_in(browser.newest_mail(email)))
    follow(page.get_by_role("button", name="Confirm"))
    heading(page, "Allow Acme Photos to use your account?")
    page.reload()
    follow(page.get_by_role("button", name="Allow"))
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
    person = ground.person()
    browser.begin(ground.bookings).close()
    with ground.ago(_TOO_LONG):
        page = browser.begin(ground.bookings)
    browser.sign_in(page, person)
    at_home(page, ground.bookings)


def test_a_consent_page_that_is_hours_old_still_leads_there(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    with ground.ago(_TOO_LONG):
        page = browser.begin(ground.photos)
        browser.sign_in(page, person)
        heading(page, "Allow Acme Photos to use your account?")
    follow(page.get_by_role("button", name="Allow"))
    heading(page, "Allow Acme Photos to use your account?")
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)


@WITHOUT_SCRIPT
def test_a_reloaded_page_that_is_hours_old_still_leads_there(ground: Playground, browser: Browsing) -> None:
    with ground.ago(_TOO_LONG):
        page = browser.begin(ground.bookings)
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
