"""Everything single-use is used once, however many ask at once, in several processes (RFC 9700 4.5, 4.14; T3, T4).

Sixteen requests start together in every round, half of them at each of two server processes. IDP_TEST_ROUNDS sets the
rounds; 200 of codes and of refresh tokens are the default.
"""

import re

from sqlalchemy import func, select

from idp.store.base import digest_of
from idp.store.consents import consents
from idp.store.grants import grants
from idp.store.tokens import access_tokens, refresh_tokens
from tests.faults.cluster import Cluster
from tests.races.racers import ROUNDS, WIDTH, Racers, Waiting, code_in, one_winner
from tests.races.wire import at_once, request


def test_a_code_is_redeemed_once_and_its_family_does_not_survive_the_race(racers: Racers) -> None:
    for _ in range(ROUNDS):
        code = code_in(racers.authorize())

        winner = one_winner(at_once(racers.lines, [racers.redemption(code)] * WIDTH)).json()

        # Fifteen have replayed the code: nothing that came of it may live (RFC 6749 section 4.1.2).
        assert racers.userinfo(winner["access_token"]).status == 401
        assert racers.lines[0].ask(racers.refresh(winner["refresh_token"])).status == 400
        with racers.servers.running.database.autocommit() as db:
            family = db.execute(select(grants).where(grants.c.code_digest == digest_of(code))).one()
            minted = db.execute(select(func.count()).where(access_tokens.c.grant_id == family.id)).scalar_one()
        assert (family.revoked_because, minted) == ("code_replayed", 1)


def test_a_refresh_token_is_used_once_and_has_one_successor(racers: Racers) -> None:
    code = code_in(racers.authorize())
    tokens = racers.lines[0].ask(racers.redemption(code)).json()
    for number in range(ROUNDS):
        tokens = one_winner(at_once(racers.lines, [racers.refresh(tokens["refresh_token"])] * WIDTH)).json()

        # The others were a moment late, which is no theft: the family lives, and has one token that can be used.
        assert racers.userinfo(tokens["access_token"]).status == 200
        with racers.servers.running.database.autocommit() as db:
            family = db.execute(select(grants).where(grants.c.code_digest == digest_of(code))).one()
            of_family = refresh_tokens.c.grant_id == family.id
            unused = db.execute(
                select(refresh_tokens.c.digest).where(of_family, refresh_tokens.c.used_at.is_(None))
            ).all()
            minted = db.execute(select(func.count()).where(access_tokens.c.grant_id == family.id)).scalar_one()
        assert family.revoked_at is None
        assert [bytes(row.digest) for row in unused] == [digest_of(tokens["refresh_token"])]
        assert minted == number + 2


def test_a_revocation_in_the_middle_of_refreshes_leaves_nothing_alive(racers: Racers) -> None:
    for _ in range(max(1, ROUNDS // 4)):
        tokens = racers.lines[0].ask(racers.redemption(code_in(racers.authorize()))).json()
        revocation = request("POST", "/revoke", form={"token": tokens["refresh_token"]}, headers=racers.basic)
        refreshes = [racers.refresh(tokens["refresh_token"])] * (WIDTH // 2)

        answers = at_once(racers.lines, [*refreshes, revocation, *refreshes][:WIDTH])

        assert answers[WIDTH // 2].status == 200
        assert {answer.status for answer in answers} <= {200, 400}
        for index, answer in enumerate(answers):
            if index != WIDTH // 2 and answer.status == 200:
                successor = answer.json()
                assert racers.userinfo(successor["access_token"]).status == 401
                assert racers.lines[0].ask(racers.refresh(successor["refresh_token"])).status == 400


def test_disabling_a_person_in_the_middle_of_redemptions_leaves_nothing_alive(racers: Racers) -> None:
    from idp.store import accounts

    running = racers.servers.running
    for _ in range(max(1, ROUNDS // 8)):
        codes = [code_in(racers.authorize()) for _ in range(WIDTH)]
        for line, code in zip(racers.lines, codes, strict=True):
            line.send(racers.redemption(code))

        with running.database.transaction() as db:
            accounts.set_disabled(db, racers.person.id, running.clock(), now=running.clock())

        answers = [line.receive() for line in racers.lines]
        assert {answer.status for answer in answers} <= {200, 400}
        for answer in answers:
            if answer.status == 200:
                assert racers.userinfo(answer.json()["access_token"]).status == 401
        with running.database.transaction() as db:
            accounts.set_disabled(db, racers.person.id, None, now=running.clock())


def test_an_authorization_request_is_answered_once(racers: Racers) -> None:
    for _ in range(max(1, ROUNDS // 4)):
        waiting = Waiting(racers, signed_in=False)

        answers = at_once(racers.lines, [waiting.ask("GET", f"/authorize/{waiting.request_id}")] * WIDTH)

        codes = [answer for answer in answers if "code=" in answer.headers.get("location", "")]
        assert len(codes) == 1
        assert {answer.status for answer in answers} <= {200, 303}


def test_consent_that_is_given_sixteen_times_is_given_once(servers: Cluster) -> None:
    for _ in range(max(1, ROUNDS // 8)):
        racers = Racers(servers, first_party=False)
        waiting = Waiting(racers)
        page = racers.lines[0].ask(waiting.ask("GET", f"/consent?request={waiting.request_id}")).body.decode()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))
        form = {**fields, "decision": "allow", "scope": "offline_access"}

        given = at_once(racers.lines, [waiting.ask("POST", "/consent", form)] * WIDTH)
        answers = at_once(racers.lines, [waiting.ask("GET", f"/authorize/{waiting.request_id}")] * WIDTH)

        assert {(each.status, each.headers["location"]) for each in given} == {
            (303, f"/authorize/{waiting.request_id}")
        }
        assert sum("code=" in each.headers.get("location", "") for each in answers) == 1
        with servers.running.database.autocommit() as db:
            kept = db.execute(select(consents.c.scopes).where(consents.c.client_id == racers.client.client_id)).all()
        assert [row.scopes for row in kept] == [("openid", "offline_access")]
        racers.close()
