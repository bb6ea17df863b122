"""Client authentication: exactly one method in a request, and one answer for every failure (RFC 6749 section 2.3)."""

import base64
import binascii
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

from idp.protocol.client import ClientRegistry, RegisteredClient
from idp.protocol.messages import ClientRequest
from idp.protocol.refusals import OAuth2Error, oauth_error

SECRET_METHODS = frozenset({"client_secret_basic", "client_secret_post"})
SUPPORTED = ("client_secret_basic", "client_secret_post", "none")


class ClientAuthenticationFailed(OAuth2Error):  # type: ignore[misc]  # Authlib is untyped
    """The client is unknown, or could not show that it is itself. Which of the two is not told."""

    error = "invalid_client"

    def __init__(self, *, by_basic: bool) -> None:
        super().__init__(
            "Client authentication failed: unknown client, wrong or missing secret, or a method that this client is "
            "not registered for.",
            status_code=401,
            error=self.error,
        )
        self._by_basic = by_basic

    def get_headers(self) -> list[tuple[str, str]]:
        """With the challenge that HTTP asks for when the Authorization header was used (RFC 6749 section 5.2)."""
        headers: list[tuple[str, str]] = super().get_headers()
        if self._by_basic:
            headers.append(("WWW-Authenticate", 'Basic realm="token", charset="UTF-8"'))
        return headers


class TooManyFailures(OAuth2Error):  # type: ignore[misc]  # Authlib is untyped
    """This source has failed for this client too often in the last minute. The client itself is never locked."""

    error = "temporarily_unavailable"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(
            "Too many failed client authentications from this address; wait and try again.",
            status_code=429,
            error=self.error,
        )
        self._wait = wait

    def get_headers(self) -> list[tuple[str, str]]:
        """With the seconds to wait (RFC 9110 section 10.2.3)."""
        headers: list[tuple[str, str]] = super().get_headers()
        return [*headers, ("Retry-After", str(max(1, round(self._wait.total_seconds()))))]


CountFailure = Callable[[str, str], timedelta | None]
"""Counts a failed authentication of a client from an address; how long to wait when there have been too many."""


def authenticate(
    registry: ClientRegistry, count_failure: CountFailure, request: ClientRequest, *, now: datetime
) -> RegisteredClient:
    """The client that makes this request.

    One secret serves Basic and body alike, because released libraries use both under one registration; a client
    registered with `none` sends only its id.

    Raises:
        OAuth2Error: `invalid_request` for two methods at once, `invalid_client` for everything else. Nothing has been
            used up: a code can still be redeemed by a second, better try.
    """
    client_id, secret, by_basic = _credentials(request)
    client = registry.get(client_id)
    if client is not None and _is_shown(client, secret, now=now):
        return client
    # After the check: secrets are random, a right one is always good, and no stranger can make a client wait.
    wait = count_failure(client_id, request.address)
    if wait is not None:
        raise TooManyFailures(wait)
    raise ClientAuthenticationFailed(by_basic=by_basic)


def _is_shown(client: RegisteredClient, secret: str | None, *, now: datetime) -> bool:
    """Whether the request shows what the client is registered for: no secret, or one of its secrets."""
    if secret is None:
        return client.is_public
    return client.token_endpoint_auth_method in SECRET_METHODS and client.has_secret(secret, now=now)


def _credentials(request: ClientRequest) -> tuple[str, str | None, bool]:
    """Client id, secret, and whether they came in the Authorization header."""
    form_id, form_secret = request.parameters.get("client_id"), request.parameters.get("client_secret")
    if request.authorization is None:
        if form_id is None:
            raise ClientAuthenticationFailed(by_basic=True)
        return form_id, form_secret, False
    if form_secret is not None:
        raise oauth_error(
            "invalid_request", "Use one client authentication method: the Authorization header or client_secret."
        )
    client_id, secret = _basic(request.authorization)
    if form_id is not None and form_id != client_id:
        raise oauth_error("invalid_request", "client_id differs from the client in the Authorization header.")
    return client_id, secret, True


def _basic(authorization: str) -> tuple[str, str]:
    """Id and secret of a Basic header, both halves form-decoded (RFC 6749 section 2.3.1).

    Ids and secrets are issued in characters that read the same encoded or not, so that clients that forget the
    encoding get in too.
    """
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic" or len(credentials) > 4096:
        raise ClientAuthenticationFailed(by_basic=True)
    try:
        decoded = base64.b64decode(credentials.strip(), validate=True).decode()
        client_id, colon, secret = decoded.partition(":")
        client_id, secret = (unquote_plus(half, errors="strict") for half in (client_id, secret))
    except (binascii.Error, UnicodeError, ValueError):
        raise ClientAuthenticationFailed(by_basic=True) from None
    if not colon or "\0" in decoded or "\0" in client_id or "\0" in secret:
        raise ClientAuthenticationFailed(by_basic=True)
    return client_id, secret
