"""What a client is told about its registration (RFC 7591 section 3.2.1, RFC 7592 section 3)."""

from datetime import datetime
from typing import Any

from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.registration.dynamic_registration import OPERATORS_ALONE
from idp.protocol.registration.registration_refusals import InvalidClientMetadata

_ALWAYS_TOLD = frozenset({"grant_types", "response_types", "redirect_uris"})
# RFC 7592 section 2.2: a client must not send them, so that nobody takes them for something that can be changed.
_NEVER_SENT = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


def client_information(
    client_id: str, registered: ClientMetadata, *, issuer: str, token: str, issued_at: datetime, secret: str | None
) -> dict[str, Any]:
    """The client information response.

    Args:
        token: The registration access token. Its digest alone is stored; at management this is the one that came.
        secret: A secret that has just been made. One that exists already is not known here, and so not repeated.
    """
    told = {
        name: value
        for name, value in registered.document().items()
        if name not in OPERATORS_ALONE and (value != [] or name in _ALWAYS_TOLD)
    }
    # It does not expire by itself; an operator may end it (RFC 7591 section 3.2.1).
    of_the_secret = {"client_secret": secret, "client_secret_expires_at": 0} if secret is not None else {}
    return {
        "client_id": client_id,
        "client_id_issued_at": int(issued_at.timestamp()),
        **of_the_secret,
        "registration_access_token": token,
        "registration_client_uri": f"{issuer}/register/{client_id}",
        **told,
    }


def check_own(document: object, client_id: str) -> str | None:
    """Look at what an update says besides metadata (RFC 7592 section 2.2). Returns the secret that it repeats, if any.

    Raises:
        InvalidClientMetadata: It is about another client, or about what no client decides.
    """
    if not isinstance(document, dict):
        raise InvalidClientMetadata("metadata", "must be a JSON object")
    if document.get("client_id") != client_id:
        raise InvalidClientMetadata("client_id", "must be the one of this client")
    for name in _NEVER_SENT:
        if name in document:
            raise InvalidClientMetadata(name, "must be left out of an update")
    secret = document.get("client_secret")
    if secret is not None and not isinstance(secret, str):
        raise InvalidClientMetadata("client_secret", "must be the one of this client, or left out")
    return secret
