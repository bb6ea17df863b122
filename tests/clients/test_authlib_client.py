"""Authlib's client, as released, against the running provider over real sockets."""

import json
from typing import Any

import pytest
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.clients.web_browser import WebBrowser
from tests.flows.device import DEVICE_CODE, television
from tests.flows.signing_client import jwks, key_for
from tests.running import REDIRECT_URI, Person, Registered, Running

SCOPE = "openid email offline_access"
VERIFIER = "a-verifier-of-at-least-forty-three-characters"


@pytest.fixture
def metadata(provider: Running) -> dict[str, Any]:
    found: dict[str, Any] = provider.get("/.well-known/openid-configuration").json()
    return found


def session(client: Registered, **more: Any) -> OAuth2Session:
    given = {
        "client_id": client.client_id,
        "client_secret": client.secret,
        "redirect_uri": client.redirect_uri,
        "scope": SCOPE,
        "code_challenge_method": "S256",
        **more,
    }
    return OAuth2Session(**given)


def sign_in(
    oauth: OAuth2Session, browser: WebBrowser, metadata: dict[str, Any], **asked: str
) -> tuple[dict[str, Any], str]:
    """The code flow; gives the tokens and the address at which the browser came back."""
    url, state = oauth.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="n-1", **asked
    )
    arrived = browser.visit(url)
    token = oauth.fetch_token(
        metadata["token_endpoint"], authorization_response=arrived, code_verifier=VERIFIER, state=state
    )
    return dict(token), arrived


def claims_of(provider: Running, client: Registered, token: dict[str, Any]) -> CodeIDToken:
    """The claims of an ID token after everything that Authlib looks at."""
    keys = KeySet.import_key_set(json.loads(provider.get("/jwks").text))
    decoded = jwt.decode(token["id_token"], keys, algorithms=["RS256", "PS256", "ES256", "EdDSA"])
    options = {"iss": {"values": [provider.issuer]}, "aud": {"values": [client.client_id]}}
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options,
        {"nonce": "n-1", "client_id": client.client_id, "access_token": token["access_token"]},
    )
    claims.validate()
    return claims


def test_the_metadata_are_what_authlib_takes_for_valid(metadata: dict[str, Any]) -> None:
    OpenIDProviderMetadata(metadata).validate()


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
def test_code(provider: Running, browser: WebBrowser, person: Person, metadata: dict[str, Any], method: str) -> None:
    client = provider.client(token_endpoint_auth_method=method, first_party=False)
    oauth = session(client, token_endpoint_auth_method=method)

    token, arrived = sign_in(oauth, browser, metadata)

    assert arrived.startswith(REDIRECT_URI)
    assert claims_of(provider, client, token)["sub"] == person.id
    assert oauth.get(metadata["userinfo_endpoint"]).json()["email"] == person.email


def test_refresh(provider: Running, browser: WebBrowser, metadata: dict[str, Any]) -> None:
    client = provider.client()
    oauth = session(client)
    token, _ = sign_in(oauth, browser, metadata)

    renewed = oauth.refresh_token(metadata["token_endpoint"], refresh_token=token["refresh_token"])

    assert renewed["refresh_token"] != token["refresh_token"]
    assert oauth.get(metadata["userinfo_endpoint"]).status_code == 200


def test_introspection_and_revocation(
    provider: Running, browser: WebBrowser, person: Person, metadata: dict[str, Any]
) -> None:
    oauth = session(provider.client())
    token, _ = sign_in(oauth, browser, metadata)

    before = oauth.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()
    oauth.revoke_token(metadata["revocation_endpoint"], token=token["refresh_token"])
    after = oauth.introspect_token(metadata["introspection_endpoint"], token=token["access_token"]).json()

    assert (before["active"], before["sub"]) == (True, person.id)
    assert after == {"active": False}


def test_client_credentials(provider: Running, metadata: dict[str, Any]) -> None:
    client = provider.client(grant_types=["client_credentials"], response_types=[], redirect_uris=[], scope="reports")

    token = session(client, scope="reports").fetch_token(metadata["token_endpoint"], grant_type="client_credentials")

    assert token["scope"] == "reports"


@pytest.mark.parametrize("algorithm", ["RS256", "PS256"])
def test_private_key_jwt(
    provider: Running, browser: WebBrowser, person: Person, metadata: dict[str, Any], algorithm: str
) -> None:
    key = key_for(algorithm)
    client = provider.client(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg=algorithm,
        jwks=jwks({**key.as_dict(private=False), "kid": "1", "alg": algorithm}),
    )
    signer = PrivateKeyJWT(metadata["token_endpoint"], alg=algorithm, headers={"kid": "1"})
    oauth = session(client, client_secret=key.as_pem(private=True), token_endpoint_auth_method=signer)

    token, _ = sign_in(oauth, browser, metadata)

    assert claims_of(provider, client, token)["sub"] == person.id


def test_client_secret_jwt_is_refused_with_words(
    provider: Running, browser: WebBrowser, metadata: dict[str, Any]
) -> None:
    client = provider.client()
    oauth = session(client, token_endpoint_auth_method=ClientSecretJWT(metadata["token_endpoint"]))

    with pytest.raises(Exception, match=r"invalid_client|invalid_request"):
        sign_in(oauth, browser, metadata)


def test_device(provider: Running, browser: WebBrowser, person: Person, metadata: dict[str, Any]) -> None:
    client = television(provider).client
    oauth = session(client, token_endpoint_auth_method="none")
    codes = oauth.post(
        metadata["device_authorization_endpoint"],
        data={"client_id": client.client_id, "scope": SCOPE},
        withhold_token=True,
    ).json()
    browser.visit(codes["verification_uri_complete"])

    token = oauth.fetch_token(metadata["token_endpoint"], grant_type=DEVICE_CODE, device_code=codes["device_code"])

    assert oauth.get(metadata["userinfo_endpoint"]).json()["sub"] == person.id
    assert token["token_type"] == "Bearer"


def test_pushed_requests(provider: Running, browser: WebBrowser, person: Person, metadata: dict[str, Any]) -> None:
    client = provider.client(require_pushed_authorization_requests=True)
    oauth = session(client)
    url, state = oauth.create_authorization_url("https://unused.invalid/", code_verifier=VERIFIER, nonce="n-1")
    pushed = oauth.post(
        metadata["pushed_authorization_request_endpoint"],
        data=url.partition("?")[2],
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        auth=client.basic,
        withhold_token=True,
    ).json()
    short = f"{metadata['authorization_endpoint']}?client_id={client.client_id}&request_uri={pushed['request_uri']}"

    token = oauth.fetch_token(
        metadata["token_endpoint"], authorization_response=browser.visit(short), code_verifier=VERIFIER, state=state
    )

    assert claims_of(provider, client, dict(token))["sub"] == person.id
