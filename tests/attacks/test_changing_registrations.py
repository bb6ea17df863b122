"""A client that changes what it is registered with while a person looks at the question, or while tokens live."""

from urllib.parse import urlencode

import pytest

from tests.flows.people import FormBrowser, fields_of
from tests.flows.registrar import metadata, register
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running

ALL = "openid profile email address phone"


def test_a_client_that_registers_for_more_while_the_person_reads_gets_a_new_question(provider: Running) -> None:
    stranger = register(provider, scope="openid")
    rp = RelyingParty(provider, stranger.at_authorize)
    browser = FormBrowser(provider)
    browser.http = provider.session(provider.person())
    asked = browser.get(f"/authorize?{urlencode(rp.parameters(scope=ALL))}")
    page = browser.get(asked.headers["Location"])
    assert "phone" not in page.text

    widened = stranger.manage("PUT", metadata(scope=ALL, client_id=stranger.client_id))
    again = browser.send(page, "/consent", decision="allow")
    asked_again = browser.get(again.headers["Location"])

    assert widened.json()["scope"] == ALL
    assert asked_again.headers["Location"].startswith("/consent?")
    # The person who has read that page as well may allow it.
    complete = browser.get(asked_again.headers["Location"])
    assert "phone" in complete.text
    answer = browser.get(browser.send(complete, "/consent", decision="allow").headers["Location"])
    assert rp.redeem(answer_in(answer)["code"]).json()["scope"] == ALL


@pytest.mark.parametrize("shown", ["", "openid", "openid email email", "email openid"])
def test_an_answer_to_another_list_of_permissions_allows_nothing(provider: Running, shown: str) -> None:
    rp = RelyingParty(provider, provider.client(first_party=False))
    browser = FormBrowser(provider)
    browser.http = provider.session(provider.person())
    asked = browser.get(f"/authorize?{urlencode(rp.parameters(scope='openid email'))}")
    fields = fields_of(browser.get(asked.headers["Location"]), "/consent")

    answer = browser.post("/consent", {**fields, "shown": shown, "decision": "allow"})

    assert browser.get(answer.headers["Location"]).headers["Location"].startswith("/consent?")
