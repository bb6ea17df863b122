"""Whether the process lives, and whether it can serve."""

from dataclasses import dataclass

from starlette.responses import Response

from idp.store import schema
from idp.store.database import Database
from idp.web import replies
from idp.web.exchange import Exchange
from keys.ring import KeyRing, NoSigningKey
from keys.vault import VaultError


@dataclass(frozen=True, slots=True)
class HealthEndpoint:
    """`/livez` never touches the database, so that an outage there restarts nobody; `/readyz` does."""

    database: Database
    ring: KeyRing

    def live(self, _exchange: Exchange) -> Response:
        """The process answers."""
        return replies.json(200, {"status": "live"})

    def ready(self, _exchange: Exchange) -> Response:
        """Database, schema and signing key are there; otherwise 503 says which is not."""
        problems = schema.check(self.database)
        try:
            self.ring.signing_key()
        except (NoSigningKey, VaultError) as error:
            problems.append(str(error))
        if problems:
            return replies.json(503, {"status": "not ready", "problems": problems})
        return replies.json(200, {"status": "ready"})
