"""Client and redirect URI are proven before anything is sent anywhere (RFC 6749 3.1.2.4, RFC 9700 4.1.3, 4.11.2)."""

import html
from urllib.parse import quote, urlencode, urlsplit

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in, raw
from tests.running import Running

REGISTERED = "https://rp.example/callback"

LOOK_ALIKES = (
    "https://rp.example/callback/",
    "https://rp.example/callback/extra",
    "https://rp.example/callback/..",
    "https://rp.example/callback/../callback",
    "https://rp.example/callback/..;/callback",
    "https://rp.example/./callback",
    "https://rp.example//callback",
    "https://rp.example/%63allback",
    "https://rp.example/callback%2f",
    "https://rp.example/callback%2e%2e",
    "https://rp.example/%2e%2e/callback",
    "https://rp.example/%252e%252e/callback",
    "https://rp.example/callback?",
    "https://rp.example/callback?a=b",
    "https://rp.example/callback#",
    "https://rp.example/callback#here",
    "https://rp.example/callback;a=b",
    "https://rp.example/Callback",
    "https://RP.example/callback",
    "HTTPS://rp.example/callback",
    "http://rp.example/callback",
    "https://rp.example:443/callback",
    "https://rp.example:/callback",
    "https://rp.example:8443/callback",
    "https://rp.example./callback",
    "https://rp.example.evil.test/callback",
    "https://rp.exampleevil.test/callback",
    "https://evil.test/https://rp.example/callback",
    "https://evil.test/callback",
    "https://evil.test\\@rp.example/callback",
    "https://rp.example@evil.test/callback",
    "https://rp.example:443@evil.test/callback",
    "https://a@b@rp.example/callback",
    "https://rp.example\\@evil.test/callback",
    "https://rp.example\\.evil.test/callback",
    "https://rp.example%00.evil.test/callback",
    "https://rp.example%0d%0aLocation:evil/callback",
    "https:rp.example/callback",
    "https:///rp.example/callback",
    "//rp.example/callback",
    "/callback",
    " https://rp.example/callback",
    "https://rp.example/callback ",
    "https://rp.example/callback\t",
    "https://rp.example/callback\n",
    "https://rp.example/callback\r\nX: y",
    "https://rp.\u0435xample/callback",
    "https://rp。example/callback",
    'https://rp.example/callback"',
    "https://[::ffff:127.0.0.1]/callback",
    "https://rp.example/callback" + "a" * 10_000,
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://rp.example/%0aalert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
)
"""Strings that somebody else could own, or that a lenient comparison would take for the registered one."""

OTHER_ERRORS = (
    {"response_type": None},
    {"response_type": "unheard-of"},
    {"response_type": 'co"de'},
    {"response_mode": "unheard-of"},
    {"scope": None},
    {"scope": "unheard-of"},
    {"prompt": "none login"},
    {"prompt": "unheard-of"},
    {"max_age": "-1"},
    {"request": "not.a.request"},
    {"request": "eyJhbGciOiJub25lIn0.e30."},
    {"request_uri": "https://evil.test/request"},
    {"claims": "{"},
    {"id_token_hint": "not a token"},
    {"code_challenge": None},
    {"code_challenge_method": "plain"},
    {"state": "x" * 5_000},
    {"registration": "{}"},
)


def shown_here(response: requests.Response) -> bool:
    """The refusal is a page of the provider: nothing was sent anywhere."""
    return (
        response.status_code == 400
        and "Location" not in response.headers
        and response.headers["Content-Type"].startswith("text/html")
        and response.headers["Cache-Control"] == "no-store"
        and 'method="post"' not in response.text
    )


@pytest.mark.parametrize("mode", ["query", "form_post"])
@pytest.mark.parametrize("look_alike", LOOK_ALIKES, ids=lambda uri: uri[:60].encode("ascii", "replace").decode())
def test_a_redirect_uri_that_only_looks_registered_is_refused_on_our_own_page(
    provider: Running, look_alike: str, mode: str
) -> None:
    person = provider.person()
    rp = RelyingParty(provider, provider.client(redirect_uris=[REGISTERED]))

    response = rp.authorize(provider.session(person), redirect_uri=look_alike, response_mode=mode)

    assert shown_here(response)


def test_the_page_shows_what_was_sent_and_never_what_is_registered(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client(redirect_uris=[REGISTERED]))

    response = rp.authorize(redirect_uri="https://rp.example/callbacks")

    assert "https://rp.example/callbacks" in response.text
    assert "https://rp.example/callback<" not in response.text
    assert rp.client.secret not in response.text


def test_the_address_that_the_look_alikes_imitate_is_answered(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client(redirect_uris=[REGISTERED]))

    answer = rp.authorize(provider.session(provider.person()), redirect_uri=REGISTERED)

    assert answer.headers["Location"].startswith(f"{REGISTERED}?code=")


@pytest.mark.parametrize("wrong", OTHER_ERRORS, ids=str)
def test_no_other_error_is_sent_to_an_unproven_address(provider: Running, wrong: dict[str, str | None]) -> None:
    rp = RelyingParty(provider, provider.client())

    response = rp.authorize(redirect_uri="https://evil.test/callback", **wrong)

    assert shown_here(response)


@pytest.mark.parametrize("client_id", ["nobody", "", "a" * 3_000, "' OR 1=1 --", "é\u202e", None])
def test_an_unknown_client_is_refused_on_our_own_page(provider: Running, client_id: str | None) -> None:
    rp = RelyingParty(provider, provider.client())

    response = rp.authorize(client_id=client_id)

    assert shown_here(response)


def test_the_redirect_uri_of_another_client_is_refused(provider: Running) -> None:
    other = provider.client(redirect_uris=["https://other.example/callback"])
    rp = RelyingParty(provider, provider.client())

    response = rp.authorize(redirect_uri=other.redirect_uri)

    assert shown_here(response)


def test_a_missing_redirect_uri_is_refused_even_if_only_one_is_registered(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client())

    response = rp.authorize(redirect_uri=None)

    assert shown_here(response)


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("second", ["same", "other"])
def test_a_repeated_client_id_or_redirect_uri_is_refused_on_our_own_page(
    provider: Running, name: str, second: str
) -> None:
    rp = RelyingParty(provider, provider.client())
    parameters = rp.parameters()
    value = parameters[name] if second == "same" else "https://evil.test/"
    query = urlencode([*parameters.items(), (name, value)])

    response = provider.get(f"/authorize?{query}")

    assert shown_here(response)


NATIVE = "http://127.0.0.1/callback"


@pytest.mark.parametrize(
    "uri", ["http://127.0.0.1/callback", "http://127.0.0.1:1/callback", "http://127.0.0.1:65535/callback"]
)
def test_a_native_application_may_listen_on_any_loopback_port(provider: Running, uri: str) -> None:
    client = provider.client(application_type="native", redirect_uris=[NATIVE], token_endpoint_auth_method="none")
    rp = RelyingParty(provider, client)

    answer = rp.authorize(provider.session(provider.person()), redirect_uri=uri)

    assert answer.headers["Location"].startswith(f"{uri}?code=")


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost/callback",
        "http://localhost:8080/callback",
        "http://127.0.0.1.evil.test/callback",
        "http://127.0.0.1:80@evil.test/callback",
        "http://127.0.0.1:8080/other",
        "http://127.0.0.1:8080/callback?a=b",
        "http://127.0.0.1:8080/callback#",
        "http://127.0.0.1:/callback",
        "http://127.0.0.1:08080/callback",
        "http://127.0.0.1:+80/callback",
        "http://127.0.0.1:8_0/callback",
        "http://127.0.0.1:٨٠/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:-1/callback",
        "http://127.1:8080/callback",
        "http://2130706433/callback",
        "http://0.0.0.0:8080/callback",
        "http://[::1]:8080/callback",
        "http://u@127.0.0.1:8080/callback",
        "https://127.0.0.1:8080/callback",
        "HTTP://127.0.0.1:8080/callback",
    ],
)
def test_nothing_but_the_port_of_a_loopback_address_may_differ(provider: Running, uri: str) -> None:
    client = provider.client(application_type="native", redirect_uris=[NATIVE], token_endpoint_auth_method="none")
    rp = RelyingParty(provider, client)

    response = rp.authorize(provider.session(provider.person()), redirect_uri=uri)

    assert shown_here(response)


def test_a_web_client_gets_no_other_port(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client(redirect_uris=[NATIVE]))

    response = rp.authorize(redirect_uri="http://127.0.0.1:8080/callback")

    assert shown_here(response)


def test_a_registered_query_stays_and_is_appended_to(provider: Running) -> None:
    uri = "https://rp.example/callback?tenant=a%20b&x="
    rp = RelyingParty(provider, provider.client(redirect_uris=[uri]))

    location = rp.authorize(provider.session(provider.person()), redirect_uri=uri).headers["Location"]

    assert location.startswith(f"{uri}&code=")


def test_a_private_use_scheme_is_answered_exactly(provider: Running) -> None:
    uri = "com.example.app:/callback"
    client = provider.client(application_type="native", redirect_uris=[uri], token_endpoint_auth_method="none")
    rp = RelyingParty(provider, client)

    location = rp.authorize(provider.session(provider.person()), redirect_uri=uri).headers["Location"]

    assert location.startswith(f"{uri}?code=")


@pytest.mark.parametrize("hostile", ['"><script>alert(1)</script>', "</title><svg onload=x>", "{{7*7}}", "${7*7}"])
@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state"])
def test_what_was_sent_is_shown_escaped_or_not_at_all(provider: Running, name: str, hostile: str) -> None:
    rp = RelyingParty(provider, provider.client())

    response = rp.authorize(**{"redirect_uri": "https://evil.test/", name: hostile})

    assert shown_here(response)
    assert "<script>alert" not in response.text
    assert "<svg onload" not in response.text
    assert name == "state" or html.escape(hostile) in response.text.replace("&#34;", "&quot;")


def test_a_client_that_is_disabled_is_refused_within_seconds_and_its_codes_at_once(provider: Running) -> None:
    from idp.store import clients

    rp = RelyingParty(provider, provider.client())
    code = rp.code(provider.session(provider.person()))

    with provider.database.transaction() as db:
        clients.set_disabled(db, rp.client.client_id, provider.clock(), now=provider.clock())
    refused = rp.redeem(code)

    assert refused.status_code in {400, 401}
    assert "access_token" not in refused.json()


@pytest.mark.parametrize("host", ["evil.test", "evil.test:443", "a b", "[::1", "127.0.0.1@evil.test", ""])
def test_the_host_header_decides_nothing(provider: Running, host: str) -> None:
    rp = RelyingParty(provider, provider.client())
    query = urlencode(rp.parameters())

    foreign = {
        "Host": host,
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "Forwarded": "host=evil.test",
    }

    status, headers, _ = raw(provider, "GET", f"/authorize?{query}", foreign)

    assert (status, headers["location"].partition("=")[0]) == (303, "/login?request")


def test_the_redirect_goes_to_the_registered_host_and_no_other(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client())
    state = quote("https://evil.test/?#@")

    location = rp.authorize(provider.session(provider.person()), state=state).headers["Location"]

    assert urlsplit(location).netloc == "rp.example"
    assert answer_in(rp.authorize(provider.session(provider.person()), state=state))["state"] == state
