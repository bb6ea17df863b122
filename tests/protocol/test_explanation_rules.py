"""Every refusal has a rule behind it, and every rule a refusal."""

import ast
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.explanation.rules import BY_SENTENCE, has_a_rule_of_its_own, rule_of

PROTOCOL = Path(__file__).parents[2] / "idp" / "protocol"
ENDPOINT = PROTOCOL.parent / "endpoints" / "token.py"
REFUSING = {"RefusedToPerson": 1, "RefusedToClient": 1, "oauth_error": 1, "unusable_assertion": 0}
"""What makes a refusal, and which of its arguments is the sentence."""

CONVERSATION = {"authorization_pending", "slow_down", "access_denied", "expired_token", "temporarily_unavailable"}
ELSEWHERE = (
    "Client authentication failed: unknown client, wrong or missing secret or signature, or a method that this client "
    "is not registered for.",
    "Never send a client_secret in the URL.",
    "Send one Authorization header.",
    "resource may contain only what the client is registered for, and what was granted.",
    "client_assertion x.",
)
"""Sentences that are not written down where they are raised."""


def text_of(node: ast.expr) -> str | None:
    """The sentence, with an x for every part that is filled in; None where it comes from elsewhere."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values)
    return None


def sentences() -> Iterator[str]:
    """Every sentence of a refusal in the protocol."""
    for path in sorted(PROTOCOL.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in REFUSING:
                continue
            place = REFUSING[call.func.id]
            error = text_of(call.args[0]) if place else None
            sentence = text_of(call.args[place]) if len(call.args) > place else None
            if sentence is not None and error not in CONVERSATION:
                yield sentence if place else f"client_assertion {sentence}."


SENTENCES = sorted({*sentences(), *ELSEWHERE})


def test_the_refusals_are_found() -> None:
    assert len(SENTENCES) > 80
    assert "code_challenge_method must be S256." in SENTENCES


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_refusal_has_a_rule(sentence: str) -> None:
    assert has_a_rule_of_its_own(sentence)


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in BY_SENTENCE])
def test_every_rule_is_the_first_that_fits_some_refusal(pattern: str) -> None:
    firsts = {next(p for p, _ in BY_SENTENCE if fnmatchcase(one, p)) for one in SENTENCES if has_a_rule_of_its_own(one)}

    assert pattern in firsts


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in BY_SENTENCE])
def test_a_rule_names_members_that_clients_have(pattern: str) -> None:
    rule = dict(BY_SENTENCE)[pattern]

    assert [name for name in rule.registered if not hasattr(RegisteredClient, name)] == []


def test_what_has_no_rule_of_its_own_has_one_by_its_error() -> None:
    assert "RFC 9449" in rule_of("invalid_dpop_proof", "htm is not the method of this request.").section
    assert "--grant-type" in rule_of("unauthorized_client", "").fix
    assert "The log" in rule_of("invalid_something", "Unheard of.").fix
