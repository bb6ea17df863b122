"""The userinfo endpoint (OpenID Connect Core 1.0 section 5.3)."""

from dataclasses import dataclass

from starlette.responses import Response

from idp.clock import Clock
from idp.protocol.messages import Parameters, Reply
from idp.protocol.userinfo import userinfo
from idp.store.database import Database
from idp.web import replies
from idp.web.exchange import Exchange


@dataclass(frozen=True, slots=True)
class UserinfoEndpoint:
    """`/userinfo`, by GET or POST, with the token in the header or in the form (RFC 6750)."""

    database: Database
    clock: Clock

    def answer(self, exchange: Exchange) -> Response:
        """The claims that the access token stands for."""
        form = Parameters.parse(exchange.form.as_mapping())
        authorization = exchange.headers.getlist("authorization")
        if len(authorization) > 1 or form.repeated:
            return replies.json(400, {"error": "invalid_request", "error_description": "Send one access token, once."})
        reply: Reply = userinfo(
            self.database,
            authorization=authorization[0] if authorization else None,
            form=form,
            now=self.clock(),
        )
        return replies.json(
            reply.status, dict(reply.body) if not isinstance(reply.body, str) else {}, dict(reply.headers)
        )
