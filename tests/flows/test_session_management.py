"""What lets a relying party's page watch the session, where that is switched on (Session Management 1.0)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from idp.protocol.logout.session_state import session_state
from idp.web.cookies import browser_state_of
from tests.conftest import fresh_database
from tests.flows.people import FormBrowser, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running, running_provider


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A provider with the switch on."""
    for url in fresh_database(request.param, request, Path(tmp_path_factory.mktemp("watched"))):
        with running_provider(url, session_management=True) as running:
            yield running


def test_the_answer_carries_the_state_of_this_browser_for_this_client(watched: Running) -> None:
    rp, browser = RelyingParty(watched, watched.client()), FormBrowser(watched)
    browser.log_in(somebody(watched))

    told = answer_in(rp.authorize(browser.http))["session_state"]

    secret, salt = browser.http.cookies["op_sid"], told.partition(".")[2]
    expected = session_state(rp.client.client_id, rp.client.redirect_uri, browser_state_of(secret), salt=salt)
    assert told == expected
    assert browser.http.cookies["op_bs"] == browser_state_of(secret)


def test_signing_in_again_changes_the_state_and_signing_out_takes_it(watched: Running) -> None:
    browser, person = FormBrowser(watched), somebody(watched)
    browser.log_in(person)
    first = browser.http.cookies["op_bs"]
    asked = RelyingParty(watched, watched.client()).authorize(browser.http, prompt="login")
    page = browser.get(asked.headers["Location"])
    browser.send(page, "/login", username=person.email, password=person.password)
    second = browser.http.cookies["op_bs"]
    browser.send(browser.get("/account"), "/account/sign-out")

    assert first != second
    assert "op_bs" not in browser.http.cookies


def test_a_browser_that_was_signed_in_before_the_switch_is_given_its_state(watched: Running) -> None:
    browser = watched.session(somebody(watched))

    RelyingParty(watched, watched.client()).authorize(browser)

    assert browser.cookies["op_bs"] == browser_state_of(browser.cookies["op_sid"])


def test_nobody_has_a_state_when_a_silent_request_is_refused(watched: Running) -> None:
    answer = answer_in(RelyingParty(watched, watched.client()).authorize(prompt="none"))

    assert answer["error"] == "login_required"
    assert "session_state" not in answer


def test_the_page_may_be_framed_by_everybody_and_does_nothing_but_run_our_script(watched: Running) -> None:
    document = watched.get("/.well-known/openid-configuration").json()
    page = requests.get(document["check_session_iframe"], timeout=20)

    assert document["check_session_iframe"] == f"{watched.issuer}/check_session"
    policy = page.headers["Content-Security-Policy"]
    assert policy == ("default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *")
    assert "X-Frame-Options" not in page.headers
    assert "Set-Cookie" not in page.headers
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    scripts = re.findall(r'<script type="module" src="([^"]+)">', page.text)
    assert len(scripts) == page.text.count("<script") == 1
    assert 'data-cookie="op_bs"' in page.text
    assert watched.get(scripts[0]).headers["Content-Type"].startswith("text/javascript")


def test_without_the_switch_there_is_nothing_of_it(provider: Running) -> None:
    rp, browser = RelyingParty(provider, provider.client()), FormBrowser(provider)
    browser.log_in(somebody(provider))

    answer = answer_in(rp.authorize(browser.http))

    assert "session_state" not in answer
    assert "op_bs" not in browser.http.cookies
    assert "check_session_iframe" not in provider.get("/.well-known/openid-configuration").json()
    assert provider.get("/check_session").status_code == 404


def test_the_metadata_says_how_relying_parties_are_told_of_a_sign_out(provider: Running) -> None:
    document = provider.get("/.well-known/openid-configuration").json()

    for channel in ("frontchannel", "backchannel"):
        assert document[f"{channel}_logout_supported"] is True
        assert document[f"{channel}_logout_session_supported"] is True
