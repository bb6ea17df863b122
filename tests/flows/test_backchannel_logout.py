"""Relying parties are told of a session's end, whatever ended it (OpenID Connect Back-Channel Logout 1.0)."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from sqlalchemy import select

from idp.store import clients, delivery_attempts, outbox, session_endings
from idp.store.base import digest_of
from idp.store.outbox import Parcel
from idp.store.sessions import sessions
from tests.flows.logout_receiver import HANG, LogoutReceiver, logout_receiver, until
from tests.flows.people import FormBrowser, mails, path_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import PASSWORD, Person, Running, running_provider

GOODBYE = "https://rp.example/goodbye"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
NEW_PASSWORD = "another perfectly fine passphrase"


@dataclass(frozen=True)
class SignedIn:
    """A browser whose person is signed in at a relying party that wants to be told."""

    rp: RelyingParty
    browser: FormBrowser
    id_token: dict[str, Any]
    hint: str

    @property
    def session_id(self) -> str:
        return str(self.id_token["sid"])

    def sign_out(self, **parameters: str) -> requests.Response:
        asked = {"id_token_hint": self.hint, "post_logout_redirect_uri": GOODBYE, **parameters}
        url = f"{self.rp.provider.issuer}/end_session"
        return self.browser.http.get(url, params=asked, allow_redirects=False, timeout=20)


def sign_in(provider: Running, person: Person, uri: str | None, **registered: Any) -> SignedIn:
    more = {"backchannel_logout_uri": uri} if uri else {}
    client = provider.client(post_logout_redirect_uris=[GOODBYE], **more, **registered)
    browser = FormBrowser(provider)
    browser.log_in(person)
    return at(RelyingParty(provider, client), browser)


def at(rp: RelyingParty, browser: FormBrowser) -> SignedIn:
    """Sign in at one more relying party with the same browser."""
    tokens = rp.redeem(rp.code(browser.http, scope="openid")).json()
    return SignedIn(rp, browser, rp.claims(tokens["id_token"]), tokens["id_token"])


def parcels_about(provider: Running, session_id: str) -> list[Parcel]:
    with provider.database.autocommit() as db:
        found = outbox.latest(db, kind="logout", limit=10_000)
    return [parcel for parcel in found if parcel.session_id == session_id]


@pytest.fixture
def receiver() -> Iterator[LogoutReceiver]:
    with logout_receiver() as receiver:
        yield receiver


@pytest.fixture
def person(provider: Running) -> Person:
    return somebody(provider)


def test_a_logout_token_says_who_and_which_session_and_nothing_else(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    here = sign_in(provider, person, receiver.uri)
    here.sign_out()
    receiver.wait_for(lambda it: len(it.told) == 1)

    told = receiver.told[0]
    claims = told.verified(provider)

    assert list(told.form) == ["logout_token"]
    assert told.header.keys() == {"alg", "kid", "typ"}
    assert told.header["typ"] == "logout+jwt"
    assert claims.keys() == {"iss", "sub", "aud", "iat", "exp", "jti", "events", "sid"}
    assert (claims["iss"], claims["aud"]) == (provider.issuer, here.rp.client.client_id)
    assert (claims["sub"], claims["sid"]) == (here.id_token["sub"], here.session_id)
    assert claims["events"] == {EVENT: {}}
    assert 0 < claims["exp"] - claims["iat"] <= 120


def test_a_client_with_pairwise_subjects_is_told_the_subject_and_the_session_it_knows(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    here = sign_in(provider, person, receiver.uri, subject_type="pairwise")
    here.sign_out()
    receiver.wait_for(lambda it: len(it.told) == 1)

    assert receiver.told[0].claims["sub"] == here.id_token["sub"] != person.id
    assert receiver.told[0].claims["sid"] == here.session_id


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


def test_the_redirect_does_not_wait_for_a_relying_party_that_hangs(provider: Running, person: Person) -> None:
    with logout_receiver(HANG) as hanging:
        here = sign_in(provider, person, hanging.uri)

        response = here.sign_out(state="s")

        assert settled(provider, here.session_id) == 0
        assert response.headers["Location"] == f"{GOODBYE}?state=s"
        hanging.wait_for(lambda it: len(it.told) == 1)
        until(lambda: settled(provider, here.session_id) == 1)


def test_relying_parties_that_hang_do_not_delay_the_others(provider: Running) -> None:
    with ExitStack() as stack:
        hanging = [stack.enter_context(logout_receiver(*[HANG] * 20)) for _ in range(3)]
        waiting = [sign_in(provider, somebody(provider), each.uri) for each in hanging for _ in range(2)]
        quick = stack.enter_context(logout_receiver())
        here = sign_in(provider, somebody(provider), quick.uri)
        for each in waiting:
            each.sign_out()

        here.sign_out()
        quick.wait_for(lambda it: len(it.told) == 1)

        # Each of the others is under way for five seconds, and none of them is over.
        assert [settled(provider, each.session_id) for each in waiting] == [0] * 6


def test_an_app_that_is_not_registered_any_more_is_told_no_more(database_url: str, receiver: LogoutReceiver) -> None:
    receiver.answers[:] = [500]
    with running_provider(database_url) as provider:
        here = sign_in(provider, somebody(provider), receiver.uri)
        here.sign_out()
        receiver.wait_for(lambda it: len(it.told) == 1)
        until(lambda: settled(provider, here.session_id) == 1)

    with running_provider(database_url) as provider:
        with provider.database.transaction() as db:
            clients.set_disabled(db, here.rp.client.client_id, provider.clock(), now=provider.clock())
        provider.clock.ahead += timedelta(minutes=5)
        until(lambda: parcels_about(provider, here.session_id)[0].failed_at is not None)

        assert parcels_about(provider, here.session_id)[0].last_error == "the app is not registered for it any more"
    assert len(receiver.told) == 1


def test_down_then_500_then_400_then_a_redirect_then_silence_and_then_it_works(database_url: str) -> None:
    with (
        running_provider(database_url, outgoing_timeout=timedelta(seconds=1)) as provider,
        logout_receiver(500, 400, 302, HANG) as receiver,
    ):
        here = sign_in(provider, somebody(provider), receiver.uri)
        here.sign_out()
        for _ in range(5):
            before = len(receiver.told)
            receiver.wait_for(lambda it, before=before: len(it.told) > before or bool(it.accepted))
            attempts = len(receiver.told)
            until(lambda attempts=attempts: settled(provider, here.session_id) >= attempts)
            provider.clock.ahead += timedelta(minutes=2)

        (parcel,) = parcels_about(provider, here.session_id)
        with provider.database.autocommit() as db:
            ledger = delivery_attempts.of_parcel(db, parcel.id)

    assert len(receiver.accepted) == 1
    assert parcel.delivered_at is not None
    assert [attempt.outcome for attempt in ledger] == [
        "the app answered 500",
        "the app refused it (400)",
        "the server answered with a redirect, which is not followed",
        "the server did not answer in time",
        "accepted",
    ]
    assert [attempt.reference for attempt in ledger] == [told.claims["jti"] for told in receiver.told]
    assert len({attempt.reference for attempt in ledger}) == 5


def settled(provider: Running, session_id: str) -> int:
    """How many attempts have an outcome."""
    (parcel,) = parcels_about(provider, session_id)
    with provider.database.autocommit() as db:
        return sum(attempt.outcome is not None for attempt in delivery_attempts.of_parcel(db, parcel.id))


def test_it_is_tried_for_half_a_day_and_then_given_up(database_url: str) -> None:
    with running_provider(database_url) as provider, logout_receiver(*[500] * 10) as receiver:
        here = sign_in(provider, somebody(provider), receiver.uri)
        here.sign_out()
        receiver.wait_for(lambda it: len(it.told) == 1)
        until(lambda: settled(provider, here.session_id) == 1)

        provider.clock.ahead += timedelta(hours=12)
        until(lambda: parcels_about(provider, here.session_id)[0].failed_at is not None)

        (parcel,) = parcels_about(provider, here.session_id)
        assert (parcel.last_error, len(receiver.told)) == ("the app answered 500", 1)


def test_an_address_inside_is_never_asked(database_url: str, receiver: LogoutReceiver) -> None:
    with running_provider(database_url, outgoing_allowed_hosts=()) as provider:
        inside = receiver.uri.replace("http://", "https://")
        here = sign_in(provider, somebody(provider), inside)
        here.sign_out()
        until(lambda: parcels_about(provider, here.session_id)[0].failed_at is not None)

        assert "public address" in (parcels_about(provider, here.session_id)[0].last_error or "")
    assert receiver.told == []


def test_sixteen_sign_outs_at_once_tell_a_client_once(
    provider: Running, person: Person, receiver: LogoutReceiver
) -> None:
    here = sign_in(provider, person, receiver.uri)
    cookies, start = here.browser.http.cookies.get_dict(), threading.Barrier(16)
    asked = {"id_token_hint": here.hint, "post_logout_redirect_uri": GOODBYE}

    def go() -> None:
        start.wait()
        url = f"{provider.issuer}/end_session"
        requests.get(url, params=asked, cookies=cookies, allow_redirects=False, timeout=20)

    threads = [threading.Thread(target=go) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: all(parcel.delivered_at for parcel in parcels_about(provider, here.session_id)))

    assert (len(parcels_about(provider, here.session_id)), len(receiver.told)) == (1, 1)


def test_a_logout_token_is_no_hint(provider: Running, person: Person, receiver: LogoutReceiver) -> None:
    here, there = sign_in(provider, person, receiver.uri), sign_in(provider, person, receiver.uri)
    here.sign_out()
    receiver.wait_for(lambda it: len(it.told) == 1)

    response = there.sign_out(id_token_hint=receiver.told[0].token)

    assert 'action="/end_session/confirm"' in response.text


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
