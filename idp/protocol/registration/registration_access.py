"""Who may register a client or change one: bearers of tokens, and the answers to others (RFC 7591 3, RFC 7592 2)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from idp.protocol.registration.registration_refusals import InvalidClientMetadata
from idp.protocol.tokens import opaque

CountRegistration = Callable[[str], timedelta | None]
"""Counts a registration from an address; how long to wait when there have been too many."""


@dataclass(eq=False)
class RegistrationRefused(Exception):
    """The request ends here, with this answer."""

    status: int
    body: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)


def bearer(authorization: Sequence[str]) -> str | None:
    """The token in the Authorization header; None when there is no such header (RFC 6750 section 2.1).

    Raises:
        RegistrationRefused: The header came twice, or holds something else.
    """
    if not authorization:
        return None
    scheme, _, token = authorization[0].partition(" ")
    token = token.strip()
    if len(authorization) > 1 or scheme.lower() != "bearer" or not 0 < len(token) <= opaque.LONGEST:
        raise unauthorized("Send one token, as: Authorization: Bearer ...")
    return token


def unauthorized(sentence: str | None = None) -> RegistrationRefused:
    """The refusal of a request without a token, or with one that is of no use.

    Args:
        sentence: What is wrong with the token that came. None: none came, which is no error yet (RFC 6750 section 3.1).
    """
    told = "A token is needed here." if sentence is None else sentence
    challenge = "Bearer" if sentence is None else f'Bearer error="invalid_token", error_description="{sentence}"'
    return RegistrationRefused(
        401, {"error": "invalid_token", "error_description": told}, {"WWW-Authenticate": challenge}
    )


def unknown_initial_token() -> RegistrationRefused:
    """The refusal of an initial access token, whatever is wrong with it."""
    return unauthorized("The initial access token is unknown, expired, revoked or used up.")


def unknown_client() -> RegistrationRefused:
    """The refusal of a registration access token; of an unknown client's too, so that ids cannot be tried."""
    return unauthorized("The token is not the registration access token of a client at this address.")


def unregistrable(refusal: InvalidClientMetadata) -> RegistrationRefused:
    """The refusal of metadata that cannot be registered (RFC 7591 section 3.2.2)."""
    return RegistrationRefused(400, {"error": refusal.error, "error_description": str(refusal)})


def count_one(count: CountRegistration, address: str) -> None:
    """Count what a stranger makes us store or ask for.

    Raises:
        RegistrationRefused: That was one too many.
    """
    wait = count(address)
    if wait is not None:
        body = {
            "error": "temporarily_unavailable",
            "error_description": "Too many clients have been registered from this address; wait and try again.",
        }
        raise RegistrationRefused(429, body, {"Retry-After": str(max(1, round(wait.total_seconds())))})
