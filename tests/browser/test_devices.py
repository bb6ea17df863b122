"""A person lets a device in that has no browser, with a browser of theirs."""

import re

from playwright.sync_api import Page, expect

from tests.browser.browsing import WITHOUT_SCRIPT, Browsing, heading
from tests.browser.playground import Playground
from tests.browser.pressing import follow
from tests.flows.device import Device, television


def _type(page: Page, code: str) -> None:
    page.get_by_label("Code on your device").fill(code)
    follow(page.get_by_role("button", name="Continue"))


def _error(device: Device, codes: dict[str, str]) -> str:
    error: str = device.poll(codes["device_code"]).json()["error"]
    return error


def test_a_television_is_let_in(ground: Playground, browser: Browsing) -> None:
    person, device = ground.person(), television(ground.provider)
    codes = device.codes()
    page = browser.tab()
    page.goto(codes["verification_uri"])
    heading(page, "Connect a device")
    expect(page.get_by_label("Code on your device")).to_be_focused()

    _type(page, codes["user_code"].lower().replace("-", " "))
    heading(page, "Sign in to continue to Living Room TV")
    browser.sign_in(page, person)
    heading(page, "Connect Living Room TV to your account?")
    expect(page.locator("#user-code")).to_have_text(codes["user_code"])
    expect(page.locator("#device-facts")).to_contain_text("127.0.0.1 · the network you are in")
    expect(page.locator("main")).to_contain_text("Only continue if you started this on a device of yours")
    assert _error(device, codes) == "authorization_pending"
    follow(page.get_by_role("button", name="Connect", exact=True))

    heading(page, "Your device is connected")
    assert device.poll(codes["device_code"]).status_code == 200
    page.reload()
    heading(page, "Your device is connected")
    follow(page.get_by_role("link", name="See and end what is signed in"))
    heading(page, "Your account")
    line = page.locator("#devices li").filter(has_text="Living Room TV")
    follow(line.get_by_role("button"))
    expect(page.get_by_role("status")).to_have_text("The device has been signed out.")


@WITHOUT_SCRIPT
def test_a_device_is_refused(ground: Playground, browser: Browsing) -> None:
    device = television(ground.provider)
    codes = device.codes()
    page = browser.own_pages(ground.person())
    page.goto(codes["verification_uri_complete"])
    expect(page.get_by_text("Does this match the code on your device?")).to_be_visible()
    expect(page.get_by_label("Code on your device")).to_have_value(codes["user_code"])
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("button", name="Do not connect"))

    heading(page, "Your device was not connected")
    assert _error(device, codes) == "access_denied"
    page.go_back()
    page.reload()
    heading(page, "Your device was not connected")


@WITHOUT_SCRIPT
def test_a_wrong_code_is_named_at_the_field_and_kept(ground: Playground, browser: Browsing) -> None:
    page = browser.tab()
    page.goto(f"{ground.issuer}/device")
    _type(page, "bcdf ghjk")
    expect(page.locator("#problems")).to_contain_text("No device waits under this code.")
    expect(page.get_by_label("Code on your device")).to_have_value("bcdf ghjk")
    expect(page.get_by_label("Code on your device")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Code on your device")).to_have_accessible_description(re.compile("No device waits"))


@WITHOUT_SCRIPT
def test_somebody_else_can_let_the_device_in(ground: Playground, browser: Browsing) -> None:
    second, device = ground.person("Charles Babbage"), television(ground.provider)
    codes = device.codes()
    page = browser.own_pages(ground.person())
    page.goto(codes["verification_uri_complete"])
    follow(page.get_by_role("button", name="Continue"))
    follow(page.get_by_role("link", name="Switch account"))
    browser.sign_in(page, second)
    expect(page.locator(".identity")).to_contain_text(second.email)
    follow(page.get_by_role("button", name="Connect", exact=True))
    heading(page, "Your device is connected")
