"""All settings of the server, and the rules that join several of them."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, SecretStr

from idp.settings.connectors import ConnectorSettings
from idp.settings.groups import FROZEN, Argon2, Lifetimes, Throttle
from idp.settings.ranges import (
    PROOF_ALGORITHMS,
    address_list,
    between,
    host_list,
    issuer_origin,
    key_of_32_bytes,
    known_database,
    lasting,
    mail_sender,
    mail_server,
    proof_algorithms,
)
from idp.settings.reading import read
from idp.settings.rules import conflicts
from keys.duration import Duration
from keys.settings import KeySettings


def _keys_of(validated: dict[str, Any]) -> KeySettings:
    """The settings of the keys when none are given: the server's database and key, and defaults."""
    return KeySettings(database_url=validated["database_url"], key_encryption_key=validated["key_encryption_key"])


class Settings(BaseModel):
    """The settings of one installation. Read once, by the roof; rooms receive the values they need.

    `from_environment()` reads `IDP_*` variables, files named by `IDP_*_FILE`, and below them the TOML file named by
    `IDP_CONFIG`. The constructor takes values only from its arguments.
    """

    model_config = FROZEN

    issuer: Annotated[str, AfterValidator(issuer_origin)]
    """The public address of the provider, without a trailing slash: what `iss` says."""
    database_url: Annotated[str, AfterValidator(known_database), Field(repr=False, json_schema_extra={"secret": True})]
    """`sqlite:///path` or `postgresql://user:password@host/name`; several hosts may be given for a failover."""
    key_encryption_key: Annotated[SecretStr, AfterValidator(key_of_32_bytes)]
    """32 random bytes in base64url; seals the signing keys and derives the cookie keys. Keep it outside."""
    environment: Literal["production", "development"] = "production"
    """`development` is set by `idp dev` and accepts loopback addresses only."""
    insecure_http: bool = False
    """Accept an http issuer on loopback, for tests of `idp serve`."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    port: Annotated[int, between(0, 65535)] = 8000
    """The port to listen on."""
    workers: Annotated[int, between(1, 256)] = 1
    """Server processes."""
    worker_threads: Annotated[int, between(1, 64)] = 4
    """Threads for database work in each process, and connections in its pool."""
    graceful_stop: Annotated[Duration, lasting("0s", "10min")] = timedelta(seconds=20)
    """How long requests in progress may take after a request to stop."""
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(address_list)] = ()
    """Addresses and networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    tls_cert: Path | None = None
    """Certificate chain (PEM), when the provider terminates TLS itself."""
    tls_key: Path | None = None
    """Private key of the certificate (PEM)."""

    product_name: Annotated[str, Field(min_length=1, max_length=60)] = "Sign in"
    """The name people see on pages and in mails."""
    sign_up_open: bool = True
    """Whether people may make accounts themselves."""
    implicit_and_hybrid: bool = False
    """Whether clients that are registered for it get tokens from the authorization endpoint (implicit and hybrid)."""
    require_pushed_authorization_requests: bool = False
    """Whether every client has to push its authorization requests (RFC 9126), not only those registered so."""
    session_management: bool = False
    """Whether relying parties may watch the session from a frame, in browsers that leave framed pages their cookies."""
    session_same_site: Literal["lax", "none"] = "lax"
    """`none` lets relying parties on other sites renew silently in a frame, in browsers that still allow it."""
    refresh_repeat_window: Annotated[Duration, lasting("0s", "1min")] = timedelta(seconds=10)
    """How long a refresh token that was just used may come again, from a second tab say, without ending its family."""
    dpop_algorithms: Annotated[tuple[str, ...], BeforeValidator(proof_algorithms)] = PROOF_ALGORITHMS
    """Signatures accepted in DPoP proofs; clients of the FAPI 2.0 profile never use RS256."""
    dpop_nonces_for: Literal["nobody", "public", "everybody"] = "public"
    """Whose DPoP proofs have to carry a nonce: `public` clients keep their key where other scripts may use it."""

    client_registration: Literal["off", "token", "open"] = "off"
    """Whether clients may register themselves at /register: not, with an initial access token, or all that come."""

    password_minimum_length: Annotated[int, between(8, 64, "SP 800-63B-4: 15, or 8 with a second factor")] = 15
    """The shortest password accepted."""
    argon2: Argon2 = Argon2()
    hashing_threads: Annotated[int, between(1, 64)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Password hashes at the same time in each process; the number of cores unless set."""
    hashing_queue: Annotated[int, between(1, 10_000)] = 32
    """Hashes that may wait; beyond it the answer is 503 with Retry-After."""

    lifetimes: Lifetimes = Lifetimes()
    throttle: Throttle = Throttle()
    keys: KeySettings = Field(default_factory=_keys_of)

    outgoing_allowed_hosts: Annotated[tuple[str, ...], BeforeValidator(host_list)] = ()
    """Hosts (`host` or `host:port`) that may be asked though their addresses are private: relying parties inside."""
    outgoing_ca_file: Path | None = None
    """Certificate authorities (PEM) trusted besides the system's when other servers are asked."""
    outgoing_timeout: Annotated[Duration, lasting("1s", "30s")] = timedelta(seconds=5)
    """How long one request to another server may take in all."""

    connectors: tuple[ConnectorSettings, ...] = ()
    """Other providers to sign in with, in the order of their buttons; `IDP_CONNECTOR_<NAME>_*` sets what each needs."""
    upstream_timeout: Annotated[Duration, lasting("1s", "30s")] = timedelta(seconds=10)
    """How long one request to another provider may take while a person waits."""

    smtp_url: Annotated[SecretStr, AfterValidator(mail_server)] | None = None
    """`smtp://user:password@host:587?starttls` or `smtps://...`; without it mails wait in the outbox."""
    mail_from: Annotated[str, AfterValidator(mail_sender)] | None = None
    """The sender of mails; `no-reply@` the issuer's host unless set."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe level that is logged."""
    log_format: Literal["json", "text"] = "json"
    """`json`, one object for each line, or `text` for people."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings of this process.

        Raises:
            SettingsError: Names every problem at once, without the value of any secret.
        """
        return read(cls, os.environ if environ is None else environ, conflicts)
