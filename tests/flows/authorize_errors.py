"""The error of an authorization request that was sent back to its client."""

import requests

from tests.flows.relying_party import RelyingParty, answer_in


def error_of(rp: RelyingParty, browser: requests.Session, **changed: str | None) -> str:
    """The error of a request, after everything that every error answer owes the client was seen in it."""
    answer = answer_in(rp.authorize(browser, **changed))
    assert "code" not in answer
    assert answer["iss"] == rp.provider.issuer
    assert answer.get("state") == changed.get("state", "the-state")
    assert all(character.isascii() and character not in '"\\' for character in answer["error_description"])
    return answer["error"]
