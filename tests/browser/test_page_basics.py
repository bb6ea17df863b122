"""What every page has to be for everybody: one heading, a language, labels, room on a narrow screen, the keyboard."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from idp.dev.upstreams.personas import X
from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, heading, link_in
from tests.browser.conftest import Opening
from tests.browser.playground import Playground
from tests.browser.pressing import follow, touch
from tests.flows.device import television
from tests.running import PASSWORD

_LONG = "a-name-that-nobody-would-choose-but-somebody-has"

Way = Callable[[Playground, Browsing], Iterator[Page]]


def _signing_in(ground: Playground, browser: Browsing) -> Iterator[Page]:
    person = ground.person("Wolfeschlegelsteinhausenbergerdorff " * 2)
    page = browser.begin(ground.photos)
    yield page
    browser.sign_in(page, person, "not the password")
    yield page
    browser.sign_in(page, person)
    heading(page, "Allow Acme Photos to use your account?")
    yield page
    follow(page.get_by_role("link", name="Switch account"))
    yield page


def _signing_up(ground: Playground, browser: Browsing) -> Iterator[Page]:
    email = f"{_LONG}-{uuid4().hex[:6]}@{_LONG}.example.com"
    page = browser.begin(ground.photos, asking="prompt=create")
    yield page
    page.get_by_label("E-mail address").fill(email)
    follow(page.get_by_role("button", name="Create account"))
    yield page
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(page.get_by_role("button", name="Create account"))
    heading(page, "Check your mail")
    yield page
    page.goto(link_in(browser.newest_mail(email)))
    yield page


def _passwords(ground: Playground, browser: Browsing) -> Iterator[Page]:
    person, page = ground.person(), browser.tab()
    page.goto(f"{ground.issuer}/forgot-password")
    yield page
    page.get_by_label("E-mail address").fill(person.email)
    follow(page.get_by_role("button", name="Send the link"))
    yield page
    page.goto(link_in(browser.newest_mail(person.email)))
    yield page
    page.goto(f"{ground.issuer}/reset-password?token=gone")
    yield page


def _own_pages(ground: Playground, browser: Browsing) -> Iterator[Page]:
    person = ground.person()
    browser.arrive(ground.photos, person)
    page = browser.tab()
    for path in ("/", "/account", "/account/password", "/end_session", "/dev/mailbox", "/nowhere"):
        page.goto(ground.issuer + path)
        yield page
    page.goto(f"{ground.issuer}/account")
    follow(page.locator("#sign-out"))
    yield page
    page.goto(f"{ground.issuer}/authorize?client_id=nobody&redirect_uri=https%3A%2F%2F{_LONG}.example%2F")
    touch(page.get_by_text("Details for developers"))
    yield page


def _devices(ground: Playground, browser: Browsing) -> Iterator[Page]:
    device = television(ground.provider, client_name=f"{_LONG} {_LONG}"[:100])
    page = browser.own_pages(ground.person())
    page.goto(f"{ground.issuer}/device?user_code=not%20a%20code")
    yield page
    follow(page.get_by_role("button", name="Continue"))
    yield page
    page.get_by_label("Code on your device").fill(device.codes()["user_code"])
    follow(page.get_by_role("button", name="Continue"))
    yield page
    follow(page.get_by_role("button", name="Connect", exact=True))
    heading(page, "Your device is connected")
    yield page


def _other_providers(ground: Playground, browser: Browsing) -> Iterator[Page]:
    mark = uuid4().hex[:6]
    xaver = ground.meets("x", next(one for one in X if one.key == "xaver"), mark)
    page = browser.begin(ground.photos)
    follow(page.get_by_role("button", name="Continue with X"))
    follow(page.get_by_role("button", name="Cancel"))
    heading(page, "Sign in to continue to Acme Photos")
    yield page
    follow(page.get_by_role("button", name="Continue with X"))
    follow(page.get_by_role("button", name=xaver))
    heading(page, "Welcome")
    yield page
    welcome = page.url
    page.get_by_label("E-mail address").fill(f"{_LONG}-{mark}@{_LONG}.example.com")
    follow(page.get_by_role("button", name="Create account"))
    heading(page, "Check your mail")
    yield page
    page.goto(welcome)
    follow(page.get_by_role("link", name="Sign in to link X to it"))
    browser.sign_in(page, ground.person())
    heading(page, "Sign in with X as well?")
    yield page
    follow(page.get_by_role("button", name="Link X"))
    page.goto(f"{ground.issuer}/account/sign-in-methods")
    yield page
    ground.forgets(mark)


def _check(page: Page) -> None:
    where = page.title()
    assert page.locator("h1").count() == 1, where
    assert page.locator("main").count() == 1, where
    assert page.locator("html").get_attribute("lang") == "en", where
    assert page.locator("h1").inner_text().strip() in where
    ids = page.locator("[id]").evaluate_all("elements => elements.map(element => element.id)")
    assert len(ids) == len(set(ids)), where
    unnamed = page.locator("input:not([type=hidden]), button, a").evaluate_all(
        """elements => elements.filter(element => !(
            element.labels?.length || element.getAttribute('aria-label') || element.textContent.trim()
        )).map(element => element.outerHTML)"""
    )
    assert unnamed == [], where
    small = page.locator("button:visible, .button:visible").evaluate_all(
        "elements => elements.map(e => e.getBoundingClientRect()).filter(r => r.height < 24 || r.width < 24).length"
    )
    assert small == 0, where
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), where


@pytest.mark.parametrize("way", [_signing_in, _signing_up, _passwords, _own_pages, _devices, _other_providers])
def test_pages_on_a_screen_of_320_pixels_are_whole(ground: Playground, open_browser: Opening, way: Way) -> None:
    browser = open_browser(viewport={"width": 320, "height": 640})
    visited = 0
    for page in way(ground, browser):
        _check(page)
        visited += 1
    assert visited >= 4


def test_the_keyboard_leads_from_the_address_to_the_password_and_on(
    ground: Playground, browser: Browsing, script: bool
) -> None:
    page = browser.begin(ground.bookings)
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()
    if script:
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Show Password")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Forgot your password?")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_focused()


@WITHOUT_SCRIPT
def test_the_first_stop_of_the_keyboard_skips_to_the_content(ground: Playground, browser: Browsing) -> None:
    page = browser.own_pages(ground.person())
    page.reload()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()


def test_a_password_can_be_shown_where_scripts_run(ground: Playground, browser: Browsing, script: bool) -> None:
    page = browser.begin(ground.bookings)
    show = page.get_by_role("button", name="Show Password")
    if not script:
        expect(show).to_have_count(0)
        return
    page.get_by_label("Password", exact=True).fill("what I typed")
    touch(show)
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    touch(page.get_by_role("button", name="Hide Password"))
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "password")


@WITHOUT_SCRIPT
def test_the_dark_page_is_dark(ground: Playground, open_browser: Opening) -> None:
    page = open_browser(color_scheme="dark").begin(ground.bookings)
    ground_colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert sum(map(int, ground_colour.removeprefix("rgb(").removesuffix(")").split(","))) < 150
