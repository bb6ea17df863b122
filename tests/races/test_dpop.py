"""A DPoP proof is good once, however many send it at once to several processes (RFC 9449 section 11.1)."""

from collections import Counter

import pytest
from sqlalchemy import func, select

from idp.store.base import digest_of
from idp.store.grants import grants
from idp.store.tokens import access_tokens
from tests.faults.cluster import Cluster
from tests.flows.dpop_key import DpopKey
from tests.races.racers import ROUNDS, WIDTH, Racers, code_in, one_winner
from tests.races.wire import Answer, at_once, request

RACES = max(2, ROUNDS // 4)


def with_proof(octets: bytes, proof: str) -> bytes:
    """The same request with a DPoP header."""
    head, blank, body = octets.partition(b"\r\n\r\n")
    return head + f"\r\nDPoP: {proof}".encode() + blank + body


def once(answers: list[Answer], *, refused: tuple[int, str]) -> Answer:
    """The only success; the others were told that the proof was used."""
    winners = [answer for answer in answers if answer.status == 200]
    losers = Counter((answer.status, answer.json()["error"]) for answer in answers if answer.status != 200)
    assert len(winners) == 1, losers
    assert losers == {refused: WIDTH - 1}
    return winners[0]


def test_one_proof_lets_one_request_of_sixteen_in(servers: Cluster) -> None:
    racers, key = Racers(servers), DpopKey()
    token_endpoint, userinfo = (f"{servers.running.issuer}{path}" for path in ("/token", "/userinfo"))
    redemption = with_proof(racers.redemption(code_in(racers.authorize())), key.proof("POST", token_endpoint))
    token = racers.lines[0].ask(redemption).json()["access_token"]

    for _ in range(RACES):
        proof = key.proof("GET", userinfo, access_token=token)
        ask = request("GET", "/userinfo", headers={"Authorization": f"DPoP {token}", "DPoP": proof})

        once(at_once(racers.lines, [ask] * WIDTH), refused=(401, "invalid_dpop_proof"))
    racers.close()


def test_one_proof_gets_one_token(servers: Cluster) -> None:
    racers, key = Racers(servers, grant_types=["client_credentials"], scope="things"), DpopKey()
    ask = request("POST", "/token", form={"grant_type": "client_credentials"}, headers=racers.basic)

    for _ in range(RACES):
        proof = key.proof("POST", f"{servers.running.issuer}/token")

        once(at_once(racers.lines, [with_proof(ask, proof)] * WIDTH), refused=(400, "invalid_dpop_proof"))

    with servers.running.database.autocommit() as db:
        of_client = access_tokens.c.client_id == racers.client.client_id
        assert db.execute(select(func.count()).where(of_client)).scalar_one() == RACES
    racers.close()


def test_a_bound_code_goes_to_its_key_although_others_come_at_the_same_time(servers: Cluster) -> None:
    racers, right, wrong = Racers(servers), DpopKey(), DpopKey()
    address = f"{servers.running.issuer}/token"

    for _ in range(RACES):
        code = code_in(racers.authorize(dpop_jkt=right.jkt))
        keys = [right if number == WIDTH // 2 else wrong for number in range(WIDTH)]
        asked = [with_proof(racers.redemption(code), key.proof("POST", address)) for key in keys]

        answers = at_once(racers.lines, asked)

        assert answers.index(one_winner(answers)) == WIDTH // 2
        with servers.running.database.autocommit() as db:
            family = db.execute(select(grants).where(grants.c.code_digest == digest_of(code))).one()
        assert family.revoked_at is None
    racers.close()


@pytest.mark.parametrize("registered", [{"access_token_format": "jwt"}, {"resources": ["https://api.example"]}])
def test_a_code_whose_grant_is_read_before_is_redeemed_once_as_well(
    servers: Cluster, registered: dict[str, object]
) -> None:
    racers = Racers(servers, **registered)

    for _ in range(RACES):
        code = code_in(racers.authorize())

        winner = one_winner(at_once(racers.lines, [racers.redemption(code)] * WIDTH)).json()

        assert racers.userinfo(winner["access_token"]).status == 401
        with servers.running.database.autocommit() as db:
            family = db.execute(select(grants).where(grants.c.code_digest == digest_of(code))).one()
            minted = db.execute(select(func.count()).where(access_tokens.c.grant_id == family.id)).scalar_one()
        assert (family.revoked_because, minted) == ("code_replayed", 1)
    racers.close()
