"""Authlib's checks of authorization requests for tokens, which run after ours. Nothing of the answer is made by it."""

from authlib.oauth2.rfc6749.grants.authorization_code import validate_code_authorization_request
from authlib.oauth2.rfc6749.grants.base import AuthorizationEndpointMixin, BaseGrant
from authlib.oidc.core.grants import OpenIDHybridGrant, OpenIDImplicitGrant

from idp.protocol.clients.client import RegisteredClient


class ImplicitRequest(OpenIDImplicitGrant):  # type: ignore[misc]  # Authlib is untyped
    """`id_token` and `id_token token`."""

    def authenticate_token_endpoint_client(self) -> RegisteredClient | None:
        """The client that the address was proven for: Authlib would have it registered without a secret."""
        client: RegisteredClient | None = self.server.query_client(self.request.payload.client_id)
        return client

    def exists_nonce(self, _nonce: str, _request: object) -> bool:
        """Nothing is done with nonces, as OpenID Connect Core 1.0 asks."""
        return False


class HybridRequest(OpenIDHybridGrant):  # type: ignore[misc]  # Authlib is untyped
    """`code id_token` and `code id_token token`."""

    RESPONSE_TYPES = frozenset({"code id_token", "code id_token token"})

    def exists_nonce(self, _nonce: str, _request: object) -> bool:
        """Nothing is done with nonces, as OpenID Connect Core 1.0 asks."""
        return False


class CodeAndTokenRequest(BaseGrant, AuthorizationEndpointMixin):  # type: ignore[misc]  # Authlib is untyped
    """`code token`, for which Authlib's hybrid grant would have a nonce although no ID token comes at once."""

    RESPONSE_TYPES = frozenset({"code token"})

    def validate_authorization_request(self) -> str:
        """Judge it as a request for a code."""
        redirect_uri: str = validate_code_authorization_request(self)
        return redirect_uri
