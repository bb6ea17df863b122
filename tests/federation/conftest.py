"""One world for each database, calm at the beginning of every test."""

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES, fresh_database
from tests.federation.world import Traveller, World
from tests.federation.world import world as start


@pytest.fixture(scope="package", params=DATABASES)
def worlds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A provider with simulators, shared by the tests of one database: each meets people of its own."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with start(url) as started:
            yield started


@pytest.fixture
def world(worlds: World) -> World:
    """The world, with every switch where it belongs."""
    worlds.calm()
    return worlds


@pytest.fixture
def traveller(world: World) -> Traveller:
    """A browser that nobody has used before."""
    return Traveller(world)
