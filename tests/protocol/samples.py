"""A client and a grant to begin with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from idp.protocol.clients.client import RegisteredClient
from idp.store.clients import StoredClient
from idp.store.database import Database
from idp.store.grants import Grant
from keys.lifecycle import KeyPolicy
from keys.ring import KeyRing
from keys.sealing import Sealer
from keys.vault import Vault

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def client(**registered: Any) -> RegisteredClient:
    """A client with this registration."""
    return RegisteredClient.of(StoredClient("rp", registered, NOW, NOW, None))


def grant(**changed: Any) -> Grant:
    """A grant that was just issued, changed as asked."""
    values: dict[str, Any] = {
        "id": "g",
        "client_id": "rp",
        "account_id": "alice",
        "session_id": "s",
        "redirect_uri": "https://rp.example/cb",
        "scopes": ("openid",),
        "nonce": None,
        "claims": None,
        "code_challenge": None,
        "resources": None,
        "dpop_jkt": None,
        "auth_time": NOW,
        "acr": "1",
        "amr": ("pwd",),
        "issued_at": NOW,
        "code_expires_at": NOW + timedelta(minutes=1),
        "redeemed_at": None,
        "revoked_at": None,
        **changed,
    }
    return Grant(**values)


def empty_ring() -> KeyRing:
    """A ring for what signs nothing: its database is never opened."""
    vault = Vault(Database("sqlite:///never-opened.db").engine, Sealer(bytes(32)).for_purpose("signing-key"))
    return KeyRing(vault, KeyPolicy(), lambda: NOW)
