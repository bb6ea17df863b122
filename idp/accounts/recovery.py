"""A forgotten password, and a changed one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts import proofs
from idp.accounts.email_address import EmailAddress
from idp.accounts.letters import Letter
from idp.accounts.login import SignIn
from idp.accounts.password_policy import PasswordPolicy
from idp.accounts.proofs import ProofLife
from idp.accounts.sessions import Started
from idp.accounts.throttle import Allowed, Wait
from idp.accounts.visitor import Visitor
from idp.store import accounts, devices, email_proofs, session_endings, upstream_identities
from idp.store.accounts import Account
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof
from idp.store.sessions import BrowserSession
from idp.store.upstream_identities import LinkedIdentity

_NOTICE_LIFE = timedelta(days=3)
_FRESH = timedelta(minutes=5)
_TOLD_WITHIN = timedelta(minutes=10)
"""For how long after a reset its link still tells what the reset has left as it was."""


@dataclass(frozen=True, slots=True)
class OpenReset:
    """A reset that can be made: its proof, and the account it is for."""

    proof: EmailProof
    account: Account


@dataclass(frozen=True, slots=True)
class Cleared:
    """What a reset has ended: sessions, by their ids, and ways in through other providers."""

    sessions: list[str]
    unlinked: list[LinkedIdentity]


@dataclass(frozen=True, slots=True)
class Recovery:
    """New passwords. Either way ends the person's other sessions and all that hangs on them, and tells the owner.

    Other providers that open the account stay: they are not what was forgotten, and may be the owner's way back. The
    owner is told which they are, since whoever had the account may have added one of their own.

    Attributes:
        provider_label: What people call the provider behind a connector.
    """

    sign_in: SignIn
    policy: PasswordPolicy
    life: ProofLife
    provider_label: Callable[[str], str] = str

    def ask(
        self, db: Connection, address: EmailAddress, *, request_id: str | None, visitor: Visitor, now: datetime
    ) -> str | None:
        """Mail a reset link to the stored address, if there is an account. Earlier links die.

        The statements are the same where there is none: they are made, and taken back. Returns the account's id, for
        the audit log only, when a mail was sent.
        """
        may_mail = self.sign_in.throttle.mail(db, source=visitor.source, email_key=address.key, now=now)
        account = accounts.find_by_email(db, address.key)
        known = account is not None and account.is_enabled
        account_id = account.id if account else ""
        with email_proofs.rehearsed(db, for_good=known and may_mail):
            email_proofs.supersede(db, purpose="reset_password", account_id=account_id, now=now)
            made = proofs.make(
                "reset_password" if account else "sign_up",
                email=account.email if account else address.text,
                email_key=address.key,
                visitor=visitor,
                account_id=account_id or None,
                life=self.life,
                now=now,
                request_id=request_id,
            )
            email_proofs.add(db, made.proof)
            self._link(made, visitor, now=now).post(db, self.sign_in.outbox, now=now)
        return account_id if known and may_mail else None

    def find(self, db: Connection, token: str, *, now: datetime) -> OpenReset | None:
        """The reset behind a mailed link, if it can be made. Looking changes nothing."""
        proof = proofs.by_link(db, token, "reset_password", now=now)
        if proof is None or proof.account_id is None:
            return None
        account = accounts.find(db, proof.account_id)
        if account is None or not account.is_enabled or account.email_key != proof.email_key:
            return None
        return OpenReset(proof, account)

    def reset(
        self, db: Connection, found: OpenReset, *, password_hash: str, visitor: Visitor, now: datetime
    ) -> Cleared | None:
        """Set the new password, once. None: the link was used meanwhile.

        Until its address was proven anybody may have prepared the account: no way in of theirs stays.
        The person has shown that they read the address. They are not signed in: a mailed link never opens a session,
        and signing in right away lets a password manager meet the new password.
        """
        account = accounts.find_to_change(db, found.account.id)
        if account is None or not account.is_enabled or not email_proofs.use(db, found.proof.id, now=now):
            return None
        accounts.set_password(db, account.id, password_hash, now=now)
        accounts.verify_email(db, account.id, now=now)
        self._end_other_ways_in(db, account.id, now=now)
        self.sign_in.throttle.proven_by_mail(db, email_key=account.email_key)
        ended = session_endings.end_all(db, account.id, because="password_reset", now=now)
        devices.forget_all(db, account.id)
        unlinked = upstream_identities.unlink_all(db, account.id) if account.email_verified_at is None else []
        self._tell_owner(db, account, visitor, now=now)
        return Cleared(ended, unlinked)

    def done(self, db: Connection, token: str, *, now: datetime) -> tuple[EmailProof, Account] | None:
        """The proof behind a link, and the account whose password was just set through it. None: not, or not just now.

        A link that a newer one has replaced is used up as well, and has set nothing.
        """
        proof = email_proofs.find_by_link(db, digest_of(token))
        if proof is None or proof.purpose != "reset_password" or proof.used_at is None or proof.account_id is None:
            return None
        account = accounts.find(db, proof.account_id)
        is_recent = now - proof.used_at <= _TOLD_WITHIN
        return (proof, account) if account and is_recent and account.password_changed_at == proof.used_at else None

    def allow_change(
        self, db: Connection, account: Account, session: BrowserSession, visitor: Visitor, *, now: datetime
    ) -> Allowed | Wait:
        """Count a guess of the old password. A stolen session has a bucket of its own, as a known device has."""
        return self.sign_in.throttle.sign_in(
            db,
            source=visitor.source,
            email_key=account.email_key,
            known_device=digest_of(session.id),
            now=now,
        )

    def proves_owner(self, account: Account, session: BrowserSession, old_password: str, *, now: datetime) -> bool:
        """Whether the old password is right. Who has none must have signed in within the last five minutes."""
        if account.password_hash is None:
            return now - session.auth_time <= _FRESH
        return self.sign_in.passwords.verify(account.password_hash, old_password)

    def change(
        self,
        db: Connection,
        account: Account,
        session: BrowserSession,
        *,
        password_hash: str,
        visitor: Visitor,
        now: datetime,
    ) -> tuple[Started, list[str]] | None:
        """Set a new password for a person who has just shown the old one.

        This browser stays signed in, under another cookie. Returns that, and the ids of the sessions that ended; None
        if this session or the old password has been replaced meanwhile.
        """
        latest = accounts.find_to_change(db, account.id)
        if latest is None or not latest.is_enabled or latest.password_hash != account.password_hash:
            return None
        started = self.sign_in.sessions.change_cookie(db, session, now=now)
        if started is None:
            return None
        accounts.set_password(db, account.id, password_hash, now=now)
        self._end_other_ways_in(db, account.id, now=now)
        self.sign_in.throttle.signed_in(
            db,
            source=visitor.source,
            email_key=account.email_key,
            known_device=digest_of(session.id),
            now=now,
        )
        ended = session_endings.end_all(db, account.id, because="password_changed", now=now, except_id=session.id)
        self._tell_owner(db, account, visitor, now=now)
        return started, ended

    @staticmethod
    def _end_other_ways_in(db: Connection, account_id: str, *, now: datetime) -> None:
        email_proofs.supersede(db, purpose="reset_password", account_id=account_id, now=now)
        email_proofs.supersede(db, purpose="change_email", account_id=account_id, now=now)

    def _link(self, made: proofs.Mailed, visitor: Visitor, *, now: datetime) -> Letter:
        context = {
            "link": f"{self.sign_in.issuer}/reset-password?token={made.token}",
            "link_expires_at": made.proof.expires_at,
            "device": visitor.description,
            "address": visitor.address,
            "when": now,
        }
        return Letter(made.proof.email, "reset_password", context, made.proof.expires_at)

    def _tell_owner(self, db: Connection, account: Account, visitor: Visitor, *, now: datetime) -> None:
        context: dict[str, object] = {
            "device": visitor.description,
            "address": visitor.address,
            "when": now,
            "reset_link": f"{self.sign_in.issuer}/forgot-password",
            "account_link": f"{self.sign_in.issuer}/account",
        }
        linked = upstream_identities.of_account(db, account.id)
        if linked:
            # Providers only: how an identity calls itself is chosen by whoever linked it, and no words for this mail.
            ways = dict.fromkeys(self.provider_label(one.connector) for one in linked)
            context |= {"ways": ", ".join(ways), "ways_link": f"{self.sign_in.issuer}/account/sign-in-methods"}
        Letter(account.email, "password_changed", context, now + _NOTICE_LIFE).post(db, self.sign_in.outbox, now=now)
