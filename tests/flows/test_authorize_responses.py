"""The answer to an authorization request: what comes back, byte for byte, and in which envelope."""

import html
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running

ODD_VALUES = (
    "x" * 250,
    "x" * 4_000,
    " leading and trailing ",
    "a+b c%20d%2B&e=f;g#h?i/j\\k",
    "\"quoted\" 'single' <b>&amp;</b>",
    "line\r\nbreak\ttab",
    "zażółć gęślą jaźń \U0001f511 \u202e\u200b",
    "e\u0301 is not \u00e9",
    "{{7*7}} ${7*7} %s %(x)s {0.__class__}",
    "\x01\x1f\x7f",
    "-",
    "null",
)


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def fields_of(page: requests.Response) -> tuple[str, dict[str, str]]:
    """Address and fields of the form that a form_post answer is."""
    assert page.status_code == 200, page.text[:300]
    form = re.search(r'<form id="form-post" method="post" action="([^"]*)"', page.text)
    assert form is not None
    inputs = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    assert len(inputs) == len(dict(inputs))
    return html.unescape(form[1]), {html.unescape(name): html.unescape(value) for name, value in inputs}


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value[:25]))
@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_state_comes_back_byte_for_byte(rp: RelyingParty, browser: requests.Session, value: str, mode: str) -> None:
    granted = answer_in(rp.authorize(browser, state=value, response_mode=mode))
    refused = answer_in(rp.authorize(browser, state=value, response_mode=mode, prompt="none login"))

    assert granted["state"] == value
    assert refused["state"] == value
    assert granted["code"]
    assert refused["error"] == "invalid_request"


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value[:25]))
def test_a_posted_state_is_escaped_and_comes_back(rp: RelyingParty, browser: requests.Session, value: str) -> None:
    page = rp.authorize(browser, state=value, response_mode="form_post")

    action, fields = fields_of(page)

    assert action == rp.client.redirect_uri
    assert set(fields) == {"code", "state", "iss"}
    assert fields["state"] == value
    assert "<b>&amp;</b>" not in page.text
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: ascii(value[:25]))
def test_the_nonce_comes_back_byte_for_byte(rp: RelyingParty, browser: requests.Session, value: str) -> None:
    tokens = rp.redeem(rp.code(browser, nonce=value)).json()

    assert rp.claims(tokens["id_token"])["nonce"] == value


def test_without_state_and_nonce_none_are_made_up(rp: RelyingParty, browser: requests.Session) -> None:
    answer = answer_in(rp.authorize(browser, state=None, nonce=None))

    assert set(answer) == {"code", "iss"}
    assert "nonce" not in rp.claims(rp.redeem(answer["code"]).json()["id_token"])


@pytest.mark.parametrize("mode", ["query", "fragment", "form_post"])
@pytest.mark.parametrize("changed", [{}, {"prompt": "none login"}, {"max_age": "0", "prompt": "none"}], ids=str)
def test_every_answer_names_the_issuer(
    rp: RelyingParty, browser: requests.Session, mode: str, changed: dict[str, str]
) -> None:
    response = rp.authorize(browser, response_mode=mode, **changed)

    answer = fields_of(response)[1] if mode == "form_post" else answer_in(response)

    assert answer["iss"] == rp.provider.issuer
    assert ("code" in answer) is (not changed)


def test_a_fragment_answer_leaves_the_query_alone(rp: RelyingParty, browser: requests.Session) -> None:
    location = urlsplit(rp.authorize(browser, response_mode="fragment").headers["Location"])

    assert location.query == ""
    assert set(parse_qs(location.fragment)) == {"code", "state", "iss"}


def test_a_native_application_gets_the_fragment_it_asked_for(provider: Running, browser: requests.Session) -> None:
    uri = "com.example.app:/callback"
    client = provider.client(application_type="native", redirect_uris=[uri], token_endpoint_auth_method="none")
    rp = RelyingParty(provider, client)

    location = rp.authorize(browser, response_mode="fragment").headers["Location"]

    assert location.startswith(f"{uri}#code=")


def test_nothing_is_posted_to_an_address_that_is_no_web_page(provider: Running, browser: requests.Session) -> None:
    uri = "com.example.app:/callback"
    client = provider.client(application_type="native", redirect_uris=[uri], token_endpoint_auth_method="none")
    rp = RelyingParty(provider, client)

    location = rp.authorize(browser, response_mode="form_post").headers["Location"]

    assert location.startswith(f"{uri}?error=invalid_request")


@pytest.mark.parametrize(
    "changed",
    [{}, {"response_mode": "fragment"}, {"prompt": "none login"}, {"response_mode": "form_post"}, {"prompt": "login"}],
    ids=str,
)
def test_no_answer_is_stored_or_framed_or_tells_where_it_came_from(
    rp: RelyingParty, browser: requests.Session, changed: dict[str, str]
) -> None:
    response = rp.authorize(browser, **changed)

    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.status_code in {200, 303}


def test_two_codes_of_one_person_at_one_client_are_two(rp: RelyingParty, browser: requests.Session) -> None:
    codes = {rp.code(browser) for _ in range(5)}

    assert len(codes) == 5
    assert [rp.redeem(code).status_code for code in codes] == [200] * 5


def test_an_interaction_that_has_expired_begins_again_with_the_same_request(provider: Running) -> None:
    from datetime import timedelta

    rp, browser = RelyingParty(provider, provider.client()), requests.Session()
    first = rp.authorize(browser).headers["Location"]
    request_id = parse_qs(urlsplit(first).query)["request"][0]
    with provider.database.transaction() as db:
        from idp.store.authorization_requests import authorization_requests as table

        past = provider.clock() - timedelta(minutes=1)
        db.execute(table.update().where(table.c.id == request_id).values(expires_at=past))

    again = browser.get(f"{provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)

    assert again.status_code == 303
    assert again.headers["Location"].startswith("/login?request=")
    assert request_id not in again.headers["Location"]


def signed_in_for(provider: Running, waiting: requests.Session) -> requests.Session:
    """The browser of a waiting request, after its person has signed in."""
    signed_in = provider.session(provider.person())
    waiting.cookies.set("op_sid", signed_in.cookies["op_sid"], domain="127.0.0.1", path="/")
    return waiting


@pytest.mark.parametrize("initiate", [None, "https://rp.example/start?tenant=1"])
def test_a_request_is_answered_once_and_the_back_button_leads_to_the_relying_party(
    provider: Running, initiate: str | None
) -> None:
    rp = RelyingParty(provider, provider.client(initiate_login_uri=initiate))
    browser = requests.Session()
    request_id = parse_qs(urlsplit(rp.authorize(browser).headers["Location"]).query)["request"][0]
    url = f"{provider.issuer}/authorize/{request_id}"
    signed_in_for(provider, browser)

    first = browser.get(url, allow_redirects=False, timeout=20)
    second = browser.get(url, allow_redirects=False, timeout=20)

    assert "code" in answer_in(first)
    assert "code=" not in second.headers.get("Location", "")
    if initiate is None:
        # Nothing else is known of this client but where its answers go: its front page is a way on.
        assert second.status_code == 200
        assert 'href="https://rp.example/"' in second.text
    else:
        assert second.headers["Location"] == f"{initiate}&{urlencode({'iss': provider.issuer})}"


@pytest.mark.parametrize(
    ("changed", "way_on"),
    [
        ({"client_uri": "https://app.example/home"}, "https://app.example/home"),
        ({"redirect_uris": ["https://rp.example:8443/a/b?c=d"]}, "https://rp.example:8443/"),
        ({"application_type": "native", "redirect_uris": ["com.example.app:/callback"]}, None),
        ({"application_type": "native", "redirect_uris": ["http://127.0.0.1:8765/callback"]}, None),
    ],
    ids=str,
)
def test_who_comes_back_to_an_answered_request_is_shown_a_way_on_that_is_the_clients_own(
    provider: Running, changed: dict[str, object], way_on: str | None
) -> None:
    rp, browser = RelyingParty(provider, provider.client(**changed)), requests.Session()
    asked = rp.authorize(browser, response_mode=None if "native" in changed.values() else "form_post")
    request_id = parse_qs(urlsplit(asked.headers["Location"]).query)["request"][0]
    url = f"{provider.issuer}/authorize/{request_id}"
    signed_in_for(provider, browser)
    browser.get(url, allow_redirects=False, timeout=20)

    back = browser.get(url, allow_redirects=False, timeout=20)

    links = re.findall(r'id="continue"[^>]*href="([^"]*)"', back.text)
    assert links == ([way_on] if way_on else [])
