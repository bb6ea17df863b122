"""Limits against guessing that no stranger can turn into a lockout.

Every attempt is counted before it is checked, in one atomic statement, so that fifty at once count as fifty.
"""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.store import attempts
from idp.store.database import Connection

_LONG = timedelta(days=30)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is allowed. Each number has its reason in the settings."""

    enabled: bool = True
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


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now. The answer is the same for a right and a wrong password."""

    how_long: timedelta
    because: str


@dataclass(frozen=True, slots=True)
class Throttle:
    """Reserves attempts. A success gives them back."""

    limits: Limits

    def sign_in(
        self, db: Connection, *, name: str, known_device: bytes | None, source: str, now: datetime
    ) -> Wait | None:
        """Reserve an attempt to sign in; a Wait means that nothing may be checked.

        A device on which the person has signed in before has a bucket of its own: strangers who fail from elsewhere
        make the person wait nowhere but there.

        Args:
            known_device: The digest of the device, if it is known for this very account.
        """
        if not self.limits.enabled:
            return None
        if known_device is not None:
            return self._at_most(
                db,
                f"device:{known_device.hex()}:{_key(name)}",
                self.limits.known_device_failures,
                self.limits.known_device_window,
                now=now,
            )
        by_source = self._at_most(
            db, f"source:{source_of(source)}", self.limits.source_failures, self.limits.source_window, now=now
        )
        return by_source or self._account(db, name, now=now)

    def signed_in(self, db: Connection, *, name: str, known_device: bytes | None, source: str) -> None:
        """Forget what was counted against somebody who has shown who they are."""
        if not self.limits.enabled:
            return
        attempts.clear(db, f"account:{_key(name)}")
        attempts.clear(db, f"source:{source_of(source)}")
        if known_device is not None:
            attempts.clear(db, f"device:{known_device.hex()}:{_key(name)}")

    def mail(self, db: Connection, *, address_key: str, source: str, now: datetime) -> Wait | None:
        """Reserve a mail to an address, caused from a source."""
        if not self.limits.enabled:
            return None
        by_source = self._at_most(db, f"mails-from:{source_of(source)}", self.limits.source_mails, _HOUR, now=now)
        return by_source or self._at_most(
            db, f"mails-to:{_key(address_key)}", self.limits.account_mails, _HOUR, now=now
        )

    def sign_up(self, db: Connection, *, source: str, now: datetime) -> Wait | None:
        """Reserve a sign-up from a source."""
        if not self.limits.enabled:
            return None
        return self._at_most(db, f"sign-ups:{source_of(source)}", self.limits.source_sign_ups, _HOUR, now=now)

    def _account(self, db: Connection, name: str, *, now: datetime) -> Wait | None:
        """After a few free failures each one makes unknown devices wait twice as long, up to a limit."""
        key = f"account:{_key(name)}"
        before = attempts.find(db, key, now=now)
        failures = before.count if before else 0
        if failures >= self.limits.account_ceiling:
            return Wait(self.limits.account_longest_wait, "ceiling")
        if before is not None and failures >= self.limits.account_free_failures:
            doublings = min(failures - self.limits.account_free_failures, 20)
            wait = min(timedelta(seconds=2**doublings), self.limits.account_longest_wait)
            left = before.last_at + wait - now
            if left > timedelta():
                return Wait(left, "account")
        if not attempts.advance(db, key, before, window_ends_at=now + _LONG, now=now):
            # Another attempt at the same moment took this turn.
            return Wait(timedelta(seconds=1), "account")
        return None

    def _at_most(self, db: Connection, key: str, at_most: int, window: timedelta, *, now: datetime) -> Wait | None:
        counted = attempts.reserve(db, key, window_ends_at=now + window, now=now)
        if counted.count <= at_most:
            return None
        return Wait(counted.window_ends_at - now, key.partition(":")[0])


def source_of(address: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 that one IPv6 customer has to himself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _key(name: str) -> str:
    """Names are kept as digests: the counters need not tell who tries to sign in."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
