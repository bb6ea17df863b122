"""The stylesheet, the script and the icon: read once at start, served under an address that changes with them."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

from starlette.responses import Response

from idp.web.exchange import Exchange
from idp.web.failures import not_found
from idp.web.replies import bytes_with_etag

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
}

_YEAR = timedelta(days=365)
_SHORT = timedelta(minutes=5)


class StaticFiles:
    """Serves the files of one flat directory from memory; a path never reaches the file system.

    Attributes:
        version: A digest of all files. Pages ask for `/static/idp.css?v=<version>`, so caches may keep an answer.
    """

    def __init__(self, directory: Path) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(directory.iterdir()) if path.suffix in TYPES}
        digest = hashlib.sha256()
        for name, content in self._files.items():
            digest.update(name.encode() + b"\x00" + hashlib.sha256(content).digest())
        self.version = digest.hexdigest()[:12]

    def serve(self, exchange: Exchange) -> Response:
        """Answer `GET /static/{name}`."""
        name = exchange.path_params["name"]
        body = self._files.get(name)
        if body is None:
            raise not_found()
        current = exchange.query.get("v") == self.version
        media_type = TYPES[Path(name).suffix]
        return bytes_with_etag(exchange, body, media_type=media_type, max_age=_YEAR if current else _SHORT)
