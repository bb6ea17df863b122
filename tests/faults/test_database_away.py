"""Without its database the provider refuses (FA-01, FA-02), and serves again by itself when the database is back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import psycopg
import pytest
import requests
from sqlalchemy.engine import make_url

from tests import databases
from tests.flows.relying_party import RelyingParty
from tests.running import Running, running_provider


@pytest.fixture
def provider(postgresql_server: str) -> Iterator[Running]:
    with databases.postgresql_database(postgresql_server) as url, running_provider(url) as running:
        yield running


def cut(server: str, provider: Running) -> None:
    """End every connection to the provider's database, as a failover does."""
    provider.database.engine.dispose()
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [make_url(str(provider.database.url)).database],
        )


@contextmanager
def away(server: str, provider: Running) -> Iterator[None]:
    """The database takes no connections for a while."""
    name = make_url(str(provider.database.url)).database
    with psycopg.connect(server, autocommit=True) as administrator:
        administrator.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'.encode())
        try:
            cut(server, provider)
            yield
        finally:
            administrator.execute(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'.encode())


def until_served(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask until the provider has noticed that the database is back."""
    end = monotonic() + 60
    while (answer := ask()).status_code >= 500 and monotonic() < end:
        pass
    return answer


def test_without_the_database_nothing_is_granted_told_or_said_to_be_revoked(
    provider: Running, postgresql_server: str
) -> None:
    rp, browser = RelyingParty(provider, provider.client()), provider.session(provider.person())
    tokens = rp.redeem(rp.code(browser, scope="openid offline_access")).json()
    code = rp.code(browser)
    form = {"token": tokens["access_token"]}

    with away(postgresql_server, provider):
        answers = [
            rp.authorize(browser),
            rp.redeem(code),
            rp.refresh(tokens["refresh_token"]),
            rp.userinfo(tokens["access_token"]),
            provider.post("/introspect", form, auth=rp.client.basic),
            provider.post("/revoke", form, auth=rp.client.basic),
            provider.get("/readyz"),
        ]
        alive, jwks = provider.get("/livez"), provider.get("/jwks")

    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers[:-1])
    assert all("psycopg" not in answer.text and "SELECT" not in answer.text for answer in answers)
    assert all(answer.headers["Cache-Control"] == "no-store" for answer in answers)
    # The process lives, and relying parties can still verify what they hold.
    assert (alive.status_code, jwks.status_code) == (200, 200)
    assert until_served(lambda: rp.userinfo(tokens["access_token"])).status_code == 200
    assert rp.redeem(code).status_code == 200
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_connections_that_were_cut_are_replaced_without_a_restart(provider: Running, postgresql_server: str) -> None:
    rp, browser = RelyingParty(provider, provider.client()), provider.session(provider.person())
    tokens = rp.redeem(rp.code(browser)).json()

    cut(postgresql_server, provider)

    assert until_served(lambda: rp.userinfo(tokens["access_token"])).status_code == 200
    assert rp.redeem(rp.code(browser)).status_code == 200
