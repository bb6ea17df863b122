"""What `idp doctor` looks at, one function for each, every finding with what to do about it."""

import shutil
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from idp.settings import Settings

_PATIENCE = 5.0
"""Seconds for another server to answer."""
_CLOCKS_MAY_DIFFER = timedelta(seconds=5)
_RENEW_BEFORE = timedelta(days=14)
_LATELY = timedelta(days=1)
_TOO_LONG = timedelta(hours=1)
_LITTLE_SPACE = 512 * 1024 * 1024


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: how it is, and what to do if it is not well."""

    level: Level
    subject: str
    sentence: str
    fix: str | None = None


def examine(settings: "Settings", *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Everything in turn. Later checks are left out when what they need is broken."""
    yield Finding(Level.OK, "settings", "no contradiction found")
    yield from _choices(settings)
    database = list(_database(settings, now=now))
    yield from database
    if all(finding.level is not Level.BROKEN for finding in database):
        yield from _keys(settings, now=now)
        yield from _deliveries(settings, now=now)
    yield from _issuer(settings, now=now)
    yield from _mail(settings)
    yield from _connectors(settings, now=now)
    yield from _hashing(settings)


def _choices(settings: "Settings") -> Iterator[Finding]:
    """Settings that are allowed and seldom meant."""
    https = settings.issuer.startswith("https://")
    if https and settings.tls_cert is None and not settings.trusted_proxies:
        sentence = "everybody seems to come from the proxy, so limits for each source meet all at once"
        yield Finding(
            Level.WARNING,
            "proxy",
            sentence,
            "set IDP_TRUSTED_PROXIES to the address of the proxy; or, without one, IDP_TLS_CERT and IDP_TLS_KEY",
        )
    if not settings.throttle.enabled:
        sentence = "nothing limits guessing of passwords and secrets"
        yield Finding(Level.WARNING, "throttle", sentence, "set IDP_THROTTLE_ENABLED=true")
    if settings.client_registration == "open":
        sentence = "anybody may register applications, which people are asked to trust"
        fix = "unless that is meant, set IDP_CLIENT_REGISTRATION=token"
        yield Finding(Level.WARNING, "registration", sentence, fix)
    if settings.insecure_http:
        yield Finding(Level.WARNING, "http", "an http issuer is accepted on loopback", "unset IDP_INSECURE_HTTP")


def _connectors(settings: "Settings", *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Other providers, as far as they can be judged without a person."""
    from idp.federation.facebook import ending
    from idp.provision import connectors_of

    versions = {one.name: one.graph_version for one in settings.connectors if one.kind == "facebook"}
    for connector in connectors_of(settings):
        found = connector.examine()
        for sentence in found:
            yield Finding(Level.BROKEN, connector.name, sentence, f"see: idp connector check {connector.name}")
        ends = ending(versions[connector.name], now().date()) if connector.name in versions else None
        if ends is not None:
            yield Finding(Level.WARNING, connector.name, ends, "set the GRAPH_VERSION of the connector")
        if not found:
            yield Finding(Level.OK, connector.name, "the provider answers and accepts the credentials")


def _database(settings: "Settings", *, now: Callable[[], datetime]) -> Iterator[Finding]:
    from idp.store.database import Database
    from idp.store.database_time import database_time
    from idp.store.schema import check, revision

    database = Database(settings.database_url, pool_size=1)
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    try:
        if problems := check(database):
            fix = "idp db upgrade" if "idp db upgrade" in problems[0] else "see to that, or correct IDP_DATABASE_URL"
            yield Finding(Level.BROKEN, "database", problems[0], fix)
            return
        yield Finding(Level.OK, "database", f"{kind}, schema {revision(database)}")
        with database.autocommit() as db:
            # SQLite tells whole seconds.
            apart = abs(database_time(db) - now()) - timedelta(seconds=1)
        if apart > _CLOCKS_MAY_DIFFER:
            sentence = f"this machine and the database are {apart.total_seconds():.0f} s apart"
            yield Finding(Level.BROKEN, "clock", sentence, "run a time service on both machines")
        else:
            yield Finding(Level.OK, "clock", "agrees with the database")
    finally:
        database.dispose()
    if database.is_sqlite and settings.database_url.partition(":///")[2]:
        free = shutil.disk_usage(Path(settings.database_url.partition(":///")[2]).resolve().parent).free
        if free < _LITTLE_SPACE:
            yield Finding(Level.WARNING, "disk", f"{free // 1024**2} MiB left for the database", "make room")


def _keys(settings: "Settings", *, now: Callable[[], datetime]) -> Iterator[Finding]:
    from keys.lifecycle import State, state_of
    from keys.rotation import next_due
    from keys.sealing import Sealer, UnsealError
    from keys.vault import VaultError, connect

    moment = now()
    try:
        vault = connect(settings.database_url, Sealer(settings.keys.kek()).for_purpose("signing-key"))
        keys = vault.all()
        active = [key for key in keys if state_of(key, moment) is State.ACTIVE]
        for key in active:
            vault.open(key)
    except (VaultError, UnsealError) as error:
        fix = "set IDP_KEY_ENCRYPTION_KEY to the key with which they were sealed"
        yield Finding(Level.BROKEN, "keys", str(error), fix)
        return
    if not active:
        yield Finding(Level.BROKEN, "keys", "no key signs", "idp keys init")
        return
    age = moment - min(key.activate_at for key in active)
    said = f"{len(active)} signing, {', '.join(sorted(key.algorithm for key in active))}; {age.days} days in use"
    due_at = min(next_due(keys, settings.keys.policy(), moment).values(), default=None)
    automatic = settings.keys.keys_rotate_automatically
    if due_at is not None:
        said += f"; the next is due {due_at:%Y-%m-%d}, {'by the servers themselves' if automatic else 'by command'}"
    # The servers look once an hour.
    if due_at is not None and moment - due_at > (_LATELY if automatic else timedelta()):
        yield Finding(Level.WARNING, "keys", said, "idp keys rotate --if-due")
    else:
        yield Finding(Level.OK, "keys", said)


def _deliveries(settings: "Settings", *, now: Callable[[], datetime]) -> Iterator[Finding]:
    from idp.delivery.pictures import PICTURE
    from idp.store.database import Database
    from idp.store.outbox import undelivered

    database, moment = Database(settings.database_url, pool_size=1), now()
    try:
        with database.autocommit() as db:
            found = undelivered(db, given_up_since=moment - _LATELY, waiting_since=moment - _TOO_LONG)
    finally:
        database.dispose()
    # Whoever signs in can have a picture that is none.
    found.pop(PICTURE, None)
    if not found:
        yield Finding(Level.OK, "deliveries", "nothing is overdue, and nothing was given up in the last day")
    for kind, (given_up, waiting) in sorted(found.items()):
        sentence = f"{kind}: {given_up} given up in the last day, {waiting} waiting for more than an hour"
        yield Finding(Level.WARNING, "deliveries", sentence, f"idp deliveries list --kind {kind}")


def _issuer(settings: "Settings", *, now: Callable[[], datetime]) -> Iterator[Finding]:
    """Whether the world finds what is configured at the issuer's address."""
    import httpx2

    url, trust = f"{settings.issuer}/.well-known/openid-configuration", ssl.create_default_context()
    if settings.outgoing_ca_file is not None:
        trust.load_verify_locations(settings.outgoing_ca_file)
    try:
        answer = httpx2.get(url, timeout=_PATIENCE, verify=trust)
        found = answer.json().get("issuer") if answer.status_code == httpx2.codes.OK else None
    except (httpx2.HTTPError, ValueError, AttributeError) as error:
        yield Finding(
            Level.WARNING,
            "issuer",
            f"cannot be reached from here ({type(error).__name__})",
            "idp serve; then look at DNS, the proxy and its certificate",
        )
        return
    if found != settings.issuer:
        sentence = "answers, but its discovery document names another issuer, or none"
        yield Finding(Level.BROKEN, "issuer", sentence, "make IDP_ISSUER the address that people use")
        return
    yield Finding(Level.OK, "issuer", "reachable, and names itself in discovery")
    if settings.issuer.startswith("https://"):
        yield from _certificate(settings.issuer, trust, now=now)


def _certificate(issuer: str, trust: ssl.SSLContext, *, now: Callable[[], datetime]) -> Iterator[Finding]:
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    try:
        with (
            socket.create_connection((host, parts.port or 443), timeout=_PATIENCE) as plain,
            trust.wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate = secured.getpeercert() or {}
    except OSError as error:
        yield Finding(Level.BROKEN, "certificate", type(error).__name__, "renew the certificate, with its chain")
        return
    ends = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate.get("notAfter"))), UTC)
    left = ends - now()
    level = Level.OK if left > _RENEW_BEFORE else Level.WARNING
    yield Finding(level, "certificate", f"good for {left.days} days", None if level is Level.OK else "renew it")


def _mail(settings: "Settings") -> Iterator[Finding]:
    if settings.smtp_url is None:
        sentence = "no server is set: nobody can prove an address or reset a password"
        yield Finding(Level.WARNING, "mail", sentence, "set IDP_SMTP_URL")
        return
    from idp.delivery.outbox import NotDelivered
    from idp.delivery.smtp import SmtpTransport

    transport = replace(SmtpTransport.from_url(settings.smtp_url.get_secret_value()), timeout=_PATIENCE)
    try:
        transport.try_out(parseaddr(settings.mail_from or f"no-reply@{urlsplit(settings.issuer).hostname}")[1])
    except NotDelivered as problem:
        yield Finding(Level.BROKEN, "mail", str(problem), "correct IDP_SMTP_URL, or open the way to it")
    else:
        yield Finding(Level.OK, "mail", "the SMTP server takes mail from here")


def _hashing(settings: "Settings") -> Iterator[Finding]:
    from idp.accounts.passwords import Passwords

    cost = settings.argon2
    passwords = Passwords(memory_mib=cost.memory_mib, time=cost.time, parallelism=cost.parallelism)
    started = time.perf_counter()
    passwords.hash("how long does this take?")
    spent = time.perf_counter() - started
    sentence = f"{spent * 1000:.0f} ms each, about {settings.hashing_threads / spent:.0f} sign-ins a second"
    if spent > 1:
        yield Finding(Level.WARNING, "hashing", sentence, "lower IDP_ARGON2_MEMORY_MIB or IDP_ARGON2_TIME")
    else:
        yield Finding(Level.OK, "hashing", sentence)
