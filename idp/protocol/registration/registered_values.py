"""What single members of client metadata have to look like: each check gives the value its type, or refuses it."""

import re
import unicodedata
from collections.abc import Callable, Sequence

from idp.protocol.registration.registered_keys import UnusableKeysError, checked_jwks
from idp.protocol.registration.registered_uri import LONGEST_URI, UnusableUriError, UriUse, checked_uri
from idp.protocol.registration.registration_refusals import InvalidClientMetadata, refusal_of

Check = Callable[[str, object], object]
"""Takes the member's name and what was sent; returns the value, or raises InvalidClientMetadata."""

LONGEST_LIST = 50
_LONGEST_TEXT = 100
_LONGEST_MAX_AGE = 10 * 365 * 24 * 3600
_SCOPE_VALUE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,200}")
# Control, format (zero-width and bidirectional), surrogate, private and line-separating characters let a name on the
# consent page look like another one.
_DECEIVING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def strings(name: str, value: object) -> tuple[str, ...]:
    """A list of different strings."""
    refusal = refusal_of(name)
    if not isinstance(value, list | tuple) or not all(isinstance(part, str) for part in value):
        raise refusal(name, "must be a list of strings")
    if len(value) > LONGEST_LIST:
        raise refusal(name, f"must have at most {LONGEST_LIST} entries")
    if len(set(value)) != len(value):
        raise refusal(name, "must not name anything twice")
    if any(len(part) > LONGEST_URI for part in value):
        raise refusal(name, f"must have entries of at most {LONGEST_URI} characters")
    return tuple(value)


def text(name: str, value: object) -> str:
    """A name for people: nothing in it is invisible."""
    if not isinstance(value, str) or not 1 <= len(value.strip()) <= len(value) <= _LONGEST_TEXT:
        raise InvalidClientMetadata(name, f"must be a string of 1 to {_LONGEST_TEXT} characters")
    if any(unicodedata.category(character) in _DECEIVING for character in value):
        raise InvalidClientMetadata(name, "must not have control or invisible characters")
    return value


def texts(name: str, value: object) -> tuple[str, ...]:
    """A list of names for people."""
    return tuple(text(name, part) for part in strings(name, value))


def words(name: str, value: object) -> tuple[str, ...]:
    """A list of identifiers without spaces."""
    values = strings(name, value)
    if not all(_TOKEN.fullmatch(part) for part in values):
        raise InvalidClientMetadata(name, "must be printable ASCII without spaces, at most 200 characters each")
    return values


def scope(name: str, value: object) -> tuple[str, ...]:
    """Scope values in one string (RFC 6749 section 3.3); one that is named twice counts once."""
    values = tuple(dict.fromkeys(value.split(" "))) if isinstance(value, str) else ()
    if not values or len(values) > LONGEST_LIST or not all(_SCOPE_VALUE.fullmatch(part) for part in values):
        raise InvalidClientMetadata(name, "must be scope values with single spaces between them (RFC 6749 section 3.3)")
    return values


def flag(name: str, value: object) -> bool:
    """A JSON boolean."""
    if not isinstance(value, bool):
        raise InvalidClientMetadata(name, "must be true or false")
    return value


def seconds(name: str, value: object) -> int:
    """A number of seconds."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LONGEST_MAX_AGE:
        raise InvalidClientMetadata(name, "must be a number of seconds, at most ten years")
    return value


def keys(name: str, value: object) -> dict[str, object]:
    """A set of public keys."""
    try:
        return checked_jwks(value)
    except UnusableKeysError as error:
        raise InvalidClientMetadata(name, str(error)) from None


def one_of(*choices: str, because: str = "") -> Check:
    """One of these words. `because` is added to the refusal: why others are missing."""

    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise InvalidClientMetadata(name, "must be one of: " + ", ".join(choices) + because)
        return value

    return check


def some_of(*choices: str) -> Check:
    """A list of some of these words."""

    def check(name: str, value: object) -> tuple[str, ...]:
        values = strings(name, value)
        if not set(values) <= set(choices):
            raise InvalidClientMetadata(name, "must be among: " + ", ".join(choices))
        return values

    return check


def response_types(choices: Sequence[str]) -> Check:
    """A list of response types, whose words may come in any order (OAuth 2.0 Multiple Response Types section 2)."""

    def check(name: str, value: object) -> tuple[str, ...]:
        values = tuple(" ".join(sorted(part.split(" "))) for part in strings(name, value))
        if not set(values) <= set(choices):
            raise InvalidClientMetadata(name, "must be among: " + ", ".join(choices))
        return tuple(dict.fromkeys(values))

    return check


def uri(use: UriUse) -> Check:
    """An address for this use."""

    def check(name: str, value: object) -> str:
        try:
            return checked_uri(value, use)
        except UnusableUriError as error:
            raise refusal_of(name)(name, str(error)) from None

    return check


def uris(use: UriUse) -> Check:
    """A list of addresses for this use."""
    each = uri(use)

    def check(name: str, value: object) -> tuple[str, ...]:
        values = strings(name, value)
        for part in values:
            each(name, part)
        return values

    return check
