"""Whatever is sent, the answer is below 500, goes to nobody unproven and is not stored: searched, not enumerated."""

from urllib.parse import urlencode

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.relying_party import RelyingParty
from tests.running import Running

ODD = st.sampled_from(
    (
        "", "\0", "\x7f", "'", '"', "\\", "%", "%00", "é", "\u202e", "\U0001f511", "null", "[]", "{}", "-1", "1e3",
        "none", "code", "S256", "openid", "none login", "https://evil.test/", "//evil.test", "javascript:alert(1)",
        "\r\nX: y", "a" * 5_000, "0" * 43,
    )
)  # fmt: skip
VALUE = st.one_of(ODD, st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
AUTHORIZE_NAMES = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "response_mode", "prompt", "max_age",
    "code_challenge", "code_challenge_method", "claims", "id_token_hint", "login_hint", "acr_values", "ui_locales",
    "display", "request", "request_uri", "registration", "resource",
)  # fmt: skip
TOKEN_NAMES = (
    "grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret", "refresh_token", "scope",
    "token", "token_type_hint", "client_assertion", "client_assertion_type", "username", "password", "access_token",
)  # fmt: skip
GRANT_TYPES = st.sampled_from(["authorization_code", "refresh_token", "client_credentials"])
CHANGES = st.lists(st.tuples(st.sampled_from(AUTHORIZE_NAMES) | VALUE, VALUE), min_size=1, max_size=4)
FIELDS = st.lists(st.tuples(st.sampled_from(TOKEN_NAMES) | VALUE, VALUE), max_size=6)
MANY = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def rp(provider: Running) -> RelyingParty:
    client = provider.client(
        grant_types=["authorization_code", "refresh_token", "client_credentials"], initiate_login_uri=None
    )
    return RelyingParty(provider, client)


@pytest.fixture(scope="module")
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@MANY
@given(changes=CHANGES, repeat=st.booleans())
def test_authorization_requests(
    rp: RelyingParty, browser: requests.Session, changes: list[tuple[str, str]], repeat: bool
) -> None:
    parameters = list(rp.parameters().items())
    if not repeat:
        named = {name for name, _ in changes}
        parameters = [pair for pair in parameters if pair[0] not in named]
    url = f"{rp.provider.issuer}/authorize?{urlencode([*parameters, *changes])}"

    response = browser.get(url, allow_redirects=False, timeout=20)

    location = response.headers.get("Location", "/")
    assert response.status_code < 500
    assert location.startswith((f"{rp.client.redirect_uri}?", f"{rp.client.redirect_uri}#", "/")), location
    assert not location.startswith("//")
    assert response.headers["Cache-Control"] == "no-store"
    assert "X: y" not in str(response.headers)


@MANY
@given(fields=FIELDS, grant_type=GRANT_TYPES, path=st.sampled_from(["/token", "/revoke", "/introspect", "/userinfo"]))
def test_requests_of_clients(rp: RelyingParty, fields: list[tuple[str, str]], grant_type: str, path: str) -> None:
    # Somebody with the right secret, so that more than authentication is reached.
    given_fields = [("grant_type", grant_type), ("token", "x"), *fields] if path != "/userinfo" else fields

    response = rp.provider.post(path, given_fields, auth=rp.client.basic)

    assert response.status_code < 500
    assert response.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in response.headers
    assert response.content == b"" or response.headers["Content-Type"].startswith("application/json")
    if response.status_code >= 400:
        assert response.json()["error"]


@MANY
@given(authorization=st.binary(max_size=200).map(lambda octets: octets.translate(None, b"\r\n\0")), basic=st.booleans())
def test_authorization_headers(rp: RelyingParty, authorization: bytes, basic: bool) -> None:
    import base64

    value = b"Basic " + base64.b64encode(authorization) if basic else authorization.strip()

    token = rp.provider.post("/token", {"grant_type": "refresh_token"}, headers={"Authorization": value})  # type: ignore[dict-item]
    userinfo = rp.provider.get("/userinfo", headers={"Authorization": value})  # type: ignore[dict-item]

    assert token.status_code in {400, 401, 429}
    assert userinfo.status_code in {400, 401}


@MANY
@given(changes=CHANGES)
def test_logout_requests(rp: RelyingParty, browser: requests.Session, changes: list[tuple[str, str]]) -> None:
    names = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")
    renamed = [(names[len(name) % len(names)], value) for name, value in changes]

    response = browser.get(f"{rp.provider.issuer}/end_session?{urlencode(renamed)}", allow_redirects=False, timeout=20)

    assert response.status_code < 500
    assert "Location" not in response.headers
