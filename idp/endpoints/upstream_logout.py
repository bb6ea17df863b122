"""Where other providers tell that somebody has signed out there: what rests on that sign-in ends here too."""

import logging
from dataclasses import dataclass

from starlette.responses import Response

from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.federation.connectors import Connectors
from idp.federation.id_token import SKEW
from idp.federation.logout import EndedThere, read_logout_token
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem
from idp.store import session_endings, upstream_identities, used_jtis
from idp.store.database import Database
from idp.web import failures, replies
from idp.web.exchange import Exchange

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UpstreamLogoutEndpoint:
    """`/social/{connector}/logout`, the back-channel logout URI to register at an OpenID provider.

    On the waiting lane, since the provider's keys may have to be asked for.
    """

    database: Database
    connectors: Connectors
    clock: Clock

    def end(self, exchange: Exchange) -> Response:
        """End the sessions that came of the sign-in which has ended there, and tell the relying parties in turn."""
        connector = self.connectors.get(exchange.path_params["connector"])
        if not isinstance(connector, OidcConnector):
            raise failures.not_found()
        try:
            ended = read_logout_token(connector, exchange.form.get("logout_token"), now=self.clock())
        except UpstreamProblem as problem:
            log.warning("a logout token was refused", extra={"connector": connector.name, "reason": problem.sentence})
            return _refused()
        return replies.empty(200) if self._end(exchange, connector.name, ended) else _refused()

    def _end(self, exchange: Exchange, connector: str, ended: EndedThere) -> bool:
        now = self.clock()
        occasion = Occasion(now, exchange.request_id, exchange.client_address)
        with self.database.transaction() as db:
            if not used_jtis.use(db, "upstream_logout", ended.issuer, ended.jti, expires_at=ended.expires_at + SKEW):
                return False
            for session_id, account_id in upstream_identities.sessions_from(
                db, ended.issuer, subject=ended.subject, sid=ended.sid
            ):
                if session_endings.end(db, session_id, because="upstream_logout", now=now):
                    facts = {"because": "upstream_logout", "connector": connector}
                    note(db, Event.SESSION_ENDED, occasion, account_id=account_id, session_id=session_id, facts=facts)
        return True


def _refused() -> Response:
    body = {"error": "invalid_request", "error_description": "This is no logout token that can be used here."}
    return replies.json(400, body)
