"""The page on which a device's code is typed (RFC 8628 section 3.3)."""

import re
from datetime import timedelta

import pytest

from tests.flows.device import Device, pending, question, request_in, type_code
from tests.flows.people import FormBrowser, fields_of
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running


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


def test_the_pages_speak_german(device: Device, browser: FormBrowser) -> None:
    browser.http.headers["Accept-Language"] = "de"

    assert "Gerät verbinden" in browser.get("/device").text
    assert "Living Room TV mit Ihrem Konto verbinden?" in question(browser, device.codes()["user_code"]).text
