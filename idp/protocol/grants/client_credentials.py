"""Client credentials: a token for the client itself (RFC 6749 section 4.4)."""

from typing import Any

from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant

from idp.protocol.clients.client import IDENTITY_SCOPES, RegisteredClient
from idp.protocol.refusals import oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens.minted_tokens import TokenResponse


class OwnAccessGrant(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's grant for confidential clients and scopes of their own; nothing about a person is handed out."""

    server: AuthorizationServer

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Exactly one method, by our own rules; a public client has no credentials to show."""
        client = self.server.authenticate(self.request)
        if client.is_public:
            raise oauth_error("unauthorized_client", "A public client cannot use the client credentials grant.")
        return client

    def validate_requested_scope(self) -> None:
        """Only what the client is registered for."""
        asked = (self.request.form.get("scope") or "").split()
        if not set(asked) <= set(self._own_scopes()):
            raise oauth_error(
                "invalid_scope", "scope may contain only what the client is registered for, and no identity scopes."
            )

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """Store the token and answer. One insert."""
        now, client = self.server.clock(), self.request.client
        asked = tuple(dict.fromkeys((self.request.form.get("scope") or "").split())) or self._own_scopes()
        resources = self.server.asked_resources(self.request, client, granted=None)
        jkt = self.server.proven_key(self.request, client)
        access = self.server.mint.access(client, asked, grant=None, resources=resources, jkt=jkt, now=now)
        with self.server.database.autocommit() as db:
            access.store(db, client_id=client.client_id, scopes=asked)
        response = TokenResponse(access_token=access.value, token_type=access.token_type, expires_in=access.expires_in)
        if asked:
            response["scope"] = " ".join(asked)
        return 200, response, self.TOKEN_RESPONSE_HEADER

    def _own_scopes(self) -> tuple[str, ...]:
        client: RegisteredClient = self.request.client
        return tuple(scope for scope in client.scope if scope not in IDENTITY_SCOPES)
