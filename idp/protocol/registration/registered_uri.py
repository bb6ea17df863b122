"""The addresses that a client registers, checked once, by one function."""

import re
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv6Address
from urllib.parse import SplitResult, urlsplit

LONGEST_URI = 2000
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 3986 section 2 without "#", which is looked at apart.
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_FRAGMENT = re.compile(r"[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]*")
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})|%(?:0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[fF]|5[cC]|2[eE])")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9\-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9\-]{1,63}(?<!-))*")
_BRACKETED = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\](?::[0-9]{1,5})?")
# A scheme that an application may claim for itself is a domain name in reverse (RFC 8252 section 7.1).
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+\-]*(?:\.[a-z0-9+\-]+)+")
_URN = re.compile(r"urn:[a-z0-9][a-z0-9\-]{0,30}[a-z0-9]:[^?]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What differs between uses. https is always fine.

    Attributes:
        loopback: http may be used with this machine as the host.
        private_use: A scheme of the application's own may be used.
        name_only: It is compared and never opened: http with any host, and URNs, are fine.
        fragment: What comes after a `#` belongs to it.
    """

    loopback: bool = True
    private_use: bool = False
    name_only: bool = False
    fragment: bool = False


class UriUse(Enum):
    """What an address is for, and so which schemes it may have."""

    REDIRECT_WEB = "redirect of a web application"
    REDIRECT_NATIVE = "redirect of a native application"
    PAGE = "page that people or browsers open"
    FETCHED = "document or endpoint that the provider asks by itself"
    REQUEST_OBJECT = "request object, told from others by its fragment (OpenID Connect Core 1.0 section 6.2)"
    HTTPS_ONLY = "address for which the specifications leave no exception"
    RESOURCE = "resource indicator (RFC 8707 section 2)"


_RULES = {
    UriUse.REDIRECT_WEB: _Rules(),
    UriUse.REDIRECT_NATIVE: _Rules(private_use=True),
    UriUse.PAGE: _Rules(),
    UriUse.FETCHED: _Rules(),
    UriUse.REQUEST_OBJECT: _Rules(fragment=True),
    UriUse.HTTPS_ONLY: _Rules(loopback=False),
    UriUse.RESOURCE: _Rules(name_only=True),
}


class UnusableUriError(ValueError):
    """An address that must not be registered. The message is a fixed sentence."""


def checked_uri(value: object, use: UriUse) -> str:
    """The address itself, unchanged, if it may be registered: it is compared later character by character.

    https always; http on loopback only; a private-use scheme with a dot for native applications only (RFC 8252
    section 7). Everything that two parsers could read differently is refused: user information, backslashes, control
    characters also when escaped, dot segments, other alphabets (write the host as an A-label).

    Raises:
        UnusableUriError: Says what is wrong, without repeating the value.
    """
    rules = _RULES[use]
    if not isinstance(value, str) or not value:
        raise UnusableUriError("must be a string")
    if len(value) > LONGEST_URI:
        raise UnusableUriError(f"must have at most {LONGEST_URI} characters")
    address, has_fragment, fragment = value.partition("#")
    if has_fragment and not rules.fragment:
        # In a redirect URI it would swallow the answer (RFC 6749 section 3.1.2).
        raise UnusableUriError("must not have a fragment")
    if not _CHARACTERS.fullmatch(address) or _ESCAPES.search(value) or not _FRAGMENT.fullmatch(fragment):
        raise UnusableUriError("must consist of the characters of a URI, with nothing escaped that is not text")
    if rules.name_only and _URN.fullmatch(address):
        return value
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        raise UnusableUriError("must have a valid host and port") from None
    if parts.scheme in {"https", "http"} and address.startswith(f"{parts.scheme}://"):
        _check_web(parts, port, rules)
    elif rules.private_use:
        _check_private_use(parts, address)
    else:
        raise UnusableUriError("must be an https address" + (" or a URN" if rules.name_only else ""))
    if any(segment in {".", ".."} for segment in parts.path.split("/")):
        raise UnusableUriError("must not have dot segments in its path")
    return value


def is_loopback(host: str | None) -> bool:
    """Whether a host of a URI is the machine that the browser runs on."""
    return host in _LOOPBACK


def _check_web(parts: SplitResult, port: int | None, rules: _Rules) -> None:
    host = parts.hostname or ""
    if "@" in parts.netloc:
        raise UnusableUriError("must not have user information")
    known = _is_ipv6(parts.netloc) if parts.netloc.startswith("[") else _HOST_NAME.fullmatch(host)
    if not known or port == 0 or parts.netloc.endswith(":"):
        raise UnusableUriError("must have a valid host and port")
    if parts.scheme == "https" or rules.name_only:
        return
    if not rules.loopback:
        raise UnusableUriError("must use https")
    if not is_loopback(host):
        raise UnusableUriError("must use https, except on loopback")


def _is_ipv6(netloc: str) -> bool:
    bracketed = _BRACKETED.fullmatch(netloc)
    try:
        return bracketed is not None and bool(IPv6Address(bracketed[1]))
    except ValueError:
        return False


def _check_private_use(parts: SplitResult, value: str) -> None:
    scheme = value.partition(":")[0]
    if not _PRIVATE_USE.fullmatch(scheme):
        raise UnusableUriError(
            "must be https, http on loopback, or a scheme with a dot such as com.example.app:/callback"
        )
    if "@" in parts.netloc or not value.partition(":")[2].startswith("/"):
        raise UnusableUriError("must have a path after the scheme, such as com.example.app:/callback")
