"""What a person does with the own account: passwords, devices, and the apps that have access."""

from playwright.sync_api import expect

from idp.accounts.profile import FirstPicture
from idp.dev.upstreams.portraits import portrait
from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, at_home, heading, link_in
from tests.browser.conftest import Opening
from tests.browser.playground import Playground
from tests.browser.pressing import follow

_NEW = "quite another long passphrase"


def test_who_forgot_the_password_comes_back_to_the_application(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    page = browser.begin(ground.photos)
    follow(page.get_by_role("link", name="Forgot your password?"))
    heading(page, "Forgot your password?")
    page.get_by_label("E-mail address").fill(person.email)
    follow(page.get_by_role("button", name="Send the link"))
    heading(page, "Check your mail")
    expect(page.get_by_text(person.email)).to_be_visible()

    link = link_in(browser.newest_mail(person.email))
    page.goto(link)
    heading(page, "Choose a new password")
    page.get_by_label("New password", exact=True).fill("short")
    follow(page.get_by_role("button", name="Save the new password"))
    expect(page.locator("#problems")).to_be_focused()
    page.get_by_label("New password", exact=True).fill(_NEW)
    follow(page.get_by_role("button", name="Save the new password"))
    expect(page.get_by_text("Your password has been changed.")).to_be_visible()
    heading(page, "Sign in to continue to Acme Photos")
    browser.sign_in(page, person, _NEW)
    follow(page.get_by_role("button", name="Allow"))
    at_home(page, ground.photos)

    page.goto(link)
    heading(page, "This link no longer works")


@WITHOUT_SCRIPT
def test_a_forgotten_password_of_nobody_looks_the_same(ground: Playground, browser: Browsing) -> None:
    page = browser.tab()
    page.goto(f"{ground.issuer}/forgot-password")
    page.get_by_label("E-mail address").fill("nobody@example.com")
    follow(page.get_by_role("button", name="Send the link"))
    heading(page, "Check your mail")


def test_a_changed_password_signs_out_the_other_devices(ground: Playground, open_browser: Opening) -> None:
    person = ground.person()
    here, there = open_browser(), open_browser()
    page, other = here.own_pages(person), there.own_pages(person)

    follow(page.get_by_role("link", name="Change password"))
    page.get_by_label("Current password", exact=True).fill("not the password")
    page.get_by_label("New password", exact=True).fill(_NEW)
    follow(page.get_by_role("button", name="Save the new password"))
    expect(page.locator("#problems")).to_be_focused()
    expect(page.locator("#problems")).to_contain_text("This is not your password.")
    page.get_by_label("Current password", exact=True).fill(person.password)
    page.get_by_label("New password", exact=True).fill(_NEW)
    follow(page.get_by_role("button", name="Save the new password"))
    heading(page, "Your account")
    expect(page.get_by_role("status")).to_contain_text("Your password has been changed")

    other.reload()
    heading(other, "Sign in")
    there.sign_in(other, person)
    expect(other.locator("#problems")).to_contain_text("not right")
    there.sign_in(other, person, _NEW)
    heading(other, "Your account")


def test_another_device_is_listed_and_can_be_signed_out(ground: Playground, open_browser: Opening) -> None:
    person = ground.person()
    here, there = open_browser(), open_browser()
    page, other = here.own_pages(person), there.own_pages(person)
    page.reload()
    lines = page.locator("#devices li")
    expect(lines).to_have_count(2)
    expect(lines.filter(has_text="This device")).to_have_count(1)
    expect(lines.filter(has_text="This device").get_by_role("button")).to_have_count(0)
    expect(lines.first).to_contain_text("Chrom")

    follow(lines.filter(has_not_text="This device").get_by_role("button"))
    expect(page.get_by_role("status")).to_have_text("The device has been signed out.")
    expect(lines).to_have_count(1)
    other.reload()
    heading(other, "Sign in")


@WITHOUT_SCRIPT
def test_all_other_devices_can_be_signed_out_at_once(ground: Playground, open_browser: Opening) -> None:
    person = ground.person()
    others = [open_browser().own_pages(person) for _ in range(2)]
    page = open_browser().own_pages(person)
    follow(page.get_by_role("button", name="Sign out everywhere else"))
    expect(page.get_by_role("status")).to_have_text("All other devices have been signed out.")
    for other in others:
        other.reload()
        heading(other, "Sign in")


def test_an_app_whose_access_was_removed_asks_again(ground: Playground, browser: Browsing) -> None:
    person = ground.person()
    photos = browser.arrive(ground.photos, person)
    page = browser.tab()
    page.goto(f"{ground.issuer}/account")
    expect(page.locator("#apps li")).to_contain_text("Acme Photos")
    follow(page.get_by_role("button", name="Remove access Acme Photos"))
    expect(page.get_by_role("status")).to_have_text("The app has lost its access.")
    expect(page.get_by_text("No app has access to your account.")).to_be_visible()

    follow(photos.get_by_role("button", name="Refresh the tokens"))
    expect(photos.locator("#problem")).to_contain_text("invalid_grant")
    again = browser.begin(ground.photos)
    heading(again, "Allow Acme Photos to use your account?")
    follow(again.get_by_role("button", name="Allow"))
    at_home(again, ground.photos)


@WITHOUT_SCRIPT
def test_a_password_manager_finds_the_form_for_changing_it(ground: Playground, browser: Browsing) -> None:
    browser.own_pages(ground.person())
    page = browser.tab()
    page.goto(f"{ground.issuer}/.well-known/change-password")
    heading(page, "Change your password")


def test_a_name_is_edited_and_a_picture_is_shown_and_removed(ground: Playground, browser: Browsing) -> None:
    person = ground.person("Ada Lovelace")
    keep = FirstPicture(ground.provider.database, ground.provider.clock)
    assert keep(person.id, portrait("ada"), connector="google") is None
    page = browser.own_pages(person)
    assert page.locator("img.initial").evaluate("image => image.complete && image.naturalWidth") == 128

    follow(page.get_by_role("link", name="Edit your profile"))
    heading(page, "Your profile")
    assert page.get_by_role("img", name="Your picture").evaluate("image => image.naturalWidth") == 128
    page.get_by_label("Name").fill("x" * 101)
    follow(page.get_by_role("button", name="Save"))
    expect(page.locator("#problems")).to_be_focused()
    expect(page.locator("#problems")).to_contain_text("Use at most 100 characters for the name.")
    page.get_by_label("Name").fill("Ada King")
    follow(page.get_by_role("button", name="Save"))
    expect(page.get_by_role("status")).to_have_text("Your profile has been saved.")
    expect(page.get_by_label("Name")).to_have_value("Ada King")

    follow(page.get_by_role("button", name="Remove the picture"))
    expect(page.get_by_role("status")).to_have_text("Your picture has been removed.")
    expect(page.get_by_role("img", name="Your picture")).to_have_count(0)
    follow(page.get_by_role("link", name="Back to your account"))
    heading(page, "Your account")
    expect(page.get_by_role("heading", name="Ada King")).to_be_visible()
    expect(page.locator("img.initial")).to_have_count(0)
