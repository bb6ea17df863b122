"""The main job, as a person sees it: an account, one consent, and from then on nothing but arriving."""

from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, at_home, code_in, fact, heading, link_in
from tests.browser.conftest import Opening
from tests.browser.playground import Playground
from tests.browser.pressing import follow
from tests.running import PASSWORD


def _ask_for_an_account(page: Page, email: str) -> None:
    heading(page, "Sign in to continue to Acme Photos")
    follow(page.get_by_role("link", name="Create an account"))
    heading(page, "Create an account to continue to Acme Photos")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(page.get_by_role("button", name="Create account"))
    heading(page, "Check your mail")


def test_a_stranger_signs_up_allows_once_and_is_known_from_then_on(ground: Playground, browser: Browsing) -> None:
    email = f"grace-{uuid4().hex[:8]}@example.com"
    page = browser.begin(ground.photos)
    _ask_for_an_account(page, email)
    page.get_by_label("Code from the message").fill(code_in(browser.newest_mail(email)))
    follow(page.get_by_role("button", name="Confirm"))
    heading(page, "Allow Acme Photos to use your account?")
    expect(page.locator(".identity")).to_contain_text(email)
    follow(page.get_by_role("button", name="Allow"))

    at_home(page, ground.photos)
    expect(page.get_by_role("heading", level=1)).to_have_text("Hello, Grace Hopper")
    assert fact(page, "id-token", "iss") == ground.issuer
    assert fact(page, "id-token", "aud").strip('[]"') == ground.photos.client_id
    assert fact(page, "userinfo", "email") == email
    assert fact(page, "userinfo", "email_verified") == "true"
    assert fact(page, "userinfo", "sub") == fact(page, "id-token", "sub")
    assert "refresh_token" in fact(page, "token-response", "tokens received")

    with browser.seeing_no_page_of_the_provider():
        again = browser.begin(ground.photos, asking="ui_locales=en")
        at_home(again, ground.photos)

    with browser.seeing_no_page_of_the_provider():
        elsewhere = browser.begin(ground.bookings)
        at_home(elsewhere, ground.bookings)
    assert fact(elsewhere, "userinfo", "email") == email

    follow(page.get_by_role("button", name="Refresh the tokens"))
    at_home(page, ground.photos)


def test_the_mailed_link_leads_on_to_the_application(ground: Playground, browser: Browsing) -> None:
    email = f"link-{uuid4().hex[:8]}@example.com"
    _ask_for_an_account(browser.begin(ground.photos), email)

    page = browser.tab()
    page.goto(link_in(browser.newest_mail(email)))
    heading(page, "Confirm your address")
    follow(page.get_by_role("button", name="Confirm"))
    follow(page.get_by_role("button", name="Allow"))

    at_home(page, ground.photos)
    assert fact(page, "userinfo", "email") == email


@WITHOUT_SCRIPT
def test_the_mailed_link_asks_another_browser_for_the_password(ground: Playground, open_browser: Opening) -> None:
    email = f"other-{uuid4().hex[:8]}@example.com"
    computer, telephone = open_browser(), open_browser()
    waiting = computer.begin(ground.photos)
    _ask_for_an_account(waiting, email)

    page = telephone.tab()
    page.goto(link_in(telephone.newest_mail(email)))
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(page.get_by_role("button", name="Confirm"))
    heading(page, "Your account")

    page = computer.begin(ground.photos)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(page.get_by_role("button", name="Sign in", exact=True))
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)


def test_a_wrong_code_is_said_and_a_new_one_can_be_had(ground: Playground, browser: Browsing) -> None:
    email = f"again-{uuid4().hex[:8]}@example.com"
    page = browser.begin(ground.photos)
    _ask_for_an_account(page, email)
    first = code_in(browser.newest_mail(email))
    page.get_by_label("Code from the message").fill("000000" if first != "000000" else "111111")
    follow(page.get_by_role("button", name="Confirm"))
    expect(page.locator("#problems")).to_be_focused()
    follow(page.get_by_role("button", name="send it again"))
    expect(page.get_by_role("status")).to_contain_text("We have sent a new message")

    second = code_in(browser.newest_mail(email))
    page.get_by_label("Code from the message").fill(f"{second[:3]} {second[3:]}")
    follow(page.get_by_role("button", name="Confirm"))
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)


@WITHOUT_SCRIPT
def test_an_address_that_has_an_account_gets_the_same_page_and_another_mail(
    ground: Playground, browser: Browsing
) -> None:
    person = ground.person()
    _ask_for_an_account(browser.begin(ground.photos), person.email)
    assert "already" in browser.newest_mail(person.email)
