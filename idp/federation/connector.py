"""What every connector does, and what comes of it: somebody's identity at another provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from idp.federation.problems import untrusted

_LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0 section 2."""
_LONGEST_TEXT = 254
_LONGEST_URL = 2048
_PROFILE = ("name", "given_name", "family_name", "nickname", "locale", "zoneinfo")


@dataclass(frozen=True, slots=True)
class Opening:
    """How a journey begins, and what its answer is held against.

    Attributes:
        opened_at: When it began; what is demanded to be fresh is compared with this.
        max_age: How old, in seconds, the sign-in over there may be; 0 asks for a new one, None for nothing.
        choose: Let the person say again who they are over there, where the provider can.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    opened_at: datetime
    max_age: int | None = None
    choose: bool = False
    login_hint: str | None = None
    ui_locales: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamIdentity:
    """Who somebody is at another provider, verified.

    Attributes:
        issuer: The provider's name for itself; with `subject` the key, never given to anybody else.
        email: The address as the provider tells it, if it does.
        email_verified: Whether the provider says that it was confirmed, at some time.
        is_authoritative: Whether the provider decides who has this address today, as Google does for gmail.com. Only
            then does the address prove who somebody is here.
        label: How the person knows this identity.
        profile: Standard claims, for an account that is made of it.
        sid: The session over there, for its logout.
        picture: Where the provider says that one is, judged by nobody yet. The address may be a secret, for some hours.
    """

    connector: str
    issuer: str
    subject: str
    email: str | None = None
    email_verified: bool = False
    is_authoritative: bool = False
    label: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)
    sid: str | None = None
    picture: str | None = field(default=None, repr=False)

    def document(self) -> dict[str, Any]:
        """As it is kept while the person is asked."""
        return {
            "connector": self.connector,
            "issuer": self.issuer,
            "subject": self.subject,
            "email": self.email,
            "email_verified": self.email_verified,
            "is_authoritative": self.is_authoritative,
            "label": self.label,
            "profile": dict(self.profile),
            "sid": self.sid,
            "picture": self.picture,
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """As it was kept."""
        return cls(**document)


class Connector(Protocol):
    """One configured way to one provider."""

    @property
    def name(self) -> str:
        """What the operator calls it; part of its callback address."""

    @property
    def label(self) -> str:
        """What people call it."""

    @property
    def kind(self) -> str:
        """Which provider, or which protocol."""

    @property
    def client_id(self) -> str:
        """Who we are over there."""

    def authorization_url(self, opening: Opening) -> str:
        """Where to send the browser. May ask the provider for its metadata.

        Raises:
            UpstreamProblem: The provider cannot be asked.
        """

    def identity(self, callback: Mapping[str, str], opening: Opening, *, now: datetime) -> UpstreamIdentity:
        """Who came back. Asks the provider, so no connection of the database may be held.

        Args:
            callback: The parameters of the authorization response; `state` has been taken care of.

        Raises:
            UpstreamProblem: Nobody that can be trusted.
        """

    def examine(self) -> list[str]:
        """What is wrong with the configuration, as far as that shows without a person, as sentences."""


def subject_of(value: object) -> str:
    """A subject that can be a key.

    Raises:
        UpstreamProblem: It is no text, empty, too long, or not ASCII.
    """
    if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_SUBJECT:
        raise untrusted("the provider names no subject that could be a key")
    if not value.isascii() or not value.isprintable():
        raise untrusted("the provider names a subject with characters that no subject has")
    return value


def text_of(value: object, *, longest: int = _LONGEST_TEXT) -> str | None:
    """A line of text, or None for everything else that may come in its place."""
    if not isinstance(value, str) or len(value) > longest:
        return None
    line = " ".join(value.split())
    return line if line and line.isprintable() else None


def profile_of(claims: Mapping[str, Any]) -> dict[str, str]:
    """What the claims tell of the standard profile, in lines of text."""
    told = {name: text_of(claims.get(name), longest=100) for name in _PROFILE}
    return {name: value for name, value in told.items() if value is not None}


def url_of(value: object) -> str | None:
    """A web address, as far as that shows; where it leads is for who follows it to judge. None for everything else."""
    if not isinstance(value, str) or len(value) > _LONGEST_URL or not value.isascii() or not value.isprintable():
        return None
    return value if value.startswith(("https://", "http://")) else None


def seconds_of(value: object) -> datetime | None:
    """A NumericDate (RFC 7519 section 2); None for everything else, NaN and 10**30 among it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None
