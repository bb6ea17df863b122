"""A browser that signs out of apps by frames, and pages of apps that watch the session (both OpenID Connect)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser.apps import HANGS, App, app
from tests.browser.conftest import PATIENCE
from tests.browser.pressing import follow
from tests.conftest import fresh_database
from tests.flows.people import PASSWORD_HASH
from tests.flows.relying_party import RelyingParty
from tests.running import PASSWORD, Running, running_provider

WATCHING = """
<iframe id="op" src="{issuer}/check_session"></iframe>
<output id="answer"></output>
<script>
addEventListener("message", (event) => {{
  if (event.origin === "{issuer}") document.getElementById("answer").textContent = event.data;
}});
const ask = (text) => {{
  document.getElementById("answer").textContent = "";
  document.getElementById("op").contentWindow.postMessage(text, "{issuer}");
}};
</script>
"""


@pytest.fixture(scope="module")
def provider(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """What happens in the browser is the same on every database."""
    for url in fresh_database("sqlite", request, Path(tmp_path_factory.mktemp("logout"))):
        with running_provider(url, session_management=True) as running:
            yield running


@contextmanager
def page_in(chromium: Browser, *, script: bool = True) -> Iterator[tuple[Page, list[str]]]:
    """A page of a fresh profile, and what its console complained about."""
    context = chromium.new_context(java_script_enabled=script, locale="en-GB")
    context.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    context.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    try:
        yield context.new_page(), complaints
    finally:
        context.close()


def stop_the_clock(page: Page) -> None:
    """From here on no time goes by for scripts, on this page and on those that follow."""
    page.clock.install(time=0)
    page.clock.pause_at(1)


class Visitor:
    """Somebody who signs in at clients with a page of a browser, and out again."""

    def __init__(self, provider: Running, page: Page) -> None:
        self.provider, self.page = provider, page
        self.person = provider.person(password_hash=PASSWORD_HASH)
        page.goto(f"{provider.issuer}/account")
        page.get_by_label("E-mail address").fill(self.person.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        follow(page.get_by_role("button", name="Sign in", exact=True))
        expect(page.get_by_role("heading", level=1)).to_have_text("Your account")

    def at(self, at: App, **registered: Any) -> dict[str, str]:
        """Sign in at a client that lives there. Returns its authorization response."""
        client = self.provider.client(
            redirect_uris=[f"{at.origin}/callback"], post_logout_redirect_uris=[f"{at.origin}/goodbye"], **registered
        )
        self.rp = RelyingParty(self.provider, client)
        with self.page.expect_request(lambda request: request.url.startswith(f"{at.origin}/callback")):
            query = requests.models.PreparedRequest()
            query.prepare_url(f"{self.provider.issuer}/authorize", self.rp.parameters(scope="openid"))
            self.page.goto(str(query.url))
        answer = {name: values[0] for name, values in at.queries("/callback")[-1].items()}
        self.hint = self.rp.redeem(answer["code"]).json()["id_token"]
        return answer

    def question(self, answer: dict[str, str]) -> str:
        """What the client's page asks the provider's frame."""
        return f"{self.rp.client.client_id} {answer['session_state']}"

    def sign_out(self) -> None:
        asked = requests.models.PreparedRequest()
        goodbye = {"post_logout_redirect_uri": self.rp.client.redirect_uri.replace("/callback", "/goodbye")}
        asked.prepare_url(f"{self.provider.issuer}/end_session", {"id_token_hint": self.hint, "state": "s", **goodbye})
        self.page.goto(str(asked.url), wait_until="commit")


@pytest.fixture
def shop() -> Iterator[App]:
    with app({"/callback": "<p>In</p>", "/goodbye": "<h1>Bye</h1>", "/out": "<p>Out</p>"}) as shop:
        yield shop


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_frames_are_loaded_and_then_the_browser_goes_on_by_itself(
    chromium: Browser, provider: Running, shop: App, *, script: bool
) -> None:
    with page_in(chromium, script=script) as (page, complaints), app({"/callback": "", "/out": "<p>Out</p>"}) as wiki:
        visitor = Visitor(provider, page)
        visitor.at(wiki, frontchannel_logout_uri=f"{wiki.origin}/out", frontchannel_logout_session_required=True)
        visitor.at(shop, frontchannel_logout_uri=f"{shop.origin}/out")
        sid = visitor.rp.claims(visitor.hint)["sid"]
        if script:
            # Time stands still for the page: nothing but frames that have loaded can lead on.
            stop_the_clock(page)

        visitor.sign_out()
        page.wait_for_url(f"{shop.origin}/goodbye?state=s")

        assert wiki.queries("/out") == [{"iss": [provider.issuer], "sid": [sid]}]
        assert shop.queries("/out") == [{}]
        assert complaints == []


def test_a_frame_that_hangs_holds_nobody_up(chromium: Browser, provider: Running, shop: App) -> None:
    with page_in(chromium) as (page, complaints), app({"/callback": "", "/out": HANGS}) as hanging:
        visitor = Visitor(provider, page)
        visitor.at(hanging, frontchannel_logout_uri=f"{hanging.origin}/out")
        visitor.at(shop)
        stop_the_clock(page)

        visitor.sign_out()
        hanging.wait_for("/out")
        page.clock.resume()

        # The frame hangs longer than this browser waits for an address.
        page.wait_for_url(f"{shop.origin}/goodbye?state=s")
        assert hanging.queries("/out") == [{}]
        assert complaints == []


def test_without_script_a_link_leads_past_a_frame_that_hangs(chromium: Browser, provider: Running, shop: App) -> None:
    with page_in(chromium, script=False) as (page, _), app({"/callback": "", "/out": HANGS}) as hanging:
        visitor = Visitor(provider, page)
        visitor.at(hanging, frontchannel_logout_uri=f"{hanging.origin}/out")
        visitor.at(shop)

        visitor.sign_out()
        follow(page.locator("#onward"))

        page.wait_for_url(f"{shop.origin}/goodbye?state=s")


def test_going_back_does_not_lead_on_again(chromium: Browser, provider: Running, shop: App) -> None:
    with page_in(chromium) as (page, _):
        visitor = Visitor(provider, page)
        visitor.at(shop, frontchannel_logout_uri=f"{shop.origin}/out")
        visitor.sign_out()
        page.wait_for_url(f"{shop.origin}/goodbye?state=s")

        page.go_back()

        page.wait_for_url(f"{shop.origin}/callback?**")


def asked(page: Page, message: str) -> str:
    """What the provider's frame answers."""
    page.evaluate("(text) => ask(text)", message)
    expect(page.locator("#answer")).not_to_be_empty()
    return page.locator("#answer").inner_text()


@pytest.fixture
def watching(provider: Running) -> Iterator[App]:
    pages = {"/callback": "", "/goodbye": "", "/": WATCHING.format(issuer=provider.issuer)}
    with app(pages) as watching:
        yield watching


def watch(page: Page, watching: App) -> None:
    page.goto(f"{watching.origin}/")
    page.frame_locator("#op").locator("html").wait_for(state="attached")


def test_a_page_learns_that_the_session_goes_on_and_that_it_has_ended(
    chromium: Browser, provider: Running, watching: App
) -> None:
    with page_in(chromium) as (page, complaints):
        visitor = Visitor(provider, page)
        message = visitor.question(visitor.at(watching))

        watch(page, watching)
        while_signed_in = asked(page, message)
        visitor.sign_out()
        page.wait_for_url(f"{watching.origin}/goodbye?state=s")
        watch(page, watching)
        afterwards = asked(page, message)

        assert (while_signed_in, afterwards) == ("unchanged", "changed")
        assert complaints == []


def test_a_page_learns_that_somebody_else_has_signed_in(chromium: Browser, provider: Running, watching: App) -> None:
    with page_in(chromium) as (page, _):
        visitor = Visitor(provider, page)
        message = visitor.question(visitor.at(watching))
        page.goto(f"{provider.issuer}/account")
        follow(page.locator("#sign-out"))

        Visitor(provider, page)
        watch(page, watching)

        assert asked(page, message) == "changed"


@pytest.mark.parametrize("message", ["", "client", "client x.y", "client " + "0" * 64, "a b " + "0" * 64 + ".salt"])
def test_what_is_no_question_is_an_error(chromium: Browser, provider: Running, watching: App, message: str) -> None:
    with page_in(chromium) as (page, _):
        Visitor(provider, page)
        watch(page, watching)

        assert asked(page, message) == "error"


def test_a_state_of_another_origin_or_client_is_not_this_session(
    chromium: Browser, provider: Running, watching: App, shop: App
) -> None:
    with page_in(chromium) as (page, _):
        visitor = Visitor(provider, page)
        elsewhere = visitor.at(shop)["session_state"]
        here = visitor.at(watching)["session_state"]
        client_id = visitor.rp.client.client_id

        watch(page, watching)

        assert asked(page, f"{client_id} {here}") == "unchanged"
        assert asked(page, f"{client_id} {elsewhere}") == "changed"
        assert asked(page, f"another {here}") == "changed"


def test_a_browser_that_keeps_our_cookies_from_the_frame_says_so_and_signs_nobody_out(
    chromium: Browser, provider: Running
) -> None:
    pages = {"/callback": "", "/": WATCHING.format(issuer=provider.issuer)}
    # By another name: to a browser that is another site, and over http our cookie does not reach such frames.
    with page_in(chromium) as (page, _), app(pages, host="localhost") as foreign:
        visitor = Visitor(provider, page)
        message = visitor.question(visitor.at(foreign))

        watch(page, foreign)

        assert asked(page, message) == "error"
