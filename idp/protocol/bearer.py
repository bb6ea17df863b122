"""Bearer tokens as they arrive at a protected resource (RFC 6750)."""

from datetime import datetime

from idp.protocol import opaque
from idp.protocol.messages import Reply
from idp.store.base import digest_of
from idp.store.database import Database
from idp.store.tokens import AccessToken, find_access


class BearerRefused(Exception):
    """The request carries no usable token. `reply` is the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def access_token(
    database: Database, *, authorization: str | None, in_form: str | None, scope: str, now: datetime
) -> AccessToken:
    """The live access token of a request, in one read.

    Args:
        in_form: The `access_token` of a form body (RFC 6750 section 2.2). A query is never looked at.
        scope: What the token must have been granted.

    Raises:
        BearerRefused: With the challenge of RFC 6750 section 3.
    """
    token = _bearer(authorization)
    if token is not None and in_form is not None:
        raise _refused(400, "invalid_request", "Send the access token once: in the header or in the form.")
    token = token if token is not None else in_form
    if token is None:
        # Without any token there is nothing to complain about: no error code (RFC 6750 section 3.1).
        raise BearerRefused(_challenge(401, "Bearer", {"error": "invalid_token"}))
    found = None
    if len(token) <= opaque.LONGEST:
        with database.autocommit() as db:
            found = find_access(db, digest_of(token), now=now)
    if found is None:
        raise _refused(401, "invalid_token", "The access token is unknown, expired or revoked.")
    if scope not in found.scopes or found.grant is None:
        raise _refused(403, "insufficient_scope", f"The access token was not granted {scope}.", scope=scope)
    return found


def _bearer(authorization: str | None) -> str | None:
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _refused(status: int, error: str, sentence: str, *, scope: str | None = None) -> BearerRefused:
    challenge = f'Bearer error="{error}", error_description="{sentence}"' + (f', scope="{scope}"' if scope else "")
    return BearerRefused(_challenge(status, challenge, {"error": error, "error_description": sentence}))


def _challenge(status: int, challenge: str, body: dict[str, str]) -> Reply:
    return Reply(status, body, (("WWW-Authenticate", challenge), ("Cache-Control", "no-store")))
