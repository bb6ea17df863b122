"""What single values have to look like. Each refusal is a sentence that says what to write instead."""

import ipaddress
import re
from datetime import timedelta
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr
from pydantic_core import PydanticCustomError

from keys.duration import format_duration, parse_duration

PROOF_ALGORITHMS = ("ES256", "EdDSA", "Ed25519", "PS256", "RS256")
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def refused(sentence: str) -> PydanticCustomError:
    """An error whose message is exactly this sentence."""
    return PydanticCustomError("refused", "{sentence}", {"sentence": sentence})


def lasting(low: str, high: str, why: str = "") -> AfterValidator:
    """A duration between two bounds, both included; `why` names the rule behind them."""
    shortest, longest = parse_duration(low), parse_duration(high)
    sentence = f"must be between {format_duration(shortest)} and {format_duration(longest)}" + (
        f" ({why})" if why else ""
    )

    def check(value: timedelta) -> timedelta:
        if not shortest <= value <= longest:
            raise refused(sentence)
        return value

    return AfterValidator(check)


def between(low: int, high: int, why: str = "") -> AfterValidator:
    """A whole number between two bounds, both included."""
    sentence = f"must be between {low} and {high}" + (f" ({why})" if why else "")

    def check(value: int) -> int:
        if not low <= value <= high:
            raise refused(sentence)
        return value

    return AfterValidator(check)


def is_loopback(host: str | None) -> bool:
    """Whether a host, as written in a URL or a bind address, is this machine alone."""
    return host is not None and host.strip("[]").lower() in LOOPBACK_NAMES


def is_loopback_url(url: str) -> bool:
    """Whether a URL leads to this machine alone."""
    try:
        return is_loopback(urlsplit(url).hostname)
    except ValueError:
        return False


def issuer_origin(value: str) -> str:
    """An issuer: scheme, host and port, and nothing after it.

    Relying parties compare the issuer byte for byte (OpenID Connect Discovery 1.0 section 4.3), so one spelling is
    accepted: lower case, no default port, no trailing slash. A path is refused because cookies and pages start at `/`.
    """
    sentence = 'must be an https URL without path, query or fragment, such as "https://id.example.com"'
    if not re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", value):
        raise refused(sentence)
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise refused(sentence) from None
    if not parts.hostname or value.endswith(":") or port == {"https": 443, "http": 80}[parts.scheme]:
        raise refused(sentence)
    return value


def known_database(value: str) -> str:
    """A URL of one of the two databases."""
    if not value.startswith(("sqlite:///", "postgresql://", "postgres://", "postgresql+psycopg://")):
        raise refused('must start with "sqlite:///" or "postgresql://"')
    return value


def mail_server(value: SecretStr) -> SecretStr:
    """An SMTP URL: `smtp://user:password@host:587?starttls` or `smtps://user:password@host:465`."""
    sentence = 'must be "smtp://user:password@host:587?starttls" or "smtps://user:password@host:465"'
    try:
        parts = urlsplit(value.get_secret_value())
        _ = parts.port
    except ValueError:
        raise refused(sentence) from None
    known = parts.scheme in {"smtp", "smtps"} and parts.query in {"", "starttls"} and parts.path in {"", "/"}
    if not known or not parts.hostname or (parts.scheme == "smtps" and parts.query):
        raise refused(sentence)
    if parts.username and parts.scheme == "smtp" and not parts.query and not is_loopback(parts.hostname):
        raise refused("would send the password in clear; add ?starttls, or use smtps://")
    return value


def mail_sender(value: str) -> str:
    """What stands in From: an address, with or without a name before it."""
    if not re.fullmatch(r'(?:[^<>@"\x00-\x1f]+ <[^\s<>@]+@[^\s<>@]+>)|(?:[^\s<>@]+@[^\s<>@]+)', value):
        raise refused('must be an address such as "Example <no-reply@example.com>"')
    return value


def address_list(value: object) -> object:
    """Addresses and networks, separated by commas or spaces; each must be literal, because names can be taken over."""
    if isinstance(value, str):
        value = tuple(part for part in re.split(r"[,\s]+", value) if part)
    if isinstance(value, (list, tuple)):
        for part in value:
            try:
                ipaddress.ip_network(str(part), strict=True)
            except ValueError:
                raise refused('must be addresses or networks such as "10.0.0.5, 10.1.0.0/16"') from None
    return value


def host_list(value: object) -> object:
    """Hosts with or without a port, separated by commas or spaces; an IPv6 address stands in brackets."""
    if isinstance(value, str):
        value = tuple(part for part in re.split(r"[,\s]+", value) if part)
    if isinstance(value, (list, tuple)):
        for part in value:
            if not re.fullmatch(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?", str(part)):
                raise refused('must be hosts such as "rp.internal, 127.0.0.1:8443" in lower case')
    return value


def proof_algorithms(value: object) -> object:
    """Signature algorithms for DPoP proofs, separated by commas or spaces; one at least."""
    if isinstance(value, str):
        value = tuple(part for part in re.split(r"[,\s]+", value) if part)
    if isinstance(value, (list, tuple)) and (not value or not set(map(str, value)) <= set(PROOF_ALGORITHMS)):
        raise refused(f"must name some of {', '.join(PROOF_ALGORITHMS)}")
    return value


def key_of_32_bytes(value: SecretStr) -> SecretStr:
    """A 256-bit key in base64url; padding may be left out."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]=?", value.get_secret_value()):
        raise refused("must be 32 bytes in base64url; make one with: idp config new-key")
    return value
