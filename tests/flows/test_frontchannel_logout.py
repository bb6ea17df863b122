"""The page that signs a person out of apps in frames (OpenID Connect Front-Channel Logout 1.0)."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from idp.farewell import MOST_FRAMES
from tests.flows.people import FormBrowser, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running

GOODBYE = "https://rp.example/goodbye"
WIKI = "https://wiki.example:8443/signed-out"


class _Frames(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.frames: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe":
            self.frames.append(dict(attrs))


def frames_of(response: requests.Response) -> list[str]:
    parser = _Frames()
    parser.feed(response.text)
    assert all(set((frame["sandbox"] or "").split()) <= _ALLOWED for frame in parser.frames)
    return [frame["src"] or "" for frame in parser.frames]


_ALLOWED = {"allow-scripts", "allow-same-origin", "allow-forms"}


class Journey:
    """A person who signs in at clients with one browser, and out at the last of them."""

    def __init__(self, provider: Running) -> None:
        self.provider = provider
        self.person: Person = somebody(provider)
        self.browser = FormBrowser(provider)
        self.browser.log_in(self.person)
        self.id_token: dict[str, Any] = {}
        self.hint = ""

    def at(self, uri: str | None, **registered: Any) -> "Journey":
        more = {"frontchannel_logout_uri": uri} if uri else {}
        client = self.provider.client(post_logout_redirect_uris=[GOODBYE], **more, **registered)
        rp = RelyingParty(self.provider, client)
        self.hint = rp.redeem(rp.code(self.browser.http)).json()["id_token"]
        self.id_token = rp.claims(self.hint)
        return self

    def sign_out(self, **changed: str) -> requests.Response:
        asked = {"id_token_hint": self.hint, "post_logout_redirect_uri": GOODBYE, "state": "s&t", **changed}
        url = f"{self.provider.issuer}/end_session"
        return self.browser.http.get(
            url, params={name: value for name, value in asked.items() if value}, allow_redirects=False, timeout=20
        )


@pytest.fixture
def journey(provider: Running) -> Journey:
    return Journey(provider)


def test_a_client_that_needs_the_session_is_told_issuer_and_session_and_nothing_else(
    provider: Running, journey: Journey
) -> None:
    page = journey.at(WIKI, frontchannel_logout_session_required=True).sign_out()

    (frame,) = frames_of(page)
    assert frame.startswith(f"{WIKI}?")
    assert parse_qs(urlsplit(frame).query) == {"iss": [provider.issuer], "sid": [journey.id_token["sid"]]}


def test_a_client_that_does_not_need_it_is_told_nothing(journey: Journey) -> None:
    assert frames_of(journey.at(WIKI).sign_out()) == [WIKI]


def test_a_registered_query_stays(journey: Journey) -> None:
    page = journey.at(f"{WIKI}?a=b&c=%20", frontchannel_logout_session_required=True).sign_out()

    (frame,) = frames_of(page)
    assert frame.startswith(f"{WIKI}?a=b&c=%20&iss=")


def test_the_page_may_frame_the_clients_of_the_session_and_nobody_else(provider: Running, journey: Journey) -> None:
    Journey(provider).at("https://elsewhere.example/out")
    provider.client(frontchannel_logout_uri="https://never.example/out")

    page = journey.at(WIKI).at("https://mail.example/out").at("https://mail.example/two").at(None).sign_out()

    assert sorted(frames_of(page)) == sorted([WIKI, "https://mail.example/out", "https://mail.example/two"])
    policy = page.headers["Content-Security-Policy"]
    (allowed,) = re.findall(r"frame-src ([^;]*)", policy)
    assert sorted(allowed.split()) == ["https://mail.example", "https://wiki.example:8443"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_page_goes_on_to_the_registered_address_with_its_state(journey: Journey) -> None:
    page = journey.at(WIKI).sign_out()

    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    refresh = re.search(r'http-equiv="refresh" content="\d+; url=([^"]*)"', page.text)
    link = re.search(r'id="onward"[^>]* href="([^"]*)"', page.text)
    assert refresh is not None
    assert link is not None
    assert unescape(refresh[1]) == unescape(link[1]) == f"{GOODBYE}?state=s%26t"


def test_without_an_address_to_go_to_the_frames_load_on_the_page_that_stays(journey: Journey) -> None:
    page = journey.at(WIKI).sign_out(post_logout_redirect_uri="")

    assert frames_of(page) == [WIKI]
    assert "http-equiv" not in page.text
    assert 'id="onward"' not in page.text


@pytest.mark.parametrize("uri", ["https://evil.example/", GOODBYE + "?x=y", "javascript:alert(1)"])
def test_the_page_never_leads_to_an_address_that_is_not_registered(journey: Journey, uri: str) -> None:
    page = journey.at(WIKI).sign_out(post_logout_redirect_uri=uri)

    assert frames_of(page) == [WIKI]
    assert 'id="onward"' not in page.text
    assert "http-equiv" not in page.text


def test_the_session_is_over_before_the_page_is_shown(journey: Journey) -> None:
    journey.at(WIKI).sign_out()

    assert journey.browser.get("/account").headers["Location"] == "/login"


def test_signing_out_at_the_account_loads_the_frames_as_well(journey: Journey) -> None:
    journey.at(WIKI)

    sent = journey.browser.send(journey.browser.get("/account"), "/account/sign-out")
    page = journey.browser.get(sent.headers["Location"])

    assert frames_of(page) == [WIKI]
    assert "frame-src https://wiki.example:8443" in page.headers["Content-Security-Policy"]


def test_somebody_who_has_signed_out_already_loads_no_frames(journey: Journey) -> None:
    journey.at(WIKI).sign_out()

    again = journey.sign_out()

    assert frames_of(again) == []


def test_without_such_clients_the_browser_is_sent_on_at_once(journey: Journey) -> None:
    response = journey.at(None).sign_out()

    assert response.status_code == 303
    assert response.headers["Location"] == f"{GOODBYE}?state=s%26t"


def test_one_page_has_so_many_frames_and_no_more(journey: Journey) -> None:
    for number in range(MOST_FRAMES + 2):
        journey.at(f"https://app{number}.example/out")

    assert len(frames_of(journey.sign_out())) == MOST_FRAMES


def test_the_page_says_who_is_told_and_who_may_keep_the_person_signed_in(journey: Journey) -> None:
    journey.at(WIKI, client_name="Wiki").at(None, client_name="Old Shop").at(None, client_name="Asking")

    page = journey.sign_out(post_logout_redirect_uri="")

    told = re.search(r'<p id="told">(.*?)</p>', page.text, re.DOTALL)
    not_told = re.search(r'<p id="not-told">(.*?)</p>', page.text, re.DOTALL)
    assert told is not None
    assert not_told is not None
    assert ("Wiki" in told[1], "Old Shop" in told[1]) == (True, False)
    assert ("Wiki" in not_told[1], "Old Shop" in not_told[1], "Asking" in not_told[1]) == (False, True, False)
