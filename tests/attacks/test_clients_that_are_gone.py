"""A client that another process deletes while this one still remembers it."""

import threading
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
import requests

from idp.store import accounts, clients
from tests.flows.relying_party import RelyingParty
from tests.running import Running

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SCOPE = "openid api"

Attempt = Callable[[Running, RelyingParty, requests.Session], requests.Response]

AT_ENDPOINTS_FOR_PEOPLE: dict[str, Attempt] = {
    "somebody known": lambda _, rp, known: rp.authorize(known, scope=SCOPE),
    "somebody unknown": lambda _, rp, __: rp.authorize(scope=SCOPE),
}
AT_ENDPOINTS_FOR_CLIENTS: dict[str, Attempt] = {
    "pushed": lambda p, rp, _: p.post("/par", rp.parameters(scope=SCOPE), auth=rp.client.basic),
    "device": lambda p, rp, _: p.post("/device_authorization", {"scope": SCOPE}, auth=rp.client.basic),
    "its own": lambda _, rp, __: rp.token(grant_type="client_credentials", scope="api"),
}


def gone(provider: Running) -> RelyingParty:
    grants = ["authorization_code", "client_credentials", DEVICE_CODE]
    client = provider.client(grant_types=grants, scope=SCOPE)
    rp = RelyingParty(provider, client)
    assert rp.token(grant_type="client_credentials", scope="api").status_code == 200
    with provider.database.transaction() as db:
        assert clients.remove(db, client.client_id)
    return rp


@pytest.mark.parametrize("attempt", AT_ENDPOINTS_FOR_PEOPLE.values(), ids=AT_ENDPOINTS_FOR_PEOPLE)
def test_a_request_of_a_client_that_has_just_been_deleted_is_one_of_an_unknown_client(
    provider: Running, attempt: Attempt
) -> None:
    answer = attempt(provider, gone(provider), provider.session(provider.person()))

    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize("attempt", AT_ENDPOINTS_FOR_CLIENTS.values(), ids=AT_ENDPOINTS_FOR_CLIENTS)
def test_a_client_that_has_just_been_deleted_cannot_authenticate(provider: Running, attempt: Attempt) -> None:
    answer = attempt(provider, gone(provider), requests.Session())

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def at_once(*doing: Callable[[], int]) -> set[int]:
    gate, statuses = threading.Barrier(len(doing)), set[int]()

    def race(do: Callable[[], int]) -> None:
        gate.wait()
        statuses.add(do())

    racers = [threading.Thread(target=race, args=(do,)) for do in doing]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    return statuses


@pytest.mark.parametrize("what", ["client", "person"])
def test_nothing_fails_at_the_moment_in_which_somebody_goes(provider: Running, what: str) -> None:
    for _ in range(3):
        person = provider.person()
        rp, browser = RelyingParty(provider, provider.client(scope="openid")), provider.session(person)
        code, cookies = rp.code(browser), browser.cookies.get_dict()
        address = f"{provider.issuer}/authorize?{urlencode(rp.parameters())}"

        def go(rp: RelyingParty = rp, account_id: str = person.id) -> int:
            with provider.database.transaction() as db:
                if what == "client":
                    clients.remove(db, rp.client.client_id)
                else:
                    accounts.erase(db, account_id)
            return 200

        def silently(address: str = address, cookies: dict[str, str] = cookies) -> int:
            return requests.get(address, cookies=cookies, allow_redirects=False, timeout=20).status_code

        def redeem(rp: RelyingParty = rp, code: str = code) -> int:
            return rp.redeem(code).status_code

        def push(rp: RelyingParty = rp) -> int:
            return provider.post("/par", rp.parameters(), auth=rp.client.basic).status_code

        assert at_once(go, *[silently] * 6, *[redeem] * 4, *[push] * 4) <= {200, 201, 303, 400, 401}
