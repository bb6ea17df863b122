"""The page of a device's code, and the question behind it (RFC 8628 sections 3.3 and 5, RFC 10027)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from idp.store.audit_events import audit_events
from idp.store.clients import clients
from idp.store.sessions import sessions
from tests.flows.device import Device, decide, question, request_in, television, type_code
from tests.flows.people import FormBrowser, fields_of, mails, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running


@pytest.fixture
def device(provider: Running) -> Device:
    return television(provider)


@pytest.fixture
def person(provider: Running) -> Person:
    return somebody(provider)


@pytest.fixture
def browser(provider: Running, person: Person) -> FormBrowser:
    browser = FormBrowser(provider)
    browser.log_in(person)
    return browser


def pending(device: Device, codes: dict[str, str]) -> str:
    error: str = device.poll(codes["device_code"]).json()["error"]
    return error


@pytest.mark.parametrize("write", ["{0}", "{1}", "{2}", " {0} ", "{3}", "{1}."])
def test_case_spaces_and_dashes_do_not_matter(device: Device, browser: FormBrowser, write: str) -> None:
    code = device.codes()["user_code"]
    spaced = " ".join(code.replace("-", ""))

    answer = type_code(browser, write.format(code, code.replace("-", ""), code.lower(), spaced))

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/device/confirm?request=")


@pytest.mark.parametrize("typed", ["", "BCDF", "BCDF-GHJKL", "AEIO-UAEI", "<script>", "é" * 8, "x" * 70])
def test_what_is_no_code_is_told_so_and_kept_in_the_field(browser: FormBrowser, typed: str) -> None:
    answer = type_code(browser, typed)

    assert answer.status_code == 400
    assert "Type the eight letters that your device shows." in answer.text
    assert fields_of(answer, "/device")["user_code"] == typed[:64]


def test_an_unknown_code_is_told_so(browser: FormBrowser) -> None:
    answer = type_code(browser, "BCDF-GHJK")

    assert answer.status_code == 400
    assert "No device waits under this code." in answer.text


def test_who_is_not_signed_in_signs_in_and_is_asked_then(device: Device, person: Person) -> None:
    browser, codes = FormBrowser(device.provider), device.codes()
    answer = browser.get(type_code(browser, codes["user_code"]).headers["Location"])

    assert answer.headers["Location"].startswith("/login?request=")
    page = browser.get(answer.headers["Location"])
    assert "Sign in to continue to Living Room TV" in page.text
    back = browser.log_in(person, request=request_in(answer.headers["Location"]))
    asked = browser.get(browser.get(back.headers["Location"]).headers["Location"])

    assert "Connect Living Room TV to your account?" in asked.text
    assert codes["user_code"] in asked.text


def test_the_question_names_the_app_the_person_the_permissions_and_where_it_came_from(
    device: Device, browser: FormBrowser, person: Person
) -> None:
    page = question(browser, device.codes()["user_code"]).text

    for words in (
        "Living Room TV",
        person.email,
        "See your e-mail address",
        "Keep access when you are not using the app",
        "127.0.0.1",
        "This device is in another network than you are.",
        "Only continue if you started this on a device of yours",
    ):
        assert words in page


def test_a_client_that_came_by_itself_is_said_to_be_unchecked(provider: Running, browser: FormBrowser) -> None:
    caution, known, other = "Nobody has checked this app.", television(provider), television(provider)
    with provider.database.transaction() as db:
        stranger = clients.c.client_id == other.client.client_id
        db.execute(clients.update().where(stranger).values(registered_by="nobody"))

    assert caution in question(browser, other.codes()["user_code"]).text
    assert caution not in question(browser, known.codes()["user_code"]).text


def test_a_device_in_the_same_network_is_said_to_be(device: Device, person: Person) -> None:
    import requests

    # The device asks from 127.0.0.1, and so does this browser.
    browser = FormBrowser(device.provider, requests.Session())
    browser.log_in(person)

    page = question(browser, device.codes()["user_code"]).text

    assert "the network you are in" in page
    assert "another network" not in page


def test_the_complete_address_only_fills_the_code_in(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()

    page = browser.get(codes["verification_uri_complete"])

    assert page.status_code == 200
    assert fields_of(page, "/device")["user_code"] == codes["user_code"]
    assert "Does this match the code on your device?" in page.text
    assert "Living Room TV" not in page.text
    assert pending(device, codes) == "authorization_pending"


def test_an_address_does_not_tell_whether_its_code_exists(device: Device, browser: FormBrowser) -> None:
    real, unreal = device.codes()["user_code"], "BCDF-GHJK"

    first, second = (browser.get(f"/device?user_code={code}").text for code in (real, unreal))

    def plain(page: str, code: str) -> str:
        return re.sub(r'value="[^"]{20,}"', "", page).replace(code, "")

    assert plain(first, real) == plain(second, unreal)


def test_a_question_that_is_only_looked_at_decides_nothing(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    address = type_code(browser, codes["user_code"]).headers["Location"]

    for _ in range(2):
        assert browser.get(address).status_code == 200

    assert pending(device, codes) == "authorization_pending"


def test_who_has_allowed_the_client_before_is_asked_again(device: Device, browser: FormBrowser) -> None:
    decide(browser, device.codes()["user_code"], scope="offline_access")
    codes = device.codes()

    question(browser, codes["user_code"])

    assert pending(device, codes) == "authorization_pending"


def test_a_client_of_the_house_is_asked_about_too(provider: Running, browser: FormBrowser) -> None:
    device = television(provider, first_party=True)
    codes = device.codes()

    question(browser, codes["user_code"])

    assert pending(device, codes) == "authorization_pending"


def test_allowing_ends_on_a_page_that_can_be_reloaded(device: Device, browser: FormBrowser) -> None:
    page = decide(browser, device.codes()["user_code"], scope="offline_access")

    assert "Your device is connected" in page.text
    assert "Your device is connected" in browser.get(page.url).text


def test_denying_says_so(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()

    page = decide(browser, codes["user_code"], "deny")

    assert "Your device was not connected" in page.text
    assert pending(device, codes) == "access_denied"


def test_a_decision_stands(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    page = question(browser, codes["user_code"])
    browser.send(page, "/device/confirm", decision="deny")

    browser.send(page, "/device/confirm", decision="allow", scope="offline_access")

    assert pending(device, codes) == "access_denied"


@pytest.mark.parametrize("decision", ["", "0", "false", "ALLOW", "allow "])
def test_only_a_yes_is_a_yes(device: Device, browser: FormBrowser, decision: str) -> None:
    codes = device.codes()

    browser.send(question(browser, codes["user_code"]), "/device/confirm", decision=decision)

    assert pending(device, codes) == "authorization_pending"


def test_two_people_cannot_both_let_a_device_in(device: Device, browser: FormBrowser) -> None:
    codes, other = device.codes(), FormBrowser(device.provider)
    other.log_in(somebody(device.provider))
    late = question(other, codes["user_code"])
    decide(browser, codes["user_code"], scope="offline_access")

    answer = other.send(late, "/device/confirm", decision="allow")

    assert answer.status_code == 400
    assert "This code can no longer be used" in answer.text


def test_a_question_belongs_to_the_browser_that_typed_the_code(device: Device, browser: FormBrowser) -> None:
    codes, other = device.codes(), FormBrowser(device.provider)
    other.log_in(somebody(device.provider))
    address = type_code(browser, codes["user_code"]).headers["Location"]

    answer = other.get(address)

    assert answer.status_code == 400
    assert "This code can no longer be used" in answer.text


def test_who_signs_in_meanwhile_has_not_seen_the_question(
    device: Device, browser: FormBrowser, provider: Running
) -> None:
    codes = device.codes()
    page = question(browser, codes["user_code"])
    request = fields_of(page, "/device/confirm")["request"]
    # The link to switch: the sign-in page, and back to the question.
    switch = browser.get(f"/login?request={request}&reason=other_person")
    second = somebody(provider)
    back = browser.send(switch, "/login", username=second.email, password=second.password)

    browser.send(page, "/device/confirm", decision="allow")

    assert back.headers["Location"] == f"/authorize/{request}"
    assert pending(device, codes) == "authorization_pending"
    assert second.email in browser.get(f"/device/confirm?request={request}").text


def test_a_form_of_another_site_decides_nothing(device: Device, browser: FormBrowser) -> None:
    codes = device.codes()
    fields = fields_of(question(browser, codes["user_code"]), "/device/confirm")

    forged = browser.post("/device/confirm", {**fields, "csrf": "x" * 43, "decision": "allow"})

    assert forged.status_code == 403
    assert pending(device, codes) == "authorization_pending"


def test_an_expired_code_leads_to_typing_a_new_one(device: Device, browser: FormBrowser) -> None:
    codes, clock = device.codes(), device.provider.clock
    address = type_code(browser, codes["user_code"]).headers["Location"]
    clock.ahead = timedelta(minutes=11)
    try:
        late, again = browser.get(address), type_code(browser, codes["user_code"])
    finally:
        clock.ahead = timedelta()

    assert (late.status_code, again.status_code) == (400, 400)
    assert 'href="/device"' in late.text
    assert "No device waits under this code." in again.text


def test_an_authorization_request_is_no_device(provider: Running, browser: FormBrowser) -> None:
    rp = RelyingParty(provider, provider.client(first_party=False))
    asked = rp.authorize(browser.http).headers["Location"]

    answer = browser.get(f"/device/confirm?request={request_in(asked)}")

    assert answer.status_code == 400


def test_a_device_is_no_authorization_request(device: Device, browser: FormBrowser) -> None:
    request = request_in(type_code(browser, device.codes()["user_code"]).headers["Location"])

    for path in (f"/consent?request={request}", f"/select-account?request={request}", f"/authorize/{request}"):
        answer = browser.get(path)
        while answer.headers["Location"].startswith("/authorize/"):
            answer = browser.get(answer.headers["Location"])
        assert answer.headers["Location"] == f"/device/confirm?request={request}"


def test_guessing_codes_is_stopped_for_the_source_alone(provider: Running, device: Device) -> None:
    guesser, owner = FormBrowser(provider), FormBrowser(provider)
    letters = "BCDFGHJKLMNPQRSTVWXZ"
    answers = [type_code(guesser, f"ZZZZ-ZZZ{letter}") for letter in letters]
    right = device.codes()["user_code"]

    stopped = type_code(guesser, right)

    assert {answer.status_code for answer in answers} == {400}
    assert stopped.status_code == 429
    assert int(stopped.headers["Retry-After"]) > 60
    assert type_code(owner, right).status_code == 303


def test_right_codes_are_not_counted(provider: Running, device: Device) -> None:
    browser = FormBrowser(provider)

    answers = [type_code(browser, device.codes()["user_code"]) for _ in range(22)]

    assert {answer.status_code for answer in answers} == {303}


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


def test_the_pages_speak_german(device: Device, browser: FormBrowser) -> None:
    browser.http.headers["Accept-Language"] = "de"

    assert "Gerät verbinden" in browser.get("/device").text
    assert "Living Room TV mit Ihrem Konto verbinden?" in question(browser, device.codes()["user_code"]).text
