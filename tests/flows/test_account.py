"""The person's own page over HTTP."""

from idp.store import consents
from tests.flows.people import FormBrowser, fields_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Running


def test_the_page_shows_who_is_signed_in_and_where(provider: Running) -> None:
    person, browser = somebody(provider, name="Ann <b>Lee"), FormBrowser(provider)
    browser.http.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0"
    browser.log_in(person)

    page = browser.get("/account").text

    assert person.email in page
    assert "Ann &lt;b&gt;Lee" in page
    assert "Firefox on Linux" in page


def test_one_device_is_signed_out_from_another(provider: Running) -> None:
    person, here, there = somebody(provider), FormBrowser(provider), FormBrowser(provider)
    here.log_in(person)
    there.log_in(person)
    page = here.get("/account")

    done = here.send(page, "/account/devices/end")

    assert done.headers["Location"] == "/account?done=device"
    assert there.get("/account").headers["Location"] == "/login"
    assert here.get("/account").status_code == 200


def test_all_other_devices_are_signed_out(provider: Running) -> None:
    person, here, *others = somebody(provider), *(FormBrowser(provider) for _ in range(3))
    for browser in (here, *others):
        browser.log_in(person)

    here.send(here.get("/account"), "/account/devices/end-others")

    assert here.get("/account").status_code == 200
    assert [other.get("/account").status_code for other in others] == [303, 303]


def test_nobody_ends_the_session_of_another_person(provider: Running) -> None:
    ann, bob, of_ann, of_bob, more = (
        somebody(provider),
        somebody(provider),
        FormBrowser(provider),
        FormBrowser(provider),
        FormBrowser(provider),
    )
    for browser, person in ((of_ann, ann), (more, ann), (of_bob, bob)):
        browser.log_in(person)
    with provider.database.autocommit() as db:
        session = db.exec_driver_sql(f"SELECT id FROM sessions WHERE account_id = '{bob.id}'").scalar()  # noqa: S608

    of_ann.send(of_ann.get("/account"), "/account/devices/end", device=str(session))

    assert of_bob.get("/account").status_code == 200


def test_removing_an_app_takes_its_consent_and_its_tokens(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    browser.log_in(person)
    rp = RelyingParty(provider, provider.client(client_name="Acme Photos"))
    with provider.database.transaction() as db:
        consents.grant(db, person.id, rp.client.client_id, ("openid", "email", "profile"), now=provider.clock())
    access_token = rp.redeem(rp.code(browser.http)).json()["access_token"]
    page = browser.get("/account")
    assert "Acme Photos" in page.text

    browser.send(page, "/account/apps/remove")

    assert rp.userinfo(access_token).status_code == 401
    assert "Acme Photos" not in browser.get("/account").text


def test_signing_out_ends_the_session_and_takes_the_cookie(provider: Running) -> None:
    person, browser = somebody(provider), FormBrowser(provider)
    browser.log_in(person)
    secret = browser.http.cookies["op_sid"]

    browser.send(browser.get("/account"), "/account/sign-out")

    assert "op_sid" not in browser.http.cookies
    stolen = FormBrowser(provider)
    stolen.http.cookies.set("op_sid", secret, domain="127.0.0.1", path="/")
    assert stolen.get("/account").headers["Location"] == "/login"


def test_the_buttons_do_nothing_without_a_session_or_a_form_token(provider: Running) -> None:
    person, browser, stranger = somebody(provider), FormBrowser(provider), FormBrowser(provider)
    browser.log_in(person)
    page = browser.get("/account")
    fields = fields_of(page, "/account/sign-out")
    stranger.get("/login")

    for action in ("/account/devices/end", "/account/devices/end-others", "/account/apps/remove", "/account/sign-out"):
        assert stranger.post(action, fields).status_code == 403
        assert browser.post(action, {}).status_code == 403
    assert browser.get("/account").status_code == 200


def test_the_account_page_asks_who_is_there(provider: Running) -> None:
    assert FormBrowser(provider).get("/account").headers["Location"] == "/login"
