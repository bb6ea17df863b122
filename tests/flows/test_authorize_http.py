"""The authorization endpoint as a place on the web: methods, forms, broken bytes, requests of others."""

import json
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in, raw
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


BROKEN = ("%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%c0%80", "%f5%80%80%80", "%fe%ff")


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "login_hint", "unheard_of", "client_id", "redirect_uri"])
@pytest.mark.parametrize("bytes_", BROKEN)
def test_nul_and_broken_utf8_are_refused_and_never_replaced(
    provider: Running, rp: RelyingParty, browser: requests.Session, name: str, bytes_: str
) -> None:
    parameters = rp.parameters()
    parameters.pop(name, None)
    path = f"/authorize?{urlencode(parameters)}&{name}={bytes_}"

    status, headers, body = raw(provider, "GET", path, {"Cookie": f"op_sid={browser.cookies['op_sid']}"})

    assert status == 400
    assert "location" not in headers
    assert "\ufffd" not in body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_405_and_name_those_that_work(provider: Running, rp: RelyingParty, method: str) -> None:
    url = f"{provider.issuer}/authorize?{urlencode(rp.parameters())}"

    response = requests.request(method, url, allow_redirects=False, timeout=20)

    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].replace(" ", "").split(","))
    assert "Access-Control-Allow-Origin" not in response.headers


def test_head_is_answered_like_get_without_a_body(rp: RelyingParty, browser: requests.Session) -> None:
    url = f"{rp.provider.issuer}/authorize?{urlencode(rp.parameters(response_type='token'))}"

    response = browser.head(url, allow_redirects=False, timeout=20)

    assert answer_in(response)["error"] == "unsupported_response_type"
    assert response.content == b""


def test_a_request_may_be_posted_by_a_page_of_the_relying_party(rp: RelyingParty, browser: requests.Session) -> None:
    url = f"{rp.provider.issuer}/authorize"
    headers = {"Origin": "https://rp.example", "Sec-Fetch-Site": "cross-site"}

    # SameSite=Lax withholds the session cookie from such a POST; the browser is asked to come back by GET, with it.
    posted = requests.post(url, data=rp.parameters(), headers=headers, allow_redirects=False, timeout=20)
    again = browser.get(f"{rp.provider.issuer}{posted.headers['Location']}", allow_redirects=False, timeout=20)

    assert posted.status_code == 303
    assert "Set-Cookie" not in posted.headers
    assert "code" in answer_in(again)


def test_a_posted_request_is_judged_by_its_body_alone(rp: RelyingParty, browser: requests.Session) -> None:
    url = f"{rp.provider.issuer}/authorize?{urlencode({'redirect_uri': 'https://evil.test/', 'prompt': 'login'})}"
    browser.cookies.set("op_tx", "t" * 43, domain="127.0.0.1", path="/")

    response = browser.post(url, data=rp.parameters(), allow_redirects=False, timeout=20)

    assert response.headers["Location"].startswith(f"{rp.client.redirect_uri}?code=")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_a_posted_request_that_is_no_form_is_refused(rp: RelyingParty, content_type: str) -> None:
    url = f"{rp.provider.issuer}/authorize"

    response = requests.post(
        url, data=json.dumps(rp.parameters()), headers={"Content-Type": content_type}, allow_redirects=False, timeout=20
    )

    assert response.status_code == 415
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_authorization_answer_is_never_readable_from_another_origin(
    rp: RelyingParty, browser: requests.Session
) -> None:
    url = f"{rp.provider.issuer}/authorize?{urlencode(rp.parameters(prompt='none'))}"

    response = browser.get(url, headers={"Origin": "https://evil.test"}, allow_redirects=False, timeout=20)

    assert response.status_code == 303
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


def test_a_request_id_of_another_browser_opens_nothing(provider: Running, rp: RelyingParty) -> None:
    victim = requests.Session()
    location = rp.authorize(victim).headers["Location"]
    request_id = parse_qs(urlsplit(location).query)["request"][0]
    stranger = provider.session(provider.person())

    stolen = stranger.get(f"{provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)
    mine = victim.get(f"{provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)

    assert stolen.status_code == 400
    assert "Location" not in stolen.headers
    assert mine.headers["Location"].startswith("/login?request=")


@pytest.mark.parametrize("path", ["x", "' OR 1=1 --", "..%2f..%2f", "%00", "%ff", "a" * 5000, "é"])
def test_an_unknown_request_id_is_a_plain_page(provider: Running, path: str) -> None:
    status, headers, _ = raw(provider, "GET", f"/authorize/{quote(path, safe='%')}", {})

    assert status in {400, 404}
    assert "location" not in headers
