"""A fresh accounts room for each test, on each kind of database."""

from collections.abc import Iterator

import pytest

from idp.store.database import Database
from tests.accounts.people import Room


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=16)
    yield opened
    opened.dispose()


@pytest.fixture
def room(database: Database) -> Room:
    return Room(database)
