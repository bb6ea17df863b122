"""Many who wait for one provider: they do not ask in turn, and do not take all places."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.federation.connector import Connector
from idp.federation.connectors import MOST_AT_ONCE, ConnectorOptions, Connectors
from idp.federation.problems import UpstreamProblem
from tests.federation.direct import Direct


def test_a_provider_that_does_not_answer_is_not_asked_by_everybody_in_turn(there: Direct[GoogleStage]) -> None:
    connector = there.connector()
    there.stage.everything_slow, there.stage.slow_for = True, 3
    try:
        began = there.clock()
        waiting = [threading.Thread(target=_leave, args=(connector, there)) for _ in range(8)]
        for one in waiting:
            one.start()
        for one in waiting:
            one.join()
        spent = there.clock() - began
    finally:
        there.stage.everything_slow = False

    # One time-out, of two seconds here, and not eight of them.
    assert spent < timedelta(seconds=6)
    assert there.stage.requests[-1] == "discovery"


def _leave(connector: Connector, there: Direct[GoogleStage]) -> None:
    with pytest.raises(UpstreamProblem):
        connector.authorization_url(there.opening())


def test_no_more_people_wait_for_one_provider_than_there_are_places(there: Direct[GoogleStage]) -> None:
    options = ConnectorOptions(name="there", kind="oidc", label="There", client_id="x", issuer=there.stage.origin)
    both = Connectors([options, replace(options, name="other")], there.wire)
    first, second = both
    with ExitStack() as waiting:
        for _ in range(MOST_AT_ONCE):
            waiting.enter_context(both.waiting_for(first))

        with pytest.raises(UpstreamProblem) as raised, both.waiting_for(first):
            pass
        with both.waiting_for(second):
            assert raised.value.because == "too_many"
    with both.waiting_for(first):
        pass
