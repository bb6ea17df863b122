"""The page after signing out: loading it again, or going back from it, shows no error and signs nobody else out."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from tests.flows.people import FormBrowser, fields_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running

GOODBYE = "https://rp.example/goodbye"


class Leaving:
    """A person signed in with one browser, who signs out in one of several ways; each gives the request to repeat."""

    def __init__(self, provider: Running) -> None:
        self.provider = provider
        self.person: Person = somebody(provider)
        self.browser = FormBrowser(provider)
        self.browser.log_in(self.person)
        self.client = provider.client(post_logout_redirect_uris=[GOODBYE])
        rp = RelyingParty(provider, self.client)
        self.hint = rp.redeem(rp.code(self.browser.http)).json()["id_token"]

    def on_the_account_page(self) -> Callable[[], requests.Response]:
        fields = fields_of(self.browser.get("/account"), "/account/sign-out")
        return lambda: self.browser.post("/account/sign-out", fields)

    def by_saying_yes(self) -> Callable[[], requests.Response]:
        fields = fields_of(self.browser.get("/end_session"), "/end_session/confirm") | {"decision": "logout"}
        return lambda: self.browser.post("/end_session/confirm", fields)

    def by_saying_yes_to_an_app(self) -> Callable[[], requests.Response]:
        asked = f"/end_session?client_id={self.client.client_id}&post_logout_redirect_uri={GOODBYE}"
        fields = fields_of(self.browser.get(asked), "/end_session/confirm") | {"decision": "logout"}
        return lambda: self.browser.post("/end_session/confirm", fields)

    def by_an_app(self) -> Callable[[], requests.Response]:
        return lambda: self.browser.get(f"/end_session?id_token_hint={self.hint}")


WAYS = (Leaving.on_the_account_page, Leaving.by_saying_yes, Leaving.by_saying_yes_to_an_app, Leaving.by_an_app)
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@every_way
def test_loading_the_page_again_says_the_same(
    provider: Running, way: Callable[[Leaving], Callable[[], requests.Response]]
) -> None:
    leaving = Leaving(provider)
    leave = way(leaving)

    first, again, once_more = leave(), leave(), leave()

    for answer in (first, again, once_more):
        assert answer.status_code in {200, 303}, answer.text
        if answer.status_code == 200:
            assert "You are signed out" in answer.text
        else:
            assert answer.headers["Location"].startswith((GOODBYE, "/signed-out"))
    assert leaving.browser.get("/account").headers["Location"] == "/login"


@pytest.mark.parametrize("way", WAYS[:2], ids=lambda way: way.__name__)
def test_a_form_leads_to_a_page_of_its_own_that_repeats_nothing(
    provider: Running, way: Callable[[Leaving], Callable[[], requests.Response]]
) -> None:
    leaving = Leaving(provider)

    sent = way(leaving)()
    page, again = (leaving.browser.get(sent.headers["Location"]) for _ in range(2))

    assert (sent.status_code, page.status_code, again.status_code) == (303, 200, 200)
    assert sent.headers["Location"].startswith("/signed-out?")
    for shown in (page, again):
        assert "You are signed out" in shown.text
        assert "Test App" in shown.text


def test_going_back_to_the_page_as_somebody_signed_in_signs_nobody_out(provider: Running) -> None:
    leaving = Leaving(provider)
    address = leaving.on_the_account_page()().headers["Location"]
    leaving.browser.log_in(somebody(provider))

    answer = leaving.browser.get(address)

    assert answer.headers["Location"] == "/account"
    assert leaving.browser.get("/account").status_code == 200


def test_the_frames_are_in_the_page_and_later_are_not(provider: Running) -> None:
    leaving = Leaving(provider)
    client = provider.client(frontchannel_logout_uri="https://wiki.example/out")
    rp = RelyingParty(provider, client)
    rp.redeem(rp.code(leaving.browser.http))
    address = leaving.on_the_account_page()().headers["Location"]

    page = leaving.browser.get(address)
    provider.clock.ahead += timedelta(minutes=11)
    try:
        late = leaving.browser.get(address)
    finally:
        provider.clock.ahead -= timedelta(minutes=11)

    assert 'src="https://wiki.example/out"' in page.text
    assert "frame-src https://wiki.example" in page.headers["Content-Security-Policy"]
    assert (late.status_code, "wiki.example" in late.text) == (200, False)
    assert "You are signed out" in late.text


@pytest.mark.parametrize("after", ["", "x", "%00", "A" * 60, "é", "=" * 5])
def test_an_address_that_is_none_of_ours_shows_the_plain_page(provider: Running, after: str) -> None:
    page = FormBrowser(provider).get(f"/signed-out?after={after}")

    assert page.status_code in {200, 400}
    assert "iframe" not in page.text
