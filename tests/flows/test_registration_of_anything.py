"""Whatever is sent to be registered, nothing breaks and nothing hostile is stored: searched, not enumerated."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.protocol.registration.registered_members import CHECKS
from idp.settings.groups import Throttle
from idp.store import clients
from keys.keypair import generate
from tests.conftest import DATABASES, fresh_database
from tests.flows.registrar import SelfRegistered, metadata, register
from tests.protocol.test_registration import HOSTILE
from tests.running import Running, running_provider

KEY = dict(generate("RS256").public_jwk)
ODD_ONES = (
    *HOSTILE, "\0", "\x7f", "é", "\u202e", "\U0001f511", "null", "none", "token", "code token", "HS256",
    "a" * 5_000, "http://127.0.0.1/cb", "https://rp.example/cb", "com.example.app:/cb", "urn:x:y",
    "openid", "private_key_jwt",
)  # fmt: skip
# By their place: Hypothesis would repeat them in words.
ODD = st.integers(0, len(ODD_ONES) - 1).map(ODD_ONES.__getitem__)
SCALAR = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(10**300, 10**301), st.floats(allow_nan=False),
    ODD, st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)  # fmt: skip
JWK = st.fixed_dictionaries(
    {}, optional={name: SCALAR | st.just(value) for name, value in {**KEY, "d": "AQAB", "crv": "P-256"}.items()}
)
VALUE = st.recursive(
    SCALAR | st.fixed_dictionaries({"keys": st.lists(JWK | SCALAR, max_size=3)}),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from([*CHECKS, "client_id", "client_secret", "software_statement", "first_party", "x"])
CHANGES = st.dictionaries(NAMES, VALUE, min_size=1, max_size=5)
MANY = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))

URI_MEMBERS = tuple(name for name in CHECKS if name.endswith(("_uri", "_uris")))
TRUST = ("first_party", "resource_server", "resources", "connectors")


@pytest.fixture(scope="module", params=DATABASES)
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    changed: dict[str, Any] = {"client_registration": "open", "implicit_and_hybrid": True}
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with running_provider(url, throttle=Throttle(enabled=False), **changed) as running:
            yield running


@pytest.fixture(scope="module")
def client(provider: Running) -> SelfRegistered:
    return register(provider)


def send(provider: Running, method: str, url: str, document: object, token: str | None = None) -> requests.Response:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    body = json.dumps(document).encode()
    return requests.request(method, provider.issuer + url, data=body, headers=headers, timeout=20)


def is_harmless(address: str) -> bool:
    """Judged by other means than the provider's: what remains after the address has been taken apart once more."""
    if re.search(r"[\x00-\x20\x7f-\uffff\\<>\"]|%(?![0-9a-fA-F]{2})|%0[0-9a-fA-F]|%5[cC]", address):
        return False
    parts = urlsplit(address)
    if parts.username is not None or ".." in parts.path.split("/"):
        return False
    if parts.scheme == "http":
        return parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return (parts.scheme == "https" and bool(parts.hostname)) or "." in parts.scheme


def check(response: requests.Response, provider: Running) -> None:
    assert response.status_code < 500, response.text
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"] == "application/json"
    answer = response.json()
    if response.status_code >= 400:
        assert answer["error"]
        assert re.fullmatch(r"[\x20-\x21\x23-\x5b\x5d-\x7e]+", answer["error_description"])
        return
    with provider.database.autocommit() as db:
        stored = clients.find(db, answer["client_id"])
    assert stored is not None
    assert not any(stored.metadata.get(member) for member in TRUST)
    for member in URI_MEMBERS:
        value = stored.metadata.get(member) or []
        for address in [value] if isinstance(value, str) else value:
            assert is_harmless(address), (member, address)
    assert '"d"' not in json.dumps(stored.metadata.get("jwks"))


@MANY
@given(changes=CHANGES)
def test_registrations(provider: Running, changes: dict[str, object]) -> None:
    # Sectors would be fetched from whoever owns the address.
    asked = {**metadata(), **changes, "sector_identifier_uri": None}

    check(send(provider, "POST", "/register", asked), provider)


@MANY
@given(changes=CHANGES)
def test_updates(provider: Running, client: SelfRegistered, changes: dict[str, object]) -> None:
    asked = {**metadata(), "client_id": client.client_id, **changes, "sector_identifier_uri": None}
    token = client.told["registration_access_token"]

    check(send(provider, "PUT", f"/register/{client.client_id}", asked, token), provider)


@MANY
@given(document=VALUE)
def test_documents_that_are_no_metadata(provider: Running, document: object) -> None:
    check(send(provider, "POST", "/register", document), provider)


@MANY
@given(body=st.binary(max_size=200), media_type=st.sampled_from(["application/json", "application/json;charset=utf-8"]))
def test_bodies_that_are_no_json(provider: Running, body: bytes, media_type: str) -> None:
    response = requests.post(f"{provider.issuer}/register", data=body, headers={"Content-Type": media_type}, timeout=20)

    check(response, provider)


@MANY
@given(token=st.binary(max_size=200).map(lambda octets: octets.translate(None, b"\r\n\0")), name=st.text(max_size=40))
def test_tokens_and_names_that_are_nobodys(provider: Running, token: bytes, name: str) -> None:
    from urllib.parse import quote

    path = f"/register/{quote(name.encode('utf-8', 'replace'), safe='')}"
    response = requests.delete(provider.issuer + path, headers={"Authorization": b"Bearer " + token}, timeout=20)

    # 400 for headers that the server itself does not take for headers.
    assert response.status_code in {400, 401, 404, 405}
