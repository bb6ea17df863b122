"""Pictures of people, for the pages of relying parties."""

from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from idp.accounts.picture import MEDIA_TYPE
from idp.store import pictures
from idp.store.database import Database
from idp.web.exchange import Exchange
from idp.web.failures import not_found
from idp.web.replies import bytes_with_etag

_KEPT = timedelta(days=7)
"""How long caches may keep one. The address never shows another, but a removed picture should be gone at some time."""
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    # Whole or not at all: pieces of something this small are of use only to who wants to keep a server busy.
    "Accept-Ranges": "none",
}


@dataclass(frozen=True, slots=True)
class PictureEndpoint:
    """`/picture/{id}`. Who knows the id, because an app was told, sees the picture: an `<img>` brings no token."""

    database: Database

    def show(self, exchange: Exchange) -> Response:
        """Answer with the picture. There is none any more where it was removed or the account cannot be used."""
        with self.database.autocommit() as db:
            image = pictures.find(db, exchange.path_params["id"])
        if image is None:
            raise not_found()
        response = bytes_with_etag(exchange, image, media_type=MEDIA_TYPE, max_age=_KEPT)
        response.headers.update(_HEADERS | {"Cache-Control": response.headers["Cache-Control"] + ", immutable"})
        return response
