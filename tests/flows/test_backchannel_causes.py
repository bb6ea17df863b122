"""Whatever ends a session, its relying parties are told (OpenID Connect Back-Channel Logout 1.0)."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from sqlalchemy import select

from idp.store import outbox, session_endings
from idp.store.base import digest_of
from idp.store.sessions import sessions
from tests.flows.logout_receiver import LogoutReceiver, logout_receiver, until
from tests.flows.people import FormBrowser, mails, path_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.flows.signed_in import SignedIn, at, parcels_about, sign_in
from tests.running import PASSWORD, Person, Running

NEW_PASSWORD = "another perfectly fine passphrase"


@pytest.fixture
def receiver() -> Iterator[LogoutReceiver]:
    with logout_receiver() as receiver:
        yield receiver


@pytest.fixture
def person(provider: Running) -> Person:
    return somebody(provider)


def test_every_client_of_the_session_is_told_once_and_no_other(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    here = sign_in(provider, person, receiver.uri)
    also = at(RelyingParty(provider, provider.client(backchannel_logout_uri=receiver.uri)), here.browser)
    at(RelyingParty(provider, provider.client()), here.browser)
    elsewhere = sign_in(provider, person, receiver.uri)
    somebody_else = sign_in(provider, somebody(provider), receiver.uri)

    here.sign_out()
    here.sign_out()
    until(lambda: all(parcel.delivered_at for parcel in parcels_about(provider, here.session_id)))

    told = sorted((each.claims["aud"], each.claims["sid"]) for each in receiver.told)
    assert told == sorted((each.rp.client.client_id, here.session_id) for each in (here, also))
    assert [parcels_about(provider, each.session_id) for each in (elsewhere, somebody_else)] == [[], []]


def sign_out_at_the_account(here: SignedIn, _: Person) -> None:
    here.browser.send(here.browser.get("/account"), "/account/sign-out")


def end_this_device_from_another(here: SignedIn, person: Person) -> None:
    other = FormBrowser(here.rp.provider)
    other.log_in(person)
    other.send(other.get("/account"), "/account/devices/end")


def end_all_others_from_another(here: SignedIn, person: Person) -> None:
    other = FormBrowser(here.rp.provider)
    other.log_in(person)
    other.send(other.get("/account"), "/account/devices/end-others")


def change_the_password_elsewhere(here: SignedIn, person: Person) -> None:
    other = FormBrowser(here.rp.provider)
    other.log_in(person)
    page = other.get("/account/password")
    other.send(page, "/account/password", current_password=PASSWORD, password=NEW_PASSWORD)


def reset_the_password(here: SignedIn, person: Person) -> None:
    other = FormBrowser(here.rp.provider)
    other.send(other.get("/forgot-password"), "/forgot-password", email=person.email)
    page = other.get(path_of(mails(here.rp.provider, person.email, "reset_password")[0]["link"]))
    other.send(page, "/reset-password", password=NEW_PASSWORD)


def sign_in_once_more(here: SignedIn, person: Person) -> None:
    asked = here.rp.authorize(here.browser.http, prompt="login")
    page = here.browser.get(asked.headers["Location"])
    done = here.browser.send(page, "/login", username=person.email, password=person.password)
    assert done.status_code == 303


def let_somebody_else_sign_in(here: SignedIn, _: Person) -> None:
    sign_in_once_more(here, somebody(here.rp.provider))


@pytest.mark.parametrize(
    "end",
    [
        sign_out_at_the_account,
        end_this_device_from_another,
        end_all_others_from_another,
        change_the_password_elsewhere,
        reset_the_password,
        let_somebody_else_sign_in,
    ],
)
def test_whatever_ends_a_session_its_clients_are_told(
    provider: Running, person: Person, receiver: LogoutReceiver, end: Callable[[SignedIn, Person], None]
) -> None:
    here = sign_in(provider, person, receiver.uri)

    end(here, person)

    receiver.wait_for(lambda it: len(it.told) == 1)
    assert receiver.told[0].claims["sid"] == here.session_id


def test_the_person_who_goes_on_with_the_same_session_is_not_signed_out_anywhere(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    here = sign_in(provider, person, receiver.uri)

    sign_in_once_more(here, person)
    page = here.browser.get("/account/password")
    here.browser.send(page, "/account/password", current_password=PASSWORD, password=NEW_PASSWORD)

    assert parcels_about(provider, here.session_id) == []


def test_the_word_is_left_in_the_transaction_that_ends_the_session(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    here = sign_in(provider, person, receiver.uri)

    def end_and_fail() -> None:
        with provider.database.transaction() as db:
            assert session_endings.end(db, here.session_id, because="signed_out", now=provider.clock())
            raise InterruptedError

    with pytest.raises(InterruptedError):
        end_and_fail()

    assert parcels_about(provider, here.session_id) == []
    with provider.database.autocommit() as db:
        secret = here.browser.http.cookies["op_sid"]
        assert db.scalar(select(sessions.c.ended_at).where(sessions.c.digest == digest_of(secret))) is None


def lines_of(page: requests.Response) -> dict[str, str]:
    """What the account page says about apps that have been signed out of."""
    section = re.search(r'<ul class="lines" id="told">(.*?)</ul>', page.text, re.DOTALL)
    found = re.findall(r"<strong[^>]*>(.*?)</strong>\s*<small>(.*?)</small>", section[1] if section else "", re.DOTALL)
    return {name: re.sub(r"<[^>]*>|\s+", " ", sentence).strip() for name, sentence in found}


def test_the_person_reads_which_apps_know_and_which_could_not_be_told(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    with logout_receiver(*[500] * 10) as failing:
        here = sign_in(provider, person, receiver.uri, client_name="Wiki")
        at(
            RelyingParty(provider, provider.client(client_name="Shop", backchannel_logout_uri=failing.uri)),
            here.browser,
        )
        gone = provider.client(client_name="Gone", backchannel_logout_uri="https://127.0.0.1:1/never")
        at(RelyingParty(provider, gone), here.browser)
        here.sign_out()
        until(lambda: sum(parcel.attempts > 0 for parcel in parcels_about(provider, here.session_id)) == 3)
        until(lambda: any(parcel.delivered_at for parcel in parcels_about(provider, here.session_id)))
        failed = next(p for p in parcels_about(provider, here.session_id) if p.client_id == gone.client_id)
        with provider.database.transaction() as db:
            outbox.failed(db, failed, error="the server could not be reached", now=provider.clock())

        here.browser.log_in(person)
        lines = lines_of(here.browser.get("/account"))

    assert lines.keys() == {"Wiki", "Shop", "Gone"}
    assert lines["Wiki"].startswith("knows since")
    assert lines["Shop"].startswith("has not answered yet; we keep trying until")
    assert lines["Gone"].startswith("could not be told; please sign out there as well.")


def test_nobody_reads_what_became_of_somebody_elses_session(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    sign_in(provider, person, receiver.uri, client_name="Wiki").sign_out()
    other = FormBrowser(provider)
    other.log_in(somebody(provider))

    assert lines_of(other.get("/account")) == {}
