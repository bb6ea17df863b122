"""Applications that make themselves known (RFC 7591, OpenID Connect Dynamic Client Registration 1.0)."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from idp.protocol.registration.registered_members import DEVICE_CODE
from idp.settings.groups import Throttle
from idp.store import clients, initial_access_tokens
from idp.store.base import digest_of
from tests.conftest import DATABASES, fresh_database
from tests.flows.registrar import CALLBACK, ask, events_of, initial_token, metadata, refused, register
from tests.flows.relying_party import RelyingParty
from tests.running import Registered, Running, keypair, running_provider

KEY = {name: value for name, value in keypair("RS256").public_jwk.items() if name != "kid"}


@pytest.fixture(scope="module", params=DATABASES)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A provider at which everybody may register clients, as many as they like."""
    changed: dict[str, Any] = {
        "client_registration": "open",
        "implicit_and_hybrid": True,
        "throttle": Throttle(enabled=False),
    }
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with running_provider(url, **changed) as running:
            yield running


def test_a_registered_client_is_told_everything_it_is_registered_with(provider: Running) -> None:
    answer = ask(provider, metadata(grant_types=["authorization_code", "refresh_token"], contacts=["ops@rp.example"]))

    told = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert told["redirect_uris"] == [CALLBACK]
    assert told["grant_types"] == ["authorization_code", "refresh_token"]
    assert told["response_types"] == ["code"]
    assert told["token_endpoint_auth_method"] == "client_secret_basic"
    assert told["client_secret_expires_at"] == 0
    assert told["registration_client_uri"] == f"{provider.issuer}/register/{told['client_id']}"
    assert abs(told["client_id_issued_at"] - provider.clock().timestamp()) < 60
    assert events_of(provider, told["client_id"]) == [("client_registered", "anyone")]


def test_a_client_that_registers_no_scope_may_ask_for_all_that_people_can_give(provider: Running) -> None:
    assert register(provider).told["scope"] == "openid profile email address phone offline_access"


def test_what_was_registered_works_at_once(provider: Running) -> None:
    rp = RelyingParty(provider, register(provider).at_authorize)
    browser = provider.session(provider.person())

    # Clients in the field register themselves and send no challenge.
    asked = rp.authorize(browser, code_challenge=None, code_challenge_method=None)

    assert asked.headers["Location"].startswith("/consent?")


def test_neither_secret_nor_token_is_stored_readable(provider: Running) -> None:
    told = register(provider).told

    with provider.database.autocommit() as db:
        stored = clients.find(db, told["client_id"])
        assert clients.find_managed(db, told["client_id"], digest_of(told["registration_access_token"]))
    assert stored is not None
    assert [secret.digest for secret in stored.secrets] == [digest_of(told["client_secret"])]
    assert told["client_secret"] not in json.dumps(dict(stored.metadata))


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "none"},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [KEY]}},
    ],
)
def test_a_client_that_needs_no_secret_gets_none(provider: Running, changes: dict[str, Any]) -> None:
    told = register(provider, **changes).told

    assert "client_secret" not in told
    assert "client_secret_expires_at" not in told


@pytest.mark.parametrize("member", ["first_party", "resource_server", "resources"])
def test_trust_is_not_to_be_had_for_the_asking(provider: Running, member: str) -> None:
    value = ["https://api.example/"] if member == "resources" else True

    told = register(provider, **{member: value}).told

    with provider.database.autocommit() as db:
        stored = clients.find(db, told["client_id"])
    assert stored is not None
    assert member not in told
    assert not stored.metadata[member]


def test_scope_values_of_others_apis_are_passed_over(provider: Running) -> None:
    assert register(provider, scope="openid invoices.write email").told["scope"] == "openid email"
    assert refused(ask(provider, metadata(scope="invoices.write"))) == "invalid_client_metadata"


def test_members_that_nobody_knows_are_passed_over(provider: Running) -> None:
    told = register(provider, software_id="x", tls_client_auth_subject_dn="y", **{"client_name#de": "Fotos"}).told

    assert {"software_id", "tls_client_auth_subject_dn", "client_name#de"} & told.keys() == set()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["https://rp.example/cb#here"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://rp.example/cb"]}, "invalid_redirect_uri"),
        (
            {
                "redirect_uris": ["http://localhost/cb"],
                "response_types": ["id_token"],
                "grant_types": ["implicit"],
            },
            "invalid_redirect_uri",
        ),
        ({"initiate_login_uri": "http://rp.example/start"}, "invalid_client_metadata"),
        ({"initiate_login_uri": "http://localhost/start"}, "invalid_client_metadata"),
        ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
        ({"jwks": {"keys": [{**KEY, "d": "AQAB"}]}}, "invalid_client_metadata"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["client_credentials"]}, "invalid_client_metadata"),
        ({"grant_types": [DEVICE_CODE]}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
        ({"id_token_signed_response_alg": "ES256"}, "invalid_client_metadata"),
        ({"software_statement": "eyJhbGciOiJub25lIn0.e30."}, "unapproved_software_statement"),
    ],
)
def test_what_cannot_be_registered_is_refused_in_the_words_of_the_specification(
    provider: Running, changes: dict[str, Any], error: str
) -> None:
    assert refused(ask(provider, metadata(**changes))) == error


@pytest.mark.parametrize("document", [[], "x", 1, None, True, [metadata()]])
def test_a_registration_is_a_json_object(provider: Running, document: object) -> None:
    assert ask(provider, document).status_code == 400


def test_a_form_is_no_registration(provider: Running) -> None:
    assert provider.post("/register", {"redirect_uris": CALLBACK}).status_code == 415


def test_a_large_registration_is_refused_before_it_is_read(provider: Running) -> None:
    assert ask(provider, metadata(policy_uri="https://rp.example/" + "a" * 70_000)).status_code == 413


def test_what_starts_a_sign_in_from_here_is_told_again(provider: Running) -> None:
    start = "https://rp.example/start"

    client = register(provider, initiate_login_uri=start)

    assert client.told["initiate_login_uri"] == start
    assert client.manage("GET").json()["initiate_login_uri"] == start


def test_scripts_of_other_origins_may_register_their_application(provider: Running) -> None:
    preflight = requests.options(f"{provider.issuer}/register", timeout=20)

    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


def test_discovery_names_the_endpoint(provider: Running) -> None:
    found = provider.get("/.well-known/openid-configuration").json()

    assert found["registration_endpoint"] == f"{provider.issuer}/register"


def newest_token_id(provider: Running) -> str:
    with provider.database.autocommit() as db:
        return initial_access_tokens.everything(db)[0].id


def test_an_initial_access_token_can_allow_more_and_less(provider: Running) -> None:
    token = initial_token(
        provider,
        uses=2,
        scope=["openid", "invoices.read"],
        grant_types=["authorization_code", "client_credentials"],
        redirect_hosts=["rp.example"],
    )

    told = register(
        provider,
        token=token,
        scope="openid invoices.read email",
        grant_types=["authorization_code", "client_credentials"],
    ).told
    elsewhere = ask(provider, metadata(redirect_uris=["https://other.example/cb"]), token=token)

    assert told["scope"] == "openid invoices.read"
    assert events_of(provider, told["client_id"]) == [("client_registered", newest_token_id(provider))]
    assert refused(elsewhere) == "invalid_redirect_uri"


def test_a_device_does_not_learn_the_subjects_of_a_sector_that_it_only_names(provider: Running) -> None:
    grants = ["authorization_code", DEVICE_CODE]
    token = initial_token(provider, grant_types=grants)
    asked = metadata(subject_type="pairwise", grant_types=grants)

    assert refused(ask(provider, asked, token=token)) == "invalid_client_metadata"
    assert ask(provider, asked | {"subject_type": "public"}, token=token).status_code == 201


def test_no_logout_token_tells_subjects_of_a_sector_to_somebody_else(provider: Running) -> None:
    asked = metadata(subject_type="pairwise", backchannel_logout_uri="https://elsewhere.example/out")

    assert refused(ask(provider, asked)) == "invalid_client_metadata"
    assert ask(provider, asked | {"subject_type": "public"}).status_code == 201
    assert ask(provider, asked | {"backchannel_logout_uri": "https://rp.example:8443/out"}).status_code == 201


@pytest.mark.parametrize("state", ["unknown", "used up", "expired", "revoked"])
def test_an_initial_access_token_that_is_of_no_use_is_refused_even_where_none_is_needed(
    provider: Running, state: str
) -> None:
    token = initial_token(provider, uses=0 if state == "used up" else 1, life=timedelta(hours=state != "expired"))
    if state == "revoked":
        token_id = newest_token_id(provider)
        with provider.database.transaction() as db:
            initial_access_tokens.revoke(db, token_id, now=provider.clock())

    answer = ask(provider, metadata(), token=token + "x" * (state == "unknown"))

    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_token"
    assert answer.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_metadata_that_is_refused_costs_no_use_of_the_token(provider: Running) -> None:
    token = initial_token(provider)

    assert refused(ask(provider, metadata(redirect_uris=["x"]), token=token)) == "invalid_redirect_uri"
    assert ask(provider, metadata(), token=token).status_code == 201
    assert ask(provider, metadata(), token=token).status_code == 401


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Bearer", "Bearer  ", "Bearer " + "a" * 200, "x"])
def test_a_header_that_is_no_bearer_token_is_refused(provider: Running, authorization: str) -> None:
    answer = requests.post(
        f"{provider.issuer}/register", json=metadata(), headers={"Authorization": authorization}, timeout=20
    )

    assert answer.status_code == 401


def test_where_a_token_is_needed_nobody_registers_without_one(database_url: str) -> None:
    with running_provider(database_url, client_registration="token") as provider:
        without = ask(provider, metadata())
        with_one = ask(provider, metadata(), token=initial_token(provider))

    assert without.status_code == 401
    assert without.headers["WWW-Authenticate"] == "Bearer"
    assert with_one.status_code == 201


def test_registration_is_off_unless_it_is_switched_on(database_url: str) -> None:
    with running_provider(database_url) as provider:
        assert ask(provider, metadata()).status_code == 404
        assert "registration_endpoint" not in provider.get("/.well-known/openid-configuration").json()


def test_one_source_registers_so_many_clients_in_an_hour(database_url: str) -> None:
    limited = {"client_registration": "open", "throttle": Throttle(source_registrations=2)}
    with running_provider(database_url, **limited) as provider:
        assert [ask(provider, metadata(redirect_uris=["x"])).status_code for _ in range(3)] == [400] * 3
        assert [ask(provider, metadata()).status_code for _ in range(3)] == [201, 201, 429]
        assert ask(provider, metadata(), token=initial_token(provider)).status_code == 201
        provider.clock.ahead += timedelta(hours=1)
        assert ask(provider, metadata()).status_code == 201


def test_response_types_that_are_off_here_are_refused(database_url: str) -> None:
    with running_provider(database_url, client_registration="open") as provider:
        asked = metadata(response_types=["id_token"], grant_types=["implicit"])
        assert refused(ask(provider, asked)) == "invalid_client_metadata"


def test_people_are_told_that_nobody_has_checked_a_client_that_came_by_itself(provider: Running) -> None:
    def consent_page(registered: Registered) -> str:
        rp, browser = RelyingParty(provider, registered), provider.session(provider.person())
        asked = rp.authorize(browser)
        return browser.get(provider.issuer + asked.headers["Location"], timeout=20).text

    by_itself = consent_page(register(provider, client_name="Acme Bank").at_authorize)
    by_operator = consent_page(provider.client(first_party=False))

    assert 'id="unverified-client"' in by_itself
    # A name can be anything; where the answer goes cannot.
    assert "rp.example" in by_itself
    assert 'id="unverified-client"' not in by_operator
