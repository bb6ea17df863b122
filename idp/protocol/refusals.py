"""Refusals. Each has a sentence for its reader that never repeats what was sent, and a name for the log."""

from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error

__all__ = ["OAuth2Error", "RefusedToClient", "RefusedToPerson", "oauth_error"]


# Not frozen: leaving a `with` writes the traceback to an exception.
@dataclass(eq=False)
class RefusedToPerson(Exception):
    """Shown on our own page: who asked, or where the answer should go, is not proven (RFC 6749 section 4.1.2.1).

    Attributes:
        reason: A short name for the log.
        sentence: For the developer of the relying party; says what to change.
        client_id: The client, where it is known.
    """

    reason: str
    sentence: str
    client_id: str | None = None

    def __str__(self) -> str:
        """The sentence."""
        return self.sentence


@dataclass(eq=False)
class RefusedToClient(Exception):
    """Sent to the proven redirect URI (OpenID Connect Core 1.0 section 3.1.2.6)."""

    error: str
    sentence: str

    def __str__(self) -> str:
        """The sentence."""
        return self.sentence


def oauth_error(error: str, sentence: str, *, status: int = 400, **more: Any) -> OAuth2Error:
    """A refusal at the token endpoint and its neighbours (RFC 6749 section 5.2)."""
    return OAuth2Error(sentence, error=error, status_code=status, **more)
