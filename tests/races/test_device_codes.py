"""A device code is redeemed once, and a device is decided about once, however many ask at once in several processes."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from idp.store.grants import grants
from idp.store.tokens import access_tokens
from tests.faults.cluster import Cluster
from tests.flows.device import DEVICE_CODE, Device, decide, question, television
from tests.flows.people import FormBrowser, fields_of
from tests.races.wire import Line, at_once, request

ROUNDS = max(1, int(os.environ.get("IDP_TEST_ROUNDS", "200")) // 4)
WIDTH = 16


class Waiting:
    """A device of a client of its own, and a person who is signed in, before sixteen connections to two processes."""

    def __init__(self, servers: Cluster) -> None:
        self.servers = servers
        self.device: Device = television(servers.running)
        self.http = servers.running.session(servers.running.person())
        self.browser = FormBrowser(servers.running, self.http)
        self.lines = [Line(servers.ports[number % len(servers.ports)]) for number in range(WIDTH)]

    def poll(self, device_code: str) -> bytes:
        fields = {
            "grant_type": DEVICE_CODE,
            "device_code": device_code,
            "client_id": self.device.client.client_id,
        }
        return request("POST", "/token", form=fields)

    def minted(self) -> int:
        with self.servers.running.database.autocommit() as db:
            mine = access_tokens.c.client_id == self.device.client.client_id
            return db.execute(select(func.count()).select_from(access_tokens).where(mine)).scalar_one()

    def granted(self) -> int:
        with self.servers.running.database.autocommit() as db:
            mine = grants.c.client_id == self.device.client.client_id
            return db.execute(select(func.count()).select_from(grants).where(mine)).scalar_one()


@pytest.fixture
def waiting(servers: Cluster) -> Iterator[Waiting]:
    made = Waiting(servers)
    yield made
    for line in made.lines:
        line.close()


def test_a_device_code_is_redeemed_once(waiting: Waiting) -> None:
    for number in range(ROUNDS):
        codes = waiting.device.codes()
        decide(waiting.browser, codes["user_code"], scope="offline_access")

        answers = at_once(waiting.lines, [waiting.poll(codes["device_code"])] * WIDTH)

        winners = [answer for answer in answers if answer.status == 200]
        losers = {(answer.status, answer.json()["error"]) for answer in answers if answer.status != 200}
        assert len(winners) == 1
        assert losers == {(400, "invalid_grant")}
        assert waiting.minted() == number + 1
        token = winners[0].json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert waiting.lines[1].ask(request("GET", "/userinfo", headers=headers)).status == 200


def test_of_polls_at_one_moment_one_was_in_time(waiting: Waiting) -> None:
    for _ in range(ROUNDS):
        codes = waiting.device.codes()

        answers = at_once(waiting.lines, [waiting.poll(codes["device_code"])] * WIDTH)

        heard = [answer.json()["error"] for answer in answers]
        assert heard.count("authorization_pending") == 1
        assert heard.count("slow_down") == WIDTH - 1


def test_a_device_is_decided_about_once(waiting: Waiting) -> None:
    for number in range(ROUNDS):
        codes = waiting.device.codes()
        page = question(waiting.browser, codes["user_code"])
        fields = {**fields_of(page, "/device/confirm"), "scope": "offline_access"}
        cookie = "; ".join(f"{each.name}={each.value}" for each in waiting.http.cookies)
        yes, no = (
            request("POST", "/device/confirm", form={**fields, "decision": said}, headers={"Cookie": cookie})
            for said in ("allow", "deny")
        )

        answers = at_once(waiting.lines, [yes, no] * (WIDTH // 2))

        # Whoever comes late is led to what was decided, or told that the code is used.
        assert {answer.status for answer in answers} <= {303, 400}
        heard = [waiting.lines[0].ask(waiting.poll(codes["device_code"])) for _ in range(2)]
        if heard[0].status == 200:
            assert heard[1].json()["error"] == "invalid_grant"
        else:
            assert [answer.json()["error"] for answer in heard] == ["access_denied"] * 2
        assert waiting.granted() <= number + 1
        assert waiting.granted() == waiting.minted()
