"""The token endpoint and its neighbours: what clients ask for by themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from idp.accounts.visitor import Visitor
from idp.protocol.authorization.pushed_request import push
from idp.protocol.grants.device_authorization import CountDevice, authorize_device
from idp.protocol.messages import ClientRequest, Parameters, Reply
from idp.protocol.provider import Provider
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.introspection import introspect
from idp.protocol.tokens.revocation import revoke
from idp.refusing import Refusing
from idp.web import replies
from idp.web.exchange import Exchange


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """`/token` (RFC 6749 section 3.2), `/revoke` (RFC 7009), `/introspect` (RFC 7662) and `/device_authorization`."""

    provider: Provider
    refusing: Refusing
    pushed_request_life: timedelta
    count_device: CountDevice

    @property
    def server(self) -> AuthorizationServer:
        """What answers most of them."""
        return self.provider.server

    def token(self, exchange: Exchange) -> Response:
        """Exchange a grant for tokens."""
        return self._answer(exchange, self.server.token)

    def revoke(self, exchange: Exchange) -> Response:
        """Revoke a token."""
        return self._answer(exchange, lambda request: revoke(self.server, request))

    def push(self, exchange: Exchange) -> Response:
        """Take an authorization request that a browser will bring the reference of."""
        return self._answer(exchange, lambda request: push(self.provider, request, life=self.pushed_request_life))

    def introspect(self, exchange: Exchange) -> Response:
        """Tell about a token."""
        return self._answer(exchange, lambda request: introspect(self.server, request))

    def authorize_device(self, exchange: Exchange) -> Response:
        """Give a device the code that a person types elsewhere."""
        device = Visitor(exchange.client_address, exchange.headers.get("user-agent", "")).device
        return self._answer(
            exchange,
            lambda request: authorize_device(
                self.server, request, user_agent=device["user_agent"], count=self.count_device
            ),
        )

    def _answer(self, exchange: Exchange, respond: Callable[[ClientRequest], Reply]) -> Response:
        authorization = exchange.headers.getlist("authorization")
        request = ClientRequest(
            Parameters.parse(exchange.form.as_mapping()),
            authorization=authorization[0] if authorization else None,
            address=exchange.client_address,
            path=exchange.path,
            proofs=tuple(exchange.headers.getlist("dpop")),
            accept=exchange.headers.get("accept", ""),
        )
        reply = _unacceptable(exchange, authorization) or respond(request)
        if isinstance(reply.body, Mapping) and reply.status >= 400:
            self.refusing.client_request(exchange, request, reply.body)
        return reply_to_response(reply)


def _unacceptable(exchange: Exchange, authorization: list[str]) -> Reply | None:
    """The refusal of a request that is wrong whatever it asks for."""
    if exchange.query.get("client_secret") is not None:
        # It stands in logs and histories by now; answering would hide that (RFC 6749 section 2.3.1).
        sentence = "Never send a client_secret in the URL."
    elif len(authorization) > 1:
        sentence = "Send one Authorization header."
    else:
        return None
    return Reply(400, {"error": "invalid_request", "error_description": sentence})


def reply_to_response(reply: Reply) -> Response:
    """A protocol reply on the wire."""
    if isinstance(reply.body, str):
        return Response(reply.body, status_code=reply.status, headers=dict(reply.headers))
    # Authlib says application/json as well.
    headers = {name: value for name, value in reply.headers if name != "Content-Type"}
    return replies.json(reply.status, dict(reply.body), headers)
