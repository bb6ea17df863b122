"""Signing up over HTTP, by code and by link."""

import pytest
import requests

from idp.store import accounts
from tests.flows.people import FormBrowser, fields_of, mails, new_address, path_of, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import PASSWORD, Running, running_provider


def sign_up(browser: FormBrowser, email: str, path: str = "/signup", *, password: str = PASSWORD) -> requests.Response:
    """As far as the page that asks for the code."""
    sent = browser.send(browser.get(path), "/signup", email=email, password=password, name="Ann Lee")
    assert sent.status_code == 303, sent.text
    return browser.get(sent.headers["Location"])


def account_of(provider: Running, email: str) -> accounts.Account | None:
    with provider.database.autocommit() as db:
        return accounts.find_by_email(db, email)


def test_the_code_leads_back_to_the_relying_party(provider: Running) -> None:
    browser, email = FormBrowser(provider), new_address()
    rp = RelyingParty(provider, provider.client())
    location = rp.authorize(browser.http, prompt="create").headers["Location"]
    assert location.startswith("/signup?request=")

    page = sign_up(browser, email, location)
    assert account_of(provider, email) is None
    done = browser.send(page, "/verify-email", code=mails(provider, email, "verify_address")[0]["code"])

    tokens = rp.redeem(answer_in(browser.get(done.headers["Location"]))["code"]).json()
    claims = rp.userinfo(tokens["access_token"]).json()
    assert (claims["email"], claims["email_verified"], claims["name"]) == (email, True, "Ann Lee")


def test_the_link_asks_for_a_button_in_the_browser_where_it_began(provider: Running) -> None:
    browser, email = FormBrowser(provider), new_address()
    sign_up(browser, email)
    link = path_of(mails(provider, email, "verify_address")[0]["link"])

    page = browser.get(link)
    assert account_of(provider, email) is None
    assert "password" not in fields_of(page, "/signup/link")
    done = browser.send(page, "/signup/link")

    assert done.headers["Location"] == "/account"
    assert email in browser.get("/account").text
    assert browser.send(page, "/signup/link").status_code == 400


def test_another_browser_has_to_show_the_password_too(provider: Running) -> None:
    browser, other, email = FormBrowser(provider), FormBrowser(provider), new_address()
    sign_up(browser, email)
    link = path_of(mails(provider, email, "verify_address")[0]["link"])
    page = other.get(link)

    without = other.send(page, "/signup/link")
    wrong = other.send(page, "/signup/link", password="not what was chosen")
    assert (without.status_code, wrong.status_code) == (400, 400)
    assert account_of(provider, email) is None
    right = other.send(page, "/signup/link", password=PASSWORD)

    assert right.status_code == 303
    assert account_of(provider, email) is not None
    assert browser.get("/account").headers["Location"] == "/login"


def test_a_known_address_sees_the_same_pages_and_gets_another_mail(provider: Running) -> None:
    person, browser, other, fresh = somebody(provider), FormBrowser(provider), FormBrowser(provider), new_address()

    known, unknown = sign_up(browser, person.email), sign_up(other, fresh)

    def seen(page: requests.Response, email: str) -> str:
        fields = fields_of(page, "/verify-email")
        text = page.text.replace(email, "EMAIL").replace(page.headers["X-Request-Id"], "REFERENCE")
        for hidden in (*fields.values(), *fields_of(page, "/verify-email/resend").values()):
            text = text.replace(hidden, "") if hidden else text
        return text

    assert seen(known, person.email) == seen(unknown, fresh)
    assert [bool(mails(provider, person.email, name)) for name in ("address_already_known", "verify_address")] == [
        True,
        False,
    ]
    assert browser.send(known, "/verify-email", code="123456").status_code == 400


def test_a_wrong_code_is_asked_for_again(provider: Running) -> None:
    browser, email = FormBrowser(provider), new_address()
    page = sign_up(browser, email)
    code = mails(provider, email, "verify_address")[0]["code"]

    wrong = browser.send(page, "/verify-email", code=f"{(int(code) + 1) % 10**6:06d}")
    right = browser.send(wrong, "/verify-email", code=f"{code[:3]} {code[3:]}")

    assert wrong.status_code == 400
    assert right.status_code == 303


def test_a_mail_sent_again_replaces_the_one_before(provider: Running) -> None:
    browser, email = FormBrowser(provider), new_address()
    page = sign_up(browser, email)
    first = mails(provider, email, "verify_address")[0]

    again = browser.get(browser.send(page, "/verify-email/resend").headers["Location"])
    second = mails(provider, email, "verify_address")[0]

    assert browser.get(path_of(first["link"])).status_code == 400
    assert browser.send(again, "/verify-email", code=second["code"]).status_code == 303


def test_the_code_page_belongs_to_its_browser(provider: Running) -> None:
    browser, email = FormBrowser(provider), new_address()
    sent = browser.send(browser.get("/signup"), "/signup", email=email, password=PASSWORD, name="")

    assert FormBrowser(provider).get(sent.headers["Location"]).status_code == 400


def test_problems_stand_next_to_their_fields_and_the_password_is_not_repeated(provider: Running) -> None:
    browser = FormBrowser(provider)

    response = browser.send(browser.get("/signup"), "/signup", email="nonsense", password="too short", name="x" * 200)

    assert response.status_code == 400
    assert fields_of(response, "/signup")["email"] == "nonsense"
    assert "too short" not in response.text
    assert response.text.count('aria-invalid="true"') == 3


def test_the_eleventh_sign_up_from_a_source_waits(provider: Running) -> None:
    browser = FormBrowser(provider)
    page = browser.get("/signup")
    statuses = [
        browser.send(page, "/signup", email=new_address(), password=PASSWORD, name="").status_code for _ in range(11)
    ]

    assert statuses == [303] * 10 + [429]


def test_nobody_signs_up_where_sign_up_is_closed(database_url: str) -> None:
    with running_provider(database_url, sign_up_open=False) as provider:
        browser = FormBrowser(provider)

        assert browser.get("/signup").status_code == 403
        assert "/signup" not in browser.get("/login").text


@pytest.mark.parametrize(
    "path",
    ["/verify-email", "/verify-email?proof=x", "/signup/link", "/signup/link?token=%F0%9F%92%A9", "/signup?request=x"],
)
def test_odd_addresses_are_answered_with_a_page(provider: Running, path: str) -> None:
    response = FormBrowser(provider).get(path)

    assert response.status_code in {200, 400}
    assert "<h1" in response.text
