"""How strongly a person was authenticated: `acr`, computed from `amr` in this one place."""

from collections.abc import Iterable

_STRONGEST_FIRST: tuple[tuple[str, frozenset[str]], ...] = (("1", frozenset()),)
"""Each authentication context class with the methods (RFC 8176) that make it, any of which will do.

`1` is one factor, whichever it was. A stronger class is one more row before it.
"""

ACR_VALUES = tuple(acr for acr, _ in _STRONGEST_FIRST)
"""What can be asked for, the strongest first."""


def acr_of(amr: Iterable[str], wanted: Iterable[str] = ()) -> str:
    """The class to vouch for: the first wanted one that these methods reach, or else the strongest they reach.

    Who has shown two factors has also shown one, so a client that wants `1` is told `1`.
    """
    reached = reached_by(amr)
    return next((acr for acr in wanted if acr in reached), reached[0])


def reached_by(amr: Iterable[str]) -> tuple[str, ...]:
    """Every class that these methods reach, the strongest first."""
    used = frozenset(amr)
    return tuple(acr for acr, methods in _STRONGEST_FIRST if not methods or methods & used)
