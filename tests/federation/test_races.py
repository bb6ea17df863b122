"""Two who come at the same moment: each is answered, and no more is opened than one after the other would open."""

import re
import threading
from collections.abc import Callable

import requests

from idp.store import accounts, upstream_identities
from tests.federation.world import Traveller, World
from tests.flows.people import code_in_mail, fields_of, new_address, somebody

WIDTH = 8


def all_at_once(*doing: Callable[[], requests.Response]) -> list[requests.Response]:
    gate, answers = threading.Barrier(len(doing)), list[requests.Response]()

    def race(do: Callable[[], requests.Response]) -> None:
        gate.wait()
        answers.append(do())

    racers = [threading.Thread(target=race, args=(do,)) for do in doing]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    return answers


def test_one_identity_that_proves_many_addresses_at_once_makes_one_account(world: World) -> None:
    xaver, addresses = world.meet("x", "xaver"), [new_address() for _ in range(WIDTH)]
    proving = []
    for address in addresses:
        traveller = Traveller(world)
        page = traveller.browser.get(traveller.go("x", xaver.key).headers["Location"])
        sent = traveller.browser.send(page, "/welcome", email=address, name="Xaver")
        fields = fields_of(traveller.browser.get(sent.headers["Location"]), "/welcome/code")
        proving.append((traveller, {**fields, "code": code_in_mail(world.provider, address)}))

    def prove(traveller: Traveller, fields: dict[str, str]) -> Callable[[], requests.Response]:
        return lambda: traveller.browser.post("/welcome/code", fields)

    answers = all_at_once(*(prove(*one) for one in proving))

    # Whoever comes after the account was made finds the question gone, or somebody else's answer to it.
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 303
    assert set(statuses[1:]) == {409}
    assert sum(world.account(address) is not None for address in addresses) == 1


def test_many_people_who_want_the_same_identity_at_once_are_one(world: World) -> None:
    xaver, linking = world.meet("x", "xaver"), []
    for _ in range(WIDTH):
        traveller = Traveller(world)
        traveller.sign_in(somebody(world.provider))
        page = traveller.browser.get("/account/sign-in-methods")
        address = traveller.browser.send(page, "/social/x/link").headers["Location"]
        linking.append((traveller, traveller.pick(address, xaver.key)))

    def link(traveller: Traveller, callback: str) -> Callable[[], requests.Response]:
        return lambda: traveller.browser.get(callback)

    answers = all_at_once(*(link(*one) for one in linking))

    outcomes = sorted(answer.headers["Location"].rpartition("=")[2] for answer in answers)
    assert outcomes == ["linked", *["taken"] * (WIDTH - 1)]


def test_of_the_last_two_ways_to_sign_in_one_stays(world: World) -> None:
    traveller, alice, xaver = Traveller(world), world.meet("google", "alice"), world.meet("x", "xaver")
    account = traveller.become("google", alice.key)
    traveller.link("x", xaver.key)
    page, action = traveller.browser.get("/account/sign-in-methods"), "/account/sign-in-methods/unlink"
    ways = re.findall(r'name="identity" value="([^"]+)"', page.text)
    assert len(ways) == 2

    def remove(way: str) -> Callable[[], requests.Response]:
        return lambda: traveller.browser.post(action, {**fields_of(page, action), "identity": way})

    answers = all_at_once(*(remove(way) for way in ways * (WIDTH // 2)))

    assert [answer.headers["Location"].rpartition("=")[2] for answer in answers].count("unlinked") == 1
    assert len(world.identities(account.id)) == 1


def test_nobody_comes_in_by_a_way_that_is_being_removed(world: World) -> None:
    person, xaver, owner, thief = somebody(world.provider), world.meet("x", "xaver"), Traveller(world), Traveller(world)
    owner.sign_in(person)
    owner.link("x", xaver.key)
    callback = thief.pick(thief.leave("x"), xaver.key)
    answers: list[requests.Response] = []
    arriving = threading.Thread(target=lambda: answers.append(thief.browser.get(callback)))

    # As the page for it does: the account is taken, then the identity goes.
    with world.provider.database.transaction() as db:
        accounts.find_to_change(db, person.id)
        arriving.start()
        arriving.join(1.0)
        assert not answers
        upstream_identities.unlink(db, person.id, world.x.origin, xaver.subject)
    arriving.join()

    assert answers[0].headers["Location"].startswith("/welcome?")
    assert thief.who() is None
