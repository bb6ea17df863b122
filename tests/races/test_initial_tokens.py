"""An initial access token lets in as many clients as it says, however many come at once, at several processes."""

import json
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from idp.store import clients, initial_access_tokens
from idp.store.base import digest_of
from idp.store.initial_access_tokens import InitialAccessToken
from tests.conftest import DATABASES, fresh_database
from tests.faults.cluster import Cluster, cluster
from tests.races.racers import ROUNDS, WIDTH
from tests.races.wire import Line, at_once, body_request, request

METADATA = {"redirect_uris": ["https://rp.example/callback"], "client_name": "Photos"}


@pytest.fixture(scope="module", params=DATABASES)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two server processes on one database."""
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with cluster(url, client_registration="token") as running:
            yield running


@pytest.fixture
def lines(servers: Cluster) -> Iterator[list[Line]]:
    made = [Line(servers.ports[number % len(servers.ports)]) for number in range(WIDTH)]
    yield made
    for line in made:
        line.close()


def new_token(servers: Cluster, *, uses: int) -> tuple[str, str]:
    token, token_id, now = secrets.token_urlsafe(32), secrets.token_hex(6), servers.running.clock()
    made = InitialAccessToken(token_id, None, {}, uses, now, now + timedelta(days=1), None)
    with servers.running.database.transaction() as db:
        initial_access_tokens.add(db, digest_of(token), made)
    return token, token_id


@pytest.mark.parametrize("uses", [1, 5])
def test_sixteen_come_at_once_and_as_many_stay_as_may(servers: Cluster, lines: list[Line], uses: int) -> None:
    for _ in range(max(1, ROUNDS // 4)):
        token, token_id = new_token(servers, uses=uses)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        registration = body_request("POST", "/register", json.dumps(METADATA).encode(), headers)

        answers = at_once(lines, [registration] * WIDTH)

        assert Counter(answer.status for answer in answers) == {201: uses, 401: WIDTH - uses}
        with servers.running.database.autocommit() as db:
            counted = select(func.count()).where(clients.clients.c.registered_by == token_id)
            left = select(initial_access_tokens.initial_access_tokens.c.uses_left).where(
                initial_access_tokens.initial_access_tokens.c.id == token_id
            )
            assert db.execute(counted).scalar_one() == uses
            assert db.execute(left).scalar_one() == 0


def test_a_client_that_is_deleted_sixteen_times_at_once_is_deleted_once(servers: Cluster, lines: list[Line]) -> None:
    for _ in range(max(1, ROUNDS // 16)):
        token, _ = new_token(servers, uses=1)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        told = lines[0].ask(body_request("POST", "/register", json.dumps(METADATA).encode(), headers)).json()
        own = {"Authorization": f"Bearer {told['registration_access_token']}", "Content-Type": "application/json"}
        path = f"/register/{told['client_id']}"
        changed = json.dumps({**METADATA, "client_id": told["client_id"]}).encode()
        deletion, update = body_request("DELETE", path, b"", own), body_request("PUT", path, changed, own)

        answers = at_once(lines, [deletion, update] * (WIDTH // 2))

        deleted, updated = Counter(a.status for a in answers[::2]), Counter(a.status for a in answers[1::2])
        assert deleted == {204: 1, 401: WIDTH // 2 - 1}
        assert set(updated) <= {200, 401}
        with servers.running.database.autocommit() as db:
            assert clients.find(db, told["client_id"]) is None


def test_a_change_is_seen_by_every_process_within_seconds(servers: Cluster, lines: list[Line]) -> None:
    token, _ = new_token(servers, uses=1)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    told = lines[0].ask(body_request("POST", "/register", json.dumps(METADATA).encode(), headers)).json()
    moved = "https://rp.example/elsewhere"
    asked = {"response_type": "code", "client_id": told["client_id"], "redirect_uri": moved, "scope": "openid"}
    authorize = request("GET", f"/authorize?{urlencode(asked)}")
    # Both processes know it now, as it was.
    assert [lines[number].ask(authorize).status for number in (0, 1)] == [400, 400]

    own = {"Authorization": f"Bearer {told['registration_access_token']}", "Content-Type": "application/json"}
    changed = json.dumps({**METADATA, "redirect_uris": [moved], "client_id": told["client_id"]}).encode()
    assert lines[0].ask(body_request("PUT", f"/register/{told['client_id']}", changed, own)).status == 200

    assert lines[0].ask(authorize).status == 303
    until = time.monotonic() + 60
    while lines[1].ask(authorize).status != 303:
        assert time.monotonic() < until, "the other process still goes by what was registered before"
