"""Journeys to other providers that nobody finishes: as many as a source may begin, and none that stays for ever."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select

from idp.store.handshakes import handshakes
from idp.store.sweep import sweep
from tests.conftest import DATABASES, fresh_database
from tests.federation.world import Traveller, World, query_of
from tests.federation.world import world as start
from tests.flows.people import fields_of, somebody
from tests.flows.relying_party import RelyingParty

ALLOWED = 5
AMPLE = 100_000


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    throttle = {"source_handshakes": ALLOWED, "source_sign_ups": AMPLE, "source_mails": AMPLE}
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with start(url, throttle=throttle) as started:
            yield started


def begin(traveller: Traveller, connector: str = "google", page: str = "/login") -> requests.Response:
    return traveller.browser.send(traveller.browser.get(page), f"/social/{connector}")


def rows(world: World) -> int:
    with world.provider.database.autocommit() as db:
        return int(db.execute(select(func.count()).select_from(handshakes)).scalar_one())


def exhausted(world: World) -> Traveller:
    """A browser at a source that has begun as many as it may."""
    traveller = Traveller(world)
    for connector in ("google", "x", "facebook", "google", "x"):
        assert begin(traveller, connector).status_code == 303
    return traveller


def test_who_never_comes_back_is_asked_to_wait_and_makes_no_more_rows(world: World) -> None:
    traveller = exhausted(world)
    before = rows(world)

    refused = [begin(traveller, connector) for connector in ("google", "facebook", "x")]

    assert {answer.status_code for answer in refused} == {429}
    assert 0 < int(refused[0].headers["Retry-After"]) <= 600
    assert "Too many sign-ins with other providers" in refused[0].text
    assert rows(world) == before
    assert world.events(event="sign_in_refused", because="throttled", connector="facebook")


def test_it_is_said_in_german_too(world: World) -> None:
    traveller = exhausted(world)
    traveller.browser.http.headers["Accept-Language"] = "de"

    assert "zu viele Anmeldungen bei anderen Anbietern" in begin(traveller).text


def test_the_request_of_a_relying_party_waits_for_another_way(world: World) -> None:
    person, traveller = somebody(world.provider), exhausted(world)
    party = RelyingParty(world.provider, world.provider.client())
    query = query_of(party.authorize(traveller.browser.http, idp_hint="google").headers["Location"])
    sent_on = traveller.browser.get(f"/login?request={query['request']}").headers["Location"]

    refused = traveller.browser.get(sent_on)

    assert refused.status_code == 429
    link = re.search(r'href="(/login\?[^"]+)"', refused.text)
    assert link, refused.text
    page = traveller.browser.get(link[1].replace("&amp;", "&"))
    done = traveller.browser.send(page, "/login", username=person.email, password=person.password)
    assert "code=" in traveller.browser.get(done.headers["Location"]).headers["Location"]


def test_linking_counts_as_well(world: World) -> None:
    person, traveller = somebody(world.provider), exhausted(world)
    traveller.sign_in(person)
    page = traveller.browser.get("/account/sign-in-methods")

    refused = traveller.browser.send(page, "/social/x/link")

    assert refused.status_code == 429
    assert 'href="/account/sign-in-methods"' in refused.text
    assert world.events(event="identity_link_refused", because="throttled", account_id=person.id)


def test_who_comes_back_goes_as_often_as_they_like(world: World) -> None:
    alice, traveller = world.meet("google", "alice"), Traveller(world)
    traveller.become("google", alice.key)

    for _ in range(2 * ALLOWED):
        page = traveller.browser.get("/login?reason=other_person")
        assert traveller.go("google", alice.key, page=page).headers["Location"] == "/account"


def test_who_comes_back_with_nothing_has_not_come_back(world: World) -> None:
    # Anybody can send a browser to the callback with an error, and needs no provider for it.
    traveller = Traveller(world)

    for _ in range(ALLOWED):
        state = query_of(traveller.leave("google", traveller.browser.get("/login")))["state"]
        traveller.browser.get(f"/social/google/callback?state={state}&error=access_denied")

    assert begin(traveller).status_code == 429


def test_another_source_is_not_kept_from_it(world: World) -> None:
    exhausted(world)

    assert begin(Traveller(world)).status_code == 303


def test_sixteen_at_once_are_no_more_than_may_begin(world: World) -> None:
    traveller = Traveller(world)
    fields = fields_of(traveller.browser.get("/login"), "/social/google")
    gate, statuses = threading.Barrier(16), []

    def race() -> None:
        gate.wait()
        statuses.append(traveller.browser.post("/social/google", fields).status_code)

    racers = [threading.Thread(target=race) for _ in range(16)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert sorted(statuses) == [303] * ALLOWED + [429] * (16 - ALLOWED)


def test_after_the_window_it_goes_on(world: World) -> None:
    traveller = exhausted(world)
    assert begin(traveller).status_code == 429
    world.provider.clock.ahead = world.provider.settings.throttle.source_window + timedelta(seconds=1)

    try:
        assert begin(traveller).status_code == 303
    finally:
        world.provider.clock.ahead = timedelta()


def test_what_nobody_finished_is_swept_when_nobody_can_finish_it(world: World) -> None:
    exhausted(world)
    alice = world.meet("google", "alice")
    callback = (waiting := Traveller(world)).pick(waiting.leave("google"), alice.key)
    life, day = world.provider.settings.lifetimes.authorization_request, timedelta(days=1)
    now = world.provider.clock()

    assert sweep(world.provider.database, now=now + life)["handshakes"] == 0
    assert waiting.browser.get(callback).status_code == 303
    assert sweep(world.provider.database, now=now + life + life + day + timedelta(minutes=1))["handshakes"] >= ALLOWED
    assert rows(world) == 0
