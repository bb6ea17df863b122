"""Which providers a person sees, and when they are sent there without a button."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.settings.connectors import ConnectorSettings
from tests.conftest import fresh_database
from tests.federation.world import Traveller, World, query_of
from tests.federation.world import world as start
from tests.flows.people import somebody
from tests.flows.relying_party import RelyingParty


def request_of(world: World, traveller: Traveller, *, registered: dict[str, Any] | None = None, **asked: str) -> str:
    party = RelyingParty(world.provider, world.provider.client(**(registered or {})))
    return query_of(party.authorize(traveller.browser.http, **asked).headers["Location"])["request"]


def offered(traveller: Traveller, request: str) -> list[str]:
    page = traveller.browser.get(f"/login?request={request}")
    return [name for name in ("google", "facebook", "x") if f'action="/social/{name}"' in page.text]


def test_every_provider_has_a_button_in_the_order_of_the_settings(world: World, traveller: Traveller) -> None:
    page = traveller.browser.get("/login")
    places = [page.text.index(f"Continue with {label}") for label in ("Google", "Facebook", "X")]

    assert places == sorted(places)
    assert offered(traveller, request_of(world, traveller)) == ["google", "facebook", "x"]


def test_a_client_can_be_limited_to_some(world: World, traveller: Traveller) -> None:
    request = request_of(world, traveller, registered={"connectors": ["x"]})

    assert offered(traveller, request) == ["x"]
    page = traveller.browser.get("/login")
    token = page.text.partition('action="/social/google"')[2].partition('name="csrf" value="')[2].partition('"')[0]
    forced = traveller.browser.post("/social/google", {"csrf": token, "request": request})
    assert forced.status_code == 404


@pytest.mark.parametrize("asked", [{"idp_hint": "google"}, {"acr_values": "1 idp:google"}])
def test_a_relying_party_can_choose(world: World, traveller: Traveller, asked: dict[str, str]) -> None:
    request = request_of(world, traveller, **asked)

    there = traveller.browser.get(f"/login?request={request}")
    leaving = traveller.browser.get(there.headers["Location"])

    assert there.headers["Location"] == f"/social/google?request={request}"
    assert leaving.headers["Location"].startswith(world.google.origin)


@pytest.mark.parametrize("asked", [{"idp_hint": "nobody"}, {"acr_values": "1 idp:nobody"}, {"idp_hint": ""}])
def test_a_choice_that_is_none_is_passed_over(world: World, traveller: Traveller, asked: dict[str, str]) -> None:
    assert offered(traveller, request_of(world, traveller, **asked)) == ["google", "facebook", "x"]


def test_a_choice_that_failed_is_not_made_again(world: World, traveller: Traveller) -> None:
    request = request_of(world, traveller, idp_hint="google")
    leaving = traveller.browser.get(traveller.browser.get(f"/login?request={request}").headers["Location"])
    callback = traveller.pick(leaving.headers["Location"], "cancel")

    page = traveller.browser.get(traveller.browser.get(callback).headers["Location"])

    assert page.status_code == 200
    assert 'action="/social/x"' in page.text


def test_a_client_that_is_limited_cannot_choose_another(world: World, traveller: Traveller) -> None:
    request = request_of(world, traveller, registered={"connectors": ["x"]}, idp_hint="google")

    assert traveller.browser.get(f"/login?request={request}").status_code == 200


def test_the_hint_at_an_address_goes_along(world: World, traveller: Traveller) -> None:
    request = request_of(world, traveller, idp_hint="google", login_hint="ada@example.com")

    leaving = traveller.browser.get(traveller.browser.get(f"/login?request={request}").headers["Location"])

    assert query_of(leaving.headers["Location"])["login_hint"] == "ada@example.com"


def test_a_fresh_sign_in_is_asked_for_there_too(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    traveller.become("google", alice.key)
    party = RelyingParty(world.provider, world.provider.client())
    login = party.authorize(traveller.browser.http, prompt="login").headers["Location"]

    page = traveller.browser.get(login)
    address = traveller.leave("google", page)
    back = traveller.browser.get(traveller.pick(address, alice.key))

    assert query_of(address)["prompt"] == "select_account"
    assert "code=" in traveller.browser.get(back.headers["Location"]).headers["Location"]


@pytest.fixture(scope="module")
def company(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation that sends the people of one domain elsewhere, and makes no accounts."""
    directory: Path = tmp_path_factory.mktemp("company")
    for url in fresh_database("sqlite", request, directory):
        gone = ConnectorSettings(name="gone", kind="oidc", client_id="x", issuer="http://127.0.0.1:9")
        with start(url, more=(gone,), domains={"google": ("corp.example",)}, sign_up_open=False) as started:
            yield started


def test_people_of_a_domain_are_sent_to_its_provider(company: World) -> None:
    traveller = Traveller(company)
    request = request_of(company, traveller)
    page = traveller.browser.get(f"/login?request={request}")

    sent = traveller.browser.send(page, "/login", username="ada@Corp.Example", password="")
    leaving = traveller.browser.get(sent.headers["Location"])

    assert query_of(leaving.headers["Location"])["login_hint"] == "ada@Corp.Example"
    assert leaving.headers["Location"].startswith(company.google.origin)


def test_a_hint_at_such_an_address_is_enough(company: World) -> None:
    traveller = Traveller(company)
    request = request_of(company, traveller, login_hint="ada@corp.example")

    assert traveller.browser.get(f"/login?request={request}").headers["Location"].startswith("/social/google?")


def test_people_of_a_domain_are_shown_the_button_where_nobody_asks(company: World) -> None:
    traveller = Traveller(company)

    answer = traveller.browser.send(traveller.browser.get("/login"), "/login", username="a@corp.example", password="")

    assert answer.status_code == 400
    assert "sign in with another provider" in answer.text


def test_who_types_a_password_means_an_account_here(company: World) -> None:
    person = somebody(company.provider)
    traveller = Traveller(company)

    assert traveller.browser.log_in(person).status_code == 303
    wrong = Traveller(company)
    answer = wrong.browser.send(wrong.browser.get("/login"), "/login", username="a@corp.example", password="x" * 15)
    assert "not right" in answer.text


def test_where_no_accounts_are_made_strangers_get_none(company: World) -> None:
    traveller, alice = Traveller(company), company.meet("google", "alice")
    page = traveller.browser.get(traveller.go("google", alice.key).headers["Location"])

    assert "New accounts are not made here" in page.text
    assert 'action="/welcome"' not in page.text
    assert company.account(alice.email or "") is None


def test_no_connectors_no_buttons(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from tests.flows.people import FormBrowser
    from tests.running import running_provider

    for url in fresh_database("sqlite", request, tmp_path):
        with running_provider(url) as provider:
            assert "/social/" not in FormBrowser(provider).get("/login").text
    assert ConnectorSettings.model_fields["kind"].is_required()


def test_a_provider_that_is_away_leaves_the_other_ways_open(company: World) -> None:
    traveller = Traveller(company)
    request = request_of(company, traveller)

    back = traveller.leave("gone", traveller.browser.get(f"/login?request={request}"))

    assert query_of(back) == {"request": request, "reason": "upstream_unavailable"}
    assert 'action="/social/google"' in traveller.browser.get(back).text
