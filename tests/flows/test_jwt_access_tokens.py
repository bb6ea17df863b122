"""Access tokens that are JWTs (RFC 9068): what they say, and that they end like every other token."""

from typing import Any

import pytest
import requests
from authlib.oidc.core.util import create_half_hash
from joserfc import jws
from sqlalchemy import select

from idp.store.base import digest_of
from idp.store.tokens import access_tokens
from tests.flows.dpop_key import BoundParty, registered_resource_server
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running, running_provider

API = "https://api.example/things"
SCOPE = "openid offline_access"


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client(access_token_format="jwt", resources=[API]))


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person(name="Alice Example"))


def introspected(rp: RelyingParty, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = rp.provider.post("/introspect", {"token": token}, auth=rp.client.basic).json()
    return answer


def test_it_says_what_rfc_9068_asks_for_and_nothing_about_the_person(
    rp: RelyingParty, browser: requests.Session
) -> None:
    tokens = rp.redeem(rp.code(browser, resource=API)).json()

    token, now = tokens["access_token"], rp.provider.clock().timestamp()
    header, claims = jws.extract_compact(token.encode()).headers(), rp.claims(token)
    id_token = rp.claims(tokens["id_token"])
    assert header["typ"] == "at+jwt"
    assert header["alg"] == "RS256"
    assert claims.pop("iat") == pytest.approx(now, abs=5)
    assert claims.pop("exp") == pytest.approx(now + 300, abs=5)
    assert len(claims.pop("jti")) == 32
    assert claims == {
        "iss": rp.provider.issuer,
        "sub": id_token["sub"],
        "aud": API,
        "client_id": rp.client.client_id,
        "scope": "openid email profile",
        "auth_time": id_token["auth_time"],
        "acr": id_token["acr"],
        "amr": ["pwd"],
    }
    assert tokens["expires_in"] == 300
    assert tokens["token_type"] == "Bearer"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_it_is_signed_like_the_id_tokens_of_the_client(full_provider: Running, algorithm: str) -> None:
    client = full_provider.client(access_token_format="jwt", id_token_signed_response_alg=algorithm)
    rp = RelyingParty(full_provider, client)

    token = rp.redeem(rp.code(full_provider.session(full_provider.person()))).json()["access_token"]

    assert rp.claims(token, algorithm)["client_id"] == client.client_id
    assert rp.userinfo(token).status_code == 200


def test_only_its_digest_is_stored(rp: RelyingParty, browser: requests.Session) -> None:
    token = rp.redeem(rp.code(browser)).json()["access_token"]

    with rp.provider.database.autocommit() as db:
        found = db.execute(select(access_tokens).where(access_tokens.c.digest == digest_of(token))).one()
    assert found.resources == (rp.provider.issuer,)
    assert token not in str(found)


def test_without_a_resource_it_is_for_userinfo(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = rp.redeem(rp.code(browser)).json()

    assert rp.claims(tokens["access_token"])["aud"] == rp.provider.issuer
    assert rp.userinfo(tokens["access_token"]).json()["sub"] == rp.claims(tokens["id_token"])["sub"]


def test_the_id_token_is_made_for_it(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = rp.redeem(rp.code(browser)).json()

    assert rp.claims(tokens["id_token"])["at_hash"] == create_half_hash(tokens["access_token"], "RS256").decode()


def test_it_can_be_revoked_although_its_signature_stays_good(rp: RelyingParty, browser: requests.Session) -> None:
    token = rp.redeem(rp.code(browser)).json()["access_token"]
    assert introspected(rp, token)["active"] is True

    assert rp.provider.post("/revoke", {"token": token}, auth=rp.client.basic).status_code == 200

    assert introspected(rp, token) == {"active": False}
    assert rp.userinfo(token).status_code == 401
    assert rp.claims(token)["client_id"] == rp.client.client_id


def test_it_ends_with_its_family(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)
    token = rp.redeem(code).json()["access_token"]

    assert rp.redeem(code).json()["error"] == "invalid_grant"

    assert rp.userinfo(token).status_code == 401


def test_a_changed_one_is_unknown(rp: RelyingParty, browser: requests.Session) -> None:
    token = rp.redeem(rp.code(browser)).json()["access_token"]
    header, claims, signature = token.split(".")

    for changed in (f"{token}=", f"{header}.{claims}.", f"{header}.{claims}.{signature[:-2]}AA", f"{token}\t"):
        assert rp.userinfo(changed.replace("\t", "%09")).status_code == 401


def test_a_refreshed_one_says_the_scope_that_was_asked_for(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = rp.redeem(rp.code(browser, scope="openid email offline_access")).json()

    again = rp.refresh(tokens["refresh_token"], scope="openid").json()

    first, second = rp.claims(tokens["access_token"]), rp.claims(again["access_token"])
    assert (first["scope"], second["scope"]) == ("openid email offline_access", "openid")
    assert first["jti"] != second["jti"]
    assert first["auth_time"] == second["auth_time"]


def test_a_bound_one_names_the_key(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.confidential(provider, access_token_format="jwt")

    tokens = rp.redeem(rp.code(browser)).json()

    assert tokens["token_type"] == "DPoP"
    assert rp.claims(tokens["access_token"])["cnf"] == {"jkt": rp.key.jkt}
    assert rp.userinfo(tokens["access_token"]).status_code == 200


def test_a_client_gets_one_of_its_own(provider: Running) -> None:
    client = provider.client(
        access_token_format="jwt", grant_types=["client_credentials"], scope="read write", resources=[API]
    )
    rp = RelyingParty(provider, client)

    claims = rp.claims(rp.token(grant_type="client_credentials", scope="read", resource=API).json()["access_token"])

    assert (claims["sub"], claims["client_id"]) == (client.client_id, client.client_id)
    assert (claims["aud"], claims["scope"]) == (API, "read")
    assert not {"auth_time", "acr", "amr"} & claims.keys()


def test_a_client_with_pairwise_subjects_sees_its_own_subject_in_it(
    provider: Running, browser: requests.Session
) -> None:
    rp = RelyingParty(provider, provider.client(access_token_format="jwt", subject_type="pairwise"))

    tokens = rp.redeem(rp.code(browser)).json()

    subject = rp.claims(tokens["id_token"])["sub"]
    assert rp.claims(tokens["access_token"])["sub"] == subject
    assert introspected(rp, tokens["access_token"])["sub"] == subject


def test_a_resource_that_wants_one_gets_one_from_every_client(database_url: str) -> None:
    with running_provider(database_url) as provider:
        registered_resource_server(provider, access_token_format="jwt", resources=[API])
        registered_resource_server(provider, resources=["https://opaque.example"])
        rp = RelyingParty(provider, provider.client(resources=[API, "https://opaque.example"]))
        browser = provider.session(provider.person())

        wanted, not_wanted, nowhere = (
            rp.redeem(rp.code(browser, resource=resource)).json()["access_token"]
            for resource in (API, "https://opaque.example", None)
        )

        assert rp.claims(wanted)["aud"] == API
        assert not_wanted.startswith("op_at_")
        assert nowhere.startswith("op_at_")


def test_it_is_neither_a_hint_nor_an_assertion_and_an_id_token_is_no_access_token(
    rp: RelyingParty, browser: requests.Session
) -> None:
    tokens = rp.redeem(rp.code(browser)).json()
    provider = rp.provider

    hinted = answer_in(rp.authorize(browser, id_token_hint=tokens["access_token"], prompt="none"))
    assertion = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": tokens["access_token"],
    }
    authenticated = provider.post("/introspect", {"token": "x", **assertion})

    assert hinted["error"] == "invalid_request"
    assert authenticated.status_code == 401
    assert rp.userinfo(tokens["id_token"]).status_code == 401
    assert introspected(rp, tokens["id_token"]) == {"active": False}


def test_where_no_key_can_sign_one_it_says_so(provider: Running) -> None:
    # This provider has an RS256 key only.
    registered = {"grant_types": ["client_credentials"], "scope": "read", "response_types": []}
    client = provider.client(access_token_format="jwt", id_token_signed_response_alg="ES256", **registered)

    response = RelyingParty(provider, client).token(grant_type="client_credentials")

    assert (response.status_code, response.json()["error"]) == (503, "temporarily_unavailable")
