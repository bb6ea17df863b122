"""Assertions of clients that are none: other algorithms, keys, spellings and methods (RFC 8725)."""

import hmac
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from tests.flows.asserting import asked, refused, registered
from tests.flows.forging import encoded
from tests.flows.signing_client import (
    ASSERTION_TYPE,
    SigningClient,
    Site,
    jwks,
    new_key,
    open_site,
    public,
    signed_with,
)
from tests.running import Running


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "HS512"},
        {"alg": "RS512"},
        {"alg": "es256"},
        {"alg": None},
        {"alg": 1},
        {"alg": ["ES256"]},
    ],
    ids=str,
)
def test_a_header_asks_for_nothing_that_is_not_offered(signer: SigningClient, header: dict[str, Any]) -> None:
    claims = {"iss": signer.client.client_id, "sub": signer.client.client_id, "aud": signer.provider.issuer}
    claims |= {"exp": int(signer.now) + 60, "jti": secrets.token_urlsafe(8)}
    full = {name: value for name, value in {"alg": "ES256", **header}.items() if value is not None}
    rest = signer.assertion().rpartition(".")[2]

    assert refused(asked(signer, f"{encoded(full)}.{encoded(claims)}.{rest}"))
    assert refused(asked(signer, f"{encoded(full)}.{encoded(claims)}."))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"zip": "DEF"},
        {"kid": 1},
    ],
    ids=str,
)
def test_no_extension_of_signatures_is_understood(signer: SigningClient, header: dict[str, Any]) -> None:
    assert refused(asked(signer, signer.assertion(header=header)), words="header")


def test_an_hmac_with_the_public_key_is_no_signature(provider: Running) -> None:
    signer = registered(provider, "RS256")
    key = signer.key
    assert isinstance(key, RSAKey)
    header, _, claims = signer.assertion().rpartition(".")[0].partition(".")
    assert header
    text = f"{encoded({'alg': 'HS256'})}.{claims}"
    for secret in (key.as_pem(private=False), signer.client.secret.encode(), b""):
        mac = hmac.digest(secret, text.encode(), "sha256")

        assert refused(asked(signer, f"{text}.{encoded(mac)}"), words="client_secret_jwt")


def test_a_key_in_the_header_is_not_believed(signer: SigningClient, site: Site) -> None:
    stranger = SigningClient(signer.provider, signer.client, "ES256", new_key("ES256"))
    own = public(stranger.key, kid="mine")
    address = site.publish("/jwks", jwks(own))

    for header in ({"jwk": own}, {"jku": address}, {"x5u": address}, {"x5c": ["MIIB"]}, {"jwk": own, "kid": "mine"}):
        assert refused(asked(stranger, stranger.assertion(header=header)))
        assert asked(signer, signer.assertion(header=header | {"kid": None})).status_code == 200

    assert not site.server.requests


@pytest.mark.parametrize(
    "spoil",
    [
        lambda jwt: jwt + "\n",
        lambda jwt: jwt + "=",
        lambda jwt: jwt + ".",
        lambda jwt: jwt[:-1],
        lambda jwt: " " + jwt,
        lambda jwt: jwt.replace(".", "..", 1),
        lambda jwt: jwt[:-1] + chr(ord(jwt[-1]) + 1),
        lambda jwt: jwt.rpartition(".")[0] + ".",
        lambda jwt: "é" + jwt,
        lambda jwt: ".." + jwt,
        lambda jwt: jwt + "x" * 20_000,
    ],
)
def test_a_jwt_has_one_spelling(signer: SigningClient, spoil: Any) -> None:
    assert refused(asked(signer, spoil(signer.assertion())))


@pytest.mark.parametrize(
    "header",
    [b"{}", b"[]", b"", b"[" * 5000, b'{"alg":"ES256","a":' + b"1" * 5000 + b"}", b'{"alg":"ES256","a":NaN}', b"\xff"],
    ids=lambda header: str(header[:25]),
)
@pytest.mark.parametrize("ending", [".e30.e30", ".e30.e30.e30.e30", ".e30", "..", ""])
def test_what_is_no_jwt_is_a_failed_authentication(signer: SigningClient, header: bytes, ending: str) -> None:
    assert refused(asked(signer, encoded(header) + ending or "."))


def test_a_repeated_member_is_refused(signer: SigningClient) -> None:
    client, exp = signer.client.client_id, int(signer.now) + 60
    body = f'{{"iss":"{client}","sub":"{client}","aud":"{signer.provider.issuer}","jti":"a","exp":1,"exp":{exp}}}'

    assert refused(asked(signer, signed_with(signer.key, body.encode(), alg="ES256")))


def test_the_form_may_only_repeat_the_client(signer: SigningClient, provider: Running) -> None:
    other = registered(provider)

    assert refused(asked(signer, client_id=other.client.client_id), words="client_id")


def test_one_method_in_a_request(signer: SigningClient) -> None:
    fields = {"token": "x", **signer.shown()}
    post = signer.provider.post

    by_basic = post("/revoke", fields, auth=signer.client.basic)
    with_secret = post("/revoke", {**fields, "client_secret": signer.client.secret})
    without_type = post("/revoke", {"token": "x", "client_assertion": signer.assertion()})
    without_assertion = post("/revoke", {"token": "x", "client_assertion_type": ASSERTION_TYPE})
    other_type = post(
        "/revoke", {**fields, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2"}
    )

    for response in (by_basic, with_secret, without_type, without_assertion):
        assert refused(response, "invalid_request")
    assert refused(other_type, words="client_assertion_type")


def test_a_client_that_signs_has_no_other_way_in(signer: SigningClient) -> None:
    client_id, secret = signer.client.basic
    post = signer.provider.post

    assert refused(post("/revoke", {"token": "x"}, auth=(client_id, secret)))
    assert refused(post("/revoke", {"token": "x", "client_id": client_id, "client_secret": secret}))
    assert refused(post("/revoke", {"token": "x", "client_id": client_id}))
