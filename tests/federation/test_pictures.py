"""The pictures that people have elsewhere: fetched once, later, and never in the way of what the person wants."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import requests

from idp.dev.servers import listen, serve
from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.github import GithubStage
from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import FACEBOOK, GITHUB, GOOGLE, Persona, X
from idp.dev.upstreams.portraits import portrait
from idp.dev.upstreams.stage import App, Stage
from idp.dev.upstreams.x import XStage
from idp.federation.connector import UpstreamIdentity
from idp.settings.connectors import ConnectorSettings
from idp.store import outbox
from tests.federation.direct import direct
from tests.federation.having_pictures import (
    arrive,
    come,
    eventually,
    looks_like,
    now_of,
    orders,
    picture_of,
    pictures_at,
    settled,
    shown,
    silence,
)
from tests.federation.world import Traveller, World
from tests.federation.world import world as start
from tests.flows.people import somebody
from tests.outgoing.servers import answering

PROFILE, REMOVE = "/account/profile", "/account/profile/picture/remove"
WORD = "a-secret-of-the-app"


@pytest.mark.parametrize(("connector", "like"), [("google", "alice"), ("facebook", "fred"), ("x", "xena")])
def test_who_comes_from_elsewhere_soon_has_the_picture_from_there(world: World, connector: str, like: str) -> None:
    traveller, account, key = come(world, connector, like)

    assert looks_like(key, shown(world, account))
    assert f'src="{picture_of(world, account)}"' in traveller.browser.get("/account").text


@pytest.mark.parametrize(("connector", "like"), [("google", "nora"), ("facebook", "fred"), ("x", "xena")])
def test_who_has_none_there_has_none_here(world: World, connector: str, like: str) -> None:
    _, account, _ = come(world, connector, like, has_picture=False)

    assert orders(world, account) == []


@pytest.mark.parametrize(("connector", "like"), [("google", "alice"), ("facebook", "fred"), ("x", "xena")])
def test_what_a_person_has_edited_is_never_overwritten(world: World, connector: str, like: str) -> None:
    traveller, account, key = come(world, connector, like)
    shown(world, account)
    page = traveller.browser.get(PROFILE)
    traveller.browser.send(page, PROFILE, name="Somebody Else", given_name="Some", family_name="Body")
    traveller.browser.send(page, REMOVE)
    edited = now_of(world, account)

    again = Traveller(world)
    assert again.go(connector, key).status_code == 303

    assert again.who() == account.email
    after = now_of(world, account)
    assert (after.profile, after.updated_at) == (edited.profile, edited.updated_at)
    assert (after.profile["name"], "picture" in after.profile) == ("Somebody Else", False)
    assert len(orders(world, account)) == 1


@pytest.fixture
def wider(database_url: str) -> Iterator[World]:
    """A world with two more ways in: GitHub, and an OpenID provider that is known by its issuer alone."""
    with ExitStack() as running:
        sockets = [listen("127.0.0.1", (0,))[0] for _ in range(2)]
        origins = [f"http://127.0.0.1:{one.getsockname()[1]}" for one in sockets]
        more = (
            ConnectorSettings(name="work", kind="oidc", client_id="app", client_secret=WORD, issuer=origins[0]),
            ConnectorSettings(name="github", kind="github", client_id="app", client_secret=WORD, origin=origins[1]),
        )
        started = running.enter_context(start(database_url, more=more))
        back = f"{started.provider.issuer}/social"
        stages: list[Stage] = [
            GoogleStage("Work", origins[0], App("app", WORD, f"{back}/work/callback"), GOOGLE),
            GithubStage("GitHub", origins[1], App("app", WORD, f"{back}/github/callback"), GITHUB),
        ]
        for stage, listening in zip(stages, sockets, strict=True):
            running.callback(serve(stage.application(), listening, name=stage.name).stop)
        yield started


@pytest.mark.parametrize(("connector", "persona"), [("work", GOOGLE[0]), ("github", GITHUB[0])])
def test_nor_by_github_or_any_openid_provider(wider: World, connector: str, persona: Persona) -> None:
    traveller, account = arrive(wider, connector, persona)
    assert looks_like(persona.key, shown(wider, account))
    traveller.browser.send(traveller.browser.get(PROFILE), PROFILE, name="Somebody Else")
    edited = now_of(wider, account)

    again = Traveller(wider)
    assert again.go(connector, persona.key).status_code == 303

    assert again.who() == account.email
    assert now_of(wider, account) == edited
    assert edited.profile["name"] == "Somebody Else"


def test_a_picture_is_fetched_once_and_not_at_the_next_sign_in(world: World) -> None:
    _, account, key = come(world, "google", "alice")
    first = (shown(world, account), picture_of(world, account))[1]

    assert Traveller(world).go("google", key).status_code == 303

    assert [len(orders(world, account)), picture_of(world, account)] == [1, first]


def test_who_links_a_provider_and_has_no_picture_gets_the_one_from_there(world: World) -> None:
    person, alice = somebody(world.provider, name="Ann Lee"), world.meet("google", "alice")
    traveller = Traveller(world)
    traveller.sign_in(person)

    traveller.link("google", alice.key)

    account = world.account(person.email)
    assert account is not None
    assert looks_like(alice.key, shown(world, account))
    assert now_of(world, account).profile["name"] == "Ann Lee"


def test_who_has_a_picture_or_has_removed_one_gets_no_other_by_linking(world: World) -> None:
    traveller, account, key = come(world, "google", "alice")
    shown(world, account)
    traveller.link("facebook", world.meet("facebook", "fred").key)
    assert len(orders(world, account)) == 1
    assert looks_like(key, shown(world, account))

    traveller.browser.send(traveller.browser.get(PROFILE), REMOVE)
    traveller.link("x", world.meet("x", "xena").key)

    assert len(world.identities(account.id)) == 3
    assert [len(orders(world, account)), picture_of(world, account)] == [1, None]


def test_nobody_waits_for_a_server_of_pictures(world: World) -> None:
    with pictures_at(world, silence()) as server:
        traveller, account, _ = come(world, "google", "alice")

        assert traveller.who() == account.email
        eventually(lambda: len(server.requests) > 0)
        assert traveller.browser.get("/account").status_code == 200
        assert picture_of(world, account) is None
        eventually(lambda: orders(world, account)[0].last_error is not None)

    assert "in time" in str(orders(world, account)[0].last_error)


def test_the_order_stands_or_falls_with_the_account(world: World) -> None:
    with world.provider.database.autocommit() as db:
        before = len(outbox.latest(db, kind="picture", limit=1000))
    alice, traveller = world.meet("google", "alice"), Traveller(world)

    traveller.go("google", alice.key)  # and asks for nothing on the page that follows

    with world.provider.database.autocommit() as db:
        assert len(outbox.latest(db, kind="picture", limit=1000)) == before


def test_a_server_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    answers = [answering("503 Service Unavailable"), answering("200 OK", portrait("later"), Content_Type="image/png")]

    def behaviour(connected: socket.socket, request: bytes) -> None:
        answers[min(len(server.requests), 2) - 1](connected, request)

    with pictures_at(world, behaviour) as server:
        _, account, _ = come(world, "google", "alice")
        eventually(lambda: orders(world, account)[0].last_error is not None)
        assert orders(world, account)[0].last_error == "the server answered 503"
        world.provider.clock.ahead = timedelta(minutes=1)

        assert looks_like("later", shown(world, account))


def test_after_a_while_it_is_given_up(world: World) -> None:
    with pictures_at(world, answering("503 Service Unavailable")) as server:
        _, account, _ = come(world, "google", "alice")
        eventually(lambda: orders(world, account)[0].last_error is not None)
        asked = len(server.requests)
        world.provider.clock.ahead = timedelta(minutes=11)
        settled(world, account)

        assert len(server.requests) == asked
    assert orders(world, account)[0].failed_at is not None


def test_any_openid_provider_can_name_a_picture() -> None:
    with direct("oidc", GoogleStage, GOOGLE) as there:
        assert there.travel().picture == f"{there.stage.origin}/picture/alice.jpg"


def test_x_names_a_small_picture_and_the_one_that_was_uploaded_is_taken() -> None:
    with direct("x", XStage, X) as x:
        taken = str(x.travel().picture)

        assert taken == f"{x.stage.origin}/profile_images/xena.jpg"
        assert requests.get(taken, timeout=20).headers["Content-Type"] == "image/png"


def test_facebooks_addresses_of_pictures_end_and_an_outline_is_no_picture() -> None:
    with direct("facebook", FacebookStage, FACEBOOK) as facebook:
        named = str(facebook.travel().picture)
        assert requests.get(named, timeout=20).status_code == 200
        facebook.clock.ahead = timedelta(days=2)
        assert requests.get(named, timeout=20).status_code == 403

        picture = {"data": {"url": f"{facebook.stage.origin}/picture/x.jpg", "is_silhouette": True}}
        for told in (picture, {"data": []}, {"data": {"url": 7}}, [], "https://x.example", None):
            facebook.stage.me_more = {"picture": told}
            assert facebook.travel().picture is None


def test_github_always_names_a_picture() -> None:
    with direct("github", GithubStage, GITHUB) as github:
        named = str(github.travel().picture)

        assert named.startswith(f"{github.stage.origin}/u/")
        assert requests.get(named, timeout=20).content == portrait("octo")


def test_an_identity_that_was_kept_before_there_were_pictures_can_be_read() -> None:
    kept = UpstreamIdentity("google", "https://accounts.google.com", "1", picture="https://x.example/p").document()
    assert UpstreamIdentity.of(json.loads(json.dumps(kept))).picture == "https://x.example/p"

    del kept["picture"]

    assert UpstreamIdentity.of(kept).picture is None
