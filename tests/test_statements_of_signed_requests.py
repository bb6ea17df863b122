"""How many statements it takes to push a request, to bring it, and to show oneself by a signature."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.signing_client import SigningClient, jwks, key_for, public
from tests.test_statement_counts import Counted, counted

__all__ = ["counted"]

EXPECTED = {
    "sqlite": {
        # The identifier of the assertion, and the request.
        "push": 2,
        # Looked up, BEGIN, who is there, taken, the code, COMMIT: the answer and what it uses up belong together.
        "authorize, pushed": 6,
        "authorize, pushed, asking": 5,
        "authorize, signed": 2,
        "token, by assertion": 6,
    },
    "postgresql": {
        "push": 2,
        "authorize, pushed": 5,
        "authorize, pushed, asking": 4,
        "authorize, signed": 2,
        "token, by assertion": 2,
    },
}


def test_each_takes_the_statements_it_is_known_for(counted: Counted) -> None:
    provider, key = counted.provider, key_for("ES256")
    client = provider.client(token_endpoint_auth_method="private_key_jwt", jwks=jwks(public(key)))
    signer, rp = SigningClient(provider, client, "ES256", key), RelyingParty(provider, client)
    browser = provider.session(provider.person())
    found: dict[str, int] = {}

    def count(name: str, ask: Callable[[], requests.Response]) -> Any:
        ask()
        counted.know(client.client_id)
        with counted.counter.counting() as statements:
            answer = ask()
        found[name] = len(statements)
        return answer

    def push(**changed: str) -> requests.Response:
        return provider.post("/par", rp.parameters(**changed) | signer.shown())

    references = [
        push(**changed).json()["request_uri"] for changed in ({}, {}, {"prompt": "login"}, {"prompt": "login"})
    ]

    def bring(reference: str) -> requests.Response:
        query = urlencode({"client_id": client.client_id, "request_uri": reference})
        return browser.get(f"{provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20)

    def redeem(code: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": rp.verifier}
        answer = provider.post("/token", form | {"redirect_uri": client.redirect_uri} | signer.shown())
        assert answer.status_code == 200, answer.text
        return answer

    assert count("push", push).status_code == 201
    answers = [count("authorize, pushed", lambda: bring(references.pop(0)))]
    count("authorize, pushed, asking", lambda: bring(references.pop(0)))
    signed = {"client_id": client.client_id, "request": signer.request_object(rp.parameters())}
    answers.append(
        count(
            "authorize, signed",
            lambda: browser.get(f"{provider.issuer}/authorize?{urlencode(signed)}", allow_redirects=False, timeout=20),
        )
    )
    codes = [answer_in(answer)["code"] for answer in answers]
    count("token, by assertion", lambda: redeem(codes.pop()))

    assert found == EXPECTED[counted.kind]
