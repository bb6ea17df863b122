"""The callback is for the browser that asked, by GET or by a form: whoever else looks at it changes nothing."""

import pytest
import requests

from tests.federation.world import Traveller, World, query_of


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_whoever_looks_at_a_callback_without_its_browser_uses_nothing_up(
    world: World, traveller: Traveller, method: str
) -> None:
    alice = world.meet("google", "alice")
    Traveller(world).become("google", alice.key)
    callback = traveller.pick(traveller.leave("google"), alice.key)
    before = world.google.requests.count("token")

    form = query_of(callback) if method == "POST" else None
    looked = requests.request(method, callback, data=form, allow_redirects=False, timeout=20)

    assert looked.status_code < 500
    assert "op_sid" not in looked.cookies
    assert world.google.requests.count("token") == before
    assert traveller.browser.get(callback).headers["Location"] == "/account"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_callback_comes_by_no_other_method(world: World, traveller: Traveller, method: str) -> None:
    callback = traveller.pick(traveller.leave("google"), "alice")
    before = world.google.requests.count("token")

    answer = traveller.browser.http.request(method, callback, allow_redirects=False, timeout=20)

    assert answer.status_code in {204, 405}
    assert world.google.requests.count("token") == before
