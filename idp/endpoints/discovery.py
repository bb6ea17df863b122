"""What relying parties read before anything else: metadata and keys."""

import json
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from idp.protocol.features import Features
from idp.protocol.metadata import discovery
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.i18n import LANGUAGES
from keys.ring import KeyRing

_MAX_AGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class DiscoveryEndpoint:
    """`/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server` and `/jwks`."""

    issuer: str
    features: Features
    ring: KeyRing

    def metadata(self, exchange: Exchange) -> Response:
        """The metadata document (OpenID Connect Discovery 1.0 section 4, RFC 8414 section 3)."""
        document = discovery(
            self.issuer, self.features, algorithms=self.ring.algorithms(), ui_locales=sorted(LANGUAGES)
        )
        return replies.bytes_with_etag(
            exchange, json.dumps(document).encode(), media_type="application/json", max_age=_MAX_AGE
        )

    def jwks(self, exchange: Exchange) -> Response:
        """The public keys (RFC 7517 section 5), cacheable for exactly as long as rotation allows for."""
        document = self.ring.jwks()
        return replies.bytes_with_etag(exchange, document.body, media_type="application/json", max_age=document.max_age)
