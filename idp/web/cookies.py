"""The cookies of the provider: their names, their flags, and how they are read from a request.

RFC 6265bis; the `__Host-` prefix keeps a sibling subdomain from planting one of ours.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta

    from starlette.responses import Response

SameSite = Literal["lax", "none"]

_MOST_TRANSACTIONS = 16
_RANDOM = re.compile(r"[A-Za-z0-9_-]{43}\Z")  # what secrets.token_urlsafe(32) gives


def read_cookies(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """The cookies of a request (RFC 6265 section 5.4). Of one name sent twice the first counts: the most specific."""
    found: dict[str, str] = {}
    for name, value in headers:
        if name == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, separator, content = pair.partition("=")
                if separator:
                    found.setdefault(key.strip(), content.strip())
    return found


def browser_state_of(session_secret: str | None) -> str:
    """The value of the cookie that our framed page reads (Session Management 1.0 section 3): "" for nobody.

    It changes with the session's cookie, at every sign-in and sign-out, and says nothing about it.
    """
    if session_secret is None:
        return ""
    digest = hashlib.sha256(b"browser state\0" + session_secret.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Cookies:
    """Names, reads, sets and deletes the provider's cookies: Path=/, never a Domain, and HttpOnly but for one.

    Args:
        secure: True with an https issuer: the cookies are Secure and carry the `__Host-` prefix. Over plain http on a
            loopback issuer browsers would drop such cookies, so both are left out there.
        session_same_site: "none" lets relying parties look at the session from a frame or by a cross-site POST;
            it needs Secure and counts as "lax" without.
        session_management: Sessions come with a second cookie, which scripts of this origin can read.
    """

    secure: bool
    session_same_site: SameSite = "lax"
    session_management: bool = False

    def session(self, sent: Mapping[str, str]) -> str | None:
        """The secret of the browser session, if the browser sent one of the right shape."""
        return self._random(sent, "op_sid")

    def transactions(self, sent: Mapping[str, str]) -> tuple[str, ...]:
        """The secrets that tie open interactions and form tokens to this browser: one, as a rule.

        Tabs that open at the same moment in a new browser are each given one before any of them has come back. Each
        cookie has a name of its own, so that none takes the place of another and every tab stays usable.
        """
        prefix = self._name("op_tx")
        names = sorted(name for name in sent if name == prefix or name.startswith(f"{prefix}_"))
        return tuple(sent[name] for name in names if _RANDOM.match(sent[name]))[:_MOST_TRANSACTIONS]

    def device(self, sent: Mapping[str, str]) -> str | None:
        """The mark of a browser that has signed in before. Never proof of anything by itself."""
        return sent.get(self._name("op_dev"))

    def set_session(self, response: Response, secret: str) -> None:
        """Give the browser its session; it lasts until the browser ends it or the server does."""
        self._set(response, "op_sid", secret, same_site=self.session_same_site if self.secure else "lax")
        self.set_browser_state(response, secret)

    @property
    def browser_state_name(self) -> str:
        """What the cookie is called that our framed page reads."""
        return self._name("op_bs")

    def set_browser_state(self, response: Response, secret: str, sent: Mapping[str, str] | None = None) -> None:
        """Let scripts of this origin tell this session from others, where session management is on.

        Args:
            sent: The cookies of the request; nothing is set where they have it already.
        """
        if self.session_management and (sent or {}).get(self.browser_state_name) != browser_state_of(secret):
            self._set_browser_state(response, browser_state_of(secret))

    def set_transaction(self, response: Response, secret: str) -> None:
        """Give the browser the secret for its interactions; the edge does this where one is missing."""
        self._set(response, f"op_tx_{secret[:6]}", secret)

    def set_device(self, response: Response, mark: str, *, lifetime: timedelta) -> None:
        """Remember this browser as known for `lifetime`."""
        self._set(response, "op_dev", mark, max_age=int(lifetime.total_seconds()))

    def delete_session(self, response: Response) -> None:
        """Take the session from the browser."""
        self._set(response, "op_sid", "", max_age=0, same_site=self.session_same_site if self.secure else "lax")
        if self.session_management:
            self._set_browser_state(response, "", max_age=0)

    def delete_device(self, response: Response) -> None:
        """Forget that this browser is known."""
        self._set(response, "op_dev", "", max_age=0)

    def _set_browser_state(self, response: Response, value: str, *, max_age: int | None = None) -> None:
        # Read in a frame of another site, so SameSite=None; without Secure browsers would drop that, hence Lax there.
        response.set_cookie(
            self.browser_state_name,
            value,
            max_age=max_age,
            path="/",
            secure=self.secure,
            httponly=False,
            samesite="none" if self.secure else "lax",
        )

    def _random(self, sent: Mapping[str, str], name: str) -> str | None:
        value = sent.get(self._name(name))
        return value if value is not None and _RANDOM.match(value) else None

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name

    def _set(
        self, response: Response, name: str, value: str, *, max_age: int | None = None, same_site: SameSite = "lax"
    ) -> None:
        response.set_cookie(
            self._name(name), value, max_age=max_age, path="/", secure=self.secure, httponly=True, samesite=same_site
        )
