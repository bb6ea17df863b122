"""The demo applications do what a relying party has to, against the real provider."""

import re
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from idp.dev.demo_clients import DemoApp
from tests.dev.conftest import Playground


def sign_in(browser: requests.Session, app: DemoApp, query: str = "") -> requests.Response:
    """Press "Sign in" and follow wherever it leads, through the consent page if there is one."""
    page = browser.get(f"{app.origin}/login{query}", timeout=20)
    if 'id="consent-form"' not in page.text:
        return page
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    allowed = [*hidden.items(), ("scope", "offline_access"), ("decision", "allow")]
    issuer = "{0.scheme}://{0.netloc}".format(urlsplit(page.url))
    return browser.post(f"{issuer}/consent", data=allowed, headers={"Origin": issuer}, timeout=20)


def test_a_person_with_a_session_is_signed_in_without_a_question(playground: Playground) -> None:
    person = playground.person()

    home = sign_in(playground.browser(person), playground.bookings)

    assert home.url == f"{playground.bookings.origin}/"
    assert person.id in home.text
    assert person.email in home.text
    assert "id_token, access_token" in home.text
    assert 'id="refresh"' not in home.text


def test_what_the_provider_says_is_escaped(playground: Playground) -> None:
    home = sign_in(playground.browser(playground.person()), playground.bookings)

    assert "Hello, Eve &lt;script&gt;&quot;x&quot;&lt;/script&gt;" in home.text
    assert "<script" not in home.text
    assert "script-src" not in home.headers["Content-Security-Policy"]


def test_the_whole_conversation_can_be_unfolded(playground: Playground) -> None:
    home = sign_in(playground.browser(playground.person()), playground.bookings)

    issuer, bookings = playground.provider.issuer, playground.bookings
    titles = re.findall(r"<h3>(.*?)</h3>", home.text)
    asks = [title for title in titles if title.startswith("The application asks")]
    assert titles[:2] == [f"The browser carries: {issuer}/authorize", f"The browser brings back: {bookings.callback}"]
    assert asks[0] == f"The application asks: POST {issuer}/token"
    assert asks[-1] == f"The application asks: GET {issuer}/userinfo"


def test_no_secret_is_on_the_page(playground: Playground) -> None:
    home = sign_in(playground.browser(playground.person()), playground.photos)

    assert "Protocol messages" in home.text
    assert "photos-secret" not in home.text
    assert not re.search(r"eyJ[\w-]{20,}", home.text)
    assert not re.search(
        r"[\w-]{43,}", re.sub(r"<tr><th scope='row'>(code_challenge|nonce|keys)</th>.*?</tr>", "", home.text)
    )


def test_an_application_that_asks_for_consent_gets_tokens_it_can_refresh(playground: Playground) -> None:
    browser = playground.browser(playground.person())

    home = sign_in(browser, playground.photos)
    again = browser.post(f"{playground.photos.origin}/refresh", timeout=20)

    assert 'id="refresh"' in home.text
    assert again.url == f"{playground.photos.origin}/"
    assert "refresh_token" in again.text
    assert "grant_type" in again.text


def test_signing_out_at_one_application_ends_the_shared_session(playground: Playground) -> None:
    browser = playground.browser(playground.person())
    sign_in(browser, playground.bookings)

    out = browser.post(f"{playground.bookings.origin}/logout", timeout=20)
    silently = sign_in(browser, playground.photos, "?prompt=none")

    assert urlsplit(out.url).path == "/signed-out"
    assert "has ended its session too" in out.text
    assert "login_required" in silently.text


def test_an_error_of_the_provider_is_shown_in_its_words(playground: Playground) -> None:
    answer = sign_in(playground.browser(), playground.bookings, "?prompt=none")

    assert answer.status_code == 400
    assert "login_required" in answer.text
    assert 'id="problem"' in answer.text


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?code=x&state=y", "?state=y", "?error=%3Cscript%3E&error_description=%00"]
)
def test_a_callback_that_nobody_asked_for_signs_nobody_in(playground: Playground, query: str) -> None:
    browser = playground.browser()
    mark = "&" if query else "?"
    issuer = playground.provider.issuer

    answer = browser.get(f"{playground.bookings.origin}/callback{query}{mark}iss={issuer}", timeout=20)

    assert answer.status_code == 400
    assert "<script" not in answer.text
    assert 'id="sign-in"' in browser.get(f"{playground.bookings.origin}/", timeout=20).text


@pytest.mark.parametrize("issuer", ["https://evil.example", None])
def test_an_answer_of_another_issuer_is_refused(playground: Playground, issuer: str | None) -> None:
    browser = playground.browser(playground.person())
    begun = browser.get(f"{playground.bookings.origin}/login", allow_redirects=False, timeout=20)
    answered = browser.get(begun.headers["Location"], allow_redirects=False, timeout=20).headers["Location"]
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(answered).query).items()}
    assert parameters.pop("iss") == playground.provider.issuer

    answer = browser.get(
        f"{playground.bookings.origin}/callback",
        params={**parameters, **({"iss": issuer} if issuer else {})},
        timeout=20,
    )

    assert answer.status_code == 400
    assert "An answer from elsewhere" in answer.text


def test_sign_ins_in_several_tabs_all_end_well(playground: Playground) -> None:
    browser = playground.browser(playground.person())
    browser.get(f"{playground.bookings.origin}/", timeout=20)
    cookies = browser.cookies

    def begin(_: int) -> str:
        asked = requests.get(
            f"{playground.bookings.origin}/login", cookies=cookies, allow_redirects=False, timeout=20
        ).headers["Location"]
        return requests.get(asked, cookies=cookies, allow_redirects=False, timeout=20).headers["Location"]

    with ThreadPoolExecutor(5) as tabs:
        callbacks = list(tabs.map(begin, range(5)))
    answers = [requests.get(url, cookies=cookies, allow_redirects=False, timeout=20).status_code for url in callbacks]

    assert answers == [303] * 5


def test_the_cookie_changes_at_a_sign_in(playground: Playground) -> None:
    browser = playground.browser(playground.person())
    browser.get(f"{playground.bookings.origin}/", timeout=20)
    before = browser.cookies["demo_bistro_bookings"]

    sign_in(browser, playground.bookings)

    planted = requests.get(f"{playground.bookings.origin}/", cookies={"demo_bistro_bookings": before}, timeout=20)
    assert browser.cookies["demo_bistro_bookings"] != before
    assert 'id="sign-in"' in planted.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_third_party_can_begin_a_sign_in(playground: Playground, method: str) -> None:
    about = {
        "iss": playground.provider.issuer,
        "login_hint": "eve@example.com",
        "target_link_uri": "https://evil.example",
    }
    query, form = (about, None) if method == "GET" else (None, about)

    answer = requests.request(
        method, f"{playground.bookings.origin}/initiate", params=query, data=form, allow_redirects=False, timeout=20
    )

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/login?login_hint=eve%40example.com"


def test_a_third_party_cannot_choose_the_provider(playground: Playground) -> None:
    answer = requests.get(
        f"{playground.bookings.origin}/initiate",
        params={"iss": "https://evil.example"},
        allow_redirects=False,
        timeout=20,
    )

    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_only_known_members_are_passed_on(playground: Playground) -> None:
    begun = requests.get(
        f"{playground.bookings.origin}/login?max_age=60&redirect_uri=https://evil.example&scope=admin",
        allow_redirects=False,
        timeout=20,
    )

    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["redirect_uri"] == [playground.bookings.callback]
    assert asked["scope"] == [playground.bookings.scope]
    assert asked["max_age"] == ["60"]
    assert asked["code_challenge_method"] == ["S256"]
