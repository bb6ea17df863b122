"""The userinfo endpoint (OpenID Connect Core 1.0 section 5.3)."""

from dataclasses import dataclass

from starlette.responses import Response

from idp.protocol.messages import Parameters, ResourceRequest
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.userinfo import userinfo
from idp.web import replies
from idp.web.exchange import Exchange


@dataclass(frozen=True, slots=True)
class UserinfoEndpoint:
    """`/userinfo`, by GET or POST, with the token in the header or in the form (RFC 6750)."""

    server: AuthorizationServer

    def answer(self, exchange: Exchange) -> Response:
        """The claims that the access token stands for: JSON, or a JWT for clients registered so (section 5.3.2)."""
        form = Parameters.parse(exchange.form.as_mapping())
        authorization = exchange.headers.getlist("authorization")
        if len(authorization) > 1 or form.repeated:
            return replies.json(400, {"error": "invalid_request", "error_description": "Send one access token, once."})
        request = ResourceRequest(
            exchange.method,
            exchange.path,
            authorization=authorization[0] if authorization else None,
            in_form=form.get("access_token"),
            proofs=tuple(exchange.headers.getlist("dpop")),
        )
        reply = userinfo(self.server, request, now=self.server.clock())
        headers = dict(reply.headers)
        if isinstance(reply.body, str):
            return Response(reply.body, status_code=reply.status, headers=headers, media_type="application/jwt")
        return replies.json(reply.status, reply.body, headers)
