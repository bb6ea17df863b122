"""Signing in with other providers in a browser: every kind of person ends somewhere sensible."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from idp.dev.upstreams.personas import FACEBOOK, GITHUB, GOOGLE, X
from tests.browser.browsing import Browsing, at_home, code_in, heading
from tests.browser.conftest import Opening
from tests.browser.playground import Playground
from tests.browser.pressing import follow
from tests.running import PASSWORD


def pick(page: Page, name: str, provider: str, fault: str = "") -> None:
    """Be somebody at a simulator."""
    heading(page, f"{provider} (simulated)")
    if fault:
        page.get_by_label("The provider").select_option(fault)
    follow(page.get_by_role("button", name=name, exact=True))


def press(page: Page, provider: str) -> None:
    follow(page.get_by_role("button", name=f"Continue with {provider}"))


@pytest.fixture
def names(ground: Playground) -> Iterator[dict[str, str]]:
    """Somebody new of each kind; gives the name on the button by the key of the kind."""
    mark, given = uuid4().hex[:6], {}
    for connector, people in (("google", GOOGLE), ("facebook", FACEBOOK), ("x", X), ("github", GITHUB)):
        for person in people:
            given[person.key] = ground.meets(connector, person, mark)
    yield given
    ground.forgets(mark)


def test_a_stranger_comes_by_google_and_is_known_from_then_on(
    ground: Playground, browser: Browsing, names: dict[str, str]
) -> None:
    page = browser.begin(ground.photos)
    press(page, "Google")
    pick(page, names["alice"], "Google")

    heading(page, "Welcome")
    follow(page.get_by_role("button", name="Create account"))
    follow(page.locator("#consent-allow"))
    at_home(page, ground.photos)

    browser.arrive_again(ground.bookings)


@pytest.mark.parametrize(
    ("provider", "key"), [("Facebook", "fred"), ("X", "xena"), ("Google", "una"), ("GitHub", "greta")]
)
def test_an_address_that_proves_nothing_is_proven_by_a_code(
    ground: Playground, browser: Browsing, names: dict[str, str], provider: str, key: str
) -> None:
    page = browser.begin(ground.bookings)
    press(page, provider)
    pick(page, names[key], provider)
    heading(page, "Welcome")
    email = page.get_by_label("E-mail address").input_value()

    follow(page.get_by_role("button", name="Create account"))
    heading(page, "Check your mail")
    page.get_by_label("Code from the message").fill(code_in(browser.newest_mail(email)))
    follow(page.get_by_role("button", name="Confirm"))

    at_home(page, ground.bookings)


@pytest.mark.parametrize(
    ("provider", "key"),
    [("Facebook", "fiona"), ("Facebook", "phil"), ("X", "xaver"), ("GitHub", "gina"), ("GitHub", "gus")],
)
def test_who_brings_no_address_is_asked_for_one(
    ground: Playground, browser: Browsing, names: dict[str, str], provider: str, key: str
) -> None:
    page = browser.begin(ground.bookings)
    press(page, provider)
    pick(page, names[key], provider)
    heading(page, "Welcome")
    expect(page.get_by_label("E-mail address")).to_be_empty()

    follow(page.get_by_role("button", name="Create account"))

    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    email = f"n{uuid4().hex[:10]}@example.com"
    page.get_by_label("E-mail address").fill(email)
    follow(page.get_by_role("button", name="Create account"))
    page.get_by_label("Code from the message").fill(code_in(browser.newest_mail(email)))
    follow(page.get_by_role("button", name="Confirm"))
    at_home(page, ground.bookings)


@pytest.mark.parametrize(
    ("provider", "who", "fault", "words"),
    [
        ("Google", "Cancel", "", "did not sign in with the other provider"),
        ("Facebook", "Cancel", "", "did not sign in with the other provider"),
        ("X", "Cancel", "", "did not sign in with the other provider"),
        ("GitHub", "Cancel", "", "did not sign in with the other provider"),
        ("Google", "alice", "broken", "did not answer in time"),
        ("Facebook", "fred", "expired", "did not let you sign in"),
        ("X", "xena", "expired", "did not let you sign in"),
        ("GitHub", "octo", "expired", "did not let you sign in"),
        ("GitHub", "octo", "broken", "did not answer in time"),
        ("X", "xing", "", "not set up correctly"),
    ],
)
def test_whatever_goes_wrong_there_is_another_way(
    ground: Playground,
    browser: Browsing,
    names: dict[str, str],
    provider: str,
    who: str,
    fault: str,
    words: str,
) -> None:
    person = ground.person()
    page = browser.begin(ground.bookings)
    press(page, provider)
    pick(page, names.get(who, who), provider, fault)

    heading(page, "Sign in to continue to Bistro Bookings")
    expect(page.locator(".note")).to_contain_text(words)
    browser.sign_in(page, person)

    at_home(page, ground.bookings)


def test_a_provider_that_is_slow_is_waited_for(ground: Playground, browser: Browsing, names: dict[str, str]) -> None:
    page = browser.begin(ground.bookings)
    press(page, "Google")
    pick(page, names["walt"], "Google", "slow")

    heading(page, "Welcome")
    follow(page.get_by_role("button", name="Create account"))
    at_home(page, ground.bookings)


def test_a_person_links_a_second_provider_and_unlinks_it(
    ground: Playground, browser: Browsing, open_browser: Opening, names: dict[str, str]
) -> None:
    page = browser.own_pages(ground.person())
    follow(page.locator("#sign-in-methods"))
    heading(page, "How you sign in")
    follow(page.get_by_role("button", name="Link X"))
    pick(page, names["xaver"], "X")
    expect(page.get_by_role("status")).to_have_text("You can sign in this way from now on.")

    elsewhere = open_browser().begin(ground.bookings)
    press(elsewhere, "X")
    pick(elsewhere, names["xaver"], "X")
    at_home(elsewhere, ground.bookings)

    follow(page.get_by_role("button", name="Remove X"))
    expect(page.get_by_role("status")).to_have_text("This way to sign in has been removed.")
    expect(page.get_by_text("Your only way to sign in cannot be removed.")).to_be_visible()


def test_who_has_an_account_links_on_the_way(ground: Playground, browser: Browsing, names: dict[str, str]) -> None:
    person = ground.person()
    page = browser.begin(ground.bookings)
    press(page, "X")
    pick(page, names["xaver"], "X")
    heading(page, "Welcome")

    follow(page.get_by_role("link", name="Sign in to link X to it"))
    browser.sign_in(page, person)
    heading(page, "Sign in with X as well?")
    follow(page.get_by_role("button", name="Link X"))

    at_home(page, ground.bookings)


def test_going_back_from_a_provider_and_trying_another(
    ground: Playground, browser: Browsing, names: dict[str, str]
) -> None:
    page = browser.begin(ground.bookings)
    press(page, "Facebook")
    heading(page, "Facebook (simulated)")
    page.go_back()
    heading(page, "Sign in to continue to Bistro Bookings")
    press(page, "Google")
    pick(page, names["alice"], "Google")

    follow(page.get_by_role("button", name="Create account"))

    at_home(page, ground.bookings)


def test_a_person_without_a_password_sets_one_and_uses_it(
    ground: Playground, browser: Browsing, open_browser: Opening, names: dict[str, str]
) -> None:
    page = browser.tab()
    page.goto(f"{ground.issuer}/login")
    press(page, "Google")
    pick(page, names["alice"], "Google")
    email = page.locator("#welcome-form strong").inner_text()
    follow(page.get_by_role("button", name="Create account"))
    heading(page, "Your account")

    follow(page.locator("#sign-in-methods"))
    follow(page.locator("#set-password"))
    heading(page, "Set a password")
    page.get_by_label("New password", exact=True).fill(PASSWORD)
    follow(page.get_by_role("button", name="Save the new password"))
    heading(page, "Your account")

    other = open_browser().tab()
    other.goto(f"{ground.issuer}/login")
    other.get_by_label("E-mail address").fill(email)
    other.get_by_label("Password", exact=True).fill(PASSWORD)
    follow(other.get_by_role("button", name="Sign in", exact=True))
    heading(other, "Your account")


def test_what_facebook_puts_behind_an_address_does_not_reach_the_app(
    ground: Playground, browser: Browsing, names: dict[str, str]
) -> None:
    page = browser.begin(ground.bookings)
    press(page, "Facebook")
    pick(page, names["fred"], "Facebook")
    email = page.get_by_label("E-mail address").input_value()
    follow(page.get_by_role("button", name="Create account"))
    page.get_by_label("Code from the message").fill(code_in(browser.newest_mail(email)))
    follow(page.get_by_role("button", name="Confirm"))
    at_home(page, ground.bookings)
    page.context.clear_cookies()
    seen: list[str] = []

    page = browser.begin(ground.bookings)
    page.on("framenavigated", lambda frame: seen.append(frame.url))
    press(page, "Facebook")
    pick(page, names["fred"], "Facebook")

    at_home(page, ground.bookings)
    assert seen
    assert not any("_=_" in address for address in [*seen, page.url])
