"""The few shapes of answer that are not pages."""

from __future__ import annotations

import hashlib
import json as jsonlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from idp.web.exchange import Exchange

# Everything that RFC 3986 allows in a URI, and "%": what is there stays, the rest is percent-encoded.
_URI_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"

_LONGEST_URL = 8000


def see_other(url: str, headers: Mapping[str, str] | None = None) -> Response:
    """Send the browser to `url` with GET (RFC 9110 section 15.4.4); never 307, which would carry a password along.

    Args:
        url: Complete, and decided by the caller; nothing is added. Control characters and non-ASCII are
            percent-encoded, so a header cannot be split.
    """
    location = quote(url, safe=_URI_CHARACTERS)
    return Response(status_code=303, headers={**(headers or {}), "Location": location, "Cache-Control": "no-store"})


def json(status: int, body: Mapping[str, Any] | list[Any], headers: Mapping[str, str] | None = None) -> Response:
    """Answer with JSON (RFC 8259): UTF-8, compact, NaN refused."""
    encoded = jsonlib.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Response(encoded, status_code=status, headers=headers, media_type="application/json")


def html(body: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a page that is already rendered."""
    return Response(body, status_code=status, headers=headers, media_type="text/html")


def empty(status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    """Answer without a body."""
    return Response(status_code=status, headers=headers)


def bytes_with_etag(exchange: Exchange, body: bytes, *, media_type: str, max_age: timedelta) -> Response:
    """Answer with bytes that caches may keep for `max_age`; 304 if the caller has them (RFC 9110 section 13.1.2)."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={int(max_age.total_seconds())}"}
    known = exchange.headers.get("if-none-match", "")
    if known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=media_type)


def repeated_as_get(exchange: Exchange) -> Response | None:
    """Ask the browser to send a foreign POST again as a GET, so that its SameSite=Lax cookies come along.

    Use it where `exchange.cookies_withheld` is true. None if the request would not fit into a URL; it has to be
    answered without cookies then.
    """
    url = f"{exchange.path}?{urlencode(exchange.form.as_mapping(), doseq=True)}"
    return see_other(url) if len(url) <= _LONGEST_URL else None
