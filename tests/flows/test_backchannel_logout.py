"""How relying parties are told that a session has ended, and told again (OpenID Connect Back-Channel Logout 1.0)."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
import requests

from idp.store import clients, delivery_attempts
from tests.flows.logout_receiver import HANG, LogoutReceiver, logout_receiver, until
from tests.flows.people import somebody
from tests.flows.signed_in import GOODBYE, parcels_about, sign_in
from tests.running import Person, Running, running_provider

EVENT = "http://schemas.openid.net/event/backchannel-logout"


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
