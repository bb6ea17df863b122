"""What pages show, as plain values. Endpoints fill them; only the templates read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Problem:
    """Something the person has to put right in a form.

    Attributes:
        field: The name of the field it belongs to; None for the form as a whole.
        sentence: What to do, in plain words.
    """

    field: str | None
    sentence: str


class Describable(Protocol):
    """A registered client, as far as pages show one."""

    @property
    def name(self) -> str:
        """What it calls itself."""

    @property
    def client_uri(self) -> str | None:
        """Its home page."""

    @property
    def logo_uri(self) -> str | None:
        """Its logo."""

    @property
    def policy_uri(self) -> str | None:
        """Its privacy policy."""

    @property
    def tos_uri(self) -> str | None:
        """Its terms of service."""

    @property
    def self_registered(self) -> bool:
        """Whether it came by itself, and nobody has looked at what it says."""


@dataclass(frozen=True, slots=True)
class AskingClient:
    """The relying party that sent the person here, as it describes itself.

    Nothing of it is trusted: the text is escaped, and addresses are used only if they are http or https.

    Attributes:
        name: What the client calls itself.
        host: Where the browser will be sent, from the redirect URI; shown because a name can be anything.
        unverified: Nobody has vouched for it; a caution is shown where somebody decides.
    """

    name: str
    host: str | None = None
    uri: str | None = None
    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    unverified: bool = False

    @classmethod
    def of(cls, client: Describable, redirect_uri: str | None = None) -> Self:
        """The client as it registered itself, with the host that the browser will be sent to."""
        host = urlsplit(redirect_uri).netloc if redirect_uri else ""
        return cls(
            client.name,
            host or None,
            client.client_uri,
            client.logo_uri,
            client.policy_uri,
            client.tos_uri,
            client.self_registered,
        )

    @property
    def initial(self) -> str:
        """The letter that stands for the client where it has no logo."""
        return next((character.upper() for character in self.name if character.isalnum()), "?")


@dataclass(frozen=True, slots=True)
class AskingDevice:
    """A device that waits for a person, so that they can tell it from one that somebody else has started.

    Attributes:
        same_network: It asked from where the person is now.
    """

    user_code: str
    address: str
    asked_at: datetime
    same_network: bool


@dataclass(frozen=True, slots=True)
class ProviderButton:
    """Another provider to sign in with; `name` is part of the path that its button posts to."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody whom another provider has identified, and who waits for what becomes of it.

    Attributes:
        handshake: What the forms post.
        provider: What people call the provider.
        label: How the person knows their identity there.
    """

    handshake: str
    provider: str
    label: str


@dataclass(frozen=True, slots=True)
class LinkedProvider:
    """One provider that a person has linked; `id` is what the form posts to remove it, where `removable`."""

    id: str
    provider: str
    label: str
    since: datetime
    last_used: datetime
    removable: bool = True


@dataclass(frozen=True, slots=True)
class WaysIn:
    """How a person signs in: a password, and the providers they have linked. `more`: others could be linked."""

    has_password: bool = True
    linked: Sequence[str] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class AccountChoice:
    """One account to continue with; `id` is what the form posts."""

    id: str
    name: str
    email: str
    signed_in: bool = True

    @property
    def initial(self) -> str:
        """The letter that stands for the person."""
        return next((character.upper() for character in self.name or self.email if character.isalnum()), "?")


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One signed-in browser; `id` is what the form posts to end its session."""

    id: str
    description: str
    address: str
    first_seen: datetime
    last_seen: datetime
    current: bool = False


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """One client the person has allowed; `id` is what the form posts to remove it."""

    id: str
    name: str
    since: datetime
    permissions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in the mailbox of the playground."""

    id: str
    to: str
    subject: str
    sent_at: datetime
    text: str = ""
    links: Sequence[str] = ()


def web_address(uri: str | None) -> str | None:
    """The address if a browser may follow it or load an image from it: http or https, with a host; otherwise None."""
    if uri is None or not uri.isascii() or not uri.isprintable() or " " in uri or "\\" in uri:
        return None
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    return uri if parts.scheme in {"http", "https"} and parts.hostname else None


def origin_of(uri: str) -> str | None:
    """The origin of a web address, in the only form a Content-Security-Policy source may have here."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or not set(host) <= _HOST_CHARACTERS:
        return None
    return f"{parts.scheme}://{host}" if port is None else f"{parts.scheme}://{host}:{port}"


_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-")
