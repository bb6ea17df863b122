"""Signing in with a password: what may be checked, and what follows from the outcome."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts import sessions
from idp.accounts.email_address import key_of
from idp.accounts.sessions import SessionLife, Started, ThisBrowser
from idp.accounts.throttle import Throttle, Wait
from idp.audit import events
from idp.audit.events import Circumstances
from idp.store import accounts, devices
from idp.store.accounts import Account
from idp.store.base import digest_of
from idp.store.database import Connection


@dataclass(frozen=True, slots=True)
class Attempt:
    """What to verify, outside any transaction. `account` is None for a name that nobody has; the cost is the same."""

    name: str
    account: Account | None
    known_device: bytes | None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person is signed in on this browser."""

    account: Account
    started: Started
    device_was_known: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in. `because` is wrong_password (unknown names too) or disabled, which only the owner gets to see."""

    because: str


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """The two halves of a sign-in, with the password hash between them."""

    throttle: Throttle
    life: SessionLife
    device_life: timedelta

    def prepare(
        self, db: Connection, *, username: str, device: str | None, source: str, now: datetime
    ) -> Attempt | Wait:
        """Reserve an attempt and find the account, before the hash: that is what an attacker would make us pay."""
        name = key_of(username)
        account = accounts.find_by_email(db, name) if name else None
        mark = digest_of(device) if device else None
        known = mark if mark and account and devices.is_known(db, mark, account.id, now=now) else None
        wait = self.throttle.sign_in(db, name=name or username, known_device=known, source=source, now=now)
        return wait or Attempt(name, account, known)

    def settle(
        self,
        db: Connection,
        attempt: Attempt,
        *,
        is_right: bool,
        rehashed: str | None,
        browser: ThisBrowser,
        device_mark: str,
        circumstances: Circumstances,
        now: datetime,
    ) -> SignedIn | Refused:
        """Sign the person in, or record that somebody failed.

        Args:
            rehashed: A hash of the same password at today's cost, where the stored one is older.
            device_mark: The value of the known-device cookie, from now on.
        """
        account = attempt.account
        if account is None or not is_right:
            events.record(db, "sign_in_refused", circumstances, account_id=account.id if account else None, now=now)
            return Refused("wrong_password")
        # Read again: the person may have been disabled while the password was being hashed.
        account = accounts.find(db, account.id)
        if account is None or not account.is_enabled:
            events.record(db, "sign_in_refused", circumstances, account_id=account.id if account else None, now=now)
            return Refused("disabled")
        self.throttle.signed_in(db, name=attempt.name, known_device=attempt.known_device, source=circumstances.address)
        if rehashed is not None and account.password_hash is not None:
            accounts.rehash_password(db, account.id, old_hash=account.password_hash, new_hash=rehashed)
        devices.remember(db, digest_of(device_mark), account.id, expires_at=now + self.device_life, now=now)
        started = sessions.start(db, account.id, browser, life=self.life, now=now)
        events.record(
            db, "sign_in_succeeded", circumstances, account_id=account.id, session_id=started.session_id, now=now
        )
        return SignedIn(account, started, attempt.known_device is not None)
