"""Fixtures for every floor: fresh databases of both kinds, and a running provider on each."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from keys.lifecycle import Algorithm
from tests import databases
from tests.running import Running, running_provider

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL server; gives the URL of its maintenance database."""
    with databases.postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file."""
    return databases.sqlite_template(tmp_path_factory.mktemp("template"))


def fresh_database(kind: str, request: pytest.FixtureRequest, directory: Path) -> Iterator[str]:
    """A fresh, migrated database of a kind, in a file of this directory or on the server."""
    if kind == "sqlite":
        file = directory / "idp.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), file)
        yield f"sqlite:///{file}"
    else:
        with databases.postgresql_database(request.getfixturevalue("postgresql_server")) as url:
            yield url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, migrated database for this test alone; the test runs once on each kind."""
    yield from fresh_database(request.param, request, tmp_path)


@pytest.fixture(scope="session", params=DATABASES)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running provider, shared by the tests of one database: each makes its own clients and people."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        # The relying parties of tests live on this machine.
        with running_provider(url, outgoing_allowed_hosts=("127.0.0.1",)) as running:
            yield running


@pytest.fixture(scope="session", params=DATABASES)
def full_provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A running provider in which everything is switched on that can be, with keys of every algorithm."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(f"full-{request.param}")):
        with running_provider(url, algorithms=Algorithm, implicit_and_hybrid=True) as running:
            yield running


class _Skipped:
    """Collects what did not run, so that the end of the run can name it."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail"):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self.reasons.append(f"{report.nodeid}: {reason}")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.reasons:
            terminalreporter.section("did not run")
            for reason in self.reasons:
                terminalreporter.line(reason)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        # What cannot run for want of a component passes on a laptop, and fails where the result decides.
        if self.reasons and os.environ.get("CI"):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_configure(config: pytest.Config) -> None:
    """Keep files where databases are quick, and name at the end what did not run."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(databases.quick_disk()))
    config.pluginmanager.register(_Skipped(), "what-did-not-run")
