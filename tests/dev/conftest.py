"""A provider in development mode with demo applications beside it, all on sockets."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from idp.dev.demo_clients import DemoApp, demo_apps, register
from idp.dev.mailbox import mailbox_routes
from idp.dev.relying_party import relying_party
from idp.dev.servers import Served, serve
from tests.conftest import DATABASES
from tests.running import Person, Running, running_provider


@dataclass
class Playground:
    """The provider and the two applications."""

    provider: Running
    photos: DemoApp
    bookings: DemoApp

    def person(self) -> Person:
        """Somebody with claims to show; the name is a trap."""
        return self.provider.person(name='Eve <script>"x"</script>', given_name="Eve")

    def browser(self, person: Person | None = None) -> requests.Session:
        """A browser; with a person, one that has signed in at the provider already."""
        return self.provider.session(person) if person else requests.Session()


def free_neighbours(count: int) -> int:
    """The first of some free ports in a row."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as first:
            port: int = first.getsockname()[1]
            try:
                for number in range(1, count):
                    socket.create_server(("127.0.0.1", port + number)).close()
            except OSError:
                continue
            return port
    raise RuntimeError("no free ports in a row")


@pytest.fixture(scope="module", params=DATABASES[:1])
def playground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """On SQLite, as `idp dev` is."""
    from tests.conftest import fresh_database

    served: list[Served] = []
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp("dev")):
        with running_provider(url, development=lambda house: list(mailbox_routes(house))) as provider:
            port = free_neighbours(2)
            apps = demo_apps(host="127.0.0.1", first_port=port, secrets=("photos-secret", "bookings-secret"))
            for app in apps:
                register(provider.database, app, now=provider.clock())
                listening = socket.create_server(("127.0.0.1", int(app.origin.rpartition(":")[2])))
                one = serve(relying_party(app, provider.issuer), listening, name=app.client_id)
                one.wait_until_it_answers(f"{app.origin}/")
                served.append(one)
            yield Playground(provider, *apps)
            for one in served:
                one.stop()
