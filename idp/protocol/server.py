"""Authlib's authorization server, given our clients, clock and keys: one for each process, keeping nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer as AuthlibServer
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

from idp.protocol.clients.client import ClientRegistry, RegisteredClient
from idp.protocol.clients.client_assertion import ClientAssertions
from idp.protocol.clients.client_authentication import ClientAuthentication
from idp.protocol.clients.client_keys import ClientKeys
from idp.protocol.foundation import Foundation
from idp.protocol.messages import AuthlibRequest, ClientRequest, Reply
from idp.protocol.refusals import OAuth2Error, oauth_error
from idp.protocol.tokens.id_token import Beside, IdTokens
from idp.protocol.tokens.key_proofs import KeyProofs
from idp.protocol.tokens.mint import Mint
from idp.protocol.tokens.protected_resource import ProtectedResource
from idp.protocol.tokens.resources import InvalidTarget, asked_resources
from idp.store.redemption import Redeemed

GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE_GRANT_TYPE)


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
        self.mint = Mint(foundation)
        self.key_proofs = KeyProofs(foundation.proof_rules, self.database, registry)
        self.protected = ProtectedResource(self.database, self.key_proofs, self.issuer)
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
        """See to it that tokens can be signed, before anything is claimed that could not be answered then.

        Raises:
            OAuth2Error: With status 503; the log says what the operator has to run.
        """
        self.mint.signing_key(client)

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
        made = self.create_oauth2_request(request)
        reply: Reply = self.create_token_response(made)
        if made.next_nonce is not None:
            return replace(reply, headers=(*reply.headers, ("DPoP-Nonce", made.next_nonce)))
        return reply

    def proven_key(self, request: AuthlibRequest, client: RegisteredClient) -> str | None:
        """The thumbprint of the key that the tokens of this request are to be bound to; None without a DPoP proof.

        Call it last before something is claimed: the proof is used up then.

        Raises:
            OAuth2Error: The client has to send a proof and does not, or it is not good.
        """
        assert request.client_request is not None
        key = self.key_proofs.of_client(request.client_request, client, now=self.clock())
        if key is None:
            return None
        request.next_nonce = key.next_nonce
        return key.jkt

    def asked_resources(
        self, request: AuthlibRequest, client: RegisteredClient, *, granted: tuple[str, ...] | None
    ) -> tuple[str, ...] | None:
        """The resources that a token request names, within what was granted (RFC 8707 section 2.2).

        Raises:
            OAuth2Error: `invalid_target`.
        """
        assert request.client_request is not None
        try:
            return asked_resources(request.client_request.parameters, client, issuer=self.issuer, granted=granted)
        except InvalidTarget as refused:
            raise oauth_error("invalid_target", refused.sentence) from refused

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
