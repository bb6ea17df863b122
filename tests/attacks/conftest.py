"""One provider for each database, in which everything is switched on that strangers can reach."""

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES, fresh_database
from tests.running import Running, running_provider


@pytest.fixture(scope="package", params=DATABASES)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Clients register themselves, tokens come from the front, pages watch the session; nobody is held up by limits."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(f"attacks-{request.param}")):
        limits = {"source_registrations": 10_000, "client_failures": 10_000}
        with running_provider(
            url,
            client_registration="open",
            implicit_and_hybrid=True,
            session_management=True,
            throttle=limits,
        ) as running:
            yield running
