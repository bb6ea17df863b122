"""A client that another process deletes while this one still remembers it."""

from collections.abc import Callable

import pytest
import requests

from idp.store import clients
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
