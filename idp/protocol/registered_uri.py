"""The addresses that a client registers, checked once, by one function."""

import re
from enum import Enum
from urllib.parse import SplitResult, urlsplit

LONGEST_URI = 2000
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
# RFC 3986 section 2 without "#": a fragment would swallow the answer (RFC 6749 section 3.1.2).
_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]+")
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})|%(?:0[0-9A-Fa-f]|1[0-9A-Fa-f]|7[fF]|5[cC]|2[eE])")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9\-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9\-]{1,63}(?<!-))*")
# A scheme that an application may claim for itself is a domain name in reverse (RFC 8252 section 7.1).
_PRIVATE_USE = re.compile(r"[a-z][a-z0-9+\-]*(?:\.[a-z0-9+\-]+)+")


class UriUse(Enum):
    """What an address is for, and so which schemes it may have."""

    REDIRECT_WEB = "redirect of a web application"
    REDIRECT_NATIVE = "redirect of a native application"
    PAGE = "page that people or browsers open"


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
    if not isinstance(value, str) or not value:
        raise UnusableUriError("must be a string")
    if len(value) > LONGEST_URI:
        raise UnusableUriError(f"must have at most {LONGEST_URI} characters")
    if "#" in value:
        raise UnusableUriError("must not have a fragment")
    if not _CHARACTERS.fullmatch(value) or _ESCAPES.search(value):
        raise UnusableUriError("must consist of the characters of a URI, with nothing escaped that is not text")
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise UnusableUriError("must have a valid host and port") from None
    if parts.scheme in {"https", "http"} and value.startswith(f"{parts.scheme}://"):
        _check_web(parts, port)
    elif use is UriUse.REDIRECT_NATIVE:
        _check_private_use(parts, value)
    else:
        raise UnusableUriError("must be an https address")
    if any(segment in {".", ".."} for segment in parts.path.split("/")):
        raise UnusableUriError("must not have dot segments in its path")
    return value


def is_loopback(host: str | None) -> bool:
    """Whether a host of a URI is the machine that the browser runs on."""
    return host in _LOOPBACK


def _check_web(parts: SplitResult, port: int | None) -> None:
    host = parts.hostname or ""
    if "@" in parts.netloc:
        raise UnusableUriError("must not have user information")
    if port == 0 or parts.netloc.endswith(":"):
        raise UnusableUriError("must have a valid host and port")
    if not _HOST_NAME.fullmatch(host) and not parts.netloc.startswith("["):
        raise UnusableUriError("must have a valid host and port")
    if parts.scheme == "http" and not is_loopback(host):
        raise UnusableUriError("must use https, except on loopback")


def _check_private_use(parts: SplitResult, value: str) -> None:
    scheme = value.partition(":")[0]
    if not _PRIVATE_USE.fullmatch(scheme):
        raise UnusableUriError(
            "must be https, http on loopback, or a scheme with a dot such as com.example.app:/callback"
        )
    if "@" in parts.netloc or not value.partition(":")[2].startswith("/"):
        raise UnusableUriError("must have a path after the scheme, such as com.example.app:/callback")
