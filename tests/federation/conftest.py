"""One world for each database, and one OpenID provider that can lie, calm at the beginning of every test."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from tests.conftest import DATABASES, fresh_database
from tests.federation.direct import Direct, direct
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


@pytest.fixture(scope="package")
def liar() -> Iterator[Direct[GoogleStage]]:
    """An OpenID provider of no particular name, shared by the tests."""
    with direct("oidc", GoogleStage, GOOGLE) as started:
        yield started


@pytest.fixture
def there(liar: Direct[GoogleStage]) -> Iterator[Direct[GoogleStage]]:
    """That provider, honest until a test makes it lie."""
    keys, app = liar.stage.keys, liar.stage.app
    yield liar
    liar.stage.forge, liar.stage.token_more, liar.stage.discovery_more = None, {}, {}
    liar.stage.userinfo_more, liar.stage.app = {}, app
    liar.stage.keys, liar.clock.ahead = keys, timedelta()
    liar.stage.everything_slow, liar.stage.slow_for = False, 5.0
