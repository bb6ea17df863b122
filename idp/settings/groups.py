"""Settings that belong together. `ENV` is the pattern that makes an environment name of a field's name."""

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict

from idp.settings.ranges import between, lasting
from keys.duration import Duration

FROZEN = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)


class Lifetimes(BaseModel):
    """How long what the provider issues is good for."""

    model_config = FROZEN
    ENV: ClassVar[str] = "{}_LIFETIME"

    authorization_request: Annotated[Duration, lasting("5min", "24h")] = timedelta(minutes=30)
    """How long a person may take to sign in, from the relying party's redirect to the answer."""
    code: Annotated[Duration, lasting("10s", "10min", "RFC 6749 section 4.1.2")] = timedelta(seconds=60)
    """Authorization code."""
    pushed_request: Annotated[Duration, lasting("5s", "10min", "RFC 9126 section 2.2")] = timedelta(seconds=60)
    """Reference of a pushed authorization request: how long a browser may take to bring it."""
    device_code: Annotated[Duration, lasting("1min", "30min", "RFC 8628 section 5.4")] = timedelta(minutes=10)
    """Code of a device without a browser: how long a person may take to let it in."""
    access_token: Annotated[Duration, lasting("1min", "24h")] = timedelta(hours=1)
    """Access token; it is opaque and checked at each use, so revocation is immediate."""
    jwt_access_token: Annotated[Duration, lasting("1min", "24h")] = timedelta(minutes=5)
    """Access token that is a JWT; resource servers may read it without asking, so it is short."""
    id_token: Annotated[Duration, lasting("1min", "24h")] = timedelta(minutes=5)
    """ID token; at most IDP_KEYS_TOKEN_LIFE, or a retired key could leave while its tokens live."""
    refresh_token_idle: Annotated[Duration, lasting("1min", "365d")] = timedelta(days=30)
    """Refresh token that is not used."""
    refresh_token: Annotated[Duration, lasting("1min", "730d")] = timedelta(days=90)
    """Refresh token family, from the first token on."""
    session_idle: Annotated[Duration, lasting("5min", "30d")] = timedelta(hours=24)
    """Browser session in which nothing happens."""
    session: Annotated[Duration, lasting("5min", "90d")] = timedelta(days=14)
    """Browser session, from sign-in on."""
    verification_link: Annotated[Duration, lasting("10min", "7d")] = timedelta(hours=24)
    """Mailed link that proves an address."""
    verification_code: Annotated[Duration, lasting("1min", "1h")] = timedelta(minutes=10)
    """Mailed code that proves an address."""
    reset_link: Annotated[Duration, lasting("5min", "24h")] = timedelta(minutes=30)
    """Mailed link that sets a new password."""
    known_device: Annotated[Duration, lasting("1d", "730d")] = timedelta(days=180)
    """How long a browser that has signed in is remembered by the sign-in limits."""


class Argon2(BaseModel):
    """The cost of a password hash; a stored hash of another cost is renewed at the next sign-in."""

    model_config = FROZEN
    ENV: ClassVar[str] = "ARGON2_{}"

    memory_mib: Annotated[int, between(7, 4096, "OWASP: at least 7 MiB, with 5 passes")] = 46
    """Memory for each hash, in MiB."""
    time: Annotated[int, between(1, 100)] = 1
    """Passes over the memory."""
    parallelism: Annotated[int, between(1, 16)] = 1
    """Threads for each hash."""


class Throttle(BaseModel):
    """Limits against guessing. None of them lets a stranger lock somebody out."""

    model_config = FROZEN
    ENV: ClassVar[str] = "THROTTLE_{}"

    enabled: bool = True
    """Whether any limit applies. Off is for test installations only."""
    source_failures: Annotated[int, between(1, 100_000)] = 20
    """Failed sign-ins from one source (IPv4 address or IPv6 /64) in a window."""
    source_window: Annotated[Duration, lasting("10s", "24h")] = timedelta(minutes=10)
    """The window of the limit for each source."""
    account_free_failures: Annotated[int, between(1, 100)] = 5
    """Failures of one account from unknown devices before waiting starts, at 1 s and doubling."""
    account_longest_wait: Annotated[Duration, lasting("1s", "24h")] = timedelta(minutes=15)
    """The longest wait of an unknown device."""
    known_device_failures: Annotated[int, between(1, 1000)] = 10
    """Failures of one account from a device that has signed in before, in a window."""
    known_device_window: Annotated[Duration, lasting("10s", "24h")] = timedelta(minutes=15)
    """The window of the limit for each known device."""
    account_ceiling: Annotated[int, between(10, 1000, "SP 800-63B-4 section 3.2.2: at most 100")] = 100
    """Failures in a row after which a password works on known devices only, until mail proves the person."""
    account_mails: Annotated[int, between(1, 1000)] = 3
    """Mails to one account in an hour."""
    source_mails: Annotated[int, between(1, 100_000)] = 10
    """Mails caused by one source in an hour."""
    source_sign_ups: Annotated[int, between(1, 100_000)] = 10
    """Accounts made from one source in an hour."""
    source_device_codes: Annotated[int, between(1, 100_000, "RFC 8628 section 5.1")] = 20
    """Wrong codes of devices typed from one source in an hour."""
    source_handshakes: Annotated[int, between(1, 100_000)] = 100
    """Journeys to other providers that one source begins and from which nobody comes back, in a window."""
    source_registrations: Annotated[int, between(1, 100_000)] = 10
    """Clients that register themselves without an initial access token, from one source in an hour."""
    client_devices: Annotated[int, between(1, 100_000)] = 30
    """Devices of one public client that ask for codes from one source, in the lifetime of a code."""
    client_failures: Annotated[int, between(1, 100_000)] = 30
    """Failed client authentications of one client from one source in a minute."""
