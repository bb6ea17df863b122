"""The question whether a device may come in: what it says, and who may answer it (RFC 8628 section 5, RFC 10027)."""

import pytest

from idp.store.clients import clients
from tests.flows.device import Device, decide, pending, question, television, type_code
from tests.flows.people import FormBrowser, fields_of, somebody
from tests.running import Person, Running


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
