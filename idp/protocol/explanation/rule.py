"""A rule that a refusal is about."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, for the people on both sides.

    Attributes:
        section: Where it stands.
        fix: What to change: in the application first, and here where that is possible. CLIENT stands for its id.
        registered: The members of the registration that it is judged by.
    """

    section: str
    fix: str
    registered: tuple[str, ...] = ()


UPDATE = "idp client update CLIENT"
"""How most fixes begin."""
