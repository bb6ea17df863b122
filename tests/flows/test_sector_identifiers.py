"""Sector identifiers are fetched, and hold every redirect URI (OpenID Connect Dynamic Client Registration 1.0 5)."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from idp.settings.groups import Throttle
from tests.conftest import DATABASES, fresh_database
from tests.flows.registrar import CALLBACK, ask, metadata, refused, register
from tests.outgoing.servers import Behaviour, Server, answering, certificate_for, serving
from tests.running import Running, running_provider

OTHER = "https://other.example/callback"


@dataclass(frozen=True)
class Sector:
    """A provider, and how to run the server that its clients name as their sector."""

    provider: Running
    certificate: Path

    def serving(self, behaviour: Behaviour) -> Any:
        return serving(behaviour, self.certificate)

    def registration(self, server: Server, **changes: Any) -> dict[str, Any]:
        return metadata(
            subject_type="pairwise",
            redirect_uris=[CALLBACK, OTHER],
            sector_identifier_uri=f"https://localhost:{server.port}/sector",
            **changes,
        )


@contextmanager
def sector_at(database_url: str, directory: Path, throttle: Throttle) -> Iterator[Sector]:
    certificate = certificate_for("localhost", directory / "certificate.pem")
    changed: dict[str, Any] = {"client_registration": "open", "outgoing_ca_file": certificate, "throttle": throttle}
    with running_provider(database_url, **changed) as running:
        yield Sector(running, certificate)


@pytest.fixture(scope="module", params=DATABASES)
def sector(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sector]:
    directory = tmp_path_factory.mktemp(request.param)
    for url in fresh_database(request.param, request, directory):
        with sector_at(url, directory, Throttle(enabled=False)) as made:
            yield made


def listing(*addresses: object) -> Behaviour:
    return answering(body=json.dumps(addresses).encode(), Content_Type="application/json")


def test_a_list_that_holds_every_redirect_uri_is_a_sector(sector: Sector) -> None:
    with sector.serving(listing(OTHER, "https://third.example/", CALLBACK)) as server:
        answer = ask(sector.provider, sector.registration(server))

    assert answer.status_code == 201
    assert answer.json()["subject_type"] == "pairwise"
    assert [request.split(b"\r\n")[0] for request in server.requests] == [b"GET /sector HTTP/1.1"]


@pytest.mark.parametrize(
    "behaviour",
    [
        listing("https://foreign.example/callback"),
        listing(CALLBACK),
        listing(CALLBACK, OTHER + "/"),
        listing(CALLBACK, OTHER, 1),
        listing(),
        answering(body=b"{}"),
        answering(body=b"not json"),
        answering(body=b"[" * 60_000),
        answering(body=b'["' + b"a" * 70_000 + b'"]'),
        answering("404 Not Found", json.dumps([CALLBACK, OTHER]).encode()),
        answering("302 Found", Location="https://localhost/elsewhere"),
    ],
)
def test_anything_else_is_none(sector: Sector, behaviour: Behaviour) -> None:
    with sector.serving(behaviour) as server:
        answer = ask(sector.provider, sector.registration(server))

    assert refused(answer) == "invalid_client_metadata"
    assert answer.json()["error_description"].startswith("sector_identifier_uri ")


def test_a_server_that_is_not_there_is_no_sector(sector: Sector) -> None:
    with sector.serving(listing()) as server:
        pass

    assert refused(ask(sector.provider, sector.registration(server))) == "invalid_client_metadata"


def test_an_update_asks_again(sector: Sector) -> None:
    client = register(sector.provider)
    with sector.serving(listing(CALLBACK)) as server:
        answer = client.manage("PUT", {**sector.registration(server), "client_id": client.client_id})

    assert refused(answer) == "invalid_client_metadata"
    assert client.manage("GET").json()["subject_type"] == "public"


def test_nobody_makes_us_ask_others_more_often_than_they_may_register(database_url: str, tmp_path: Path) -> None:
    limited = Throttle(source_registrations=3)
    with sector_at(database_url, tmp_path, limited) as sector, sector.serving(listing()) as server:
        statuses = [ask(sector.provider, sector.registration(server)).status_code for _ in range(5)]

    assert statuses == [400, 400, 400, 429, 429]
    assert len(server.requests) == 3


def test_nor_by_updates(database_url: str, tmp_path: Path) -> None:
    limited = Throttle(source_registrations=3)
    with sector_at(database_url, tmp_path, limited) as sector, sector.serving(listing()) as server:
        client = register(sector.provider)
        document = {**sector.registration(server), "client_id": client.client_id}
        statuses = [client.manage("PUT", document).status_code for _ in range(3)]
        without = client.manage("PUT", {**metadata(), "client_id": client.client_id})

    assert statuses == [400, 400, 429]
    assert len(server.requests) == 2
    assert without.status_code == 200


def test_a_connection_of_the_database_is_not_held_meanwhile(sector: Sector) -> None:
    # The guarded client itself refuses to wait while one is held; this asks for the answer to be the ordinary one.
    with sector.serving(listing(CALLBACK, OTHER)) as server:
        client = register(sector.provider, **sector.registration(server))
        again = client.manage("PUT", {**sector.registration(server), "client_id": client.client_id})

    assert again.status_code == 200
