"""How client authentication fails. Whoever has shown nothing yet is not told what was wrong."""

from datetime import timedelta

from idp.protocol.refusals import OAuth2Error, oauth_error


class ClientAuthenticationFailed(OAuth2Error):  # type: ignore[misc]  # Authlib is untyped
    """The client is unknown, or could not show that it is itself. Which of the two is not told."""

    error = "invalid_client"

    def __init__(self, *, by_basic: bool) -> None:
        super().__init__(
            "Client authentication failed: unknown client, wrong or missing secret or signature, or a method that "
            "this client is not registered for.",
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


def unusable_assertion(sentence: str) -> OAuth2Error:
    """A refusal of an assertion for a reason that tells nothing about the client (RFC 7521 section 4.2.1)."""
    return oauth_error("invalid_client", f"client_assertion {sentence}.", status=401)
