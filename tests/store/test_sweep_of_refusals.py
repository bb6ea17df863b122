"""Refusals are kept for a week, and never more than so many."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from idp.store import refusals
from idp.store.database import Database
from idp.store.refusals import Refusal, too_old_or_too_many
from idp.store.sweep import KEEP_REFUSALS, sweep

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=1)
    yield opened
    opened.dispose()


def keep(database: Database, *references: str) -> None:
    """Each a second after the one before."""
    with database.transaction() as db:
        for place, reference in enumerate(references):
            at = NOON + timedelta(seconds=place)
            refusals.record(db, Refusal(reference, at, None, "/authorize", "invalid_request", "No.", {"values": {}}))


def left(database: Database) -> list[str]:
    with database.autocommit() as db:
        return [refusal.reference for refusal in refusals.latest(db)]


def test_refusals_go_after_a_week(database: Database) -> None:
    keep(database, "first", "second")

    sweep(database, now=NOON + KEEP_REFUSALS)
    assert left(database) == ["second", "first"]

    swept = sweep(database, now=NOON + KEEP_REFUSALS + timedelta(seconds=1))
    assert (left(database), swept["refusals"]) == (["second"], 1)


def test_the_newest_drive_out_the_oldest(database: Database) -> None:
    keep(database, "first", "second", "third", "fourth")

    with database.autocommit() as db:
        db.execute(too_old_or_too_many(NOON - timedelta(days=1), most=2))

    assert left(database) == ["fourth", "third"]


def test_fewer_than_the_most_all_stay(database: Database) -> None:
    keep(database, "first", "second")

    with database.autocommit() as db:
        db.execute(too_old_or_too_many(NOON - timedelta(days=1), most=2))

    assert left(database) == ["second", "first"]
