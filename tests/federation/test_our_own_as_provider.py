"""Another installation of ours as the other provider: two real servers, each with its own keys and its own people."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from pydantic import SecretStr

from idp.settings.connectors import ConnectorSettings
from idp.store import clients
from idp.store.base import digest_of
from tests.conftest import fresh_database
from tests.federation.world import query_of
from tests.flows.logout_receiver import logout_receiver
from tests.flows.people import FormBrowser, path_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running, running_provider

CLIENT_ID, SECRET = "the-other-installation", secrets.token_urlsafe(32)


@dataclass
class Two:
    """`theirs` knows the people, `ours` asks it. One jar of cookies for both, as a browser has it."""

    theirs: Running
    ours: Running

    def registered(self) -> dict[str, object]:
        return {
            "client_name": "Ours",
            "redirect_uris": [f"{self.ours.issuer}/social/theirs/callback"],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "first_party": True,
            "backchannel_logout_uri": f"{self.ours.issuer}/social/theirs/logout",
        }


@dataclass
class Journey:
    """A browser on its way. Ports do not keep cookies apart, so each installation gets a jar of its own."""

    two: Two
    here: FormBrowser = field(init=False)
    there: FormBrowser = field(init=False)

    def __post_init__(self) -> None:
        self.here, self.there = FormBrowser(self.two.ours), FormBrowser(self.two.theirs)

    def sign_in(self, person: Person, page: requests.Response | None = None) -> requests.Response:
        """Press the button here, sign in there; gives the answer of the callback."""
        leaving = self.here.send(page or self.here.get("/login"), "/social/theirs")
        answer = self.there.get(leaving.headers["Location"])
        while not answer.headers["Location"].startswith(self.two.ours.issuer):
            where = path_of(answer.headers["Location"])
            if where.startswith("/login"):
                answer = self.there.send(
                    self.there.get(where), "/login", username=person.email, password=person.password
                )
            else:
                answer = self.there.get(where)
        return self.here.get(answer.headers["Location"])

    def arrive(self, person: Person) -> None:
        """Sign in for the first time, and prove the address by mail if that is asked for."""
        page = self.here.get(self.sign_in(person).headers["Location"])
        assert self.here.send(page, "/welcome").status_code == 303


@pytest.fixture(scope="module")
def two(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    directories: list[Path] = [tmp_path_factory.mktemp(name) for name in ("theirs", "ours")]
    for their_url in fresh_database("sqlite", request, directories[0]):
        for our_url in fresh_database("sqlite", request, directories[1]):
            with running_provider(their_url) as theirs:
                connector = ConnectorSettings(
                    name="theirs",
                    kind="oidc",
                    client_id=CLIENT_ID,
                    client_secret=SecretStr(SECRET),
                    issuer=theirs.issuer,
                    authoritative_for=("example.com",),
                )
                with running_provider(our_url, connectors=(connector,)) as ours:
                    started = Two(theirs, ours)
                    with theirs.database.transaction() as db:
                        clients.add(db, CLIENT_ID, started.registered(), now=theirs.clock())
                        clients.add_secret(db, CLIENT_ID, digest_of(SECRET), now=theirs.clock())
                    yield started


def test_a_person_of_theirs_gets_an_account_of_ours(two: Two) -> None:
    person, journey = somebody(two.theirs, name="Ada Lovelace"), Journey(two)

    journey.arrive(person)

    page = journey.here.get("/account")
    assert person.email in page.text
    assert "Ada Lovelace" in page.text
    assert "Theirs" in page.text


def test_the_second_time_opens_it_at_once(two: Two) -> None:
    person = somebody(two.theirs)
    Journey(two).arrive(person)

    assert Journey(two).sign_in(person).headers["Location"] == "/account"


def test_a_fresh_sign_in_reaches_as_far_as_the_other_provider(two: Two) -> None:
    person, journey = somebody(two.theirs), Journey(two)
    journey.arrive(person)
    party = RelyingParty(two.ours, two.ours.client())
    login = path_of(party.authorize(journey.here.http, prompt="login").headers["Location"])

    leaving = journey.here.send(journey.here.get(login), "/social/theirs")
    asked_there = journey.there.get(leaving.headers["Location"])

    assert query_of(leaving.headers["Location"])["prompt"] == "login"
    assert query_of(leaving.headers["Location"])["max_age"] == "0"
    # Signed in there, and asked again all the same.
    assert path_of(asked_there.headers["Location"]).startswith("/login?")
    back = journey.sign_in(person, journey.here.get(login))
    assert "code=" in journey.here.get(path_of(back.headers["Location"])).headers["Location"]


@pytest.mark.parametrize("max_age", ["0", "60"])
def test_the_age_that_a_relying_party_allows_reaches_as_far_as_the_other_provider(two: Two, max_age: str) -> None:
    person, journey = somebody(two.theirs), Journey(two)
    journey.arrive(person)
    two.ours.clock.ahead = two.theirs.clock.ahead = timedelta(minutes=2)
    began = int(two.ours.clock().timestamp())
    try:
        party = RelyingParty(two.ours, two.ours.client())
        login = path_of(party.authorize(journey.here.http, max_age=max_age).headers["Location"])

        leaving = journey.here.send(journey.here.get(login), "/social/theirs")
        asked_there = journey.there.get(leaving.headers["Location"])
        back = journey.sign_in(person, journey.here.get(login))
        answer = query_of(journey.here.get(path_of(back.headers["Location"])).headers["Location"])
        claims = party.claims(party.redeem(answer["code"]).json()["id_token"])
    finally:
        two.ours.clock.ahead = two.theirs.clock.ahead = timedelta()

    assert query_of(leaving.headers["Location"])["max_age"] == max_age
    assert path_of(asked_there.headers["Location"]).startswith("/login?")
    assert claims["auth_time"] >= began


def test_who_has_signed_in_lately_enough_over_there_is_not_asked_again(two: Two) -> None:
    person, journey = somebody(two.theirs), Journey(two)
    journey.arrive(person)
    party, elsewhere = RelyingParty(two.ours, two.ours.client()), Journey(two)
    elsewhere.there = journey.there
    login = path_of(party.authorize(elsewhere.here.http, max_age="3600").headers["Location"])

    leaving = elsewhere.here.send(elsewhere.here.get(login), "/social/theirs")
    straight_back = elsewhere.there.get(leaving.headers["Location"])
    back = elsewhere.here.get(straight_back.headers["Location"])

    assert "code=" in elsewhere.here.get(path_of(back.headers["Location"])).headers["Location"]


def test_signing_out_there_signs_out_here_and_at_the_relying_parties_behind(two: Two) -> None:
    person, journey, other = somebody(two.theirs), Journey(two), Journey(two)
    journey.arrive(person)
    assert other.sign_in(person).headers["Location"] == "/account"
    with logout_receiver() as receiver:
        party = RelyingParty(two.ours, two.ours.client(backchannel_logout_uri=receiver.uri))
        claims = [party.claims(party.redeem(party.code(one.here.http)).json()["id_token"]) for one in (journey, other)]

        out = journey.there.send(journey.there.get("/account"), "/account/sign-out")

        assert out.status_code == 303
        receiver.wait_for(lambda it: bool(it.told), within=30)
        assert [told.verified(two.ours)["sid"] for told in receiver.told] == [claims[0]["sid"]]
    assert journey.here.get("/account").status_code == 303
    # The sign-in of the other browser is another session over there, and goes on.
    assert other.here.get("/account").status_code == 200
