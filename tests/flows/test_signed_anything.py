"""Whatever a client signs, nothing breaks, and nobody is sent where no address is registered."""

from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.relying_party import RelyingParty
from tests.flows.signing_client import SigningClient, jwks, key_for, public
from tests.running import Running

TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        (
            *("", "\0", "\ud800", "a\r\nb: c", '"\\', "none", "login none", "code id_token", "é", "x" * 5000),
            *("https://evil.test/", "javascript:alert(1)", "https://rp.example/callback", "form_post", "1e3"),
        )
    ),
)
NUMBER = st.one_of(st.integers(), st.floats(), st.sampled_from([0, -1, 2**31, 2**63, 10**30, 1e308, -1e308]))
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBER, TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)
PARAMETERS = (
    *(
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "claims",
        "resource",
    ),
    *(
        "code_challenge",
        "code_challenge_method",
        "response_mode",
        "acr_values",
        "login_hint",
        "id_token_hint",
        "dpop_jkt",
    ),
    *("ui_locales", "request", "request_uri", "registration", "authorization_details", "display"),
)
ABOUT_IT = ("iss", "sub", "aud", "exp", "nbf", "iat", "jti")
CLAIMS = st.dictionaries(st.sampled_from((*PARAMETERS, *ABOUT_IT)), ANYTHING, min_size=1, max_size=4)
HEADERS = st.dictionaries(
    st.sampled_from(("kid", "typ", "cty", "crit", "b64", "jwk", "jku", "x5c", "x5t")), ANYTHING, max_size=2
)
SEARCH = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    key = key_for("ES256")
    client = provider.client(token_endpoint_auth_method="private_key_jwt", jwks=jwks(public(key)))
    return SigningClient(provider, client, "ES256", key)


def bent(right: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """A claim that is to be null stays in, unlike one that a helper is told to leave out."""
    return {**right, **claims}


@given(claims=CLAIMS, header=HEADERS)
@SEARCH
def test_any_signed_request_is_answered_or_refused(
    signer: SigningClient, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    rp, provider = RelyingParty(signer.provider, signer.client), signer.provider
    request = signer.request_object(bent(rp.parameters(), claims), header=header)
    fields = {**rp.parameters(), "request": request}

    at_the_front = requests.get(f"{provider.issuer}/authorize", params=fields, allow_redirects=False, timeout=20)
    pushed = provider.post("/par", {**fields, **signer.shown()})

    assert at_the_front.status_code in {200, 303, 400, 431}, at_the_front.text
    location = at_the_front.headers.get("Location", "/")
    assert location.startswith(("/login?", "/signup?", "/select-account?", "https://rp.example/callback", "/")), (
        location
    )
    assert urlsplit(location).netloc in {"", "rp.example"}
    assert pushed.status_code in {201, 400}, pushed.text


@given(claims=CLAIMS, header=HEADERS)
@SEARCH
def test_any_signed_assertion_is_taken_or_refused(
    signer: SigningClient, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    response = signer.provider.post(
        "/revoke", {"token": "x", **signer.shown(signer.assertion(header=header, **claims))}
    )

    assert response.status_code in {200, 401}, response.text
    assert response.status_code == 200 or response.json()["error"] == "invalid_client"
