"""What is no token request: other methods, bodies, parameters and grants, and who may ask."""

from urllib.parse import urlencode

import pytest
import requests

from tests.flows.relying_party import RelyingParty
from tests.flows.token_requests import form_for, refused
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_a_secret_in_the_url_is_refused(rp: RelyingParty, browser: requests.Session, path: str) -> None:
    code = rp.code(browser)
    query = urlencode({"client_id": rp.client.client_id, "client_secret": rp.client.secret})

    response = rp.provider.post(f"{path}?{query}", form_for(rp, code), auth=rp.client.basic)

    assert refused(response, 400, "invalid_request")
    assert rp.client.secret not in response.text


def test_nothing_is_read_from_the_url(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)

    response = rp.provider.post(f"/token?{urlencode(form_for(rp, code))}", {}, auth=rp.client.basic)

    assert refused(response, 400, "invalid_request")
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_only_post_is_understood(rp: RelyingParty, browser: requests.Session, path: str, method: str) -> None:
    code = rp.code(browser)
    url = f"{rp.provider.issuer}{path}?{urlencode(form_for(rp, code))}"

    response = requests.request(method, url, auth=rp.client.basic, timeout=20)

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded; charset=utf-16", 415),
        ("", 415),
        ("application/x-www-form-urlencoded; charset=UTF-8", 200),
        ("APPLICATION/X-WWW-FORM-URLENCODED", 200),
    ],
)
def test_only_a_form_is_understood(rp: RelyingParty, browser: requests.Session, content_type: str, status: int) -> None:
    code = rp.code(browser)
    body = urlencode(form_for(rp, code)).encode()

    response = rp.provider.post("/token", body, auth=rp.client.basic, headers={"Content-Type": content_type})

    assert response.status_code == status
    if status != 200:
        assert response.json()["error"] == "invalid_request"
        assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=%00",
        b"grant_type=\xff",
        b"grant_type=%ff",
        b"code=" + b"x" * 70_000,
        b"a=1&" * 300,
        b"\0",
        b"&&=&=",
    ],
    ids=lambda body: str(body[:20]),
)
def test_a_broken_body_is_a_plain_refusal(rp: RelyingParty, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    response = rp.provider.post("/token", body, auth=rp.client.basic, headers=headers)

    assert response.status_code in {400, 413}
    assert response.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("AUTHORIZATION_CODE", "unsupported_grant_type"),
        ("authorization_code ", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type"),
        ('un"heard\\of\u00e9', "unsupported_grant_type"),
        ("client_credentials", "unauthorized_client"),
    ],
)
def test_grant_types_have_their_defined_errors(
    rp: RelyingParty, browser: requests.Session, grant_type: str | None, error: str
) -> None:
    code = rp.code(browser)

    assert refused(rp.redeem(code, grant_type=grant_type, username="a", password="b"), 400, error)
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("name", ["code", "grant_type", "redirect_uri", "code_verifier", "client_id", "scope", "state"])
@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_a_parameter_that_is_sent_twice_is_refused(
    rp: RelyingParty, browser: requests.Session, path: str, name: str
) -> None:
    code = rp.code(browser)
    fields = [*form_for(rp, code).items(), (name, "a"), (name, "b")]

    response = rp.provider.post(path, fields, auth=rp.client.basic)

    assert refused(response, 400, "invalid_request")
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("name", ["state", "response_type", "nonce", "unheard_of", "audience", "scope"])
def test_parameters_that_do_not_belong_here_are_ignored(rp: RelyingParty, browser: requests.Session, name: str) -> None:
    assert rp.redeem(rp.code(browser), **{name: "code"}).json()["scope"] == "openid email profile"


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "https://rp.example.evil.test"])
def test_scripts_of_any_origin_may_ask_but_never_with_cookies(rp: RelyingParty, origin: str) -> None:
    response = rp.provider.post("/token", {"grant_type": "x"}, headers={"Origin": origin}, auth=rp.client.basic)

    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Set-Cookie" not in response.headers
