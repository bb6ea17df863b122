"""RP-initiated logout: certain only with a hint of this very session, else a question (RP-Initiated Logout 1.0)."""

import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.flows.forging import id_token_claims, signed
from tests.flows.relying_party import RelyingParty
from tests.running import Registered, Running

GOODBYE = "https://rp.example/goodbye"


@dataclass(frozen=True)
class SignedIn:
    """A browser whose person is signed in at a relying party."""

    rp: RelyingParty
    browser: requests.Session
    tokens: dict[str, Any]

    @property
    def hint(self) -> str:
        return str(self.tokens["id_token"])

    def end(self, **parameters: str) -> requests.Response:
        url = f"{self.rp.provider.issuer}/end_session?{urlencode(parameters)}"
        return self.browser.get(url, allow_redirects=False, timeout=20)

    def is_signed_in(self) -> bool:
        return "code=" in self.rp.authorize(self.browser, prompt="none").headers["Location"]


def signed_in_at(provider: Running, client: Registered) -> SignedIn:
    rp, browser = RelyingParty(provider, client), provider.session(provider.person())
    return SignedIn(rp, browser, rp.redeem(rp.code(browser, scope="openid offline_access")).json())


@pytest.fixture
def client(provider: Running) -> Registered:
    return provider.client(post_logout_redirect_uris=[GOODBYE, "https://rp.example/bye?a=b"])


@pytest.fixture
def signed_in(provider: Running, client: Registered) -> SignedIn:
    return signed_in_at(provider, client)


def asks(response: requests.Response) -> bool:
    """The person is asked, and nothing has ended yet."""
    return response.status_code == 200 and 'action="/end_session/confirm"' in response.text


def test_a_hint_of_this_session_ends_it_and_leads_back(signed_in: SignedIn) -> None:
    response = signed_in.end(id_token_hint=signed_in.hint, post_logout_redirect_uri=GOODBYE, state="a b&c=é")

    assert response.status_code == 303
    assert response.headers["Location"] == f"{GOODBYE}?{urlencode({'state': 'a b&c=é'})}"
    assert response.headers["Cache-Control"] == "no-store"
    assert not signed_in.is_signed_in()


def test_what_hung_on_the_session_ends_with_it(signed_in: SignedIn) -> None:
    cookie = signed_in.browser.cookies["op_sid"]
    signed_in.end(id_token_hint=signed_in.hint)
    thief = requests.Session()
    thief.cookies.set("op_sid", cookie, domain="127.0.0.1", path="/")

    assert signed_in.rp.userinfo(signed_in.tokens["access_token"]).status_code == 401
    assert signed_in.rp.refresh(signed_in.tokens["refresh_token"]).status_code == 400
    assert signed_in.rp.authorize(thief).headers["Location"].startswith("/login?")


def test_a_registered_query_stays(signed_in: SignedIn) -> None:
    uri = "https://rp.example/bye?a=b"

    response = signed_in.end(id_token_hint=signed_in.hint, post_logout_redirect_uri=uri, state="s")

    assert response.headers["Location"] == f"{uri}&state=s"


def test_signing_out_twice_is_no_error(signed_in: SignedIn) -> None:
    first, second = (signed_in.end(id_token_hint=signed_in.hint, post_logout_redirect_uri=GOODBYE) for _ in range(2))

    assert first.headers["Location"] == GOODBYE
    assert second.status_code in {200, 303}
    assert second.headers.get("Location", GOODBYE) == GOODBYE


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_hint_the_person_is_asked(signed_in: SignedIn, method: str) -> None:
    url = f"{signed_in.rp.provider.issuer}/end_session"

    response = signed_in.browser.request(method, url, allow_redirects=True, timeout=20)

    assert asks(response)
    assert signed_in.is_signed_in()


def test_a_foreign_page_that_posts_ends_nothing_without_a_question(signed_in: SignedIn) -> None:
    url = f"{signed_in.rp.provider.issuer}/end_session"
    headers = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}

    response = signed_in.browser.post(url, data={}, headers=headers, timeout=20)

    assert asks(response)
    assert signed_in.is_signed_in()


def test_an_attackers_own_valid_hint_ends_nobody_elses_session(
    provider: Running, client: Registered, signed_in: SignedIn
) -> None:
    attacker = signed_in_at(provider, client)

    response = signed_in.end(id_token_hint=attacker.hint, post_logout_redirect_uri=GOODBYE)

    assert asks(response)
    assert signed_in.is_signed_in()
    assert attacker.is_signed_in()


def test_a_hint_of_another_session_of_the_same_person_is_not_certain(provider: Running, client: Registered) -> None:
    person = provider.person()
    rp = RelyingParty(provider, client)
    here, there = provider.session(person), provider.session(person)
    tokens = rp.redeem(rp.code(there)).json()

    response = SignedIn(rp, here, tokens).end(id_token_hint=tokens["id_token"])

    assert asks(response)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://other.example"},
        {"auth_time": None},
        {"events": {}},
        {"aud": ["a"]},
        {"sub": None},
    ],
    ids=str,
)
def test_what_is_no_id_token_of_ours_is_no_hint(signed_in: SignedIn, change: dict[str, Any]) -> None:
    rp = signed_in.rp
    own = rp.claims(signed_in.hint)
    forged = signed(id_token_claims(rp.provider, rp.client.client_id, own["sub"], **{"sid": own["sid"], **change}))

    response = signed_in.end(id_token_hint=forged, post_logout_redirect_uri=GOODBYE)

    assert asks(response)
    assert signed_in.is_signed_in()


@pytest.mark.parametrize(
    "header", [{"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"alg": "none"}, {"kid": "gone"}], ids=str
)
def test_another_kind_of_token_is_no_hint(signed_in: SignedIn, header: dict[str, Any]) -> None:
    rp = signed_in.rp
    own = rp.claims(signed_in.hint)
    forged = signed(id_token_claims(rp.provider, rp.client.client_id, own["sub"], sid=own["sid"]), **header)

    response = signed_in.end(id_token_hint=forged, post_logout_redirect_uri=GOODBYE)

    assert asks(response)
    assert signed_in.is_signed_in()


@pytest.mark.parametrize("hint", ["x", "..", "é", "a" * 20_000])
def test_garbage_is_no_hint(signed_in: SignedIn, hint: str) -> None:
    assert asks(signed_in.end(id_token_hint=hint))


def test_an_expired_hint_of_this_session_is_certain(signed_in: SignedIn) -> None:
    rp = signed_in.rp
    own = rp.claims(signed_in.hint)
    old = int((rp.provider.clock() - timedelta(days=30)).timestamp())
    expired = signed(
        id_token_claims(rp.provider, rp.client.client_id, own["sub"], sid=own["sid"], iat=old, exp=old + 300)
    )

    response = signed_in.end(id_token_hint=expired, post_logout_redirect_uri=GOODBYE)

    assert response.headers["Location"] == GOODBYE
    assert not signed_in.is_signed_in()


def test_a_client_id_that_is_not_the_hints_is_not_certain(signed_in: SignedIn) -> None:
    other = signed_in.rp.provider.client(post_logout_redirect_uris=["https://other.example/bye"])

    response = signed_in.end(
        id_token_hint=signed_in.hint, client_id=other.client_id, post_logout_redirect_uri="https://other.example/bye"
    )

    assert asks(response)
    assert signed_in.is_signed_in()


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.test/",
        GOODBYE + "/",
        GOODBYE + "?x=y",
        GOODBYE + "#f",
        "https://rp.example:443/goodbye",
        "https://RP.example/goodbye",
        "https://rp.example@evil.test/goodbye",
        "https://rp.example/callback",
        "javascript:alert(1)",
        "//rp.example/goodbye",
        "/goodbye",
        GOODBYE + "\r\nX: y",
    ],
)
def test_an_address_that_is_not_registered_is_never_followed(signed_in: SignedIn, uri: str) -> None:
    response = signed_in.end(id_token_hint=signed_in.hint, post_logout_redirect_uri=uri)

    assert response.status_code == 200
    assert "Location" not in response.headers
    assert not signed_in.is_signed_in()


def test_the_address_of_another_client_is_not_followed(signed_in: SignedIn) -> None:
    signed_in.rp.provider.client(post_logout_redirect_uris=["https://other.example/bye"])

    response = signed_in.end(id_token_hint=signed_in.hint, post_logout_redirect_uri="https://other.example/bye")

    assert "Location" not in response.headers


@pytest.mark.parametrize("name", ["id_token_hint", "post_logout_redirect_uri", "state", "client_id", "unheard_of"])
def test_a_repeated_parameter_ends_nothing_and_leads_nowhere(signed_in: SignedIn, name: str) -> None:
    parameters = {
        "id_token_hint": signed_in.hint,
        "post_logout_redirect_uri": GOODBYE,
        "client_id": signed_in.rp.client.client_id,
        "state": "s",
    }
    query = urlencode([*parameters.items(), (name, "x"), (name, "x")])

    response = signed_in.browser.get(
        f"{signed_in.rp.provider.issuer}/end_session?{query}", allow_redirects=False, timeout=20
    )

    assert asks(response)
    assert signed_in.is_signed_in()


def hidden_fields(page: requests.Response) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.text)
    return {html.unescape(name): html.unescape(value) for name, value in found}


@pytest.mark.parametrize(("decision", "ends"), [("logout", True), ("stay", False), ("", False)])
def test_the_persons_answer_decides(signed_in: SignedIn, decision: str, ends: bool) -> None:
    parameters = {"client_id": signed_in.rp.client.client_id, "post_logout_redirect_uri": GOODBYE, "state": "s"}
    page = signed_in.end(**parameters)
    fields = {**hidden_fields(page), "decision": decision}

    response = signed_in.browser.post(
        f"{signed_in.rp.provider.issuer}/end_session/confirm", data=fields, allow_redirects=False, timeout=20
    )

    assert response.status_code == 303
    assert response.headers["Location"] == (f"{GOODBYE}?state=s" if ends else "/account")
    assert signed_in.is_signed_in() is not ends


@pytest.mark.parametrize("change", [{"csrf": "x"}, {"csrf": None}], ids=str)
def test_the_answer_has_to_come_from_our_page(signed_in: SignedIn, change: dict[str, str | None]) -> None:
    page = signed_in.end()
    fields = {**hidden_fields(page), "decision": "logout", **change}

    response = signed_in.browser.post(
        f"{signed_in.rp.provider.issuer}/end_session/confirm", data=fields, allow_redirects=False, timeout=20
    )

    assert response.status_code == 403
    assert signed_in.is_signed_in()


def test_an_answer_cannot_be_bent_to_another_address(signed_in: SignedIn) -> None:
    page = signed_in.end(client_id=signed_in.rp.client.client_id, post_logout_redirect_uri=GOODBYE)
    fields = {**hidden_fields(page), "decision": "logout", "post_logout_redirect_uri": "https://evil.test/"}

    response = signed_in.browser.post(
        f"{signed_in.rp.provider.issuer}/end_session/confirm", data=fields, allow_redirects=False, timeout=20
    )

    assert response.headers["Location"].startswith("/signed-out?")
    assert "evil" not in signed_in.browser.get(signed_in.rp.provider.issuer + response.headers["Location"]).text


def test_what_was_sent_stands_escaped_on_the_page(signed_in: SignedIn) -> None:
    hostile = '"><script>alert(1)</script>'

    page = signed_in.end(state=hostile, client_id=hostile, ui_locales=hostile, post_logout_redirect_uri=hostile)

    assert asks(page)
    assert "<script>alert" not in page.text
    assert hidden_fields(page)["state"] == hostile
