"""What can go wrong on the way to another provider and back, in two voices: a word for us, a sentence for operators."""

from typing import Literal

Because = Literal[
    "cancelled", "refused", "unavailable", "limited", "untrusted", "misconfigured", "not_enrolled", "stale", "too_many"
]
"""Why nobody was identified.

cancelled: The person did not want to. refused: The provider answered with another error. unavailable: No answer, or
none in time. limited: The provider has had enough of us for now. untrusted: An answer that fails its checks.
misconfigured: What the operator has set here or over there does not fit. not_enrolled: The operator's account at the
provider has to be changed. stale: A fresh sign-in was asked for, and an old one answered. too_many: So many are waiting
for this provider already that the next one had better take another way.
"""


class UpstreamProblem(Exception):
    """Nobody was identified. The sentence is fixed: nothing that the other side said is in it, and no secret."""

    def __init__(self, because: Because, sentence: str) -> None:
        super().__init__(sentence)
        self.because: Because = because
        self.sentence = sentence


def untrusted(sentence: str) -> UpstreamProblem:
    """An answer that fails its checks."""
    return UpstreamProblem("untrusted", sentence)
