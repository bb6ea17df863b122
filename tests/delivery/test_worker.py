"""Every mail arrives, whatever happens to workers and mail servers on the way."""

import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest

from idp.delivery.outbox import MAIL, Carrier, Delivery, NotDelivered, Outbox
from idp.delivery.worker import Worker
from idp.store import outbox as parcels
from idp.store.database import Database
from tests.delivery.conftest import (
    START,
    HandClock,
    Postbox,
    box_of,
    carrier,
    free_port,
    put_mail,
    smtp_server,
)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def worker_of(database: Database, outbox: Outbox, carry: Carrier, clock: HandClock) -> Worker:
    return Worker(database, outbox, {MAIL: carry}, clock=clock, chance=lambda: 1.0)


def parcel_of(database: Database, parcel_id: str) -> parcels.Parcel:
    with database.autocommit() as db:
        found = parcels.find(db, parcel_id)
    assert found is not None
    return found


def test_a_delivered_mail_is_marked_and_emptied(
    database: Database, outbox: Outbox, clock: HandClock, postbox: Postbox
) -> None:
    parcel_id = put_mail(database, outbox)
    port = free_port()

    with smtp_server(postbox, port):
        arrived = worker_of(database, outbox, carrier(port), clock).work_off()

    assert (arrived, len(postbox.all()), postbox.recipients) == (1, 1, ["ada@example.com"])
    parcel = parcel_of(database, parcel_id)
    assert (parcel.delivered_at, parcel.sealed) == (START, b"")


def test_two_workers_share_an_outbox_and_each_mail_arrives_once(
    database_url: str, database: Database, outbox: Outbox, postbox: Postbox
) -> None:
    expected = sorted(f"p{number}@example.com" for number in range(24))
    for address in expected:
        put_mail(database, outbox, to=address)
    port, other = free_port(), Database(database_url)
    workers = [worker_of(each, outbox, carrier(port), HandClock()) for each in (database, other)]

    with smtp_server(postbox, port):
        threads = [threading.Thread(target=worker.work_off) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    other.dispose()

    assert sorted(postbox.recipients) == expected


_DIES = """
import os, signal, sys
from datetime import timedelta
from idp.delivery.outbox import Outbox
from idp.delivery.worker import Worker
from idp.store.database import Database
from tests.delivery.conftest import HandClock, box_of
Worker(Database(sys.argv[1]), Outbox(box_of()), {"mail": lambda _: os.kill(os.getpid(), signal.SIGKILL)},
       clock=HandClock()).work_off()
"""


def test_a_worker_that_is_killed_with_a_mail_in_hand_loses_nothing(
    database_url: str, database: Database, outbox: Outbox, clock: HandClock, postbox: Postbox
) -> None:
    parcel_id = put_mail(database, outbox)
    died = subprocess.run([sys.executable, "-c", _DIES, database_url], timeout=60, check=False)
    port = free_port()

    with smtp_server(postbox, port):
        survivor = worker_of(database, outbox, carrier(port), clock)
        while_leased = survivor.work_off()
        clock.forward(timedelta(minutes=5))
        afterwards = survivor.work_off()

    assert died.returncode == -9
    assert (while_leased, afterwards, parcel_of(database, parcel_id).attempts) == (0, 1, 2)
    assert len(postbox.all()) == 1


def test_a_mail_waits_for_a_mail_server_that_is_down(
    database: Database, outbox: Outbox, clock: HandClock, postbox: Postbox
) -> None:
    parcel_id = put_mail(database, outbox)
    port = free_port()
    worker = worker_of(database, outbox, carrier(port), clock)

    assert worker.work_off() == 0
    waiting = parcel_of(database, parcel_id)
    assert (waiting.last_error, waiting.next_attempt_at) == ("ConnectionRefusedError", START + timedelta(seconds=5))

    clock.forward(timedelta(seconds=5))
    with smtp_server(postbox, port):
        assert worker.work_off() == 1


def test_pauses_double_up_to_a_quarter_of_an_hour_and_end_with_the_mails_use(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    def away(_: Delivery) -> None:
        raise NotDelivered("away")

    parcel_id = put_mail(database, outbox)
    worker = worker_of(database, outbox, away, clock)
    pauses = []

    while parcel_of(database, parcel_id).failed_at is None:
        worker.work_off()
        parcel = parcel_of(database, parcel_id)
        pauses.append((parcel.next_attempt_at - clock.now).total_seconds())
        clock.now = parcel.next_attempt_at

    assert pauses[:9] == [5, 10, 20, 40, 80, 160, 320, 640, 900]
    assert set(pauses[9:-1]) == {900}
    given_up = parcel_of(database, parcel_id)
    assert (given_up.sealed, given_up.last_error) == (b"", "away")
    assert given_up.failed_at is not None
    assert given_up.failed_at < given_up.expires_at
    assert worker.work_off() == 0


@pytest.mark.parametrize(("answer", "for_good"), [("550 no such mailbox", True), ("451 come back later", False)])
def test_a_refusal_for_good_is_not_repeated(
    database: Database, outbox: Outbox, clock: HandClock, postbox: Postbox, *, answer: str, for_good: bool
) -> None:
    parcel_id, port = put_mail(database, outbox), free_port()
    postbox.refuse = answer

    with smtp_server(postbox, port):
        worker_of(database, outbox, carrier(port), clock).work_off()

    parcel = parcel_of(database, parcel_id)
    assert (parcel.failed_at is not None, parcel.last_error) == (for_good, f"recipient refused ({answer[:3]})")


def test_an_expired_mail_is_not_sent(database: Database, outbox: Outbox, clock: HandClock, postbox: Postbox) -> None:
    parcel_id, port = put_mail(database, outbox), free_port()
    clock.forward(timedelta(hours=24))

    with smtp_server(postbox, port):
        arrived = worker_of(database, outbox, carrier(port), clock).work_off()

    assert (arrived, postbox.all()) == (0, [])
    assert parcel_of(database, parcel_id).failed_at == clock.now


def test_a_mail_sealed_with_another_key_is_kept_until_the_key_is_back(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    parcel_id = put_mail(database, outbox)
    seen: list[Delivery] = []

    assert worker_of(database, Outbox(box_of(8)), seen.append, clock).work_off() == 0
    clock.forward(timedelta(seconds=5))
    assert worker_of(database, outbox, seen.append, clock).work_off() == 1

    assert [delivery.id for delivery in seen] == [parcel_id]


def test_one_carriers_mistake_does_not_stop_the_others_parcels(
    database: Database, outbox: Outbox, clock: HandClock
) -> None:
    put_mail(database, outbox, to="first@example.com")
    put_mail(database, outbox, to="second@example.com")
    seen: list[str] = []

    def stumbles(delivery: Delivery) -> None:
        seen.append(delivery.recipient)
        if len(seen) == 1:
            raise RuntimeError("a mistake of ours")

    assert worker_of(database, outbox, stumbles, clock).work_off() == 1

    assert sorted(seen) == ["first@example.com", "second@example.com"]


def test_kinds_without_a_carrier_stay_where_they_are(database: Database, outbox: Outbox, clock: HandClock) -> None:
    parcel_id = put_mail(database, outbox)

    assert Worker(database, outbox, {}, clock=clock).work_off() == 0

    assert parcel_of(database, parcel_id).attempts == 0


def test_a_worker_whose_lease_has_passed_cannot_undo_what_another_did(database: Database, outbox: Outbox) -> None:
    put_mail(database, outbox)
    lease_for = timedelta(minutes=5)
    with database.autocommit() as db:
        late = parcels.lease(db, kinds=[MAIL], lease_for=lease_for, now=START)
        quick = parcels.lease(db, kinds=[MAIL], lease_for=lease_for, now=START + lease_for)
        assert late is not None
        assert quick is not None

        postponed = parcels.postponed(db, late, error="late", next_attempt_at=START)
        failed = parcels.failed(db, late, error="late", now=START)
        delivered = parcels.delivered(db, quick, now=START)
        failed_afterwards = parcels.failed(db, quick, error="late", now=START)

    assert (postponed, failed, delivered, failed_afterwards) == (False, False, True, False)


class RestingClock(HandClock):
    """Tells when an idle worker has looked so often that it rests: once when it is made, and once for each look."""

    def __init__(self) -> None:
        super().__init__()
        self.rests = threading.Event()
        self._calls = 0

    def __call__(self) -> datetime:
        self._calls += 1
        if self._calls > 1 + 7:
            self.rests.set()
        return super().__call__()


def test_a_put_wakes_a_resting_worker_of_this_process(database: Database, outbox: Outbox) -> None:
    arrived, clock = threading.Event(), RestingClock()
    worker = Worker(
        database, outbox, {MAIL: lambda _: arrived.set()}, clock=clock, rest=timedelta(hours=1), chance=lambda: 1.0
    )
    worker.start()
    assert clock.rests.wait(20)

    put_mail(database, outbox)

    assert arrived.wait(20)
    assert worker.stop()


def test_a_worker_sweeps_what_has_expired(database: Database, outbox: Outbox, clock: HandClock) -> None:
    parcel_id = put_mail(database, outbox)
    arrived = threading.Event()
    worker = Worker(
        database,
        outbox,
        {MAIL: lambda _: arrived.set()},
        clock=clock,
        sweep_every=timedelta(minutes=15),
        chance=lambda: 1.0,
    )
    clock.forward(timedelta(days=40))
    later = put_mail(database, outbox, to="later@example.com", now=clock.now)

    worker.start()
    assert arrived.wait(20)
    worker.stop()

    with database.autocommit() as db:
        assert parcels.find(db, parcel_id) is None
        assert parcels.find(db, later) is not None
