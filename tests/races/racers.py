"""Who takes part in a race: a person with a client, and sixteen connections to two processes."""

import os
import secrets
from collections import Counter
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.faults.cluster import Cluster
from tests.races.wire import Answer, Line, basic, request
from tests.running import Registered, s256

ROUNDS = int(os.environ.get("IDP_TEST_ROUNDS", "200"))
WIDTH = 16


class Racers:
    """A person signed in at one client, and sixteen connections to two processes."""

    def __init__(self, servers: Cluster, **registered: object) -> None:
        self.servers = servers
        self.client: Registered = servers.running.client(**registered)
        self.person = servers.running.person()
        self.cookie = str(servers.running.session(self.person).cookies["op_sid"])
        self.verifier = secrets.token_urlsafe(48)
        self.lines = [Line(servers.ports[number % len(servers.ports)]) for number in range(WIDTH)]
        self.basic = basic(*self.client.basic)

    def authorize(self, *, signed_in: bool = True, **changed: str) -> Answer:
        parameters = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "scope": "openid offline_access",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
            **changed,
        }
        headers = {"Cookie": f"op_sid={self.cookie}"} if signed_in else {}
        return self.lines[0].ask(request("GET", f"/authorize?{urlencode(parameters)}", headers=headers))

    def redemption(self, code: str) -> bytes:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": self.verifier,
        }
        return request("POST", "/token", form=form, headers=self.basic)

    def refresh(self, token: str) -> bytes:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return request("POST", "/token", form=form, headers=self.basic)

    def userinfo(self, token: str) -> Answer:
        return self.lines[1].ask(request("GET", "/userinfo", headers={"Authorization": f"Bearer {token}"}))

    def close(self) -> None:
        for line in self.lines:
            line.close()


def code_in(answer: Answer) -> str:
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


def one_winner(answers: list[Answer]) -> Answer:
    """The only success; all others were refused in the protocol's own words."""
    winners = [answer for answer in answers if answer.status == 200]
    losers = [(answer.status, answer.json()["error"]) for answer in answers if answer.status != 200]
    assert len(winners) == 1, Counter(answer.status for answer in answers)
    assert set(losers) <= {(400, "invalid_grant")}
    return winners[0]


class Waiting:
    """A request that waits for a person who asks in sixteen tabs at once."""

    def __init__(self, racers: Racers, *, signed_in: bool = True) -> None:
        opened = racers.authorize(signed_in=signed_in)
        self.request_id = parse_qs(urlsplit(opened.headers["location"]).query)["request"][0]
        self.cookies = f"op_sid={racers.cookie}; {opened.headers['set-cookie'].partition(';')[0]}"

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> bytes:
        return request(method, path, form=form, headers={"Cookie": self.cookies})
