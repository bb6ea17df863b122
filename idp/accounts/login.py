"""Signing in with address and password: what to check, and what follows from the outcome."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.accounts.email_address import EmailProblem, parse_address
from idp.accounts.letters import Letter, Outbox
from idp.accounts.passwords import Passwords
from idp.accounts.sessions import PASSWORD, Sessions, Started
from idp.accounts.throttle import Throttle, Wait
from idp.accounts.visitor import Visitor
from idp.store import accounts, devices
from idp.store.accounts import Account
from idp.store.base import digest_of
from idp.store.database import Connection

_NOTICE_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class ToVerify:
    """An attempt that has been counted. `account` is None for a name nobody has; all else goes on as for others."""

    name: str
    account: Account | None
    known_device: bytes | None


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of the hash.

    Attributes:
        rehashed: The same password at today's cost, where the stored hash has another.
    """

    asked: ToVerify
    is_right: bool
    rehashed: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person is signed in with this browser. `device_mark` goes into the known-device cookie."""

    account: Account
    started: Started
    device_mark: str = field(repr=False)
    known_device: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in. `account_id` is for the audit log; the person reads the same for wrong and for unknown."""

    because: str
    account_id: str | None


@dataclass(frozen=True, slots=True)
class SignIn:
    """The three steps of a sign-in. Between the two that use the database lies the hash, which must not hold one."""

    passwords: Passwords
    throttle: Throttle
    sessions: Sessions
    outbox: Outbox
    issuer: str
    known_device_life: timedelta

    def prepare(self, db: Connection, username: str, visitor: Visitor, *, now: datetime) -> ToVerify | Wait:
        """Find the account and count the attempt, before an attacker can make us pay for a hash.

        The statements are the same for a name that nobody has.
        """
        name = _key_of(username)
        account = accounts.find_by_email(db, name)
        mark = digest_of(visitor.mark or "")
        known = devices.is_known(db, mark, account.id if account else "", now=now)
        known_device = mark if known else None
        allowed = self.throttle.sign_in(db, source=visitor.source, email_key=name, known_device=known_device, now=now)
        return allowed if isinstance(allowed, Wait) else ToVerify(name, account, known_device)

    def verify(self, asked: ToVerify, password: str) -> Verified:
        """Check the password, at the same cost whether or not the account exists. Holds no connection."""
        stored = asked.account.password_hash if asked.account else None
        if not self.passwords.verify(stored, password) or stored is None:
            return Verified(asked, is_right=False)
        renewed = self.passwords.hash(password) if self.passwords.needs_rehash(stored) else None
        return Verified(asked, is_right=True, rehashed=renewed)

    def settle(self, db: Connection, verified: Verified, visitor: Visitor, *, now: datetime) -> SignedIn | Refused:
        """Open a session, or refuse. The attempt stays counted unless it was right."""
        asked = verified.asked
        if asked.account is None or not verified.is_right:
            return Refused("wrong_password", asked.account.id if asked.account else None)
        # Looked at again: while the hash was made, the person may have been disabled or have changed the password.
        account = accounts.find_to_change(db, asked.account.id)
        if account is None or account.password_hash != asked.account.password_hash:
            return Refused("wrong_password", asked.account.id)
        if not account.is_enabled:
            return Refused("disabled", account.id)
        self.throttle.signed_in(
            db, source=visitor.source, email_key=asked.name, known_device=asked.known_device, now=now
        )
        if verified.rehashed is not None and account.password_hash is not None:
            accounts.rehash_password(db, account.id, old_hash=account.password_hash, new_hash=verified.rehashed)
        return self._enter(db, account, visitor, amr=PASSWORD, known_device=asked.known_device is not None, now=now)

    def enter(
        self, db: Connection, account: Account, visitor: Visitor, *, amr: tuple[str, ...], now: datetime
    ) -> SignedIn:
        """Open a session for a person whom somebody else has vouched for; the same as with a password follows.

        The caller has taken the account (`find_to_change`) and seen that it is enabled.
        """
        known = devices.is_known(db, digest_of(visitor.mark or ""), account.id, now=now)
        return self._enter(db, account, visitor, amr=amr, known_device=known, now=now)

    def _enter(
        self,
        db: Connection,
        account: Account,
        visitor: Visitor,
        *,
        amr: tuple[str, ...],
        known_device: bool,
        now: datetime,
    ) -> SignedIn:
        started = self.sessions.start(db, account.id, visitor=visitor, amr=amr, now=now)
        mark = self.remember_device(db, account.id, visitor, now=now)
        if not known_device:
            self._tell_owner(db, account, visitor, now=now)
        return SignedIn(account, started, mark, known_device)

    def remember_device(self, db: Connection, account_id: str, visitor: Visitor, *, now: datetime) -> str:
        """Make this browser a known device of the person. Returns the mark for its cookie, the one it has if it can."""
        mark = visitor.mark or secrets.token_urlsafe(32)
        devices.remember(db, digest_of(mark), account_id, expires_at=now + self.known_device_life, now=now)
        return mark

    def _tell_owner(self, db: Connection, account: Account, visitor: Visitor, *, now: datetime) -> None:
        context = {
            "device": visitor.description,
            "address": visitor.address,
            "when": now,
            "reset_link": f"{self.issuer}/forgot-password",
            "account_link": f"{self.issuer}/account",
        }
        Letter(account.email, "new_sign_in", context, now + _NOTICE_LIFE).post(db, self.outbox, now=now)


def _key_of(username: str) -> str:
    """The key to look up; for what is no address, a text that no account can have."""
    try:
        return parse_address(username).key
    except EmailProblem:
        return f"?{username[:300]}".encode(errors="replace").decode()
