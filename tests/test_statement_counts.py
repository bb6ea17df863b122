"""How many statements and commits each endpoint of the hot path takes: counted, so that nobody adds one unseen."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from sqlalchemy import event
from starlette.routing import Route

from idp.house import House
from tests.flows.dpop_key import BoundParty
from tests.flows.relying_party import RelyingParty
from tests.running import Running, running_provider


class Counter:
    """Listens on the engine of a running provider."""

    def __init__(self, house: House) -> None:
        self._engine = house.database.engine
        self._here: list[str] = []
        self._lock = threading.Lock()
        event.listen(self._engine, "before_cursor_execute", self._statement)
        event.listen(self._engine, "commit", self._commit)

    def _statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        with self._lock:
            # The workers of the outbox and the ring of keys look now and then, whatever is being counted.
            if "outbox" not in statement and "signing_keys" not in statement:
                self._here.append(" ".join(statement.split()))

    def _commit(self, connection: Any) -> None:
        if connection.get_isolation_level() != "AUTOCOMMIT":
            with self._lock:
                self._here.append("COMMIT")

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        found: list[str] = []
        self._here = found
        yield found
        self._here = []


@dataclass(frozen=True)
class Counted:
    """A provider whose statements are counted."""

    provider: Running
    counter: Counter
    house: House
    kind: str

    def know(self, client_id: str) -> None:
        """Have the client in the cache, fresh, whatever the time."""
        self.house.provider.registry.forget(client_id)
        assert self.house.provider.registry.get(client_id) is not None


@pytest.fixture
def counted(database_url: str) -> Iterator[Counted]:
    houses: list[House] = []

    def keep(house: House) -> list[Route]:
        houses.append(house)
        return []

    with running_provider(database_url, development=keep) as provider:
        yield Counted(provider, Counter(houses[0]), houses[0], database_url.partition(":")[0])


EXPECTED = {
    "sqlite": {
        "authorize, silently": 2,
        "token, by code": 6,
        "token, by refresh token": 7,
        "userinfo": 1,
        "introspect": 1,
        "authorize, asking": 2,
        "discovery": 0,
        "jwks": 0,
    },
    "postgresql": {
        "authorize, silently": 2,
        "token, by code": 1,
        "token, by refresh token": 2,
        "userinfo": 1,
        "introspect": 1,
        "authorize, asking": 2,
        "discovery": 0,
        "jwks": 0,
    },
}


def test_each_endpoint_takes_the_statements_it_is_known_for(counted: Counted) -> None:
    provider, counter = counted.provider, counted.counter
    rp = RelyingParty(provider, provider.client())
    browser = provider.session(provider.person())
    scope = "openid offline_access"
    # Once around, so that the client is known and every statement is compiled.
    rp.refresh(rp.redeem(rp.code(browser, scope=scope)).json()["refresh_token"])
    found: dict[str, list[str]] = {}

    def count(name: str, ask: Callable[[], requests.Response | str]) -> Any:
        counted.know(rp.client.client_id)
        with counter.counting() as statements:
            answer = ask()
        found[name] = statements
        return answer

    code = count("authorize, silently", lambda: rp.code(browser, scope=scope))
    tokens = count("token, by code", lambda: rp.redeem(code)).json()
    again = count("token, by refresh token", lambda: rp.refresh(tokens["refresh_token"])).json()
    count("userinfo", lambda: rp.userinfo(again["access_token"]))
    form = {"token": again["access_token"]}
    count("introspect", lambda: provider.post("/introspect", form, auth=rp.client.basic))
    count("authorize, asking", lambda: rp.authorize(browser, prompt="login"))
    count("discovery", lambda: provider.get("/.well-known/openid-configuration"))
    count("jwks", lambda: provider.get("/jwks"))

    print(f"\n{counted.kind}")  # noqa: T201  the table
    for name, statements in found.items():
        print(f"  {name:<26}{len(statements):>3}  {' | '.join(s.split('(')[0][:28] for s in statements)}")  # noqa: T201
    assert {name: len(statements) for name, statements in found.items()} == EXPECTED[counted.kind]


DEARER = {
    "sqlite": {
        "token, by code and proof": 6 + 1,
        "userinfo, with a proof": 1 + 1,
        "token, by code, a JWT": 6 + 1,
        "token, by code, for a resource": 6 + 1,
    },
    "postgresql": {
        "token, by code and proof": 1 + 1,
        "userinfo, with a proof": 1 + 1,
        "token, by code, a JWT": 1 + 1,
        "token, by code, for a resource": 1 + 1,
    },
}


def test_proofs_and_tokens_that_say_something_take_one_statement_more(counted: Counted) -> None:
    provider, counter, api = counted.provider, counted.counter, "https://api.example"
    browser = provider.session(provider.person())
    bound = BoundParty.confidential(provider)
    jwt, narrowed = (
        RelyingParty(provider, provider.client(**registered))
        for registered in ({"access_token_format": "jwt"}, {"resources": [api]})
    )
    found: dict[str, int] = {}

    def count(name: str, rp: RelyingParty, ask: Callable[[], requests.Response]) -> Any:
        ask_first = rp.redeem(rp.code(browser, scope="openid offline_access", resource=api if rp is narrowed else None))
        assert ask_first.status_code == 200
        counted.know(rp.client.client_id)
        with counter.counting() as statements:
            answer = ask()
        assert answer.status_code == 200, answer.text
        found[name] = len(statements)
        return answer.json()

    codes = {rp.client.client_id: rp.code(browser, scope="openid offline_access") for rp in (bound, jwt, narrowed)}

    def redeem(rp: RelyingParty) -> Callable[[], requests.Response]:
        return lambda: rp.redeem(codes[rp.client.client_id])

    token = count("token, by code and proof", bound, redeem(bound))["access_token"]
    count("userinfo, with a proof", bound, lambda: bound.userinfo(token))
    count("token, by code, a JWT", jwt, redeem(jwt))
    count("token, by code, for a resource", narrowed, redeem(narrowed))

    assert found == DEARER[counted.kind]
