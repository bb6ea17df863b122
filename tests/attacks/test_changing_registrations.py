"""A client that changes what it is registered with while a person looks at the question, or while tokens live."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from idp.store import clients
from idp.store.database import Database
from tests.flows.people import FormBrowser, fields_of
from tests.flows.registrar import metadata, register
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Registered, Running, running_provider

HERE, THERE = "https://api.example/here", "https://api.example/there"
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


def test_what_a_client_is_no_longer_registered_for_is_not_given_by_refreshing(provider: Running) -> None:
    grants = ["authorization_code", "refresh_token"]
    stranger = register(provider, scope="openid email offline_access", grant_types=grants)
    rp = RelyingParty(provider, stranger.at_authorize)
    browser = FormBrowser(provider)
    browser.http = provider.session(provider.person())
    asked = browser.get(f"/authorize?{urlencode(rp.parameters(scope='openid email offline_access'))}")
    allowed = browser.send(browser.get(asked.headers["Location"]), "/consent", decision="allow", scope="offline_access")
    tokens = rp.redeem(answer_in(browser.get(allowed.headers["Location"]))["code"]).json()
    assert "email" in rp.userinfo(tokens["access_token"]).json()

    narrowed = {"scope": "openid offline_access", "grant_types": grants}
    stranger.manage("PUT", metadata(client_id=stranger.client_id, **narrowed))
    refreshed = rp.refresh(tokens["refresh_token"], scope="openid email").json()

    assert refreshed["scope"] == "openid"
    assert "email" not in rp.userinfo(refreshed["access_token"]).json()


def changed(database: Database, client: Registered, now: datetime, **members: Any) -> None:
    """As `idp client update` does it."""
    with database.transaction() as db:
        stored = clients.find(db, client.client_id)
        assert stored is not None
        clients.replace_metadata(db, client.client_id, {**stored.metadata, **members}, now=now)


@pytest.mark.parametrize(
    ("left", "said"),
    [([HERE, THERE], {HERE, THERE}), ([THERE], {THERE}), ([], "invalid_target")],
    ids=["as before", "one is gone", "none is left"],
)
def test_a_refresh_is_for_the_resources_that_the_client_still_has(
    database_url: str, left: list[str], said: set[str] | str
) -> None:
    with running_provider(database_url) as before:
        client = before.client(scope="openid offline_access", resources=[HERE, THERE])
        server = before.client(resource_server=True)
        rp, browser = RelyingParty(before, client), before.session(before.person())
        code = rp.code(browser, scope="openid offline_access", resource=f"{HERE} {THERE}")
        tokens = rp.redeem(code).json()
        changed(before.database, client, before.clock(), resources=left)
    # A process that remembers nothing of the client from before.
    with running_provider(database_url) as after:
        answer = RelyingParty(after, client).refresh(tokens["refresh_token"]).json()
        told = after.post("/introspect", {"token": answer.get("access_token", "-")}, auth=server.basic).json()

    audience = told.get("aud", [])
    assert answer.get("error") == said or {*([audience] if isinstance(audience, str) else audience)} == said
