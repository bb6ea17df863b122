"""`kill -9` in the middle of sign-ins and exchanges: what was acknowledged stands, the rest is whole or nothing.

A ledger keeps every answer that was given. Afterwards each line of it is asked for at both processes. SIGKILL does not
test the disk: the page cache survives it. IDP_TEST_KILLS sets how often; 50 for each database is the default.
"""

import os
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import requests
from sqlalchemy import func, select

from idp.store.database import Database
from idp.store.grants import grants
from idp.store.tokens import access_tokens, refresh_tokens
from tests.faults.cluster import Cluster, cluster
from tests.flows.people import FormBrowser, mails, new_address, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import PASSWORD, Person, Registered, Running

KILLS = int(os.environ.get("IDP_TEST_KILLS", "50"))
VISITORS = 4


@dataclass
class Family:
    """The tokens of one sign-in, as far as they were answered."""

    rp: RelyingParty
    code: str
    access_tokens: list[str] = field(default_factory=list)
    refresh_token: str | None = None
    used: list[str] = field(default_factory=list)


@dataclass
class Ledger:
    """Every answer that was given, and every request that had none."""

    sessions: list[tuple[RelyingParty, FormBrowser]] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    alive: list[Family] = field(default_factory=list)
    revoked: list[Family] = field(default_factory=list)
    unsure: list[Family] = field(default_factory=list)
    answers: list[int] = field(default_factory=lambda: [0, 0])
    unanswered: int = 0
    failures: list[str] = field(default_factory=list)


class Visitor(threading.Thread):
    """Signs in, exchanges, refreshes and revokes at one process, until told to stop."""

    def __init__(self, servers: Cluster, ledger: Ledger, person: Person, client: Registered, at: int) -> None:
        super().__init__()
        self.at, self.ledger, self.person, self.client = at, ledger, person, client
        self.provider = at_process(servers, at)
        self.stopped = threading.Event()

    def run(self) -> None:
        """One sign-in after the other; a lost answer is noted by whoever waited for it."""
        number = self.at
        while not self.stopped.is_set():
            number += 1
            try:
                if number % 3 == 0:
                    self._sign_up()
                self._sign_in(revoke=number % 2 == 0)
            except requests.RequestException:
                self.ledger.unanswered += 1
            except AssertionError as error:
                self.ledger.failures.append(str(error)[:300])

    def _seen(self, response: requests.Response, *statuses: int) -> requests.Response:
        self.ledger.answers[self.at] += 1
        assert response.status_code in statuses, (response.status_code, response.request.url, response.text[:200])
        return response

    def _sign_in(self, *, revoke: bool) -> None:
        rp, browser = RelyingParty(self.provider, self.client), FormBrowser(self.provider)
        asked = self._seen(rp.authorize(browser.http, scope="openid offline_access"), 303)
        request_id = asked.headers["Location"].partition("request=")[2]
        welcome = self._seen(browser.log_in(self.person, request=request_id), 303)
        self.ledger.sessions.append((rp, browser))
        back = self._seen(browser.get(welcome.headers["Location"]), 303)
        family = Family(rp, answer_in(back)["code"])
        with self._unsure(family):
            tokens = self._seen(rp.redeem(family.code), 200).json()
            self._note(family, tokens)
        with self._unsure(family):
            self._note(family, self._seen(rp.refresh(tokens["refresh_token"]), 200).json())
        if revoke:
            with self._unsure(family):
                form = {"token": family.refresh_token or ""}
                self._seen(self.provider.post("/revoke", form, auth=self.client.basic), 200)
            self.ledger.revoked.append(family)
        else:
            self.ledger.alive.append(family)
        browser.http.close()

    @contextmanager
    def _unsure(self, family: Family) -> Iterator[None]:
        """Without an answer nobody knows what became of the family."""
        try:
            yield
        except requests.RequestException:
            self.ledger.unsure.append(family)
            raise

    @staticmethod
    def _note(family: Family, tokens: dict[str, Any]) -> None:
        if family.refresh_token is not None:
            family.used.append(family.refresh_token)
        family.access_tokens.append(tokens["access_token"])
        family.refresh_token = tokens["refresh_token"]

    def _sign_up(self) -> None:
        browser, email = FormBrowser(self.provider), new_address()
        form = self._seen(browser.get("/signup"), 200)
        sent = self._seen(browser.send(form, "/signup", email=email, password=PASSWORD, name="Ann"), 303)
        page = self._seen(browser.get(sent.headers["Location"]), 200)
        code = mails(self.provider, email, "verify_address")[0]["code"]
        self._seen(browser.send(page, "/verify-email", code=code), 303)
        self.ledger.people.append(email)
        browser.http.close()


def at_process(servers: Cluster, number: int) -> Running:
    """The shortcuts, with requests going to one of the processes."""
    return replace(servers.running, issuer=f"http://127.0.0.1:{servers.ports[number]}")


def kill_again_and_again(servers: Cluster, ledger: Ledger, visitors: list[Visitor]) -> None:
    """Kill each process in turn, at no particular moment of its work."""
    chance = random.Random(20261121)  # noqa: S311  when to kill is no secret
    for number in range(KILLS):
        victim = number % 2
        before = ledger.answers[victim]
        while ledger.answers[victim] < before + 4:
            assert all(visitor.is_alive() for visitor in visitors)
            visitors[victim].join(0.01)
        # Not to wait for anything: so that the kill meets every step of a sign-in sooner or later.
        visitors[victim].join(chance.uniform(0, 0.1))
        servers.kill(victim)
        servers.start(victim)


def test_what_was_acknowledged_before_a_kill_stands_after_it(database_url: str) -> None:
    ledger = Ledger()
    cheap = {"memory_mib": 7}
    with cluster(database_url, argon2=cheap, throttle={"enabled": False}) as servers:
        client, people = servers.running.client(), [somebody(servers.running) for _ in range(VISITORS)]
        visitors = [Visitor(servers, ledger, person, client, at=n % 2) for n, person in enumerate(people)]
        for visitor in visitors:
            visitor.start()
        try:
            kill_again_and_again(servers, ledger, visitors)
        finally:
            for visitor in visitors:
                visitor.stopped.set()
            for visitor in visitors:
                visitor.join(60)
        print(  # noqa: T201  the figures of the run
            f"\n{KILLS} kills: {sum(ledger.answers)} answers, {ledger.unanswered} requests without one, "
            f"{len(ledger.sessions)} sign-ins, {len(ledger.people)} people, {len(ledger.alive)} families alive, "
            f"{len(ledger.revoked)} revoked, {len(ledger.unsure)} unsure"
        )

        assert ledger.failures == []
        assert ledger.unanswered > 0, "no kill met a request"
        assert ledger.alive
        assert ledger.revoked
        whole_or_nothing(servers.running.database)
        for number in (0, 1):
            provider = at_process(servers, number)
            everything_stands(provider, ledger)
        nothing_is_redeemed_twice(at_process(servers, 0), ledger)
        whole_or_nothing(servers.running.database)


def everything_stands(provider: Running, ledger: Ledger) -> None:
    """Look every line of the ledger up; nothing is changed."""

    def is_active(family: Family, token: str | None) -> bool:
        answer = provider.post("/introspect", {"token": token or ""}, auth=family.rp.client.basic)
        return bool(answer.json()["active"])

    for family in ledger.alive:
        assert [is_active(family, token) for token in family.access_tokens] == [True, True]
        assert is_active(family, family.refresh_token)
        assert not any(is_active(family, token) for token in family.used)
    for family in ledger.revoked:
        assert not any(
            is_active(family, token) for token in [*family.access_tokens, *family.used, family.refresh_token]
        )
    for rp, browser in ledger.sessions:
        answer = answer_in(RelyingParty(provider, rp.client).authorize(browser.http, prompt="none"))
        assert "code" in answer, answer
    for email in ledger.people:
        response = FormBrowser(provider).log_in(Person("", email))
        assert (response.status_code, response.headers["Location"]) == (303, "/account")


def nothing_is_redeemed_twice(provider: Running, ledger: Ledger) -> None:
    """Present every code and every used token once more. What nobody was told about may have happened or not."""
    for family in [*ledger.alive, *ledger.revoked]:
        rp = replace(family.rp, provider=provider)
        assert rp.redeem(family.code).status_code == 400
        assert [rp.refresh(token).status_code for token in family.used] == [400] * len(family.used)
    for family in ledger.unsure:
        rp = replace(family.rp, provider=provider)
        first = rp.redeem(family.code)
        assert first.status_code == (400 if family.access_tokens else first.status_code)
        assert first.status_code in {200, 400}
        assert rp.redeem(family.code).status_code == 400


def whole_or_nothing(database: Database) -> None:
    """A code is redeemed if and only if its tokens are there, and each used refresh token has one successor."""
    with database.autocommit() as db:
        of_grant = access_tokens.c.grant_id == grants.c.id
        minted = select(func.count()).where(of_grant).scalar_subquery()
        refreshes = select(func.count()).where(refresh_tokens.c.grant_id == grants.c.id).scalar_subquery()
        used = (
            select(func.count())
            .where(refresh_tokens.c.grant_id == grants.c.id, refresh_tokens.c.used_at.is_not(None))
            .scalar_subquery()
        )
        rows = db.execute(select(grants.c.redeemed_at, grants.c.scopes, minted, refreshes, used)).all()
    assert rows
    for redeemed_at, scopes, access, refresh, spent in rows:
        if redeemed_at is None:
            assert (access, refresh) == (0, 0)
        else:
            assert access == spent + 1
            assert refresh == (spent + 1 if "offline_access" in scopes else 0)
