"""Who is at the other end of a request, before anything is known about the person."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_MARK = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_LONGEST_USER_AGENT = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser and where it is.

    Attributes:
        address: The client's address, as the server knows it behind its trusted proxies.
        user_agent: What the browser says it is; never trusted, only shown to the person.
        device_mark: The value of the known-device cookie, if one came.
        session_secret: The value of the session cookie, if one came.
        browsers: The secrets that tie interactions to this browser: one, as a rule.
    """

    address: str
    user_agent: str = ""
    device_mark: str | None = field(default=None, repr=False)
    session_secret: str | None = field(default=None, repr=False)
    browsers: tuple[str, ...] = field(default=(), repr=False)

    @property
    def browser(self) -> str:
        """The secret to tie something new to."""
        return self.browsers[0] if self.browsers else ""

    @property
    def source(self) -> str:
        """What the limits count: the IPv4 address or the IPv6 /64, since a /64 is what one customer gets."""
        try:
            address = ip_address(self.address.partition("%")[0])
        except ValueError:
            return "local"
        if not isinstance(address, IPv6Address):
            return str(address)
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False))

    @property
    def mark(self) -> str | None:
        """The known-device mark, if it has the shape of one of ours."""
        return self.device_mark if self.device_mark and _MARK.match(self.device_mark) else None

    @property
    def device(self) -> dict[str, str]:
        """What is kept with a session for the person's own list of devices."""
        printable = "".join(character for character in self.user_agent if character.isprintable())
        return {"user_agent": printable[:_LONGEST_USER_AGENT], "address": self.address}

    @property
    def description(self) -> str:
        """The browser in a person's words: "Chrome on Linux"."""
        return describe(self.user_agent)


def describe(user_agent: str) -> str:
    """Say what a browser is, as well as its User-Agent tells; words of ours only, nothing of the header is repeated."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"A browser on {system}" if system else "Unknown browser")
