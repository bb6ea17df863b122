"""Discovery and JWKS: the same bytes whoever asks however, complete, and nothing that is not there."""

import json

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.flows.relying_party import raw
from tests.running import Running

PATHS = ("/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks")
FOREIGN = (
    {"Host": "evil.test"},
    {"Host": "evil.test:443"},
    {"Host": "a b"},
    {"Host": "[::1"},
    {"Host": "127.0.0.1@evil.test"},
    {"Host": ""},
    {"X-Forwarded-Host": "evil.test", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "1"},
    {"Forwarded": "host=evil.test;proto=https"},
    {"X-Original-URL": "/evil", "X-Rewrite-URL": "/evil"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_no_header_changes_a_byte(provider: Running, path: str, headers: dict[str, str]) -> None:
    expected = provider.get(path).text

    status, _, body = raw(provider, "GET", path, headers)

    assert (status, body) == (200, expected)


def test_authlib_finds_the_metadata_complete(provider: Running) -> None:
    document = provider.get(PATHS[0]).json()
    # Authlib insists on https, which a loopback issuer may lack.
    as_https = json.loads(json.dumps(document).replace("http://127.0.0.1", "https://127.0.0.1"))

    OpenIDProviderMetadata(as_https).validate()

    assert document["issuer"] == provider.issuer
    for name, value in document.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith(f"{provider.issuer}/"), name


def test_what_is_advertised_is_there_and_what_is_not_is_not(provider: Running) -> None:
    document = provider.get(PATHS[0]).json()

    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    unsafe = [
        alg for alg in document["id_token_signing_alg_values_supported"] if alg.lower() == "none" or alg[:2] == "HS"
    ]
    assert unsafe == []
    for name in ("authorization", "userinfo", "end_session"):
        assert provider.get(document[f"{name}_endpoint"].removeprefix(provider.issuer)).status_code != 404
    for name in ("token", "revocation", "introspection", "pushed_authorization_request"):
        assert provider.post(document[f"{name}_endpoint"].removeprefix(provider.issuer), {}).status_code in {400, 401}


def test_the_jwks_has_public_members_of_strong_keys_only(provider: Running) -> None:
    response = provider.get("/jwks")
    keys = response.json()["keys"]

    assert keys
    assert len({key["kid"] for key in keys}) == len(keys)
    for key in keys:
        assert set(key) <= {"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"}
        assert key["kty"] in {"RSA", "EC", "OKP"}
        assert key["kty"] != "RSA" or len(key["n"]) >= 342
        assert key["use"] == "sig"


def test_both_documents_may_be_cached_and_asked_for_again_cheaply(provider: Running) -> None:
    for path in PATHS:
        first = provider.get(path)
        again = provider.get(path, headers={"If-None-Match": first.headers["ETag"]})

        assert first.headers["Cache-Control"].startswith("public, max-age=")
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/.well-known/OpenID-Configuration", "/.well-known/openid-configuration/", "/JWKS", "//jwks"]
)
def test_another_spelling_is_another_address(provider: Running, path: str) -> None:
    assert raw(provider, "GET", path, {})[0] == 404
