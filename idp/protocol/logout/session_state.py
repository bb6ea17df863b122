"""What tells a relying party's page, without asking us, whether the person is still signed in here.

OpenID Connect Session Management 1.0 sections 2 and 3. The page of the relying party frames ours, the
`check_session_iframe`, and hands it the `session_state` of the authorization response; ours makes it anew from a cookie
that scripts of this origin can read, and compares. In browsers that keep cookies from framed pages this is of no use;
back-channel logout is what works everywhere.
"""

import hashlib
import secrets
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def session_state(client_id: str, redirect_uri: str, browser_state: str, *, salt: str | None = None) -> str:
    """The `session_state` of an authorization response. The script of our frame computes the same.

    Args:
        redirect_uri: Where the answer goes: its origin is that of the pages which will ask.
        browser_state: `idp.web.cookies.browser_state_of` the browser's session, or "" where there is none.
        salt: A fresh one unless given, so that two clients cannot compare what they hold.
    """
    salt = salt if salt is not None else secrets.token_urlsafe(12)
    told = f"{client_id} {origin_of(redirect_uri)} {browser_state} {salt}"
    return f"{hashlib.sha256(told.encode()).hexdigest()}.{salt}"


def origin_of(url: str) -> str:
    """The origin of a URL as browsers write it (RFC 6454 section 6.2)."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    port = "" if parts.port in {None, _DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"
