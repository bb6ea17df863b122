"""Nonces for DPoP proofs: who has to use them, and that every node knows them (RFC 9449 section 8)."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from idp.protocol.tokens.dpop_nonce import PERIOD
from tests.conftest import DATABASES, fresh_database
from tests.flows.dpop_key import BoundParty, DpopKey
from tests.running import Running, running_provider

SCOPE = "openid offline_access"


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def asked_for_a_nonce(response: requests.Response, *, status: int = 400) -> str:
    assert (response.status_code, response.json()["error"]) == (status, "use_dpop_nonce"), response.text
    if status == 401:
        assert response.headers["WWW-Authenticate"].startswith('DPoP error="use_dpop_nonce"')
    assert response.headers["Cache-Control"] == "no-store"
    return response.headers["DPoP-Nonce"]


def test_a_public_client_is_told_a_nonce_and_gets_in_with_it(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.public(provider)
    code = rp.code(browser, scope=SCOPE)

    rp.nonce = asked_for_a_nonce(rp.redeem(code, again=False))

    # The code was not used up by the first try.
    tokens = rp.redeem(code, again=False).json()
    assert tokens["token_type"] == "DPoP"
    assert rp.refresh(tokens["refresh_token"], again=False).status_code == 200
    assert rp.userinfo(tokens["access_token"], again=False).status_code == 200


def test_a_public_client_is_asked_for_a_nonce_at_userinfo_too(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.public(provider)
    token = rp.redeem(rp.code(browser)).json()["access_token"]
    rp.nonce = None

    rp.nonce = asked_for_a_nonce(rp.userinfo(token, again=False), status=401)

    assert rp.userinfo(token, again=False).status_code == 200


def test_a_confidential_client_needs_none(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.confidential(provider)

    answer = rp.redeem(rp.code(browser), again=False)

    assert answer.status_code == 200
    assert "DPoP-Nonce" not in answer.headers


@pytest.mark.parametrize("nonce", ["", "stale", "a" * 24])
def test_a_nonce_that_is_not_ours_is_answered_with_one_that_is(
    provider: Running, browser: requests.Session, nonce: str
) -> None:
    for rp in (BoundParty.public(provider), BoundParty.confidential(provider)):
        rp.nonce = nonce

        rp.nonce = asked_for_a_nonce(rp.redeem(rp.code(browser), again=False))

        assert rp.redeem(rp.code(browser), again=False).status_code == 200


def test_a_nonce_of_another_key_is_none(provider: Running, browser: requests.Session) -> None:
    first, second = BoundParty.public(provider), BoundParty.public(provider, DpopKey())
    second.nonce = asked_for_a_nonce(first.redeem(first.code(browser), again=False))

    asked_for_a_nonce(second.redeem(second.code(browser), again=False))


@pytest.fixture(params=DATABASES)
def own_provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Running]:
    """A provider whose clock a test may move."""
    for url in fresh_database(request.param, request, tmp_path):
        with running_provider(url, dpop_nonces_for="everybody") as running:
            yield running


def test_where_everybody_has_to_use_nonces_a_confidential_client_has_to(own_provider: Running) -> None:
    rp = BoundParty.confidential(own_provider)
    code = rp.code(own_provider.session(own_provider.person()))

    rp.nonce = asked_for_a_nonce(rp.redeem(code, again=False))

    assert rp.redeem(code, again=False).status_code == 200


def test_a_nonce_that_gets_old_is_followed_by_the_next_one_without_being_refused(own_provider: Running) -> None:
    rp = BoundParty.confidential(own_provider)
    browser = own_provider.session(own_provider.person())
    token = rp.redeem(rp.code(browser)).json()["access_token"]
    assert rp.nonce is not None
    old = rp.nonce

    own_provider.clock.ahead += PERIOD
    at_resource, at_token = rp.userinfo(token, nonce=old), rp.redeem(rp.code(browser), again=False)

    assert [at_resource.status_code, at_token.status_code] == [200, 200]
    newer = at_resource.headers["DPoP-Nonce"]
    assert newer == at_token.headers["DPoP-Nonce"] != old
    # With the newest there is nothing to tell.
    assert "DPoP-Nonce" not in rp.userinfo(token, nonce=newer).headers

    own_provider.clock.ahead += PERIOD + timedelta(seconds=1)
    asked_for_a_nonce(rp.userinfo(token, nonce=old), status=401)


def test_every_node_knows_the_nonces_of_the_others(provider: Running, browser: requests.Session) -> None:
    rp = BoundParty.public(provider)
    code = rp.code(browser)
    nonce = asked_for_a_nonce(rp.redeem(code, again=False))

    with running_provider(provider.settings.database_url) as other_node:
        there = BoundParty(other_node, rp.client, rp.verifier, key=rp.key, nonce=nonce, is_public=True)

        assert there.redeem(code, again=False).status_code == 200


def test_where_nobody_has_to_use_nonces_a_public_client_does_not(provider: Running) -> None:
    with running_provider(provider.settings.database_url, dpop_nonces_for="nobody") as lenient:
        rp = BoundParty.public(lenient)
        browser = lenient.session(lenient.person())

        assert rp.redeem(rp.code(browser), again=False).status_code == 200
