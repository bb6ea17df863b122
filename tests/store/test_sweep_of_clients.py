"""Clients that came unasked go when nobody uses them; everybody else's stay."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from idp.store import accounts, clients, consents, tokens
from idp.store.base import digest_of
from idp.store.database import Database
from idp.store.sweep import KEEP_UNUSED_CLIENTS, sweep

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOON + KEEP_UNUSED_CLIENTS + timedelta(seconds=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=1)
    yield opened
    opened.dispose()


def come(database: Database, client_id: str, by: str | None = clients.ANYONE) -> None:
    with database.transaction() as db:
        clients.add(db, client_id, {"client_name": client_id}, now=NOON)
        if by is not None:
            clients.let_manage_itself(db, client_id, by=by, digest=digest_of(client_id), limits=None)


def left(database: Database, now: datetime) -> set[str]:
    sweep(database, now=now)
    with database.autocommit() as db:
        return {client.client_id for client in clients.all_clients(db)}


def test_an_unused_client_stays_for_a_while(database: Database) -> None:
    come(database, "unused")

    assert left(database, NOON + KEEP_UNUSED_CLIENTS) == {"unused"}
    assert left(database, LATER) == set()


def test_a_client_that_somebody_has_asked_for_stays(database: Database) -> None:
    come(database, "by operator", by=None)
    come(database, "by token", by="some-token")

    assert left(database, LATER) == {"by operator", "by token"}


def test_a_client_that_somebody_uses_stays(database: Database) -> None:
    for client_id in ("consented", "with a token", "changed"):
        come(database, client_id)
    with database.transaction() as db:
        accounts.add(
            db,
            "ann",
            email="a@b.c",
            email_key="a@b.c",
            email_verified_at=NOON,
            password_hash=None,
            profile={},
            now=NOON,
        )
        consents.grant(db, "ann", "consented", ("openid",), declined=(), now=NOON)
        tokens.add_access(db, digest_of("t"), client_id="with a token", scopes=(), expires_at=LATER, now=NOON)
        clients.replace_metadata(db, "changed", {"client_name": "x"}, now=NOON + timedelta(days=1))

    assert left(database, LATER) == {"consented", "with a token", "changed"}
