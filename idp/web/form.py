"""Read application/x-www-form-urlencoded strictly, once, into an immutable `Form`.

The encoding is that of RFC 6749 appendix B (UTF-8, then percent-encoding). What cannot be read in exactly one way is
refused here, so that no room behind the door has to think about bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BODY_LIMIT = 64 * 1024
FIELD_LIMIT = 200
FORM_TYPE = "application/x-www-form-urlencoded"

_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")


class FormProblem(Exception):
    """A query or body that cannot be read.

    Attributes:
        sentence: Says what the sender has to change; never repeats what was sent.
        status: 400, or 413 and 415 where HTTP has a status of its own (RFC 9110 sections 15.5.14 and 15.5.16).
    """

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


@dataclass(frozen=True, slots=True)
class Form:
    """Names and values as they were sent, in their order. Values never hold NUL; names hold no control character."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The first value of `name`, or None if it was not sent. Look at `repeated` where one value is the rule."""
        found = self.values.get(name)
        return found[0] if found else None

    def getlist(self, name: str) -> tuple[str, ...]:
        """Every value of `name`, in the order of sending."""
        return self.values.get(name, ())

    def __contains__(self, name: object) -> bool:
        """Whether `name` was sent, with or without a value."""
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        """The names, each once."""
        return iter(self.values)

    def __len__(self) -> int:
        """How many different names were sent."""
        return len(self.values)

    @property
    def names(self) -> frozenset[str]:
        """Every name that was sent."""
        return frozenset(self.values)

    @property
    def repeated(self) -> frozenset[str]:
        """Names sent more than once; RFC 6749 sections 3.1 and 3.2 forbid that for protocol parameters."""
        return frozenset(name for name, values in self.values.items() if len(values) > 1)

    def as_mapping(self) -> dict[str, list[str]]:
        """A copy as plain lists, the shape that protocol libraries take."""
        return {name: list(values) for name, values in self.values.items()}


EMPTY = Form()


def read_query(encoded: bytes) -> Form:
    """Read the query component of a request target.

    Raises:
        FormProblem: Not UTF-8, a NUL, a control character in a name, or too many fields.
    """
    return _read(encoded, "query") if encoded else EMPTY


def read_body(encoded: bytes, content_type: str) -> Form:
    """Read a form body. An empty body is an empty form whatever its type says, since clients add one to bare POSTs.

    Raises:
        FormProblem: As for `read_query`; also a body over the limit, or one that is no form.
    """
    if not encoded:
        return EMPTY
    if len(encoded) > BODY_LIMIT:
        raise too_large()
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != FORM_TYPE:
        raise FormProblem(f"The request body must be {FORM_TYPE}.", status=415)
    if parameters and "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        raise FormProblem("The request body must be encoded as UTF-8.", status=415)
    return _read(encoded, "request body")


def too_large() -> FormProblem:
    """The refusal of a body over the limit."""
    return FormProblem(f"The request body must not be larger than {BODY_LIMIT // 1024} KiB.", status=413)


def _read(encoded: bytes, part: str) -> Form:
    if encoded.count(b"&") >= FIELD_LIMIT:
        raise FormProblem(f"The {part} must not have more than {FIELD_LIMIT} fields.")
    values: dict[str, tuple[str, ...]] = {}
    try:
        # A raw byte outside ASCII is tolerated where it is UTF-8: some clients do not percent-encode.
        for pair in encoded.decode("utf-8").split("&"):
            if pair:
                name, _, value = pair.partition("=")
                name = _decoded(name)
                values[name] = (*values.get(name, ()), _decoded(value))
    except UnicodeDecodeError:
        raise FormProblem(f"The {part} must be encoded as UTF-8.") from None
    if _CONTROLS.search("".join(values)):
        raise FormProblem(f"A field name in the {part} must not have control characters.")
    if any("\x00" in value for found in values.values() for value in found):
        raise FormProblem(f"A field in the {part} must not have a NUL character.")
    return Form(values)


def _decoded(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text, errors="strict") if "%" in text else text
