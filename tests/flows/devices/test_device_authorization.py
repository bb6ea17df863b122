"""The device authorization endpoint (RFC 8628 sections 3.1 and 3.2)."""

import pytest

from tests.flows.device import DEVICE_CODE, Device, television
from tests.running import Running


def test_a_device_gets_its_codes(device: Device) -> None:
    answer = device.begin()

    codes = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert codes["device_code"].startswith("op_dc_")
    assert len(codes["device_code"]) >= 43
    assert len(codes["user_code"]) == 9
    assert set(codes["user_code"].replace("-", "", 1)) <= set("BCDFGHJKLMNPQRSTVWXZ")
    assert codes["verification_uri"] == f"{device.provider.issuer}/device"
    assert codes["verification_uri_complete"] == f"{device.provider.issuer}/device?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)


def test_codes_differ_each_time(device: Device) -> None:
    several = [device.codes() for _ in range(5)]

    assert len({codes["user_code"] for codes in several}) == len({codes["device_code"] for codes in several}) == 5


def test_only_the_digest_of_a_device_code_is_stored(device: Device) -> None:
    from sqlalchemy import select

    from idp.store.device_authorizations import device_authorizations

    codes = device.codes()

    with device.provider.database.autocommit() as db:
        mine = device_authorizations.c.client_id == device.client.client_id
        row = db.execute(select(device_authorizations).where(mine)).one()
    assert codes["device_code"] not in str(tuple(row))
    assert codes["device_code"].encode() not in bytes(row.device_digest)


def test_a_confidential_device_has_to_show_its_secret(provider: Running) -> None:
    device = television(provider, token_endpoint_auth_method="client_secret_basic")

    without = device.begin()
    with_it = provider.post("/device_authorization", {"scope": "openid"}, auth=device.client.basic)

    assert (without.status_code, without.json()["error"]) == (401, "invalid_client")
    assert with_it.status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "unheard-of"}, "invalid_scope"),
    ],
)
def test_what_a_device_cannot_ask_for(device: Device, changed: dict[str, str | None], error: str) -> None:
    answer = device.begin(**changed)

    assert answer.status_code in {400, 401}
    assert answer.json()["error"] == error


def test_a_repeated_parameter_is_refused(device: Device) -> None:
    fields = [("client_id", device.client.client_id), ("scope", "openid"), ("scope", "email")]

    answer = device.provider.post("/device_authorization", fields)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_codes_are_not_given_by_get(provider: Running) -> None:
    assert provider.get("/device_authorization?client_id=x").status_code == 405


def test_a_client_that_is_not_registered_for_the_grant_gets_no_codes_and_no_tokens(provider: Running) -> None:
    device = television(provider, grant_types=["refresh_token"])

    assert device.begin().json()["error"] == "unauthorized_client"
    assert device.poll("op_dc_anything").json()["error"] == "unauthorized_client"


def test_a_resource_that_is_not_registered_is_refused(device: Device) -> None:
    answer = device.begin(resource="https://films.example/")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_target")


def test_the_endpoint_is_where_discovery_says(provider: Running) -> None:
    metadata = provider.get("/.well-known/openid-configuration").json()

    assert metadata["device_authorization_endpoint"] == f"{provider.issuer}/device_authorization"
    assert DEVICE_CODE in metadata["grant_types_supported"]
