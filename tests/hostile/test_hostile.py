"""Malformed input of every kind to every endpoint: never a 5xx, never a redirect to an address that is not registered.

IDP_TEST_HOSTILE sets how many requests are sent to each database; `python -m tests.hostile` is the long run.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import DATABASES, fresh_database
from tests.hostile.campaign import Answer, Broken, Campaign, search
from tests.hostile.ground import hostile_ground
from tests.hostile.table import table

REQUESTS = int(os.environ.get("IDP_TEST_HOSTILE", "3000"))


@pytest.fixture(scope="module", params=DATABASES)
def campaign(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    for url in fresh_database(request.param, request, tmp_path_factory.mktemp(request.param)):
        with hostile_ground(url) as ground:
            started = Campaign(ground)
            yield started
            started.close()


def test_values_of_the_table_everywhere(campaign: Campaign) -> None:
    campaign.sweep(table(campaign.ground), REQUESTS // 2, seed=1)

    assert {route for route, _ in campaign.statuses} == {route.path for route in campaign.ground.routes}


def test_what_is_hardly_http(campaign: Campaign) -> None:
    before = Counter(campaign.statuses)

    campaign.mangle(REQUESTS // 30, seed=1)

    # Some wait for the rest of a request for ever; most are answered.
    answered = sum(count for (_, status), count in (campaign.statuses - before).items() if status)
    assert answered > REQUESTS // 60


def test_anything_anywhere(campaign: Campaign) -> None:
    search(campaign, REQUESTS // 2)


def test_the_judge_knows_what_must_not_be(campaign: Campaign) -> None:
    attack = table(campaign.ground)[0][0].attack(campaign.ground)
    good = Answer(303, (("location", "https://rp.example/callback?code=x#y"),), b'<form action="/login">')
    bad = [
        Answer(500, (), b""),
        Answer(303, (("location", "https://evil.test/"),), b""),
        Answer(303, (("location", "//evil.test"),), b""),
        Answer(303, (("location", "/\\evil.test"),), b""),
        Answer(303, (("location", "https://rp.example/callback/../x"),), b""),
        Answer(200, (), b'<form method="post" action="https://evil.test/">'),
        Answer(200, (("content-type", "text/html; charset=utf-8"),), b"<script>alert(1)</script>"),
        Answer(200, (("x-injected", "y"),), b""),
    ]

    campaign.judge(attack, good)
    for answer in bad:
        with pytest.raises(Broken):
            campaign.judge(attack, answer)
