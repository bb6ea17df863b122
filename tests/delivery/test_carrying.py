"""Attempts are on record, several are made at once, and a recipient who is not there costs the others nothing."""

import subprocess
import sys
import threading
from datetime import timedelta

import pytest

from idp.delivery.carrying import Line
from idp.delivery.outbox import MAIL, Carrier, Delivery, NotDelivered, Outbox
from idp.delivery.worker import Worker
from idp.store import delivery_attempts
from idp.store.database import Database
from idp.store.delivery_attempts import DeliveryAttempt
from tests.delivery.conftest import START, HandClock, put_mail

ADA, BEA = "ada@example.com", "bea@example.com"


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def worker_of(database: Database, outbox: Outbox, carry: Carrier, clock: HandClock, *, at_once: int = 4) -> Worker:
    return Worker(database, outbox, {MAIL: Line(carry, at_once=at_once)}, clock=clock, chance=lambda: 1.0)


def ledger_of(database: Database, parcel_id: str) -> list[DeliveryAttempt]:
    with database.autocommit() as db:
        return delivery_attempts.of_parcel(db, parcel_id)


def test_every_attempt_is_on_record_with_a_name_of_its_own_and_its_outcome(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    parcel_id, seen = put_mail(database, outbox), []

    def second_time_lucky(delivery: Delivery) -> None:
        seen.append(delivery.reference)
        if len(seen) == 1:
            raise NotDelivered("away")

    worker = worker_of(database, outbox, second_time_lucky, clock)
    worker.work_off()
    clock.forward(timedelta(seconds=5))
    worker.work_off()

    ledger = ledger_of(database, parcel_id)
    assert [(each.number, each.begun_at, each.ended_at, each.outcome) for each in ledger] == [
        (1, START, START, "away"),
        (2, clock.now, clock.now, "accepted"),
    ]
    assert [each.reference for each in ledger] == seen
    assert seen[0] != seen[1]


_DIES = """
import os, signal, sys
from idp.delivery.outbox import Outbox
from idp.delivery.worker import Worker
from idp.store.database import Database
from tests.delivery.conftest import HandClock, box_of
Worker(Database(sys.argv[1]), Outbox(box_of()), {"mail": lambda _: os.kill(os.getpid(), signal.SIGKILL)},
       clock=HandClock()).work_off()
"""


def test_an_attempt_that_a_kill_cut_short_is_on_record_without_an_outcome(
    database_url: str, database: Database, outbox: Outbox
) -> None:
    parcel_id = put_mail(database, outbox)

    subprocess.run([sys.executable, "-c", _DIES, database_url], timeout=60, check=False)

    assert [(each.number, each.outcome) for each in ledger_of(database, parcel_id)] == [(1, None)]


def test_what_is_too_late_is_not_sent_and_the_record_says_so(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    parcel_id, seen = put_mail(database, outbox), []
    clock.forward(timedelta(hours=24))

    worker_of(database, outbox, seen.append, clock).work_off()

    assert seen == []
    assert [each.outcome for each in ledger_of(database, parcel_id)] == ["nothing was sent: it was too late"]


def test_a_recipient_that_hangs_delays_nobody_else(database: Database, outbox: Outbox, clock: HandClock) -> None:
    release, arrived = threading.Event(), threading.Event()

    def carry(delivery: Delivery) -> None:
        if delivery.recipient == ADA:
            release.wait(20)
        else:
            arrived.set()

    put_mail(database, outbox, to=ADA)
    worker = worker_of(database, outbox, carry, clock, at_once=2)
    worker.start()
    put_mail(database, outbox, to=BEA)

    reached = arrived.wait(20)
    release.set()

    assert reached
    assert worker.stop()


def test_nothing_else_is_on_its_way_to_a_recipient_meanwhile(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    under_way, most, done, lock = [0], [0], threading.Semaphore(0), threading.Lock()

    def carry(_: Delivery) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        threading.Event().wait(0.02)
        with lock:
            under_way[0] -= 1
        done.release()

    for _ in range(6):
        put_mail(database, outbox, to=ADA)
    worker = worker_of(database, outbox, carry, clock)
    worker.start()
    finished = [done.acquire(timeout=20) for _ in range(6)]
    worker.stop()

    assert (finished, most[0]) == ([True] * 6, 1)


def test_a_recipient_who_is_not_there_is_left_in_peace_for_all_that_waits(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    tried: list[str] = []

    def nobody_there(delivery: Delivery) -> None:
        tried.append(delivery.recipient)
        if delivery.recipient == ADA:
            raise NotDelivered("away", nobody_there=True)

    for _ in range(5):
        put_mail(database, outbox, to=ADA)
    put_mail(database, outbox, to=BEA)
    worker = worker_of(database, outbox, nobody_there, clock)

    worker.work_off()
    first = sorted(tried)
    clock.forward(timedelta(seconds=5))
    worker.work_off()

    assert first == [ADA, BEA]
    assert tried.count(ADA) == 2


def test_who_is_there_again_gets_all_that_waited(database: Database, outbox: Outbox, clock: HandClock) -> None:
    tried: list[str] = []

    def away_at_first(delivery: Delivery) -> None:
        tried.append(delivery.id)
        if len(tried) == 1:
            raise NotDelivered("away", nobody_there=True)

    parcels = {put_mail(database, outbox, to=ADA) for _ in range(5)}
    worker = worker_of(database, outbox, away_at_first, clock)
    worker.work_off()
    clock.forward(timedelta(seconds=5))

    assert worker.work_off() == 5
    assert set(tried) == parcels


def test_a_refusal_of_one_is_no_reason_to_keep_back_the_others(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    tried: list[str] = []

    def refuses(delivery: Delivery) -> None:
        tried.append(delivery.id)
        raise NotDelivered("refused")

    parcels = {put_mail(database, outbox, to=ADA) for _ in range(3)}
    worker_of(database, outbox, refuses, clock).work_off()

    assert set(tried) == parcels
