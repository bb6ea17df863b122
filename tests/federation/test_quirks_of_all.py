"""What can happen with every provider: somebody cancels, answers are slow or 500, clocks differ, answers come twice."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import FACEBOOK, GOOGLE, X
from idp.dev.upstreams.stage import Stage
from idp.dev.upstreams.x import XStage
from tests.federation.direct import Direct, direct

KINDS: dict[str, tuple[type[Stage], Any]] = {
    "google": (GoogleStage, GOOGLE),
    "facebook": (FacebookStage, FACEBOOK),
    "x": (XStage, X),
}


@pytest.fixture(params=KINDS)
def there(request: pytest.FixtureRequest) -> Iterator[Direct[Stage]]:
    stage, personas = KINDS[request.param]
    with direct(request.param, stage, personas) as started:
        yield started


def test_the_simulator_lets_people_cancel(there: Direct[Stage]) -> None:
    answer = there.answer(there.connector().authorization_url(there.opening(state="the-state")), "cancel")

    assert (answer["error"], answer["state"]) == ("access_denied", "the-state")
    assert "code" not in answer


def test_who_cancels_is_nobody(there: Direct[Stage]) -> None:
    assert there.fails(persona="cancel") == "cancelled"


def test_the_simulator_can_be_slow_and_broken(there: Direct[Stage]) -> None:
    there.stage.slow_for = 0.5
    connector = there.connector()
    slow, broken = there.opening(), there.opening()
    first = there.answer(connector.authorization_url(slow), there.stage.personas[0].key, "slow")
    began = there.clock()
    connector.identity(first, slow, now=there.clock())
    second = there.answer(connector.authorization_url(broken), there.stage.personas[0].key, "broken")

    assert there.clock() - began >= timedelta(seconds=0.5)
    with pytest.raises(Exception, match="500"):
        connector.identity(second, broken, now=there.clock())


def test_who_is_too_slow_or_broken_is_unavailable(there: Direct[Stage]) -> None:
    there.stage.slow_for = 3

    assert there.fails(fault="broken") == "unavailable"
    assert there.fails(fault="slow") == "unavailable"


def test_the_simulators_clock_can_be_ahead(there: Direct[Stage]) -> None:
    there.stage.ahead = timedelta(hours=1)

    assert there.stage.now() - there.clock() > timedelta(minutes=59)


@pytest.mark.parametrize("seconds", [-50, 50])
def test_a_clock_that_is_a_little_off_hurts_nobody(there: Direct[Stage], seconds: int) -> None:
    there.stage.ahead = timedelta(seconds=seconds)

    assert there.travel().subject == there.stage.personas[0].subject


def test_the_simulator_gives_back_the_state_it_was_given_and_no_other(there: Direct[Stage]) -> None:
    answers = [
        there.answer(there.connector().authorization_url(there.opening(state=state)), there.stage.personas[0].key)
        for state in ("one", "two", "one")
    ]

    assert [answer["state"] for answer in answers] == ["one", "two", "one"]
    assert len({answer["code"] for answer in answers}) == 3


def test_a_code_that_is_replayed_signs_nobody_in_again(there: Direct[Stage]) -> None:
    connector, opening = there.connector(), there.opening()
    answer = there.answer(connector.authorization_url(opening), there.stage.personas[0].key)
    connector.identity(answer, opening, now=there.clock())

    with pytest.raises(Exception, match=r"code|error|refused"):
        connector.identity(answer, opening, now=there.clock())


def test_a_server_that_is_away_is_unavailable(there: Direct[Stage]) -> None:
    connector = there.connector(origin="http://127.0.0.1:9")

    with pytest.raises(Exception, match=r"address|reached|https"):
        connector.identity({"code": "x"}, there.opening(), now=there.clock())


def test_the_page_of_the_simulator_says_what_it_is(there: Direct[Stage]) -> None:
    page = requests.get(there.connector().authorization_url(there.opening()), timeout=20)

    assert "Simulated" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
