"""What somebody tries who wants into another person's account: each of these ways ends outside of it."""

import threading
from collections.abc import Callable

import requests

from idp.store import accounts
from idp.store.database import Connection
from tests.federation.world import Traveller, World
from tests.flows.people import FormBrowser, mails, new_address, path_of, somebody
from tests.running import Person

PATIENCE = 30


def link_of(world: World, connector: str, person: Person, persona: str) -> None:
    """Link an identity to an account, in a browser of their own."""
    browser = Traveller(world)
    browser.sign_in(person)
    assert browser.link(connector, persona).headers["Location"].endswith("=linked")


def while_taken(
    world: World, account_id: str, change: Callable[[Connection], object], ask: Callable[[], object]
) -> None:
    """Ask while an account is taken by somebody else, who changes it before they let go."""
    asking = threading.Thread(target=ask)
    with world.provider.database.transaction() as db:
        accounts.find_to_change(db, account_id)
        asking.start()
        # Long enough to come to where it waits; if it does not, less is shown, and nothing fails.
        asking.join(1.0)
        change(db)
    asking.join(PATIENCE)
    assert not asking.is_alive()


def test_nobody_who_prepared_an_account_comes_back_by_a_provider_once_its_owner_has_proven_it(world: World) -> None:
    prepared = world.provider.person_called(new_address(), proven=False)
    mallory, owner = world.meet("x", "xaver"), FormBrowser(world.provider)
    link_of(world, "x", prepared, mallory.key)
    owner.send(owner.get("/forgot-password"), "/forgot-password", email=prepared.email)
    link = path_of(mails(world.provider, prepared.email, "reset_password")[0]["link"])

    owner.send(owner.get(link), "/reset-password", password="seventeen green herons")

    assert world.identities(prepared.id) == []
    assert world.events(event="identity_unlinked", account_id=prepared.id, connector="x")
    (told,) = mails(world.provider, prepared.email, "password_changed")
    assert "ways" not in told
    thief = Traveller(world)
    assert thief.go("x", mallory.key).headers["Location"].startswith("/welcome?")
    assert thief.who() is None


def test_a_reset_leaves_the_ways_in_of_an_account_that_was_proven(world: World) -> None:
    person, xaver, owner = somebody(world.provider), world.meet("x", "xaver"), FormBrowser(world.provider)
    link_of(world, "x", person, xaver.key)
    owner.send(owner.get("/forgot-password"), "/forgot-password", email=person.email)
    link = path_of(mails(world.provider, person.email, "reset_password")[0]["link"])

    owner.send(owner.get(link), "/reset-password", password="seventeen green herons")

    assert world.identities(person.id) == [f"x:{xaver.subject}"]


def test_a_reset_that_waits_is_dead_once_somebody_else_has_the_address(world: World, traveller: Traveller) -> None:
    alice, owner = world.meet("google", "alice"), FormBrowser(world.provider)
    prepared = world.provider.person_called(alice.email or "", proven=False)
    owner.send(owner.get("/forgot-password"), "/forgot-password", email=prepared.email)
    link = path_of(mails(world.provider, prepared.email, "reset_password")[0]["link"])
    page = owner.get(link)
    account = traveller.become("google", alice.key)

    answer = owner.send(page, "/reset-password", password="seventeen green herons")

    assert answer.status_code in {400, 404, 410}
    holder = world.account(prepared.email)
    assert holder is not None
    assert holder.id == account.id
    assert FormBrowser(world.provider).log_in(prepared, password="seventeen green herons").status_code == 400


def test_whose_prepared_account_is_superseded_can_still_come_by_their_own_provider(world: World) -> None:
    alice, xaver = world.meet("google", "alice"), world.meet("x", "xaver")
    prepared = world.provider.person_called(alice.email or "", proven=False)
    link_of(world, "x", prepared, xaver.key)
    Traveller(world).become("google", alice.key)

    traveller = Traveller(world)
    answer = traveller.go("x", xaver.key)

    assert answer.headers["Location"].startswith("/welcome?")
    assert world.identities(prepared.id) == []


def test_an_account_that_is_disabled_on_the_way_stays_closed(world: World) -> None:
    alice = world.meet("google", "alice")
    account = Traveller(world).become("google", alice.key)
    traveller = Traveller(world)
    callback = traveller.pick(traveller.leave("google"), alice.key)
    with world.provider.database.transaction() as db:
        accounts.set_disabled(db, account.id, world.provider.clock(), now=world.provider.clock())

    assert traveller.browser.get(callback).status_code == 403
    assert traveller.browser.get(callback).headers["Location"] != "/welcome"
    assert traveller.who() is None


def test_an_account_that_is_disabled_while_its_owner_is_asked_gets_no_link(world: World, traveller: Traveller) -> None:
    person, xaver = somebody(world.provider), world.meet("x", "xaver")
    page = traveller.browser.get(traveller.go("x", xaver.key).headers["Location"])
    prove = page.text.partition('id="prove-link" href="')[2].partition('"')[0].replace("&amp;", "&")
    login = traveller.browser.get(prove)
    onward = traveller.browser.send(login, "/login", username=person.email, password=person.password)
    question = traveller.browser.get(onward.headers["Location"])
    answers: list[requests.Response] = []

    def disable(db: Connection) -> None:
        accounts.set_disabled(db, person.id, world.provider.clock(), now=world.provider.clock())

    def press() -> None:
        answers.append(traveller.browser.send(question, "/welcome/link", decision="link"))

    while_taken(world, person.id, disable, press)

    assert answers[0].status_code in {303, 409}
    assert world.identities(person.id) == []


def test_an_account_that_is_disabled_while_a_link_comes_back_gets_none(world: World, traveller: Traveller) -> None:
    person, xaver = somebody(world.provider), world.meet("x", "xaver")
    traveller.sign_in(person)
    page = traveller.browser.get("/account/sign-in-methods")
    callback = traveller.pick(traveller.browser.send(page, "/social/x/link").headers["Location"], xaver.key)
    answers: list[requests.Response] = []

    def disable(db: Connection) -> None:
        accounts.set_disabled(db, person.id, world.provider.clock(), now=world.provider.clock())

    while_taken(world, person.id, disable, lambda: answers.append(traveller.browser.get(callback)))

    assert answers[0].headers["Location"] == "/account/sign-in-methods?failed=refused"
    assert world.identities(person.id) == []


def test_who_arrives_while_an_account_loses_their_address_gets_their_own(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    prepared = world.provider.person_called(alice.email or "", proven=False)
    callback = traveller.pick(traveller.leave("google"), alice.key)
    answers: list[requests.Response] = []

    def supersede(db: Connection) -> None:
        assert accounts.supersede(db, prepared.id, now=world.provider.clock())

    while_taken(world, prepared.id, supersede, lambda: answers.append(traveller.browser.get(callback)))

    assert answers[0].headers["Location"].startswith("/welcome?")
    page = traveller.browser.get(answers[0].headers["Location"])
    assert traveller.browser.send(page, "/welcome").status_code == 303
    assert traveller.who() == alice.email


def test_two_people_who_want_each_others_identity_are_both_answered(world: World) -> None:
    for _ in range(5):
        people = [somebody(world.provider) for _ in range(2)]
        personas = [world.meet("x", "xaver") for _ in range(2)]
        callbacks, browsers = [], []
        for person, own, other in zip(people, personas, reversed(personas), strict=True):
            traveller = Traveller(world)
            traveller.sign_in(person)
            traveller.link("x", own.key)
            page = traveller.browser.get("/account/sign-in-methods")
            address = traveller.browser.send(page, "/social/x/link").headers["Location"]
            callbacks.append(traveller.pick(address, other.key))
            browsers.append(traveller.browser)
        gate, answers = threading.Barrier(2), list[str]()

        def race(browser: FormBrowser, callback: str, gate: threading.Barrier, answers: list[str]) -> None:
            gate.wait()
            answers.append(browser.get(callback).headers.get("Location", "none"))

        racers = [
            threading.Thread(target=race, args=(browser, callback, gate, answers))
            for browser, callback in zip(browsers, callbacks, strict=True)
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()

        assert answers == ["/account/sign-in-methods?done=taken"] * 2
        assert [world.identities(person.id) for person in people] == [[f"x:{one.subject}"] for one in personas]
