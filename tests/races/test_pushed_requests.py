"""A pushed request has one answer and an assertion is taken once, however many come at once, at two processes."""

from collections import Counter
from urllib.parse import urlencode

from tests.faults.cluster import Cluster
from tests.flows.signing_client import SigningClient, jwks, key_for, public
from tests.races.racers import ROUNDS, WIDTH, Racers, Waiting
from tests.races.wire import at_once, request
from tests.running import s256


def pushed(racers: Racers) -> str:
    form = {
        "response_type": "code",
        "client_id": racers.client.client_id,
        "redirect_uri": racers.client.redirect_uri,
        "scope": "openid",
        "code_challenge": s256(racers.verifier),
        "code_challenge_method": "S256",
    }
    answer = racers.lines[0].ask(request("POST", "/par", form=form, headers=racers.basic))
    assert answer.status == 201, answer.body
    reference: str = answer.json()["request_uri"]
    return reference


def brought(racers: Racers, reference: str, cookies: str) -> bytes:
    query = urlencode({"client_id": racers.client.client_id, "request_uri": reference})
    return request("GET", f"/authorize?{query}", headers={"Cookie": cookies})


def test_a_pushed_request_that_comes_sixteen_times_has_one_answer(racers: Racers) -> None:
    for _ in range(max(1, ROUNDS // 4)):
        bring = brought(racers, pushed(racers), f"op_sid={racers.cookie}")

        answers = at_once(racers.lines, [bring] * WIDTH)

        assert Counter(answer.status for answer in answers) == {303: 1, 400: WIDTH - 1}
        assert sum("code=" in answer.headers.get("location", "") for answer in answers) == 1


def test_sixteen_tabs_with_one_pushed_request_have_one_answer(racers: Racers) -> None:
    for _ in range(max(1, ROUNDS // 8)):
        waiting = Waiting(racers, signed_in=False)
        browser = waiting.cookies.partition("; ")[2]
        bring = brought(racers, pushed(racers), browser)
        opened = at_once(racers.lines, [bring] * WIDTH)
        tabs = [answer.headers["location"].partition("request=")[2] for answer in opened]

        finish = [request("GET", f"/authorize/{tab}", headers={"Cookie": waiting.cookies}) for tab in tabs]
        answers = at_once(racers.lines, finish)

        assert len(set(tabs)) == WIDTH
        assert sum("code=" in answer.headers.get("location", "") for answer in answers) == 1
        assert {answer.status for answer in answers} <= {200, 303}


def test_an_assertion_that_comes_sixteen_times_is_taken_once(servers: Cluster) -> None:
    key = key_for("ES256")
    racers = Racers(servers, token_endpoint_auth_method="private_key_jwt", jwks=jwks(public(key)))
    signer = SigningClient(servers.running, racers.client, "ES256", key)
    for _ in range(max(1, ROUNDS // 4)):
        form = {"token": "x", **signer.shown()}

        answers = at_once(racers.lines, [request("POST", "/revoke", form=form)] * WIDTH)

        assert Counter(answer.status for answer in answers) == {200: 1, 401: WIDTH - 1}
        assert {answer.json()["error"] for answer in answers if answer.status == 401} == {"invalid_client"}
    racers.close()
