"""Which rule a refusal is about, where it stands, and what mends it: by the sentence of the refusal."""

from fnmatch import fnmatchcase

from idp.protocol.explanation import authorization_rules, token_rules
from idp.protocol.explanation.rule import UPDATE, Rule

BY_SENTENCE = (*authorization_rules.RULES, *token_rules.RULES)
"""Sentences, with * for what is filled in, and the rule behind each; the first that fits counts."""


def rule_of(error: str, sentence: str) -> Rule:
    """The rule behind a refusal."""
    for pattern, rule in BY_SENTENCE:
        if fnmatchcase(sentence, pattern):
            return rule
    return _BY_ERROR.get(error, _ANY)


def has_a_rule_of_its_own(sentence: str) -> bool:
    """Whether the sentence is known here."""
    return any(fnmatchcase(sentence, pattern) for pattern, _ in BY_SENTENCE)


_ANY = Rule("RFC 6749 section 5.2", "Do what the sentence says. The log has more under the reference.")

_BY_ERROR: dict[str, Rule] = {
    "unauthorized_client": Rule(
        "RFC 6749 section 5.2", f"Register the grant beside the others: {UPDATE} --grant-type GRANT", ("grant_types",)
    ),
    "invalid_dpop_proof": Rule("RFC 9449 section 4.3", "Change in the proof what the sentence names."),
}
