"""Authlib's authorization server, given our clients, clock and keys: one for each process, keeping nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer as AuthlibServer
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

from idp.protocol import opaque
from idp.protocol.client import ClientRegistry, RegisteredClient
from idp.protocol.client_assertion import ClientAssertions
from idp.protocol.client_authentication import ClientAuthentication
from idp.protocol.client_keys import ClientKeys
from idp.protocol.foundation import Foundation
from idp.protocol.id_token import Beside, IdTokens
from idp.protocol.lifetimes import Lifetimes
from idp.protocol.messages import AuthlibRequest, ClientRequest, Reply
from idp.protocol.refusals import OAuth2Error, oauth_error
from idp.store.base import digest_of
from idp.store.grants import Grant
from idp.store.redemption import NewTokens, Redeemed
from keys.ring import NoSigningKey
from keys.vault import VaultError

_log = logging.getLogger(__name__)

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE_GRANT_TYPE)


class TokenResponse(dict[str, Any]):
    """A token response (RFC 6749 section 5.1). Authlib logs it at DEBUG, so it does not show what it holds."""

    def __repr__(self) -> str:
        """Only that it is one."""
        return "<token response>"


@dataclass(frozen=True, slots=True)
class MintedTokens:
    """Tokens made before the claim that stores their digests."""

    access_token: str
    refresh_token: str
    issued_at: datetime
    access_expires_at: datetime
    refresh_expires_at: datetime

    @classmethod
    def new(cls, lifetimes: Lifetimes, *, now: datetime, refresh_until: datetime | None = None) -> "MintedTokens":
        """Fresh tokens. `refresh_until` is the absolute end of the family."""
        idle = now + lifetimes.refresh_idle
        return cls(
            access_token=opaque.new(opaque.ACCESS_TOKEN),
            refresh_token=opaque.new(opaque.REFRESH_TOKEN),
            issued_at=now,
            access_expires_at=now + lifetimes.access_token,
            refresh_expires_at=min(idle, refresh_until or now + lifetimes.refresh_absolute),
        )

    def digests(self) -> NewTokens:
        """What is stored of them."""
        return NewTokens(
            digest_of(self.access_token), self.access_expires_at, digest_of(self.refresh_token), self.refresh_expires_at
        )

    def response(self, grant: Grant, scope: str) -> TokenResponse:
        """What the client gets. The refresh token goes out where `offline_access` was granted."""
        response = TokenResponse(
            access_token=self.access_token,
            token_type="Bearer",
            expires_in=int((self.access_expires_at - self.issued_at).total_seconds()),
            scope=scope,
        )
        if "offline_access" in grant.scopes:
            response["refresh_token"] = self.refresh_token
        return response


class AuthorizationServer(AuthlibServer):  # type: ignore[misc]  # Authlib is untyped
    """The protocol core. Grants reach everything they need through it."""

    def __init__(self, foundation: Foundation, registry: ClientRegistry, client_keys: ClientKeys) -> None:
        super().__init__()
        self.registry = registry
        self.issuer = foundation.issuer
        self.features = foundation.features
        self.database = foundation.database
        self.ring = foundation.ring
        self.subjects = foundation.subjects
        self.lifetimes = foundation.lifetimes
        self.id_tokens = IdTokens(self.issuer, self.ring, self.subjects, self.lifetimes.id_token)
        self.audit = foundation.audit
        self.clock = foundation.clock
        assertions = ClientAssertions(self.issuer, database=self.database, keys=client_keys)
        self._clients = ClientAuthentication(registry, assertions, foundation.count_failure)

    def query_client(self, client_id: str) -> RegisteredClient | None:
        """The client, unless it is unknown or disabled."""
        return self.registry.get(client_id)

    def authenticate(self, request: AuthlibRequest) -> RegisteredClient:
        """The client of a token request."""
        assert request.client_request is not None
        return self._authenticate(request.client_request)

    def _authenticate(self, request: ClientRequest) -> RegisteredClient:
        return self._clients.authenticate(request, now=self.clock())

    def require_signing_key(self, client: RegisteredClient) -> None:
        """See to it that an ID token can be signed, before anything is claimed that could not be answered then.

        Raises:
            OAuth2Error: With status 503; the log says what the operator has to run.
        """
        try:
            self.ring.signing_key(client.id_token_signed_response_alg)
        except (NoSigningKey, VaultError) as error:
            _log.error("no ID token can be signed for client %s: %s", client.client_id, error)
            raise oauth_error(
                "temporarily_unavailable", "There is no key to sign ID tokens with; try again later.", status=503
            ) from error

    def mint_id_token(
        self, client: RegisteredClient, redeemed: Redeemed, access_token: str, *, with_nonce: bool = True
    ) -> str:
        """An ID token for a grant."""
        return self.id_tokens.mint(
            client,
            redeemed.grant,
            redeemed.person,
            beside=Beside(access_token=access_token),
            now=self.clock(),
            with_nonce=with_nonce,
        )

    def token(self, request: ClientRequest) -> Reply:
        """Answer a token request (RFC 6749 section 3.2)."""
        parameters = request.parameters
        if parameters.repeated:
            return self.refuse(oauth_error("invalid_request", "Every parameter must be sent once."))
        grant_type = parameters.get("grant_type")
        if grant_type is None:
            return self.refuse(oauth_error("invalid_request", "grant_type is missing."))
        if grant_type not in GRANT_TYPES:
            return self.refuse(
                oauth_error(
                    "unsupported_grant_type",
                    "grant_type must be one of grant_types_supported in the discovery document.",
                )
            )
        reply: Reply = self.create_token_response(request)
        return reply

    def authenticated(self, request: ClientRequest, answer: Callable[[RegisteredClient], Reply]) -> Reply:
        """Authenticate the client of a request to a neighbour of the token endpoint, and answer it."""
        try:
            if request.parameters.repeated:
                raise oauth_error("invalid_request", "Every parameter must be sent once.")
            return answer(self._authenticate(request))
        except OAuth2Error as error:
            return self.refuse(error)

    def create_oauth2_request(self, request: ClientRequest | AuthlibRequest) -> AuthlibRequest:
        """Authlib's view of a request. Handed its own result, it gives it back."""
        if isinstance(request, AuthlibRequest):
            return request
        # Authlib refuses plain http by the address it is given, which behind a proxy would be wrong.
        made = AuthlibRequest("POST", "https://token.invalid/", request.parameters)
        made.client_request = request
        made.asked = self
        return made

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Reply:
        """Our own reply in the place of a framework's."""
        return Reply(status, body, tuple(headers))

    def refuse(self, error: OAuth2Error) -> Reply:
        """A refusal as a reply."""
        reply: Reply = self.handle_response(*error(None))
        return reply

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""
