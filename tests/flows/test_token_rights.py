"""Revocation (RFC 7009) and introspection (RFC 7662): who may do it to which token, and what is told to whom."""

from typing import Any

import pytest

from tests.flows.relying_party import RelyingParty
from tests.running import Registered, Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def tokens(rp: RelyingParty) -> dict[str, Any]:
    browser = rp.provider.session(rp.provider.person())
    return dict(rp.redeem(rp.code(browser, scope="openid email offline_access")).json())


def told(provider: Running, client: Registered, token: str, **more: str) -> Any:
    response = provider.post("/introspect", {"token": token, **more}, auth=client.basic)
    assert response.status_code == 200, response.text
    assert response.headers["Cache-Control"] == "no-store"
    return response.json()


def test_a_client_is_told_about_its_own_tokens(provider: Running, rp: RelyingParty, tokens: dict[str, Any]) -> None:
    access, refresh = (told(provider, rp.client, tokens[kind]) for kind in ("access_token", "refresh_token"))

    assert access["active"]
    assert (access["client_id"], access["token_type"]) == (rp.client.client_id, "Bearer")
    assert access["scope"] == "openid email offline_access"
    assert access["sub"] == rp.claims(tokens["id_token"])["sub"]
    assert access["exp"] - access["iat"] == tokens["expires_in"]
    assert refresh["active"]
    assert refresh["token_type"] == "refresh_token"


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "unheard-of"])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_a_wrong_hint_changes_nothing(
    provider: Running, rp: RelyingParty, tokens: dict[str, Any], kind: str, hint: str
) -> None:
    assert told(provider, rp.client, tokens[kind], token_type_hint=hint)["active"]

    revoked = provider.post("/revoke", {"token": tokens[kind], "token_type_hint": hint}, auth=rp.client.basic)

    assert (revoked.status_code, revoked.text) == (200, "")
    assert told(provider, rp.client, tokens[kind]) == {"active": False}


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_an_unrelated_client_learns_nothing(provider: Running, tokens: dict[str, Any], kind: str) -> None:
    assert told(provider, provider.client(), tokens[kind]) == {"active": False}


def test_a_resource_server_is_told_about_any_access_token(provider: Running, tokens: dict[str, Any]) -> None:
    server = provider.client(resource_server=True, redirect_uris=[], grant_types=[])

    assert told(provider, server, tokens["access_token"])["active"]


def test_a_resource_server_never_takes_a_refresh_token_for_an_access_token(
    provider: Running, tokens: dict[str, Any]
) -> None:
    server = provider.client(resource_server=True, redirect_uris=[], grant_types=[])

    assert told(provider, server, tokens["refresh_token"]) == {"active": False}


@pytest.mark.parametrize("method", ["none"])
def test_a_public_client_cannot_ask(provider: Running, method: str) -> None:
    client = provider.client(token_endpoint_auth_method=method)

    response = provider.post("/introspect", {"token": "x", "client_id": client.client_id})

    assert response.status_code in {400, 401}
    assert "active" not in response.json()


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
def test_without_authentication_there_is_no_answer(provider: Running, tokens: dict[str, Any], path: str) -> None:
    response = provider.post(path, {"token": tokens["access_token"]})

    assert response.status_code == 401
    assert response.json()["error"] == "invalid_client"


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
def test_a_missing_token_is_an_invalid_request(provider: Running, rp: RelyingParty, path: str) -> None:
    response = provider.post(path, {"token": ""}, auth=rp.client.basic)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


ODD_TOKENS = ("x", "op_at_", "é", "' OR 1=1 --", "a" * 60_000, "eyJhbGciOiJub25lIn0.e30.", "\u202e", "a b", "a\r\nb")


@pytest.mark.parametrize("token", ODD_TOKENS, ids=lambda token: ascii(token[:20]))
def test_unknown_tokens_are_inactive_and_revoked_without_a_word(
    provider: Running, rp: RelyingParty, token: str
) -> None:
    assert told(provider, rp.client, token) == {"active": False}
    assert provider.post("/revoke", {"token": token}, auth=rp.client.basic).status_code == 200


def test_a_code_and_an_id_token_are_no_tokens_to_ask_about(
    provider: Running, rp: RelyingParty, tokens: dict[str, Any]
) -> None:
    code = rp.code(provider.session(provider.person()))

    assert told(provider, rp.client, code) == {"active": False}
    assert told(provider, rp.client, tokens["id_token"]) == {"active": False}
    provider.post("/revoke", {"token": code}, auth=rp.client.basic)
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_clients_token_is_not_revoked_and_the_answer_does_not_tell(
    provider: Running, rp: RelyingParty, tokens: dict[str, Any], kind: str
) -> None:
    stranger = provider.client()

    theirs = provider.post("/revoke", {"token": tokens[kind]}, auth=stranger.basic)
    unknown = provider.post("/revoke", {"token": "op_at_unknown"}, auth=stranger.basic)

    assert (theirs.status_code, theirs.content) == (unknown.status_code, unknown.content)
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_a_revoked_access_token_ends_alone(provider: Running, rp: RelyingParty, tokens: dict[str, Any]) -> None:
    provider.post("/revoke", {"token": tokens["access_token"]}, auth=rp.client.basic)

    assert rp.userinfo(tokens["access_token"]).status_code == 401
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


def test_a_revoked_refresh_token_takes_its_family_along(
    provider: Running, rp: RelyingParty, tokens: dict[str, Any]
) -> None:
    second = rp.refresh(tokens["refresh_token"]).json()

    # The one that was used already names the family just as well.
    provider.post("/revoke", {"token": tokens["refresh_token"]}, auth=rp.client.basic)

    assert rp.userinfo(second["access_token"]).status_code == 401
    assert rp.refresh(second["refresh_token"]).status_code == 400


def test_revoking_twice_is_answered_alike(provider: Running, rp: RelyingParty, tokens: dict[str, Any]) -> None:
    answers = [provider.post("/revoke", {"token": tokens["refresh_token"]}, auth=rp.client.basic) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_a_public_client_revokes_its_own_tokens(provider: Running) -> None:
    client = provider.client(token_endpoint_auth_method="none")
    rp = RelyingParty(provider, client)
    code = rp.code(provider.session(provider.person()))
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": client.redirect_uri}
    identified = {"client_id": client.client_id}
    tokens = provider.post("/token", {**fields, **identified, "code_verifier": rp.verifier}).json()

    revoked = provider.post("/revoke", {**identified, "token": tokens["access_token"]})

    assert revoked.status_code == 200
    assert rp.userinfo(tokens["access_token"]).status_code == 401


def test_a_revocation_is_written_down_once_and_without_the_token(
    provider: Running, rp: RelyingParty, tokens: dict[str, Any]
) -> None:
    from idp.store import audit_events

    for _ in range(2):
        provider.post("/revoke", {"token": tokens["refresh_token"]}, auth=rp.client.basic)

    with provider.database.autocommit() as db:
        events = audit_events.of_account(db, rp.claims(tokens["id_token"])["sub"])
    assert [event.event for event in events] == ["token_revoked"]
    assert tokens["refresh_token"] not in str(events)
