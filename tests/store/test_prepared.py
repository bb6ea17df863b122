"""Prepared statements keep what SQLAlchemy promises: its errors, its transactions, its care for dead connections."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import OperationalError

from idp.store.clients import clients
from idp.store.database import Connection, Database, DBAPIError, IntegrityError
from idp.store.prepared import Prepared

NOW = datetime(2026, 3, 1, 12, 30, 15, 250_000, UTC)
ADD = Prepared(insert(clients), columns=["client_id", "metadata", "created_at", "updated_at"])
FIND = Prepared(
    select(clients.c.client_id, clients.c.metadata, clients.c.created_at, clients.c.disabled_at).where(
        clients.c.client_id == bindparam("wanted"), clients.c.client_id != "nobody"
    )
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url, pool_size=2)
    yield opened
    opened.dispose()


def add(db: Connection, client_id: str) -> None:
    ADD.run(db, {"client_id": client_id, "metadata": {"name": "Wiki"}, "created_at": NOW, "updated_at": NOW})


def test_a_row_comes_back_as_it_was_given(database: Database) -> None:
    with database.autocommit() as db:
        add(db, "wiki")

        assert FIND.first(db, {"wanted": "wiki"}) == ("wiki", {"name": "Wiki"}, NOW, None)
        assert FIND.first(db, {"wanted": "other"}) is None


def test_a_broken_constraint_is_an_integrity_error(database: Database) -> None:
    with database.autocommit() as db:
        add(db, "wiki")

        with pytest.raises(IntegrityError) as raised:
            add(db, "wiki")

    assert "Wiki" not in str(raised.value)


def test_an_exception_takes_back_what_was_done_in_its_transaction(database: Database) -> None:
    def fail_after_adding() -> None:
        with database.transaction() as db:
            add(db, "wiki")
            raise LookupError

    with pytest.raises(LookupError):
        fail_after_adding()

    with database.autocommit() as db:
        assert FIND.first(db, {"wanted": "wiki"}) is None


def test_after_an_outage_one_failure_is_enough_to_replace_every_connection(database: Database) -> None:
    if database.is_sqlite:
        return  # there is no connection to lose
    with database.autocommit() as first, database.autocommit() as second:
        add(first, "wiki")
        FIND.first(second, {"wanted": "wiki"})
    killer = Database(database.url.render_as_string(hide_password=False), pool_size=1)
    with killer.autocommit() as db:
        db.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    killer.dispose()

    with pytest.raises(DBAPIError) as raised, database.autocommit() as db:
        FIND.first(db, {"wanted": "wiki"})

    assert isinstance(raised.value, OperationalError)
    assert raised.value.connection_invalidated
    with database.autocommit() as first, database.autocommit() as second:
        assert FIND.first(first, {"wanted": "wiki"}) is not None
        assert FIND.first(second, {"wanted": "wiki"}) is not None
