"""Who sets a new password learns which other providers still open the account: on the page, and by mail."""

from datetime import timedelta

import requests

from idp.delivery.outbox import Delivery
from tests.delivery.conftest import templates
from tests.federation.world import Traveller, World
from tests.flows.people import FormBrowser, mails, path_of, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import PASSWORD, Person

NEW = "seventeen green herons"


def with_providers(world: World, traveller: Traveller, *connectors: tuple[str, str]) -> Person:
    """Somebody with a password who has linked these."""
    person = somebody(world.provider)
    traveller.sign_in(person)
    for connector, persona in connectors:
        traveller.link(connector, world.meet(connector, persona).key)
    return person


def ask(browser: FormBrowser, person: Person, path: str = "/forgot-password") -> str:
    """Have a link mailed; gives its path."""
    browser.send(browser.get(path), "/forgot-password", email=person.email)
    return path_of(mails(browser.provider, person.email, "reset_password")[0]["link"])


def reset(browser: FormBrowser, person: Person) -> requests.Response:
    return browser.send(browser.get(ask(browser, person)), "/reset-password", password=NEW)


def test_after_a_reset_a_page_names_the_providers_that_still_open_the_account(
    world: World, traveller: Traveller
) -> None:
    person = with_providers(world, traveller, ("google", "nora"), ("x", "xena"))
    browser = FormBrowser(world.provider)

    done = reset(browser, person)
    page, again = (browser.get(done.headers["Location"]) for _ in range(2))

    assert done.headers["Location"].startswith("/reset-password/done?")
    assert (page.status_code, again.status_code) == (200, 200)
    assert "Your password has been changed" in page.text
    assert '<strong class="breakable">Google</strong>' in page.text
    assert '<strong class="breakable">X</strong>' in page.text
    assert "Facebook" not in page.text
    assert 'href="/account/sign-in-methods"' in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert len(world.identities(person.id)) == 2


def test_the_page_is_in_german_for_who_reads_german(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller, ("google", "nora"))
    browser = FormBrowser(world.provider)
    browser.http.headers["Accept-Language"] = "de"

    page = browser.get(reset(browser, person).headers["Location"])

    assert "öffnen Ihr Konto weiterhin" in page.text


def test_from_the_page_the_way_goes_on_to_the_relying_party(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller, ("google", "nora"))
    browser = FormBrowser(world.provider)
    rp = RelyingParty(world.provider, world.provider.client())
    request = rp.authorize(browser.http).headers["Location"].removeprefix("/login")
    link = ask(browser, person, f"/forgot-password{request}")

    done = browser.send(browser.get(link), "/reset-password", password=NEW)
    onward = browser.get(done.headers["Location"]).text.partition('id="sign-in" class="button primary" href="')[2]
    login = browser.get(onward.partition('"')[0].replace("&amp;", "&"))
    back = browser.send(login, "/login", username=person.email, password=NEW)

    assert "code" in answer_in(browser.get(back.headers["Location"]))


def test_the_link_to_the_methods_asks_for_the_new_password_and_leads_there(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller, ("google", "nora"))
    browser = FormBrowser(world.provider)
    reset(browser, person)

    login = browser.get(browser.get("/account/sign-in-methods").headers["Location"])
    there = browser.send(login, "/login", username=person.email, password=NEW)

    assert there.headers["Location"] == "/account/sign-in-methods"
    assert "Google" in browser.get("/account/sign-in-methods").text


def test_who_has_linked_nothing_goes_straight_to_signing_in(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller)

    done = reset(FormBrowser(world.provider), person)

    assert done.headers["Location"] == "/login?reason=password_changed"
    (mail,) = mails(world.provider, person.email, "password_changed")
    assert "ways" not in mail


def test_the_mail_names_the_providers_and_says_where_to_remove_them(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller, ("google", "nora"), ("facebook", "fred"))

    reset(FormBrowser(world.provider), person)

    (mail,) = mails(world.provider, person.email, "password_changed")
    assert mail["ways"] == "Google, Facebook"
    assert mail["ways_link"] == f"{world.provider.issuer}/account/sign-in-methods"
    now = world.provider.clock()
    payload = {"template": "password_changed", "context": mail}
    written = templates().write(Delivery("parcel-1", "mail", person.email, payload, now, now + timedelta(hours=1)))
    for kind in ("plain", "html"):
        body = written.get_body((kind,))
        assert body is not None
        assert "still open your account" in body.get_content()
        assert "Google, Facebook" in body.get_content()


def test_after_a_change_the_account_and_the_mail_name_them_as_well(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller, ("google", "nora"))
    page = traveller.browser.get("/account/password")

    done = traveller.browser.send(page, "/account/password", current_password=PASSWORD, password=NEW)
    told = traveller.browser.get(done.headers["Location"])

    assert 'id="still-open"' in told.text
    assert "Google" in told.text.partition('id="still-open"')[2].partition("</p>")[0]
    assert 'id="still-open"' not in traveller.browser.get("/account").text
    assert mails(world.provider, person.email, "password_changed")[0]["ways"] == "Google"


def test_after_a_change_nothing_is_said_where_nothing_is_linked(world: World, traveller: Traveller) -> None:
    with_providers(world, traveller)
    page = traveller.browser.get("/account/password")

    done = traveller.browser.send(page, "/account/password", current_password=PASSWORD, password=NEW)

    assert 'id="still-open"' not in traveller.browser.get(done.headers["Location"]).text


def test_a_link_that_has_set_no_password_tells_nothing(world: World, traveller: Traveller) -> None:
    person = with_providers(world, traveller, ("google", "nora"))
    browser = FormBrowser(world.provider)
    replaced, unused = (ask(browser, person).partition("token=")[2] for _ in range(2))

    answers = [browser.get(f"/reset-password/done?token={token}") for token in (replaced, unused, "x", "", "%27")]
    answers.append(browser.get("/reset-password/done"))

    assert {answer.headers["Location"] for answer in answers} == {"/login"}


def test_a_link_tells_nothing_any_more_when_time_has_passed_or_the_password_is_another(
    world: World, traveller: Traveller
) -> None:
    person = with_providers(world, traveller, ("google", "nora"))
    browser = FormBrowser(world.provider)
    first = reset(browser, person).headers["Location"]
    second = reset(browser, person).headers["Location"]

    superseded = browser.get(first)
    world.provider.clock.ahead += timedelta(minutes=11)
    late = browser.get(second)

    assert superseded.headers["Location"] == late.headers["Location"] == "/login"
