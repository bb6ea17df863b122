"""Which key an assertion is checked with, and how the keys of a client get here (OpenID Connect Core 1.0, 10.1)."""

import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.flows.asserting import asked, refused, registered
from tests.flows.signing_client import (
    SigningClient,
    Site,
    jwks,
    key_for,
    new_key,
    open_site,
    public,
)
from tests.outgoing.servers import serving
from tests.running import Running


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.mark.parametrize(
    ("document", "works"),
    [
        (lambda key: [public(key)], True),
        (lambda key: [public(key, kid="a"), public(new_key("ES256"), kid="b")], True),
        (lambda key: [public(new_key("EdDSA")), public(key)], True),
        (lambda key: [{"kty": "unheard-of"}, "x", None, {"kty": "EC", "crv": "P-256"}, public(key)], True),
        (lambda key: [key.as_dict(private=True)], True),
        (lambda key: [public(key, use="enc")], False),
        (lambda key: [public(key, alg="ES512")], False),
        (lambda key: [{**public(key), "key_ops": ["encrypt"]}], False),
        (lambda key: [{**public(key), "key_ops": ["verify"], "alg": "ES256", "use": "sig"}], True),
        (lambda _key: [], False),
        (lambda _key: [{"kty": "oct", "k": "c2VjcmV0"}], False),
    ],
)
def test_keys_are_found_without_a_name_and_used_for_what_they_are_for(
    provider: Running, document: Any, works: bool
) -> None:
    signer = registered(provider, jwks=jwks(*document(key_for("ES256"))))

    response = asked(signer)

    assert response.status_code == 200 if works else refused(response)


@pytest.mark.parametrize(
    ("in_registration", "in_header", "works"),
    [("a", "a", True), (None, "a", True), ("a", None, True), (None, None, True), ("a", "b", False)],
)
def test_a_kid_has_to_be_right_where_both_sides_have_one(
    provider: Running, in_registration: str | None, in_header: str | None, works: bool
) -> None:
    signer = registered(provider, kid=in_registration)

    response = asked(signer, signer.assertion(header={"kid": in_header}))

    assert response.status_code == 200 if works else refused(response)


def test_a_short_rsa_key_is_no_key(provider: Running) -> None:
    with warnings.catch_warnings(action="ignore"):
        short = RSAKey.generate_key(1024)
        client = provider.client(token_endpoint_auth_method="private_key_jwt", jwks=jwks(public(short)))

        assert refused(asked(SigningClient(provider, client, "RS256", short)))


def test_keys_are_fetched_once_and_anew_when_the_client_has_replaced_them(provider: Running, site: Site) -> None:
    old, new = key_for("ES256", "old"), key_for("ES256", "new")
    address = site.publish("/keys", jwks(public(old, kid="old")))
    signer = registered(provider, jwks_uri=address)
    signer.key, signer.kid = old, "old"

    assert [asked(signer).status_code for _ in range(3)] == [200] * 3
    assert site.visits("/keys") == 1
    site.publish("/keys", jwks(public(new, kid="new")))
    signer.key, signer.kid = new, "new"
    within_the_pause = asked(signer)

    # A moment after a fetch nobody can cause another one, however many key ids he makes up.
    assert refused(within_the_pause)
    assert site.visits("/keys") == 1


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"null", b"{", b'{"keys":1}', b'{"keys":[1,null,[]]}', b"\xff", b"[" * 9000]
)
def test_a_broken_document_of_keys_is_a_failed_authentication(provider: Running, site: Site, document: bytes) -> None:
    signer = registered(provider, jwks_uri=site.publish("/keys", document))

    assert refused(asked(signer))


@pytest.mark.parametrize("address", ["https://10.0.0.1/jwks", "https://localhost./jwks", "http://rp.example/jwks"])
def test_keys_are_not_fetched_from_where_nobody_may_look(provider: Running, address: str) -> None:
    assert refused(asked(registered(provider, jwks_uri=address)))


def test_a_slow_server_of_a_client_stands_in_nobodys_way(provider: Running) -> None:
    more_than_there_are = provider.settings.worker_threads + 2
    with serving(lambda _connected, _request: server.stopping.wait(20)) as server:
        address = f"http://127.0.0.1:{server.port}"
        slow = [registered(provider, jwks_uri=f"{address}/{number}") for number in range(more_than_there_are)]
        with ThreadPoolExecutor(more_than_there_are) as together:
            asking = [together.submit(asked, each) for each in slow]
            while len(server.requests) < more_than_there_are:
                assert not any(each.done() for each in asking)

            while_they_wait = asked(registered(provider))
            done_by_then = [each for each in asking if each.done()]
            server.stopping.set()

    assert (while_they_wait.status_code, done_by_then) == (200, [])
    assert all(refused(each.result()) for each in asking)
