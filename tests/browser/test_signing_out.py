"""Sign-out at one application ends the session that all of them share."""

from playwright.sync_api import expect

from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, at_home, heading
from tests.browser.playground import Playground
from tests.browser.pressing import follow


def test_signing_out_at_one_application_makes_the_other_ask_again(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    photos = browser.arrive(ground.photos, person)
    at_home(browser.begin(ground.bookings), ground.bookings)

    with browser.seeing_no_page_of_the_provider():
        follow(photos.get_by_role("button", name="Sign out"))
        heading(photos, "You are signed out")
    expect(photos.locator("#signed-out")).to_contain_text("The provider has ended its session too")

    bookings = browser.begin(ground.bookings, asking="ui_locales=en")
    heading(bookings, "Sign in to continue to Bistro Bookings")
    browser.sign_in(bookings, person)
    at_home(bookings, ground.bookings)


@WITHOUT_SCRIPT
def test_tokens_that_hung_on_the_session_end_with_it(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    photos = browser.arrive(ground.photos, person)
    bookings = browser.arrive_again(ground.bookings)
    follow(bookings.get_by_role("button", name="Sign out"))
    heading(bookings, "You are signed out")

    silently = browser.begin(ground.photos, photos, asking="prompt=none")
    expect(silently.locator("#problem")).to_contain_text("login_required")


def test_a_sign_out_that_proves_nothing_asks_first(ground: Playground, browser: Browsing) -> None:
    page = browser.own_pages(ground.person())
    page.goto(f"{ground.issuer}/end_session")
    heading(page, "Sign out?")
    follow(page.get_by_role("button", name="Stay signed in"))
    heading(page, "Your account")

    page.goto(f"{ground.issuer}/end_session")
    follow(page.get_by_role("button", name="Sign out"))
    heading(page, "You are signed out")
    follow(page.get_by_role("link", name="Sign in again"))
    heading(page, "Sign in")


def test_signing_out_on_the_account_page_ends_the_session(ground: Playground, browser: Browsing) -> None:
    page = browser.own_pages(ground.person())
    follow(page.locator("#sign-out"))
    heading(page, "You are signed out")
    page.goto(f"{ground.issuer}/account")
    heading(page, "Sign in")


@WITHOUT_SCRIPT
def test_a_sign_out_twice_is_harmless(ground: Playground, browser: Browsing) -> None:
    page = browser.own_pages(ground.person())
    second = browser.tab()
    second.goto(f"{ground.issuer}/account")
    follow(page.locator("#sign-out"))
    heading(page, "You are signed out")
    follow(second.locator("#sign-out"))
    heading(second, "You are signed out")
