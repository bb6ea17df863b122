"""What a public client, which has nothing to show, can make the provider store is limited by client and source."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import requests
from sqlalchemy import func, select

from idp.store.device_authorizations import device_authorizations
from tests.flows.device import Device, decide, television
from tests.flows.people import FormBrowser, somebody
from tests.running import Running

MOST = 30


def stored(device: Device) -> int:
    with device.provider.database.autocommit() as db:
        mine = device_authorizations.c.client_id == device.client.client_id
        return db.execute(select(func.count()).select_from(device_authorizations).where(mine)).scalar_one()


def begun_elsewhere(device: Device) -> requests.Response:
    """A device of the same client that asks from another address."""
    fields = {"client_id": device.client.client_id, "scope": "openid"}
    return FormBrowser(device.provider).post("/device_authorization", fields)


@pytest.fixture
def worn_out(provider: Running) -> Device:
    """A client of which as many devices have asked from here as may."""
    device = television(provider)
    assert {device.begin().status_code for _ in range(MOST)} == {200}
    return device


def test_one_device_too_many_is_told_to_slow_down_and_how_long_and_leaves_nothing(worn_out: Device) -> None:
    refused = worn_out.begin()

    assert (refused.status_code, refused.json()["error"]) == (429, "slow_down")
    assert "wait and try again" in refused.json()["error_description"]
    assert worn_out.client.client_id not in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert refused.headers["Cache-Control"] == "no-store"
    assert stored(worn_out) == MOST


def test_nobody_else_is_held_up(worn_out: Device) -> None:
    another_client = television(worn_out.provider).begin()
    another_place = begun_elsewhere(worn_out)

    assert (another_client.status_code, another_place.status_code) == (200, 200)


def test_devices_that_have_their_codes_go_on(provider: Running) -> None:
    device, browser = television(provider), FormBrowser(provider)
    browser.log_in(somebody(provider))
    codes, *_ = [device.codes() for _ in range(MOST)]
    assert device.begin().status_code == 429

    decide(browser, codes["user_code"])

    assert device.poll(codes["device_code"]).status_code == 200


def test_when_the_codes_have_expired_there_is_room_again(worn_out: Device) -> None:
    worn_out.provider.clock.ahead += timedelta(minutes=10, seconds=1)
    try:
        assert worn_out.begin().status_code == 200
    finally:
        worn_out.provider.clock.ahead -= timedelta(minutes=10, seconds=1)


def test_a_client_that_shows_its_secret_is_not_counted(provider: Running) -> None:
    device = television(provider, token_endpoint_auth_method="client_secret_basic")

    answers = [
        provider.post("/device_authorization", {"scope": "openid"}, auth=device.client.basic) for _ in range(MOST + 1)
    ]

    assert {answer.status_code for answer in answers} == {200}


def test_what_is_refused_for_another_reason_is_not_counted(provider: Running) -> None:
    device = television(provider)

    for _ in range(MOST + 1):
        assert device.begin(scope="unheard-of").status_code == 400

    assert device.begin().status_code == 200


def test_of_many_at_once_no_more_than_the_limit_get_codes(provider: Running) -> None:
    device = television(provider)

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: device.begin().status_code, range(MOST + 16)))

    assert (answers.count(200), answers.count(429)) == (MOST, 16)
    assert stored(device) == MOST
