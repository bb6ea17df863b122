"""Client authentication: exactly one method in a request, and one answer for every failure (RFC 6749 section 2.3)."""

from collections.abc import Callable
from datetime import datetime, timedelta

from idp.protocol.clients.authentication_failures import ClientAuthenticationFailed, TooManyFailures
from idp.protocol.clients.client import ClientRegistry, RegisteredClient
from idp.protocol.clients.client_assertion import ClientAssertions
from idp.protocol.clients.presented_credentials import Presented
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.messages import ClientRequest

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
SUPPORTED = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")

CountFailure = Callable[[str, str], timedelta | None]
"""Counts a failed authentication of a client from an address; how long to wait when there have been too many."""


class ClientAuthentication:
    """Tells which client makes a request, at the token endpoint and all its neighbours alike."""

    def __init__(self, registry: ClientRegistry, assertions: ClientAssertions, count_failure: CountFailure) -> None:
        self._registry = registry
        self._assertions = assertions
        self._count_failure = count_failure

    def authenticate(self, request: ClientRequest, *, now: datetime) -> RegisteredClient:
        """The client that makes this request.

        One secret serves Basic and body alike, because released libraries use both under one registration; a client
        registered with `none` sends only its id, one with `private_key_jwt` nothing but an assertion.

        Raises:
            OAuth2Error: `invalid_request` for two methods at once, `invalid_client` for everything else. Nothing has
                been used up: a code can still be redeemed by a second, better try.
            HasToWait: The keys of the client have to be fetched first.
        """
        presented = Presented.by(request)
        client = self._registry.get(presented.client_id)
        if client is not None and self._is_shown(client, presented, request, now=now):
            return client
        # After the check: secrets are random, a right one is always good, and no stranger can make a client wait.
        wait = self._count_failure(presented.client_id, request.address)
        if wait is not None:
            raise TooManyFailures(wait)
        raise ClientAuthenticationFailed(by_basic=presented.by_basic)

    def _is_shown(
        self, client: RegisteredClient, presented: Presented, request: ClientRequest, *, now: datetime
    ) -> bool:
        """Whether the request shows what the client is registered for: nothing, one of its secrets, or its key."""
        if client.token_endpoint_auth_method not in rules_of(client).authentication_methods:
            return False
        if presented.assertion is not None:
            return self._assertions.is_shown(presented.assertion, client, path=request.path, now=now)
        if presented.secret is None:
            return client.is_public
        return client.token_endpoint_auth_method in SECRET_METHODS and client.has_secret(presented.secret, now=now)
