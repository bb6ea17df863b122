"""The servers' own schedule: what is due is done once, with its publication time, and never by a clock gone wrong."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from keys.lifecycle import KeyPolicy, KeyRecord, State, state_of
from keys.rotation import rotate
from keys.schedule import Schedule
from keys.sealing import Box, Sealer
from keys.table import metadata
from keys.vault import Change, UnusableKey, Vault, connect

from .conftest import SettableClock

LIMIT = 30
"""Seconds after which something that should have happened has not."""


def schedule_of(vault: Vault, policy: KeyPolicy, clock: SettableClock, *, trusted: bool = True) -> Schedule:
    return Schedule(vault, policy, clock, trusts_clock=lambda: trusted, look_every=timedelta(milliseconds=20))


def states(vault: Vault, clock: SettableClock) -> list[State]:
    return [state_of(key, clock()) for key in vault.all()]


def due_by(policy: KeyPolicy) -> timedelta:
    return policy.rotate_every - policy.publication


def until(happened: Callable[[], bool]) -> bool:
    """Wait for what a thread brings about."""
    ended = threading.Event()
    limit = threading.Timer(LIMIT, ended.set)
    limit.start()
    try:
        while not happened():
            if ended.wait(0.01):
                return False
        return True
    finally:
        limit.cancel()


def test_nothing_is_rotated_before_it_is_due_and_the_next_key_is_published_when_it_is(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    schedule = schedule_of(vault, policy, clock)

    clock.forward(due_by(policy) - timedelta(seconds=1))
    schedule.look()
    before = states(vault, clock)
    clock.forward(timedelta(seconds=1))
    schedule.look()

    assert before == [State.ACTIVE]
    assert states(vault, clock) == [State.ACTIVE, State.PUBLISHED]


def test_a_scheduled_key_signs_only_after_its_publication(
    vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    # However late it is: a server that was off for a year must not catch up by signing at once.
    clock.forward(timedelta(days=365))

    schedule_of(vault, policy, clock).look()

    old, new = vault.all()
    assert new.activate_at == old.retire_at == clock() + policy.publication
    clock.forward(policy.publication - timedelta(seconds=1))
    assert states(vault, clock) == [State.ACTIVE, State.PUBLISHED]
    clock.forward(timedelta(seconds=1))
    assert states(vault, clock) == [State.RETIRED, State.ACTIVE]


def test_looking_again_and_again_through_a_year_makes_one_key_in_ninety_days_and_throws_the_old_ones_away(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="EdDSA")
    schedule, made = schedule_of(sqlite_vault, policy, clock), set[str]()

    for _ in range(365 * 4):
        clock.forward(timedelta(hours=6))
        schedule.look()
        keys = sqlite_vault.all()
        made |= {key.kid for key in keys}
        signing = [key for key in keys if state_of(key, clock()) is State.ACTIVE]
        assert len(signing) == 1
        assert all(key.sealed is not None for key in signing)
        assert len(keys) <= 2

    assert len(made) == 1 + 365 // 90


def test_every_algorithm_has_its_own_date(sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="EdDSA")
    clock.forward(timedelta(days=30))
    rotate(sqlite_vault, policy, clock, algorithm="ES256")

    clock.forward(due_by(policy) - timedelta(days=30))
    schedule_of(sqlite_vault, policy, clock).look()

    assert Counter(key.algorithm for key in sqlite_vault.all()) == {"EdDSA": 2, "ES256": 1}


def test_of_sixteen_processes_that_find_a_key_due_one_publishes(
    database_url: str, box: Box, policy: KeyPolicy, clock: SettableClock
) -> None:
    witnessed: list[str] = []

    def witness(_db: Connection, change: Change, key: KeyRecord, _now: datetime) -> None:
        witnessed.append(f"{change} {key.algorithm}")

    for algorithm in ("EdDSA", "ES256"):
        first = rotate(connect(database_url, box), policy, clock, algorithm=algorithm, emergency=True)
        assert first.key is not None
    clock.forward(due_by(policy))
    together = threading.Barrier(16)
    schedules = [schedule_of(connect(database_url, box, witness), policy, clock) for _ in range(16)]

    def look(schedule: Schedule) -> None:
        together.wait()
        schedule.look()

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(look, schedules))

    assert sorted(witnessed) == ["published ES256", "published EdDSA"]
    assert len(connect(database_url, box).all()) == 4


def test_a_machine_whose_clock_is_not_believed_changes_nothing(
    vault: Vault, policy: KeyPolicy, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    rotate(vault, policy, clock, algorithm="EdDSA")
    rotate(vault, policy, clock, algorithm="EdDSA")
    before = vault.all()
    clock.forward(timedelta(days=400))

    schedule_of(vault, policy, clock, trusted=False).look()

    assert vault.all() == before
    assert "disagree about the time" in caplog.text


def test_what_is_published_is_logged_by_its_kid(
    sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="keys")
    rotate(sqlite_vault, policy, clock, algorithm="EdDSA")
    clock.forward(due_by(policy))

    schedule_of(sqlite_vault, policy, clock).look()

    (record,) = (record for record in caplog.records if record.message == "signing key published")
    assert vars(record)["kid"] == sqlite_vault.all()[1].kid


def test_without_any_key_the_schedule_makes_none(vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    schedule_of(vault, policy, clock).look()

    assert vault.all() == ()


def test_a_started_schedule_waits_for_an_absent_database_and_rotates_when_it_is_there(
    tmp_path: object, box: Box, policy: KeyPolicy, clock: SettableClock, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/later.db"
    vault = connect(url, box)
    schedule = schedule_of(vault, policy, clock)
    schedule.start()
    try:
        assert until(lambda: "run: idp db upgrade" in caplog.text)
        metadata.create_all(create_engine(url, poolclass=NullPool))
        rotate(vault, policy, clock, algorithm="EdDSA")

        clock.forward(due_by(policy))

        assert until(lambda: len(vault.all()) == 2)
    finally:
        schedule.stop()


def test_a_stopped_schedule_looks_no_more(sqlite_vault: Vault, policy: KeyPolicy, clock: SettableClock) -> None:
    rotate(sqlite_vault, policy, clock, algorithm="EdDSA")
    schedule = schedule_of(sqlite_vault, policy, clock)
    schedule.start()

    schedule.stop(within=timedelta(seconds=LIMIT))
    clock.forward(due_by(policy))

    assert schedule._thread is not None
    assert not schedule._thread.is_alive()
    assert len(sqlite_vault.all()) == 1


def test_keys_that_this_process_cannot_open_get_no_successor_that_others_could_not_open(
    sqlite_url: str, box: Box, policy: KeyPolicy, clock: SettableClock
) -> None:
    rotate(connect(sqlite_url, box), policy, clock, algorithm="EdDSA")
    stranger = connect(sqlite_url, Sealer(bytes(32)).for_purpose("signing-key"))
    clock.forward(due_by(policy))

    with pytest.raises(UnusableKey, match="IDP_KEY_ENCRYPTION_KEY"):
        schedule_of(stranger, policy, clock).look()
    with pytest.raises(UnusableKey, match="IDP_KEY_ENCRYPTION_KEY"):
        rotate(stranger, policy, clock, algorithm="EdDSA")

    assert len(stranger.all()) == 1
    assert rotate(stranger, policy, clock, algorithm="EdDSA", emergency=True).key is not None


def test_a_witness_that_fails_takes_the_change_with_it(
    database_url: str, box: Box, policy: KeyPolicy, clock: SettableClock
) -> None:
    def witness(_db: Connection, _change: Change, _key: KeyRecord, _now: datetime) -> None:
        raise RuntimeError("the audit trail is full")

    with pytest.raises(RuntimeError):
        rotate(connect(database_url, box, witness), policy, clock, algorithm="EdDSA")

    assert connect(database_url, box).all() == ()
