"""Read a JSON body strictly, once: what two parsers could read differently, or a database could not keep, is refused.

Sources: RFC 8259, of which a request has to keep more than the grammar: names are unique in an object (section 4), text
is Unicode that can be encoded (section 8.2).
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, NoReturn

from idp.web.form import BODY_LIMIT, FormProblem, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON_TYPE = "application/json"
DEEPEST = 16
"""Objects and lists inside one another. A key set, the deepest thing that we are sent, has four."""


def read_json(encoded: bytes, content_type: str) -> object:
    """The document in a body.

    Raises:
        FormProblem: Another media type, too large, or not a document that can be read in exactly one way.
    """
    if len(encoded) > BODY_LIMIT:
        raise too_large()
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != JSON_TYPE:
        raise FormProblem(f"The request body must be {JSON_TYPE}.", status=415)
    if "charset" in parameters.lower() and "utf-8" not in parameters.lower():
        raise FormProblem("The request body must be encoded as UTF-8.", status=415)
    try:
        document = json.loads(encoded.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number)
    except UnicodeDecodeError:
        raise FormProblem("The request body must be encoded as UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        # Also a number of thousands of digits, which nobody needs and Python will not read.
        raise FormProblem("The request body must be a JSON text.") from None
    _check(document)
    return document


def _check(document: object) -> None:
    level: list[object] = [document]
    for depth in range(DEEPEST + 1):
        if depth == DEEPEST and any(isinstance(value, dict | list) for value in level):
            raise _too_deep()
        level = [part for value in level for part in _parts(value)]


def _parts(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str):
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise FormProblem("The request body must not have NUL characters or halves of characters.")
    elif isinstance(value, float) and not math.isfinite(value):
        raise FormProblem("The request body must not have numbers beyond measure.")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise FormProblem("The request body must not name a member twice.")
    return found


def _no_number(_constant: str) -> NoReturn:
    raise ValueError


def _too_deep() -> FormProblem:
    return FormProblem(f"The request body must not be nested more than {DEEPEST} deep.")
