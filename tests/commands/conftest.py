"""An operator at a terminal: every command with its settings, on both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idp.__main__ import app
from idp.store.database import Database

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"


@dataclass(frozen=True)
class Operator:
    """Runs commands against one database."""

    environ: dict[str, str]
    database: Database

    def runs(self, *arguments: str, typed: str | None = None, expect: int = 0) -> Result:
        result = CliRunner().invoke(app, list(arguments), input=typed, env=self.environ)
        assert result.exit_code == expect, (result.stdout, result.stderr, result.exception)
        return result

    def events(self) -> list[str]:
        with self.database.autocommit() as db:
            return [row[0] for row in db.exec_driver_sql("SELECT event FROM audit_events ORDER BY number")]


@pytest.fixture
def operator(database_url: str) -> Any:
    environ = {
        "IDP_ISSUER": "https://id.example.com",
        "IDP_DATABASE_URL": database_url,
        "IDP_KEY_ENCRYPTION_KEY": KEY,
        "IDP_ARGON2_MEMORY_MIB": "7",
    }
    database = Database(database_url, pool_size=1)
    yield Operator(environ, database)
    database.dispose()


@pytest.fixture
def person(operator: Operator) -> Callable[[], str]:
    def make() -> str:
        operator.runs("user", "create", "ada@example.com", "--password-stdin", typed="correct horse battery staple\n")
        return "ada@example.com"

    return make
