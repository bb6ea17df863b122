"""Answers of a provider that grants what FAPI 2.0 has it refuse."""

import secrets
import time
from typing import Any
from urllib.parse import urlencode

from conformance_tests.peers.alterations import RELYING_PARTY, After
from conformance_tests.peers.faulty_proxy import Answer, Ask, FaultyProxy, json_answer
from conformance_tests.tokens import decoded

PAR = "pushed_authorization_request_endpoint"


def asked_in(ask: Ask) -> dict[str, Any]:
    """What a pushed request asks, whether or not it is signed."""
    signed = decoded(ask.form.get("request", ""))
    return dict(signed.claims if signed is not None else ask.form)


def grants_everything(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Take every request and answer it with a code, without asking the provider or the person."""
    if proxy.is_at(ask, PAR):
        uri = f"urn:ietf:params:oauth:request_uri:{secrets.token_urlsafe(16)}"
        proxy.remembered[uri] = json_answer(200, **asked_in(ask))
        return json_answer(201, request_uri=uri, expires_in=1)
    if not proxy.is_at(ask, "authorization_endpoint"):
        return None
    pushed = proxy.remembered.get(ask.parameters.get("request_uri", ""))
    asked = pushed.document if pushed is not None else ask.parameters
    issuer = proxy.metadata["issuer"]
    returned = {"code": secrets.token_urlsafe(32), "iss": issuer}
    returned |= {"state": asked["state"]} if "state" in asked else {}
    if asked.get("response_mode") == "jwt":
        claims = {**returned, "aud": asked["client_id"], "exp": int(time.time()) + 60}
        returned = {"response": proxy.signed(claims, {"alg": "PS256"})}
    return Answer(303, [("Location", f"https://{RELYING_PARTY}/callback?{urlencode(returned)}")])


def takes_everything(endpoint: str, **document: Any) -> After:
    """Turn every refusal of an endpoint into success."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        refused = proxy.is_at(ask, endpoint) and 400 <= answer.status < 500
        return json_answer(201 if endpoint == PAR else 200, **document) if refused else answer

    return after
