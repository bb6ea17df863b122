"""What every race runs on."""

from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES, _fresh
from tests.faults.cluster import Cluster, cluster


@pytest.fixture(scope="module", params=DATABASES)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two server processes on one database."""
    for url in _fresh(request.param, request, tmp_path_factory.mktemp(request.param)):
        with cluster(url) as running:
            yield running
