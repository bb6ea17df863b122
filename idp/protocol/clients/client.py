"""Registered clients as the protocol sees them, and the short-lived cache of them."""

import hmac
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from authlib.oauth2.rfc6749 import ClientMixin

from idp.protocol.clients.client_metadata import IDENTITY_SCOPES, ClientMetadata
from idp.store import clients
from idp.store.base import digest_of
from idp.store.clients import ClientSecret, StoredClient
from idp.store.database import Database

__all__ = ["IDENTITY_SCOPES", "ClientRegistry", "RegisteredClient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredClient(ClientMetadata, ClientMixin):  # type: ignore[misc]  # Authlib is untyped
    """A client: its id, its secrets, and what it is registered with.

    Attributes:
        self_registered: It has come by itself, and says of itself what it likes. People are told.
    """

    client_id: str
    secrets: tuple[ClientSecret, ...] = field(default=(), repr=False)
    self_registered: bool = False

    @classmethod
    def of(cls, stored: StoredClient) -> "RegisteredClient":
        """Read the registration."""
        members = cls.members_of(stored.metadata)
        if members.get("token_endpoint_auth_method") == "none":
            members["require_pkce"] = True
        self_registered = stored.registered_by is not None
        return cls(client_id=stored.client_id, secrets=stored.secrets, self_registered=self_registered, **members)

    @property
    def name(self) -> str:
        """What people see."""
        return self.client_name or self.client_id

    def has_secret(self, secret: str, *, now: datetime) -> bool:
        """Whether this is one of the client's secrets that are valid now. Compares digests in constant time."""
        digest = digest_of(secret)
        matches = [
            hmac.compare_digest(digest, known.digest)
            for known in self.secrets
            if known.expires_at is None or known.expires_at > now
        ]
        return any(matches)

    def allowed(self, scope: str | None) -> tuple[str, ...]:
        """The requested scope values this client may have, in order, each once; the others are passed over.

        `offline_access` needs the refresh token grant (OpenID Connect Core 1.0 section 11).
        """
        asked = dict.fromkeys((scope or "").split())
        return tuple(
            value
            for value in asked
            if value in self.scope and (value != "offline_access" or "refresh_token" in self.grant_types)
        )

    def get_client_id(self) -> str:
        """For Authlib."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """For Authlib: there is none; OpenID Connect makes `redirect_uri` mandatory."""
        return

    def get_allowed_scope(self, scope: str | None) -> str:
        """For Authlib."""
        return " ".join(self.allowed(scope))

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether this exact string is registered. Only a native client's loopback port may differ (RFC 8252 7.3)."""
        if redirect_uri in self.redirect_uris:
            return True
        return self.application_type == "native" and any(
            _same_but_for_port(redirect_uri, registered) for registered in self.redirect_uris
        )

    def check_client_secret(self, client_secret: str) -> bool:
        """For Authlib, which is never asked: see `client_authentication`."""
        raise NotImplementedError

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """For Authlib, which is never asked: see `client_authentication`."""
        raise NotImplementedError

    def check_response_type(self, response_type: str) -> bool:
        """Whether the client is registered for this response type, whose words come in any order."""
        if response_type in self.response_types:
            return True
        words = set(response_type.split())
        return any(set(registered.split()) == words for registered in self.response_types)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client is registered for this grant."""
        return grant_type in self.grant_types


class ClientRegistry:
    """The clients, read from the database at most once in a few seconds for each process.

    A client that is disabled stops at once where tokens are concerned, since every statement about tokens looks at its
    row; a changed redirect URI or secret is seen by other processes within `life`.
    """

    def __init__(self, database: Database, *, life: timedelta = timedelta(seconds=5), size: int = 2_000) -> None:
        self._database = database
        self._life = life.total_seconds()
        self._size = size
        self._known: OrderedDict[str, tuple[float, RegisteredClient]] = OrderedDict()
        self._lock = Lock()

    def get(self, client_id: str) -> RegisteredClient | None:
        """The client, unless it is unknown or disabled."""
        known = self._known.get(client_id)
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with self._database.autocommit() as db:
            stored = clients.find(db, client_id)
        if stored is None or stored.disabled_at is not None:
            self.forget(client_id)
            return None
        client = RegisteredClient.of(stored)
        with self._lock:
            self._known[client_id] = (time.monotonic() + self._life, client)
            self._known.move_to_end(client_id)
            while len(self._known) > self._size:
                self._known.popitem(last=False)
        return client

    def forget(self, client_id: str) -> None:
        """Read this client anew the next time."""
        with self._lock:
            self._known.pop(client_id, None)

    def forget_all(self) -> None:
        """Read every client anew: one that is remembered here is no longer there."""
        with self._lock:
            self._known.clear()


def _same_but_for_port(redirect_uri: str, registered: str) -> bool:
    try:
        asked, known = urlsplit(redirect_uri), urlsplit(registered)
        asked_port = asked.port
    except ValueError:
        return False
    if known.scheme != "http" or known.hostname not in {"127.0.0.1", "::1"}:
        return False
    host = f"[{known.hostname}]" if known.hostname == "::1" else known.hostname
    # Built anew from the registered parts: whatever else the asked one contains makes it another string.
    rebuilt = f"http://{host}:{asked_port}{known.path}" + (f"?{known.query}" if known.query else "")
    return asked_port is not None and redirect_uri == rebuilt
