"""The limits: what a guesser cannot do, and what no stranger can do to a person."""

from datetime import datetime, timedelta

import pytest

from idp.accounts.login import Refused, SignedIn
from idp.accounts.throttle import Allowed, Limits, Throttle, Wait
from idp.store.database import Database
from tests.accounts.people import NOON, PASSWORD, Room, at_once, visitor

ANN = "ann@example.com"


def guess(
    throttle: Throttle,
    database: Database,
    *,
    source: str = "192.0.2.1",
    name: str = ANN,
    device: bytes | None = None,
    now: datetime = NOON,
) -> Allowed | Wait:
    with database.transaction() as db:
        return throttle.sign_in(db, source=source, email_key=name, known_device=device, now=now)


def test_a_source_has_twenty_failures_in_ten_minutes(database: Database) -> None:
    throttle = Throttle(Limits())
    for number in range(20):
        assert guess(throttle, database, name=f"p{number}@example.com") == Allowed()

    assert guess(throttle, database, name="p20@example.com") == Wait(600)
    assert guess(throttle, database, name="p20@example.com", source="192.0.2.2") == Allowed()
    assert guess(throttle, database, name="p21@example.com", now=NOON + timedelta(minutes=10)) == Allowed()


def test_an_account_waits_twice_as_long_after_each_failure_beyond_five(database: Database) -> None:
    throttle, now = Throttle(Limits(source_failures=1000)), NOON
    for _ in range(5):
        assert guess(throttle, database, now=now) == Allowed()

    for wait in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900):
        assert guess(throttle, database, now=now) == Wait(wait)
        assert isinstance(guess(throttle, database, now=now + timedelta(seconds=wait - 0.5)), Wait)
        now += timedelta(seconds=wait)
        assert guess(throttle, database, now=now) == Allowed()


def test_trying_during_a_wait_does_not_prolong_it(database: Database) -> None:
    throttle = Throttle(Limits(source_failures=1000))
    for _ in range(6):
        guess(throttle, database)

    for _ in range(20):
        assert guess(throttle, database) == Wait(1)

    assert guess(throttle, database, now=NOON + timedelta(seconds=1)) == Allowed()


def test_after_a_hundred_failures_in_a_row_only_known_devices_are_heard(database: Database) -> None:
    throttle, now, evaluated = Throttle(Limits(source_failures=10_000)), NOON, 0
    for _ in range(150):
        evaluated += guess(throttle, database, now=now) == Allowed()
        now += timedelta(hours=25)

    assert evaluated == 100
    assert guess(throttle, database, device=bytes(32), now=now) == Allowed()


def test_mail_opens_an_account_again_to_unknown_devices(database: Database) -> None:
    throttle, now = Throttle(Limits(account_ceiling=10)), NOON
    for _ in range(11):
        guess(throttle, database, now=now)
        now += timedelta(hours=25)
    assert isinstance(guess(throttle, database, now=now), Wait)

    with database.transaction() as db:
        throttle.proven_by_mail(db, email_key=ANN)

    assert guess(throttle, database, now=now) == Allowed()


def test_strangers_cannot_fill_the_bucket_of_a_known_device(database: Database) -> None:
    throttle = Throttle(Limits())
    for _ in range(50):
        guess(throttle, database)

    # From the same network even.
    assert guess(throttle, database, device=bytes(32)) == Allowed()


def test_a_known_device_has_ten_failures_in_a_quarter_of_an_hour(database: Database) -> None:
    throttle = Throttle(Limits())
    for _ in range(10):
        assert guess(throttle, database, device=bytes(32)) == Allowed()

    assert guess(throttle, database, device=bytes(32)) == Wait(900)


def test_a_success_gives_the_source_one_attempt_back_and_no_more(database: Database) -> None:
    throttle = Throttle(Limits())
    for number in range(19):
        guess(throttle, database, name=f"victim{number}@example.com")

    for _ in range(3):
        assert guess(throttle, database, name="mallory@example.com") == Allowed()
        with database.transaction() as db:
            throttle.signed_in(db, source="192.0.2.1", email_key="mallory@example.com", known_device=None, now=NOON)

    assert guess(throttle, database, name="victim20@example.com") == Allowed()
    assert isinstance(guess(throttle, database, name="victim21@example.com"), Wait)


def test_fifty_parallel_guesses_are_no_more_than_fifty_in_a_row(database: Database) -> None:
    throttle = Throttle(Limits(source_failures=1000))

    outcomes = at_once(16, lambda: [guess(throttle, database) for _ in range(3)])

    assert sum(outcome == Allowed() for turn in outcomes for outcome in turn) == 5


def test_addresses_of_one_ipv6_customer_are_one_source() -> None:
    assert visitor(address="2001:db8:1:2::1").source == visitor(address="2001:db8:1:2:ffff::9").source
    assert visitor(address="2001:db8:1:2::1").source != visitor(address="2001:db8:1:3::1").source
    assert visitor(address="::ffff:192.0.2.1").source == "192.0.2.1"
    assert visitor(address="unix").source == "local"


@pytest.mark.parametrize("written", ["ANN@example.com", " ann@example.com", "ann@EXAMPLE.com "])
def test_another_way_of_writing_the_address_hits_the_same_counter(room: Room, written: str) -> None:
    for _ in range(6):
        room.log_in(ANN, "wrong", visitor(address="192.0.2.1"))

    assert isinstance(room.log_in(written, "wrong", visitor(address="192.0.2.9")), Wait)


def test_right_and_wrong_passwords_get_the_same_answer_during_a_wait(room: Room) -> None:
    person = room.person()
    for _ in range(5):
        assert isinstance(room.log_in(person.email, "wrong", visitor()), Refused)
    room.passwords.computed.clear()

    right, wrong = room.log_in(person.email, PASSWORD, visitor()), room.log_in(person.email, "wrong", visitor())

    assert right == wrong == Wait(1)
    assert room.passwords.computed == []


def test_a_person_signs_in_on_their_own_device_while_strangers_guess(room: Room) -> None:
    person = room.person()
    first = room.log_in(person.email, PASSWORD, visitor())
    assert isinstance(first, SignedIn)
    for _ in range(30):
        room.log_in(person.email, "wrong", visitor())

    again = room.log_in(person.email, PASSWORD, visitor(device_mark=first.device_mark))

    assert isinstance(again, SignedIn)


def test_mails_are_limited_by_address_and_by_source(database: Database) -> None:
    throttle = Throttle(Limits())
    with database.transaction() as db:
        to_one = [throttle.mail(db, source=f"192.0.2.{n}", email_key=ANN, now=NOON) for n in range(4)]
        from_one = [throttle.mail(db, source="198.51.100.1", email_key=f"p{n}@x.com", now=NOON) for n in range(11)]

    assert to_one == [True] * 3 + [False]
    assert from_one == [True] * 10 + [False]


def test_a_source_makes_ten_accounts_in_an_hour(database: Database) -> None:
    throttle = Throttle(Limits())
    with database.transaction() as db:
        outcomes = [throttle.sign_up(db, source="192.0.2.1", now=NOON) for _ in range(11)]

    assert outcomes == [Allowed()] * 10 + [Wait(3600)]


def test_failures_of_a_client_are_counted_for_each_source(database: Database) -> None:
    throttle = Throttle(Limits())
    with database.transaction() as db:
        here = [throttle.client_failed(db, client_id="c", source="192.0.2.1", now=NOON) for _ in range(31)]
        elsewhere = throttle.client_failed(db, client_id="c", source="192.0.2.2", now=NOON)

    assert here == [Allowed()] * 30 + [Wait(60)]
    assert elsewhere == Allowed()


def test_nothing_is_limited_when_limits_are_off(database: Database) -> None:
    throttle = Throttle(Limits(source_failures=1, account_free_failures=1), enabled=False)

    assert [guess(throttle, database) for _ in range(5)] == [Allowed()] * 5


def test_the_counters_do_not_hold_addresses(room: Room) -> None:
    room.log_in("somebody-special@example.com", "wrong", visitor())

    with room.database.autocommit() as db:
        keys = db.exec_driver_sql("SELECT key FROM attempts").scalars().all()

    assert keys
    assert not any("somebody" in key or "@" in key for key in keys)
