"""The way to a connection, on SQLite and on PostgreSQL."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

__all__ = ["UNAVAILABLE", "Connection", "DBAPIError", "Database", "IntegrityError"]

UNAVAILABLE = (OperationalError, InterfaceError, PoolTimeout)
"""What is raised when the database is away, overloaded or shutting down: an outage, not a mistake of ours."""

_POSTGRESQL_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "timezone": "UTC",
        "statement_timeout": "15s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "30s",
    }.items()
)


class Database:
    """One pool of connections to the one database of this installation.

    Lone statements run in autocommit, because BEGIN and COMMIT are round trips of their own; what belongs together
    runs in `transaction()`. Nothing waits for a network or a password hash while it holds either.
    """

    def __init__(self, url: str, *, pool_size: int = 4) -> None:
        self.url = database_url(url)
        self.engine = _sqlite(self.url, pool_size) if self.is_sqlite else _postgresql(self.url, pool_size)
        # The driver's own transactions, except on SQLite, whose driver would begin a transaction that cannot wait.
        level = "AUTOCOMMIT" if self.is_sqlite else "READ COMMITTED"
        self._transactional = self.engine.execution_options(isolation_level=level)
        self._held = _Held()
        event.listen(self.engine, "checkout", self._held.taken)
        event.listen(self.engine, "checkin", self._held.given_back)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose statements commit together. An exception rolls back; a refusal is a value and commits."""
        with self._transactional.begin() as connection:
            if self.is_sqlite:
                # Takes the write lock first: a transaction that reads and then writes cannot wait for it (SQLITE_BUSY).
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def autocommit(self) -> Iterator[Connection]:
        """A connection on which each statement commits by itself."""
        with self.engine.connect() as connection:
            yield connection

    def held_here(self) -> bool:
        """Whether this thread holds a connection, which it may not while it waits for another server."""
        return self._held.count > 0

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


class _Held(threading.local):
    """How many connections a thread holds."""

    count = 0

    def taken(self, *_about: object) -> None:
        self.count += 1

    def given_back(self, *_about: object) -> None:
        self.count -= 1


def database_url(url: str) -> URL:
    """Parse a database URL; `postgres://` and `postgresql://` mean psycopg 3."""
    parsed = make_url(url)
    if parsed.get_backend_name() in {"postgresql", "postgres"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise ValueError("the database URL must start with sqlite:/// or postgresql://")


def _postgresql(url: URL, pool_size: int) -> Engine:
    connect: dict[str, Any] = {"connect_timeout": 5, "application_name": "idp"}
    if "options" not in url.query:
        connect["options"] = _POSTGRESQL_OPTIONS
    if isinstance(url.query.get("host"), tuple) or "," in str(url.host or ""):
        # Several hosts: after a failover only the one that takes writes is of use.
        connect["target_session_attrs"] = "read-write"
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=10,
        pool_pre_ping=False,
        pool_recycle=1800,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        # A lone statement leaves nothing to roll back. Never on SQLite, where `transaction` has to be undone this way.
        skip_autocommit_rollback=True,
        connect_args=connect,
    )


def _sqlite(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=10,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": 10},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine
