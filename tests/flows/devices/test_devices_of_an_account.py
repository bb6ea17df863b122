"""What becomes of a device that was let in: the list, the mail, the record."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.store.audit_events import audit_events
from idp.store.sessions import sessions
from tests.flows.device import Device, decide
from tests.flows.people import FormBrowser, mails
from tests.flows.relying_party import RelyingParty
from tests.running import Person


def test_the_device_is_listed_and_can_be_signed_out(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")
    tokens = device.poll(codes["device_code"]).json()
    rp = RelyingParty(device.provider, device.client)

    page = browser.get("/account")
    listed = re.findall(r'name="device" value="([^"]+)"', page.text)
    token = re.search(r'action="/account/devices/end".*?name="csrf" value="([^"]+)"', page.text, re.DOTALL)
    assert token is not None
    assert "Living Room TV" in page.text
    assert len(listed) == 1
    ended = browser.post("/account/devices/end", {"csrf": token[1], "device": listed[0]})

    assert ended.headers["Location"] == "/account?done=device"
    assert rp.userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize(("scope", "is_listed"), [("offline_access", True), ("", False)])
def test_a_device_stands_in_the_list_while_it_can_have_tokens(
    device: Device, browser: FormBrowser, person: Person, scope: str, is_listed: bool
) -> None:
    decide(browser, device.codes()["user_code"], scope=scope)
    clock, later = device.provider.clock, FormBrowser(device.provider)
    clock.ahead = timedelta(days=20)
    try:
        later.log_in(person)
        page = later.get("/account").text
    finally:
        clock.ahead = timedelta()

    devices = page.partition('id="devices"')[2].partition("</ul>")[0]
    assert ("Living Room TV" in devices) == is_listed


def test_signing_out_of_the_browser_leaves_the_device_signed_in(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    decide(browser, codes["user_code"], scope="offline_access")
    tokens = device.poll(codes["device_code"]).json()

    browser.send(browser.get("/account"), "/account/sign-out")

    assert RelyingParty(device.provider, device.client).userinfo(tokens["access_token"]).status_code == 200


def test_the_owner_is_told_by_mail(device: Device, browser: FormBrowser, person: Person) -> None:
    decide(browser, device.codes()["user_code"], scope="offline_access")

    newest = mails(device.provider, person.email, "new_sign_in")[0]

    assert newest["client_name"] == "Living Room TV"
    assert newest["address"] == "127.0.0.1"


def test_what_happened_is_written_down(device: Device, browser: FormBrowser, person: Person) -> None:
    decide(browser, device.codes()["user_code"], scope="offline_access")
    decide(browser, device.codes()["user_code"], "deny")

    with device.provider.database.autocommit() as db:
        mine = audit_events.c.client_id == device.client.client_id
        events = db.execute(select(audit_events).where(mine).order_by(audit_events.c.number)).all()
        held = db.execute(select(sessions.c.id).where(sessions.c.account_id == person.id)).scalars().all()

    assert [event.event for event in events] == ["device_allowed", "device_refused"]
    assert events[0].account_id == person.id
    assert events[0].session_id in held
    assert events[0].detail == {"scopes": "openid email offline_access"}
