"""Rules that join several settings: what is unsafe or contradictory although each value is fine by itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from idp.settings.problems import SettingProblem
from idp.settings.ranges import is_loopback

if TYPE_CHECKING:
    from idp.settings.model import Settings

# Inside a container only the server's own processes see these mounts, and orchestrators make them world-readable.
_SECRET_MOUNTS = (Path("/run/secrets"), Path("/var/run/secrets"))


def conflicts(settings: "Settings") -> Iterator[SettingProblem]:
    """Everything that a server must not start with."""
    issuer = urlsplit(settings.issuer)
    if settings.environment == "development":
        yield from _development(settings, loopback_issuer=is_loopback(issuer.hostname))
    else:
        yield from _production(settings, http=issuer.scheme == "http", loopback=is_loopback(issuer.hostname))
    if (settings.tls_cert is None) != (settings.tls_key is None):
        missing = "IDP_TLS_CERT" if settings.tls_cert is None else "IDP_TLS_KEY"
        yield SettingProblem(missing, "is missing; certificate and key are set together")
    files = (
        ("IDP_TLS_CERT", settings.tls_cert),
        ("IDP_TLS_KEY", settings.tls_key),
        ("IDP_OUTGOING_CA_FILE", settings.outgoing_ca_file),
    )
    for name, path in files:
        if path is not None and not path.is_file():
            yield SettingProblem(name, "must name a file that exists")
    if settings.tls_key is not None and (reason := exposed(settings.tls_key)):
        yield SettingProblem("IDP_TLS_KEY", reason)
    if settings.session_same_site == "none" and issuer.scheme == "http":
        yield SettingProblem("IDP_SESSION_SAME_SITE", "cannot be none with an http issuer; browsers drop such cookies")
    yield from _lifetimes(settings)
    yield from _connectors(settings)


def _connectors(settings: "Settings") -> Iterator[SettingProblem]:
    domains: set[str] = set()
    for connector in settings.connectors:
        prefix = f"IDP_CONNECTOR_{connector.name.upper().replace('-', '_')}"
        if connector.origin is not None and settings.environment != "development":
            yield SettingProblem(f"{prefix}_ORIGIN", "is for idp dev: a simulator signs in whoever asks")
        local = (connector.issuer or "").startswith("http://")
        if local and settings.environment != "development" and not settings.insecure_http:
            yield SettingProblem(f"{prefix}_ISSUER", "must be an https URL")
        if domains & set(connector.domains):
            yield SettingProblem(f"{prefix}_DOMAINS", "names a domain that another connector has")
        domains.update(connector.domains)


def _development(settings: "Settings", *, loopback_issuer: bool) -> Iterator[SettingProblem]:
    if not loopback_issuer:
        yield SettingProblem("IDP_ISSUER", "must be a loopback address in development; a public issuer needs idp serve")
    if not is_loopback(settings.host):
        yield SettingProblem("IDP_HOST", "must be a loopback address in development")


def _production(settings: "Settings", *, http: bool, loopback: bool) -> Iterator[SettingProblem]:
    if http and not loopback:
        yield SettingProblem(
            "IDP_ISSUER", "must be an https URL: tokens and passwords would cross the network in clear"
        )
    if http and loopback and not settings.insecure_http:
        yield SettingProblem("IDP_ISSUER", "must be an https URL; for a test on loopback set IDP_INSECURE_HTTP=1")
    if settings.database_url.endswith((":memory:", "sqlite://", "sqlite:///")):
        yield SettingProblem("IDP_DATABASE_URL", "must name a file; a database in memory is lost with the process")


def _lifetimes(settings: "Settings") -> Iterator[SettingProblem]:
    lifetimes = settings.lifetimes
    for short, long, name in (
        (lifetimes.refresh_token_idle, lifetimes.refresh_token, "IDP_REFRESH_TOKEN_IDLE_LIFETIME"),
        (lifetimes.session_idle, lifetimes.session, "IDP_SESSION_IDLE_LIFETIME"),
    ):
        if short > long:
            yield SettingProblem(name, f"must not be longer than {name.replace('_IDLE', '')}")
    for signed, name in (
        (lifetimes.id_token, "IDP_ID_TOKEN_LIFETIME"),
        (lifetimes.jwt_access_token, "IDP_JWT_ACCESS_TOKEN_LIFETIME"),
    ):
        if signed > settings.keys.keys_token_life:
            yield SettingProblem(name, "must not be longer than IDP_KEYS_TOKEN_LIFE")


def exposed(path: Path) -> str | None:
    """Why a file with a key in it is not safe where it lies; None when it is."""
    if any(path.resolve().is_relative_to(mount) or path.is_relative_to(mount) for mount in _SECRET_MOUNTS):
        return None
    try:
        readable_by_all = path.stat().st_mode & 0o004
    except OSError:
        return None
    return "names a file that every user of this machine can read; run: chmod o-rwx on it" if readable_by_all else None
