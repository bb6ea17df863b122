"""Addresses that were sent, beside those that are registered: what may be kept of one, and how two differ."""

import re
from collections.abc import Collection
from difflib import SequenceMatcher
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

HIDDEN = "…"
"""Stands for what is not kept: it may be a secret, or the address of a person."""

_LONGEST = 300
_UNREADABLE = "no address:"
_SPACE = " (with white space around it)"
_HARMLESS = re.compile(r"[A-Za-z0-9_.~%:;=,+\-]{0,20}", re.ASCII)
_HARMLESS_HOST = re.compile(r"[A-Za-z0-9.\-\[\]:]{0,100}", re.ASCII)
_PORTS = {"https": 443, "http": 80}


def kept(address: str, registered: Collection[str]) -> str:
    """The address as it may be kept: whole where it is registered, otherwise without what only its sender knows.

    Applications put codes, tokens and people's addresses into queries, paths and fragments by mistake. What also
    stands in a registered address is no secret; of everything else only the shape stays.
    """
    if address in registered:
        return address
    try:
        parts = urlsplit(address)
        known = [urlsplit(one) for one in registered]
    except ValueError:
        return f"{_UNREADABLE} {len(address)} characters"
    segments = {segment for one in known for segment in one.path.split("/")}
    path = "/".join(one if one in segments or _is_harmless(one) else HIDDEN for one in parts.path.split("/"))
    user, at, host = parts.netloc.rpartition("@")
    host = host if _HARMLESS_HOST.fullmatch(host) else HIDDEN
    scheme = parts.scheme if _is_harmless(parts.scheme) else HIDDEN
    told = f"{scheme}:" if scheme else ""
    told += f"//{HIDDEN + at if user or at else ''}{host}" if parts.netloc or "://" in address[:40] else ""
    told += path
    if "?" in address.partition("#")[0]:
        pairs = {pair for one in known for pair in parse_qsl(one.query, keep_blank_values=True)}
        told += "?" + "&".join(_pair(*pair, pairs) for pair in parse_qsl(parts.query, keep_blank_values=True))
    if "#" in address:
        told += f"#{HIDDEN if parts.fragment else ''}"
    if address != address.strip():
        told += _SPACE
    return told if len(told) <= _LONGEST else told[:_LONGEST] + HIDDEN


def nearest(address: str, registered: Collection[str]) -> str | None:
    """The registered address that is most like this one."""
    return max(registered, key=lambda one: SequenceMatcher(None, address, one).ratio(), default=None)


def differences(address: str, registered: str) -> list[str]:
    """How an address that was sent differs from one that is registered, part by part, in words."""
    if address.startswith(_UNREADABLE):
        return ["what was sent is no address that can be read"]
    try:
        sent, known = urlsplit(address.removesuffix(_SPACE)), urlsplit(registered)
        ports = sent.port, known.port
    except ValueError:
        return ["what was sent is no address that can be read"]
    found = ["white space: there is some around what was sent"] if address.endswith(_SPACE) else []
    found += _before_the_path(sent, known, ports)
    found += _in_the_path(sent.path, known.path)
    if sent.query != known.query or ("?" in address) != ("?" in registered):
        found.append(f"query: {sent.query or 'none'} was sent, {known.query or 'none'} is registered")
    if "#" in address:
        found.append("fragment: a redirect URI must not have one")
    return found or ["the spelling"]


def _before_the_path(sent: SplitResult, known: SplitResult, ports: tuple[int | None, int | None]) -> list[str]:
    found = []
    if sent.scheme != known.scheme:
        found.append(f"scheme: {sent.scheme or 'none'} was sent, {known.scheme} is registered")
    if sent.hostname != known.hostname:
        found.append(f"host: {sent.hostname or 'none'} was sent, {known.hostname or 'none'} is registered")
    elif _host_of(sent) != _host_of(known):
        found.append("host: the same but for upper and lower case")
    if ports[0] != ports[1]:
        found.append(f"port: {_port(sent, ports[0])} was sent, {_port(known, ports[1])} is registered")
    if "@" in sent.netloc:
        found.append("user information: an address must not have any")
    return found


def _in_the_path(sent: str, known: str) -> list[str]:
    if sent == known:
        return []
    if sent.rstrip("/") == known.rstrip("/"):
        who = "what was sent" if len(sent) > len(known) else "what is registered"
        return [f"a slash at the end: only {who} has it"]
    if sent.lower() == known.lower():
        return ["path: the same but for upper and lower case"]
    if unquote(sent) == unquote(known):
        return ["path: the same but for percent-encoding"]
    return [f"path: {sent or 'none'} was sent, {known or 'none'} is registered"]


def _port(parts: SplitResult, port: int | None) -> str:
    return str(port) if port is not None else f"none ({_PORTS[parts.scheme]})" if parts.scheme in _PORTS else "none"


def _host_of(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2].partition(":")[0]


def _pair(name: str, value: str, registered: Collection[tuple[str, str]]) -> str:
    if (name, value) in registered:
        return f"{name}={value}"
    return f"{name if _is_harmless(name) else HIDDEN}={HIDDEN}"


def _is_harmless(segment: str) -> bool:
    """Whether it is a short word, and no code, token or address of a person."""
    return (
        bool(_HARMLESS.fullmatch(segment) and _HARMLESS.fullmatch(unquote(segment)))
        and sum(map(str.isdigit, segment)) <= 4
    )
