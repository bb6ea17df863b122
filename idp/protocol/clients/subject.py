"""Subject identifiers: the account's id for everybody, or one for each sector (OpenID Connect Core 1.0 section 8)."""

import hmac
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.registration.registered_uri import is_loopback


class Subjects:
    """Says under which `sub` a client knows a person, and under which `sid` a session. Stable with the key behind it.

    A pairwise subject is an HMAC, so that neither the account nor a subject of another sector can be learnt from it,
    and nothing has to be stored (section 8.1 describes such a construction).
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """Take the secret that pairwise subjects are made with; it has to be the same on every node."""
        self._secret = secret

    def of(self, client: RegisteredClient, account_id: str) -> str:
        """The `sub` of this person in everything that this client is told."""
        return account_id if client.subject_type != "pairwise" else self._within(client, account_id)

    def session_of(self, client: RegisteredClient, session_id: str) -> str:
        """The `sid` of a browser session for this client: two sectors must not recognise a person by it either."""
        return session_id if client.subject_type != "pairwise" else self._within(client, f"session\0{session_id}")

    def _within(self, client: RegisteredClient, told: str) -> str:
        # Neither hosts nor ids contain a NUL, so no two of these messages are the same.
        message = f"{sector_of(client)}\0{told}".encode()
        return urlsafe_b64encode(hmac.digest(self._secret, message, "sha256")).decode().rstrip("=")


def sector_of(client: RegisteredClient) -> str:
    """The host that stands for all clients of one organisation (section 8.1).

    That of `sector_identifier_uri`, or the one host that all redirect URIs have. A client with neither, a native app
    with a scheme of its own say, is a sector by itself; so is one on loopback, which belongs to everybody.
    """
    if client.sector_identifier_uri is not None:
        return urlsplit(client.sector_identifier_uri).hostname or ""
    hosts = {urlsplit(uri).hostname for uri in client.redirect_uris}
    only = hosts.pop() if len(hosts) == 1 else None
    if is_loopback(only):
        only = None
    # The colon keeps a client's id from being taken for a host.
    return only or f"client:{client.client_id}"
