"""What every page needs to know about the request it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def _no_token(action: str) -> str:
    """Stand-in for pages that answer a request before the browser is known; such pages hold no form."""
    raise LookupError(f"no form token for {action}: this page is answered without a browser")


@dataclass(frozen=True, slots=True)
class PageContext:
    """What every page is told.

    Attributes:
        reference: The request id, shown where something went wrong and found again in the log.
        csrf: Gives the form token for a form that posts to the given path.
        language: One of `idp.web.i18n.LANGUAGES`.
        signed_in: How the signed-in person is called, or None.
    """

    reference: str
    csrf: Callable[[str], str] = _no_token
    language: str = "en"
    signed_in: str | None = None
