"""The handshake: one answer, once, in the browser that asked, from the provider that was asked."""

import threading
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from tests.federation.world import Traveller, World, query_of, reason_of
from tests.flows.people import FormBrowser, fields_of, somebody
from tests.flows.relying_party import RelyingParty


def test_an_answer_is_of_use_once(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    traveller.become("google", alice.key)
    again = Traveller(world)
    callback = again.pick(again.leave("google"), alice.key)
    assert again.browser.get(callback).headers["Location"] == "/account"
    first = again.browser.http.cookies.get("op_sid")

    repeated = again.browser.get(callback)

    # A reload goes on to where the first one went, and opens nothing by itself.
    assert repeated.headers["Location"] == "/account"
    assert again.browser.http.cookies.get("op_sid") == first
    assert world.google.requests.count("token") == len([one for one in world.google.grants.values() if one.used])


def test_sixteen_answers_at_once_are_one(world: World) -> None:
    alice = world.meet("google", "alice")
    Traveller(world).become("google", alice.key)
    traveller = Traveller(world)
    callback = traveller.pick(traveller.leave("google"), alice.key)
    cookies = traveller.browser.http.cookies.get_dict()
    before = world.google.requests.count("token")
    gate, answers = threading.Barrier(16), []

    def race() -> None:
        gate.wait()
        answers.append(requests.get(callback, cookies=cookies, allow_redirects=False, timeout=30))

    racers = [threading.Thread(target=race) for _ in range(16)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert [answer.status_code for answer in answers] == [303] * 16
    assert sum("op_sid" in answer.cookies for answer in answers) == 1
    assert world.google.requests.count("token") == before + 1


def test_many_arrivals_at_once_make_one_account(world: World) -> None:
    alice = world.meet("google", "alice")
    travellers = [Traveller(world) for _ in range(8)]
    pages = [one.browser.get(one.go("google", alice.key).headers["Location"]) for one in travellers]
    gate, answers = threading.Barrier(8), []

    def race(traveller: Traveller, page: requests.Response) -> None:
        fields = fields_of(page, "/welcome")
        gate.wait()
        answers.append(traveller.browser.post("/welcome", fields).status_code)

    racers = [
        threading.Thread(target=race, args=(traveller, page)) for traveller, page in zip(travellers, pages, strict=True)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert sorted(answers) == [303, *[409] * 7]
    account = world.account(alice.email or "")
    assert account is not None
    assert world.identities(account.id) == [f"google:{alice.subject}"]


def test_an_answer_in_another_browser_opens_nothing(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    Traveller(world).become("google", alice.key)
    callback = traveller.pick(traveller.leave("google"), alice.key)
    victim = Traveller(world)
    victim.browser.get("/login")

    answer = victim.browser.get(callback)

    assert answer.status_code == 400
    assert "not open here" in answer.text
    assert victim.who() is None
    # It is not used up by that: the browser that asked goes on.
    assert traveller.browser.get(callback).headers["Location"] == "/account"


def test_an_answer_at_the_address_of_another_provider_is_refused(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    Traveller(world).become("google", alice.key)
    callback = traveller.pick(traveller.leave("google"), alice.key)
    before = world.x.requests.count("token")

    mixed_up = traveller.browser.get(callback.replace("/social/google/", "/social/x/"))

    assert reason_of(mixed_up) == "upstream_untrusted"
    assert traveller.who() is None
    assert world.x.requests.count("token") == before


def test_each_provider_has_an_address_of_its_own(traveller: Traveller) -> None:
    addresses = {query_of(traveller.leave(name))["redirect_uri"] for name in ("google", "facebook", "x")}

    assert {urlsplit(address).path for address in addresses} == {
        "/social/google/callback",
        "/social/facebook/callback",
        "/social/x/callback",
    }


def test_an_answer_that_comes_too_late_leaves_the_other_ways_open(world: World, traveller: Traveller) -> None:
    party = RelyingParty(world.provider, world.provider.client())
    request = query_of(party.authorize(traveller.browser.http).headers["Location"])["request"]
    address = traveller.leave("google", traveller.browser.get(f"/login?request={request}"))
    callback = traveller.pick(address, "alice")
    world.provider.clock.ahead = world.provider.settings.lifetimes.authorization_request + timedelta(seconds=1)

    back = traveller.browser.get(callback)

    assert reason_of(back) == "upstream_expired"
    assert query_of(back.headers["Location"])["request"] == request


@pytest.mark.parametrize("state", ["", "x", "x" * 5000, "%00", "é"])
def test_a_state_that_nobody_gave_opens_nothing(traveller: Traveller, state: str) -> None:
    answer = traveller.browser.get(f"/social/google/callback?code=x&state={state}")

    assert answer.status_code == 400
    assert "not open here" in answer.text or "could not read" in answer.text


@pytest.mark.parametrize("twice", ["state", "code", "iss", "error"])
def test_nothing_in_an_answer_comes_twice(traveller: Traveller, twice: str) -> None:
    callback = traveller.pick(traveller.leave("google"), "alice")

    answer = traveller.browser.get(f"{callback}&{twice}=x&{twice}=y")

    assert answer.status_code == 400


def test_what_a_provider_says_of_an_error_is_never_shown(traveller: Traveller) -> None:
    state = query_of(traveller.leave("google"))["state"]
    hostile = "%3Cscript%3Ealert(1)%3C/script%3E"

    back = traveller.browser.get(
        f"/social/google/callback?state={state}&error=access_denied&error_description={hostile}&error_uri={hostile}"
    )

    assert reason_of(back) == "upstream_cancelled"
    assert "alert(1)" not in traveller.browser.get(back.headers["Location"]).text


def test_the_button_needs_a_page_of_ours(world: World) -> None:
    bare = FormBrowser(world.provider)

    assert bare.post("/social/google", {}).status_code == 403
    assert bare.get("/social/google").status_code == 405
    assert bare.get("/social/nobody").status_code in {404, 405}
    assert bare.get("/social/google?request=somebody-elses").status_code == 400


def test_a_reload_while_the_person_is_asked_shows_the_question_again(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    callback = traveller.pick(traveller.leave("google"), alice.key)
    first = traveller.browser.get(callback).headers["Location"]

    assert traveller.browser.get(callback).headers["Location"] == first


@pytest.mark.parametrize("path", ["/welcome", "/welcome/code", "/welcome/link"])
def test_the_question_belongs_to_the_browser_that_came_with_it(world: World, traveller: Traveller, path: str) -> None:
    question = traveller.go("google", world.meet("google", "alice").key).headers["Location"]
    handshake = query_of(question)["handshake"]
    stranger = FormBrowser(world.provider)
    stranger.get("/login")

    assert stranger.get(f"{path}?handshake={handshake}").status_code == 400
    assert stranger.get(path).status_code == 400


def test_a_question_is_answered_once(world: World, traveller: Traveller) -> None:
    page = traveller.browser.get(traveller.go("google", world.meet("google", "alice").key).headers["Location"])

    assert traveller.browser.send(page, "/welcome").status_code == 303
    assert traveller.browser.send(page, "/welcome").status_code == 400


def test_an_answer_that_is_posted_finds_its_browser(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    Traveller(world).become("google", alice.key)
    callback = traveller.pick(traveller.leave("google"), alice.key)

    # What a form of another site is sent with: no cookie of ours (SameSite=Lax).
    posted = requests.post(callback.partition("?")[0], data=query_of(callback), allow_redirects=False, timeout=20)
    again = traveller.browser.get(posted.headers["Location"])

    assert posted.status_code == 303
    assert urlsplit(posted.headers["Location"]).path == "/social/google/callback"
    assert again.headers["Location"] == "/account"
    assert traveller.who() == alice.email


def test_no_connection_is_held_while_a_provider_is_asked(world: World) -> None:
    # More journeys than connections, all of them waiting at the same time.
    person = somebody(world.provider)
    world.google.slow_for = 2
    alice = world.meet("google", "alice")
    travellers = [Traveller(world) for _ in range(12)]
    callbacks = [one.pick(one.leave("google"), alice.key, "slow") for one in travellers]
    waiting = [
        threading.Thread(target=one.browser.get, args=(callback,))
        for one, callback in zip(travellers, callbacks, strict=True)
    ]
    began = world.provider.clock()
    for one in waiting:
        one.start()

    other = FormBrowser(world.provider)
    assert other.log_in(person).status_code == 303
    spent = world.provider.clock() - began
    for one in waiting:
        one.join()
    world.google.slow_for = 1

    assert spent < timedelta(seconds=2)
