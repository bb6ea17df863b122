"""A provider with everything switched on, for clients as they are released."""

from collections.abc import Iterator

import pytest

from keys.lifecycle import Algorithm
from tests.clients.web_browser import WebBrowser
from tests.conftest import DATABASES, fresh_database
from tests.flows.people import somebody
from tests.running import Person, Running, running_provider


@pytest.fixture(scope="package", params=DATABASES)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Shared by the tests of one database: each makes its own clients and people."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(f"clients-{request.param}")):
        with running_provider(
            url, algorithms=Algorithm, implicit_and_hybrid=True, client_registration="token"
        ) as running:
            yield running


@pytest.fixture
def person(provider: Running) -> Person:
    return somebody(provider, name="Ada Lovelace")


@pytest.fixture
def browser(provider: Running, person: Person) -> WebBrowser:
    """The person's browser, in which nobody has signed in yet."""
    return WebBrowser(provider, person)
