"""Tokens without a person (RFC 6749 section 4.4)."""

import pytest
import requests

from idp.store import clients
from idp.store.base import digest_of
from tests.flows.relying_party import RelyingParty
from tests.flows.token_requests import refused
from tests.running import Running


def own_token(rp: RelyingParty, **form: str | None) -> requests.Response:
    return rp.token(grant_type="client_credentials", **form)


def test_client_credentials_give_a_token_without_a_person(provider: Running) -> None:
    client = provider.client(grant_types=["client_credentials"], scope="openid profile reports:read reports:write")
    rp = RelyingParty(provider, client)

    whole, narrowed = own_token(rp).json(), own_token(rp, scope="reports:read").json()

    assert whole["scope"] == "reports:read reports:write"
    assert narrowed["scope"] == "reports:read"
    assert not {"refresh_token", "id_token"} & {*whole, *narrowed}
    assert (whole["token_type"], whole["expires_in"]) == ("Bearer", 3600)
    assert rp.userinfo(whole["access_token"]).status_code == 403


@pytest.mark.parametrize(
    "scope",
    ["openid", "offline_access", "profile", "reports:write", "reports:read openid", "*", "reports:", 'a"b', "é"],
)
def test_client_credentials_never_reach_beyond_the_registration(provider: Running, scope: str) -> None:
    client = provider.client(grant_types=["client_credentials"], scope="openid profile offline_access reports:read")

    assert refused(own_token(RelyingParty(provider, client), scope=scope), 400, "invalid_scope")


def test_a_public_client_has_no_credentials(provider: Running) -> None:
    client = provider.client(grant_types=["client_credentials"], token_endpoint_auth_method="none")
    fields = {"grant_type": "client_credentials", "client_id": client.client_id}

    assert refused(provider.post("/token", fields), 400, "unauthorized_client")


def test_the_subject_of_a_client_can_never_be_a_person(provider: Running) -> None:
    person = provider.person(name="Victim")
    with provider.database.transaction() as db:
        metadata = {"token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"]}
        clients.add(db, person.id, metadata, now=provider.clock())
        clients.add_secret(db, person.id, digest_of("s"), now=provider.clock())
    token = provider.post("/token", {"grant_type": "client_credentials"}, auth=(person.id, "s")).json()["access_token"]

    userinfo = provider.get("/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert userinfo.status_code == 403
    assert "Victim" not in userinfo.text
