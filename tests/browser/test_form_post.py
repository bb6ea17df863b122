"""OAuth 2.0 Form Post Response Mode: a script sends the form, or a person does."""

from playwright.sync_api import Page, expect

from tests.browser.browsing import Browsing, heading
from tests.browser.playground import Playground
from tests.browser.pressing import follow


def _signed_in_at_an_app_that_takes_posts(ground: Playground, browser: Browsing, *, script: bool) -> Page:
    person, client = ground.person(), ground.posting_app()
    page = browser.tab()
    page.goto(ground.form_post_request(client))
    browser.sign_in(page, person)
    if not script:
        heading(page, "Continue to Posting App")
        follow(page.get_by_role("button", name="Continue"))
    heading(page, "Posted")
    return page


def test_the_answer_is_posted_to_the_application(ground: Playground, browser: Browsing, script: bool) -> None:
    page = _signed_in_at_an_app_that_takes_posts(ground, browser, script=script)
    assert page.url == f"{ground.collector}/callback"
    expect(page.locator("#state")).to_have_text("a state with spaces & signs")
    expect(page.locator("#iss")).to_have_text(ground.issuer)
    assert page.locator("#code").inner_text()


def test_the_back_button_is_no_trap(ground: Playground, browser: Browsing, script: bool) -> None:
    page = browser.own_pages(ground.person())
    page.goto(ground.form_post_request(ground.posting_app()))
    if not script:
        follow(page.get_by_role("button", name="Continue"))
    heading(page, "Posted")
    first = page.locator("#code").inner_text()

    page.go_back()
    if script:
        # A form that sent itself left no trace in the history.
        heading(page, "Your account")
        return
    follow(page.get_by_role("button", name="Continue"))
    heading(page, "Posted")
    assert page.locator("#code").inner_text() != first


def test_going_back_to_a_completed_sign_in_says_that_it_is_completed_and_shows_the_way_on(
    ground: Playground, browser: Browsing, script: bool
) -> None:
    page = _signed_in_at_an_app_that_takes_posts(ground, browser, script=script)
    page.go_back()
    heading(page, "You are already signed in")
    # Nothing is known of this application but where its answers go.
    on = page.get_by_role("link", name="Continue to Posting App")
    expect(on).to_have_attribute("href", f"{ground.collector}/")
