"""Keys for tests: made once, because making RSA keys is slow, and stored afresh for each test."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from keys.keypair import KeyPair, generate
from keys.lifecycle import KeyPolicy
from keys.sealing import Box, Sealer
from keys.table import metadata
from keys.vault import SIGNING_KEY_PURPOSE, Vault, connect


class SettableClock:
    """A clock that stands until it is moved."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def forward(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(datetime(2030, 1, 1, 12, tzinfo=UTC))


@pytest.fixture
def policy() -> KeyPolicy:
    return KeyPolicy()


@pytest.fixture(scope="session")
def rsa_pair() -> KeyPair:
    return generate("RS256")


@pytest.fixture
def box() -> Box:
    return Sealer(bytes(range(32))).for_purpose(SIGNING_KEY_PURPOSE)


@pytest.fixture
def vault(database_url: str, box: Box) -> Vault:
    """An empty vault; the test runs once on each kind of database."""
    return connect(database_url, box)


@pytest.fixture
def sqlite_vault(sqlite_url: str, box: Box) -> Vault:
    """An empty vault on SQLite, for what does not depend on the database."""
    return connect(sqlite_url, box)


@pytest.fixture
def sqlite_url(tmp_path: object) -> Iterator[str]:
    url = f"sqlite:///{tmp_path}/keys.db"
    engine = create_engine(url, poolclass=NullPool)
    metadata.create_all(engine)
    yield url
    engine.dispose()
