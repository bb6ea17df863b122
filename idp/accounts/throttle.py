"""Limits against guessing that no stranger can turn into a lockout. Counted before the check they belong to.

Names appear in the counters as digests only, and alike whether or not somebody has them.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.store import attempts
from idp.store.base import digest_of
from idp.store.database import Connection

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LASTING = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The numbers; see the settings of the same names."""

    source_failures: int = 20
    source_window: timedelta = timedelta(minutes=10)
    account_free_failures: int = 5
    account_longest_wait: timedelta = timedelta(minutes=15)
    known_device_failures: int = 10
    known_device_window: timedelta = timedelta(minutes=15)
    account_ceiling: int = 100
    account_mails: int = 3
    source_mails: int = 10
    source_sign_ups: int = 10
    source_registrations: int = 10
    client_failures: int = 30
    source_device_codes: int = 20
    source_handshakes: int = 100
    client_devices: int = 30
    client_devices_window: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The attempt is counted, and may be made."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is checked now, and the answer is the same whatever was sent."""

    seconds: int

    @property
    def sentence(self) -> str:
        """What to tell the person."""
        # Rounded up to at least two of either, so that the plural is always right.
        if self.seconds < 120:
            return f"Too many attempts. Please wait {max(self.seconds, 2)} seconds and try again."
        minutes = math.ceil(self.seconds / 60)
        return f"Too many attempts. Please wait {minutes} minutes and try again, or reset your password."


@dataclass(frozen=True, slots=True)
class Throttle:
    """Counts attempts in the database, so that every process and node sees the same numbers."""

    limits: Limits
    enabled: bool = True

    def sign_in(
        self, db: Connection, *, source: str, email_key: str, known_device: bytes | None, now: datetime
    ) -> Allowed | Wait:
        """Count an attempt to sign in.

        A device on which this person has signed in before has a bucket of its own and no other limit: whatever
        strangers do, also from the same network, it stays open to its owner.

        Args:
            email_key: The canonical address, or what was typed where it is none.
            known_device: Digest of the device's mark, if the device is known for this very account.
        """
        if not self.enabled:
            return Allowed()
        limits, keys = self.limits, _Keys(source, email_key)
        if known_device is not None:
            device = keys.device(known_device)
            allowed = _at_most(db, device, limits.known_device_failures, limits.known_device_window, now=now)
            if isinstance(allowed, Allowed):
                # Failures in a row count towards the ceiling wherever they happen; here it closes nothing.
                attempts.reserve(db, keys.ceiling, window_ends_at=now + _LASTING, now=now)
            return allowed
        by_source = _at_most(db, keys.source, limits.source_failures, limits.source_window, now=now)
        if isinstance(by_source, Wait):
            return by_source
        return self._unknown_device(db, keys, now=now)

    def signed_in(
        self, db: Connection, *, source: str, email_key: str, known_device: bytes | None, now: datetime
    ) -> None:
        """Take back what an attempt counted that has turned out to be right.

        The source gets its one attempt back and no more: with an account of their own an attacker could otherwise
        wipe out failures on others'.
        """
        if not self.enabled:
            return
        keys = _Keys(source, email_key)
        # In the order in which an attempt counts them: two transactions then never wait for each other.
        if known_device is not None:
            attempts.clear(db, keys.device(known_device))
        else:
            attempts.give_back(db, keys.source, now=now)
            attempts.clear(db, keys.account)
        attempts.clear(db, keys.ceiling)

    def proven_by_mail(self, db: Connection, *, email_key: str) -> None:
        """Open an account again to unknown devices: its owner has set a new password through their mailbox."""
        keys = _Keys("", email_key)
        attempts.clear(db, keys.account)
        attempts.clear(db, keys.ceiling)

    def mail(self, db: Connection, *, source: str, email_key: str, now: datetime) -> bool:
        """Count a mail. False: not this one; nobody is told, because that would tell what others have asked for."""
        if not self.enabled:
            return True
        keys = _Keys(source, email_key)
        by_source = _at_most(db, keys.mails_from, self.limits.source_mails, _HOUR, now=now)
        if isinstance(by_source, Wait):
            return False
        return isinstance(_at_most(db, keys.mails_to, self.limits.account_mails, _HOUR, now=now), Allowed)

    def sign_up(self, db: Connection, *, source: str, now: datetime) -> Allowed | Wait:
        """Count a sign-up from a source."""
        if not self.enabled:
            return Allowed()
        return _at_most(db, _Keys(source, "").sign_ups, self.limits.source_sign_ups, _HOUR, now=now)

    def device_code(self, db: Connection, *, source: str, now: datetime) -> Allowed | Wait:
        """Count a device's code that is being typed (RFC 8628 section 5.1)."""
        if not self.enabled:
            return Allowed()
        return _at_most(db, _Keys(source, "").device_codes, self.limits.source_device_codes, _HOUR, now=now)

    def device_code_found(self, db: Connection, *, source: str, now: datetime) -> None:
        """Take back what a code counted that has turned out to be right."""
        if self.enabled:
            attempts.give_back(db, _Keys(source, "").device_codes, now=now)

    def handshake(self, db: Connection, *, source: str, now: datetime) -> Allowed | Wait:
        """Count a journey to another provider that begins; each is a row here, and a request over there."""
        if not self.enabled:
            return Allowed()
        limits = self.limits
        return _at_most(db, _Keys(source, "").handshakes, limits.source_handshakes, limits.source_window, now=now)

    def handshake_came_back(self, db: Connection, *, source: str, now: datetime) -> None:
        """Take back what a journey counted from which somebody has come back: those count that nobody finishes."""
        if self.enabled:
            attempts.give_back(db, _Keys(source, "").handshakes, now=now)

    def registration(self, db: Connection, *, source: str, now: datetime) -> Allowed | Wait:
        """Count a client that registers itself without an initial access token."""
        if not self.enabled:
            return Allowed()
        return _at_most(db, _Keys(source, "").registrations, self.limits.source_registrations, _HOUR, now=now)

    def client_failed(self, db: Connection, *, client_id: str, source: str, now: datetime) -> Allowed | Wait:
        """Count a failed client authentication of one client from one source.

        Counted after the check: a client secret cannot be guessed, a right one is always good, and so a stranger can
        neither stop a client nor add a statement to its requests. A Wait makes the refusal a 429.
        """
        if not self.enabled:
            return Allowed()
        key = f"client:{digest_of(client_id).hex()}:{source}"
        return _at_most(db, key, self.limits.client_failures, _MINUTE, now=now)

    def device_begins(self, db: Connection, *, client_id: str, source: str, now: datetime) -> Allowed | Wait:
        """Count a device that asks for codes without any secret; each is a row here for as long as the codes live.

        By client and source, so that nobody can use up what the devices of others need.
        """
        if not self.enabled:
            return Allowed()
        key = f"devices:{digest_of(client_id).hex()}:{source}"
        return _at_most(db, key, self.limits.client_devices, self.limits.client_devices_window, now=now)

    def _unknown_device(self, db: Connection, keys: "_Keys", *, now: datetime) -> Allowed | Wait:
        limits = self.limits
        free, longest = limits.account_free_failures, limits.account_longest_wait
        window = now + max(_DAY, 2 * longest)
        if not attempts.reserve_spaced(db, keys.account, free=free, longest=longest, window_ends_at=window, now=now):
            before = attempts.find(db, keys.account, now=now)
            if before is None:
                return Wait(1)
            return _until(before.last_at + attempts.wait_after(before.count, free=free, longest=longest), now=now)
        in_a_row = attempts.reserve(db, keys.ceiling, window_ends_at=now + _LASTING, now=now)
        # SP 800-63B-4 section 3.2.2: at most 100 failures in a row are evaluated. Mail opens the account again.
        return Allowed() if in_a_row.count <= limits.account_ceiling else _until(now + longest, now=now)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The counters that concern one source and one name."""

    origin: str
    name: str

    @property
    def source(self) -> str:
        return f"source:{self.origin}"

    @property
    def account(self) -> str:
        return f"account:{digest_of(self.name).hex()}"

    @property
    def ceiling(self) -> str:
        return f"ceiling:{digest_of(self.name).hex()}"

    @property
    def mails_from(self) -> str:
        return f"mails-from:{self.origin}"

    @property
    def mails_to(self) -> str:
        return f"mails-to:{digest_of(self.name).hex()}"

    @property
    def sign_ups(self) -> str:
        return f"sign-ups:{self.origin}"

    @property
    def registrations(self) -> str:
        return f"registrations:{self.origin}"

    @property
    def device_codes(self) -> str:
        return f"device-codes:{self.origin}"

    @property
    def handshakes(self) -> str:
        return f"handshakes:{self.origin}"

    def device(self, digest: bytes) -> str:
        return f"device:{digest.hex()}:{digest_of(self.name).hex()}"


def _at_most(db: Connection, key: str, limit: int, window: timedelta, *, now: datetime) -> Allowed | Wait:
    counted = attempts.reserve(db, key, window_ends_at=now + window, now=now)
    return Allowed() if counted.count <= limit else _until(counted.window_ends_at, now=now)


def _until(when: datetime, *, now: datetime) -> Wait:
    return Wait(max(1, math.ceil((when - now).total_seconds())))
