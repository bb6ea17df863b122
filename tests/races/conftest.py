"""What every race runs on."""

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES, fresh_database
from tests.faults.cluster import Cluster, cluster
from tests.races.racers import Racers


@pytest.fixture(scope="module", params=DATABASES)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two server processes on one database."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        # One client begins more devices here than strangers may.
        with cluster(url, throttle={"client_devices": 10_000}) as running:
            yield running


@pytest.fixture
def racers(servers: Cluster) -> Iterator[Racers]:
    made = Racers(servers)
    yield made
    made.close()
