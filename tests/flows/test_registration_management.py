"""Applications that look after their own registration (RFC 7592)."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from idp.settings.groups import Throttle
from idp.store import clients
from idp.store.base import digest_of
from tests.conftest import DATABASES, fresh_database
from tests.flows.registrar import CALLBACK, SelfRegistered, events_of, metadata, refused, register
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running, keypair, running_provider

OTHER = "https://rp.example/other"
KEYS = {"keys": [dict(keypair("RS256").public_jwk)]}


@pytest.fixture(scope="module", params=DATABASES)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with running_provider(url, client_registration="open", throttle=Throttle(enabled=False)) as running:
            yield running


@pytest.fixture
def client(provider: Running) -> SelfRegistered:
    return register(provider, contacts=["ops@rp.example"])


def update(client: SelfRegistered, **changes: Any) -> requests.Response:
    return client.manage("PUT", metadata(client_id=client.client_id, **changes))


def test_a_client_reads_what_it_is_registered_with(client: SelfRegistered) -> None:
    answer = client.manage("GET")

    # Of the secret the provider knows no more than its digest.
    known = {name: value for name, value in client.told.items() if not name.startswith("client_secret")}
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == known


def test_an_update_replaces_everything(client: SelfRegistered) -> None:
    answer = update(client, redirect_uris=[OTHER], client_name=None)

    assert answer.status_code == 200
    assert answer.json()["redirect_uris"] == [OTHER]
    assert {"client_name", "contacts"} & answer.json().keys() == set()
    assert client.manage("GET").json() == answer.json()


def test_an_update_works_at_once_and_leaves_the_secret_as_it_is(provider: Running, client: SelfRegistered) -> None:
    rp = RelyingParty(provider, client.at_authorize)
    browser = provider.session(provider.person())
    assert rp.authorize(browser).headers["Location"].startswith("/consent?")

    update(client, redirect_uris=[OTHER])

    assert rp.authorize(browser).status_code == 400
    assert rp.authorize(browser, redirect_uri=OTHER).headers["Location"].startswith("/consent?")
    assert rp.token(grant_type="authorization_code", code="x", redirect_uri=OTHER).json()["error"] == "invalid_grant"


def test_the_registration_access_token_stays_the_same(client: SelfRegistered) -> None:
    token = client.told["registration_access_token"]

    assert update(client).json()["registration_access_token"] == token
    assert client.manage("GET").status_code == 200


def test_a_client_may_repeat_its_secret_and_choose_no_other(client: SelfRegistered) -> None:
    assert update(client, client_secret=client.told["client_secret"]).status_code == 200
    assert (
        refused(update(client, client_secret="a secret of my own choosing, long enough")) == "invalid_client_metadata"
    )
    assert refused(update(client, client_secret=1)) == "invalid_client_metadata"


@pytest.mark.parametrize(
    "member",
    ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"],
)
def test_what_only_the_provider_says_is_not_sent_back(client: SelfRegistered, member: str) -> None:
    value = client.told[member]

    assert refused(update(client, **{member: value})) == "invalid_client_metadata"


@pytest.mark.parametrize("client_id", [None, "", "another", 1, ["x"]])
def test_an_update_names_its_own_client(client: SelfRegistered, client_id: object) -> None:
    document = {**metadata(), "client_id": client_id}

    assert refused(client.manage("PUT", document)) == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uris": ["https://rp.example/cb#x"]}, "invalid_redirect_uri"),
        ({"jwks": KEYS, "jwks_uri": "https://rp.example/jwks"}, "invalid_client_metadata"),
        ({"grant_types": ["authorization_code", "client_credentials"]}, "invalid_client_metadata"),
        ({"software_statement": "x"}, "unapproved_software_statement"),
    ],
)
def test_an_update_keeps_to_the_rules_of_registration_and_changes_nothing_if_it_does_not(
    client: SelfRegistered, changes: dict[str, Any], error: str
) -> None:
    before = client.manage("GET").json()

    assert refused(update(client, **changes)) == error
    assert client.manage("GET").json() == before


def test_an_update_gives_no_trust(provider: Running, client: SelfRegistered) -> None:
    update(client, first_party=True, resource_server=True, resources=["https://api.example/"])

    with provider.database.autocommit() as db:
        stored = clients.find(db, client.client_id)
    assert stored is not None
    assert not any(stored.metadata[member] for member in ("first_party", "resource_server", "resources"))


def test_a_client_that_moves_to_a_key_loses_its_secret_and_gets_a_new_one_if_it_moves_back(
    provider: Running, client: SelfRegistered
) -> None:
    by_key = update(client, token_endpoint_auth_method="private_key_jwt", jwks=KEYS)
    with provider.database.autocommit() as db:
        stored = clients.find(db, client.client_id)
    by_secret = update(client)

    assert "client_secret" not in by_key.json()
    assert stored is not None
    assert stored.secrets == ()
    assert by_secret.json()["client_secret"] != client.told["client_secret"]
    assert by_secret.json()["client_secret_expires_at"] == 0


def test_a_deleted_client_is_gone_and_so_is_what_was_granted_to_it(provider: Running, client: SelfRegistered) -> None:
    rp = RelyingParty(provider, client.at_authorize)
    browser, person = requests.Session(), provider.person()
    browser = provider.session(person)
    allow(provider, client, person.id)
    code = answer_in(rp.authorize(browser))["code"]
    token = rp.redeem(code).json()["access_token"]
    assert rp.userinfo(token).status_code == 200

    answer = client.manage("DELETE")

    assert (answer.status_code, answer.content) == (204, b"")
    assert rp.userinfo(token).status_code == 401
    assert rp.authorize(browser).status_code == 400
    assert client.manage("GET").status_code == 401
    assert client.manage("DELETE").status_code == 401


def test_the_audit_trail_tells_what_a_client_did_to_itself(provider: Running, client: SelfRegistered) -> None:
    update(client)
    update(client, redirect_uris=["x"])
    client.manage("DELETE", token="wrong")
    client.manage("DELETE")

    assert events_of(provider, client.client_id) == [
        ("client_registered", "anyone"),
        ("client_changed", "client"),
        ("client_deleted", "client"),
    ]


def allow(provider: Running, client: SelfRegistered, account_id: str) -> None:
    from idp.store import consents

    with provider.database.transaction() as db:
        scopes = ("openid", "email", "profile")
        consents.grant(db, account_id, client.client_id, scopes, declined=(), now=provider.clock())


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("shown", ["another's", "none", "made up", "secret", "basic"])
def test_nobody_else_reads_or_changes_a_client(
    provider: Running, client: SelfRegistered, method: str, shown: str
) -> None:
    tokens: dict[str, Callable[[], str]] = {
        "another's": lambda: str(register(provider).told["registration_access_token"]),
        "none": str,
        "made up": lambda: secrets.token_urlsafe(32),
        "secret": lambda: str(client.told["client_secret"]),
        "basic": lambda: "",
    }
    document = metadata(client_id=client.client_id, redirect_uris=[OTHER]) if method == "PUT" else None
    if shown == "basic":
        url = client.told["registration_client_uri"]
        answer = requests.request(method, url, json=document, auth=client.at_authorize.basic, timeout=20)
    else:
        answer = client.manage(method, document, token=tokens[shown]())

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.manage("GET").json()["redirect_uris"] == [CALLBACK]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_client_is_answered_like_a_wrong_token(
    provider: Running, client: SelfRegistered, method: str
) -> None:
    document = metadata() if method == "PUT" else None
    headers = {"Authorization": f"Bearer {client.told['registration_access_token']}"}

    wrong = client.manage(method, document, token="wrong")
    unknown = requests.request(method, f"{provider.issuer}/register/nobody", json=document, headers=headers, timeout=20)

    assert (unknown.status_code, unknown.json()) == (401, wrong.json())
    assert unknown.headers["WWW-Authenticate"] == wrong.headers["WWW-Authenticate"]


def test_a_client_of_an_operator_manages_nothing(provider: Running) -> None:
    registered = provider.client()

    headers = {"Authorization": f"Bearer {registered.secret}"}
    answer = provider.get(f"/register/{registered.client_id}", headers=headers)

    assert answer.status_code == 401


def test_a_disabled_client_does_not_help_itself(provider: Running, client: SelfRegistered) -> None:
    with provider.database.transaction() as db:
        clients.set_disabled(db, client.client_id, provider.clock(), now=provider.clock())

    assert client.manage("GET").status_code == 401
    assert update(client).status_code == 401
    assert client.manage("DELETE").status_code == 401


def test_an_adopted_client_is_the_operators_alone(provider: Running, client: SelfRegistered) -> None:
    with provider.database.transaction() as db:
        assert clients.adopt(db, client.client_id)

    assert client.manage("GET").status_code == 401


def test_a_registration_access_token_opens_nothing_else(provider: Running, client: SelfRegistered) -> None:
    token = client.told["registration_access_token"]

    assert provider.get("/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert refused_initially(provider, token) == 401
    with provider.database.autocommit() as db:
        assert clients.find_managed(db, client.client_id, digest_of(token)) is not None


def refused_initially(provider: Running, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(f"{provider.issuer}/register", json=metadata(), headers=headers, timeout=20).status_code


def test_other_methods_are_named(client: SelfRegistered) -> None:
    answer = client.manage("POST", metadata())

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) >= {"GET", "PUT", "DELETE"}


def test_scripts_of_other_origins_may_manage_their_application(client: SelfRegistered) -> None:
    preflight = requests.options(client.told["registration_client_uri"], timeout=20)

    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert {"GET", "PUT", "DELETE"} <= set(preflight.headers["Access-Control-Allow-Methods"].split(", "))
