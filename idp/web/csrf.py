"""Say whether a form was sent by a page of ours in the same browser.

Two independent proofs are asked for: where the browser says the request comes from (Fetch Metadata, or Origin), and
a token that only our own page could have shown to this browser, for this action.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FIELD = "csrf"

_SHORTEST_KEY = 32
_DEFAULT_PORTS = {"https": 443, "http": 80}


class ForeignForm(Exception):
    """The form was not sent by a page of ours in this browser. The text names the proof that failed, for the log."""


@dataclass(frozen=True, slots=True)
class Csrf:
    """Makes and checks form tokens.

    Args:
        key: At least 32 random bytes, used for nothing else; the same on every node.
        origin: Where our pages live. The issuer will do: only its scheme, host and port count, as a browser writes
            them into Origin (RFC 6454 section 6.1: in lower case, the default port left out).
    """

    key: bytes = field(repr=False)
    origin: str

    def __post_init__(self) -> None:
        """Refuse a key that could be guessed, and keep of an issuer what is its origin."""
        if len(self.key) < _SHORTEST_KEY:
            raise ValueError(f"the key for form tokens must have at least {_SHORTEST_KEY} bytes")
        parts = urlsplit(self.origin)
        port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        object.__setattr__(self, "origin", f"{parts.scheme}://{host}{port}")

    def token(self, browser: str, action: str) -> str:
        """The token for a form of this browser that posts to the path `action`."""
        return urlsafe_b64encode(self._digest(browser, action)).decode("ascii").rstrip("=")

    def check(self, *, browsers: Sequence[str], action: str, token: str | None, headers: Mapping[str, str]) -> None:
        """Accept a posted form, or say why not.

        Args:
            browsers: The transaction cookies as they were sent; the form may belong to any of them.
            action: The path that was posted to.

        Raises:
            ForeignForm: Either proof is missing or wrong.
        """
        self._check_source(headers)
        if not browsers:
            raise ForeignForm("no transaction cookie")
        given = (token or "").encode()
        if not any(hmac.compare_digest(given, self.token(browser, action).encode()) for browser in browsers):
            raise ForeignForm("wrong form token")

    def _check_source(self, headers: Mapping[str, str]) -> None:
        site = headers.get("sec-fetch-site")
        if site is not None:
            # "none" is a form sent again by the person: reload, or a restored tab.
            if site not in {"same-origin", "none"}:
                raise ForeignForm("sent from another site")
            return
        origin = headers.get("origin")
        # Under our own Referrer-Policy browsers write "null" for our own forms too, so it proves nothing either way.
        if origin not in {None, "null", self.origin}:
            raise ForeignForm("sent from another origin")

    def _digest(self, browser: str, action: str) -> bytes:
        # The browser's secret has no slash and a path starts with one, so the two cannot run into one another.
        return hmac.digest(self.key, f"{browser}{action}".encode(), hashlib.sha256)
