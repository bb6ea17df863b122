"""Looks at a server's TLS from outside: which versions and suites it agrees to (BCP 195, FAPI 2.0 section 5.2.1)."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from functools import cache

_PATIENCE = 10.0
_OLD_VERSIONS = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
# Security level 0, since the local library would not even offer what the server has to refuse.
_ANYTHING = "ALL:@SECLEVEL=0"
_RECOMMENDED = ("ECDHE+AESGCM", "DHE+AESGCM")
_EVERYTHING_ELSE = ":".join(("ALL", *(f"!{suites}" for suites in _RECOMMENDED), "@SECLEVEL=0"))


@cache
def problems(host: str, port: int) -> tuple[str, ...]:
    """Old versions and weak suites that a server agrees to; asked once for each server."""
    return tuple(_problems(host, port))


@cache
def oddities(host: str, port: int) -> tuple[str, ...]:
    """The newest version missing."""
    newest = ssl.TLSVersion.TLSv1_3
    return () if _agrees(host, port, newest, newest) else (f"{host}:{port} does not speak TLS 1.3",)


def _problems(host: str, port: int) -> Iterator[str]:
    for version in _OLD_VERSIONS:
        if _agrees(host, port, version, version, _ANYTHING):
            yield f"{host}:{port} speaks {version.name}"
    second = ssl.TLSVersion.TLSv1_2
    if _agrees(host, port, second, second, _EVERYTHING_ELSE):
        yield f"{host}:{port} agrees to a suite of TLS 1.2 that BCP 195 does not recommend"


def _agrees(host: str, port: int, least: ssl.TLSVersion, most: ssl.TLSVersion, suites: str | None = None) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if suites is not None:
        context.set_ciphers(suites)
    with warnings.catch_warnings():
        # That these versions are old is why they are asked for.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = least, most
    try:
        with (
            socket.create_connection((host, port), timeout=_PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            return True
    except (ssl.SSLError, ConnectionError):
        return False
