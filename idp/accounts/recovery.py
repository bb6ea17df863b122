"""A forgotten password, and a changed one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.accounts import proof as proofs
from idp.accounts.email_address import EmailAddress
from idp.accounts.proof import Mailer, ProofLife
from idp.accounts.throttle import Throttle, Wait
from idp.audit import events
from idp.audit.events import Circumstances
from idp.store import accounts, email_proofs, sessions
from idp.store.accounts import Account
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof


@dataclass(frozen=True, slots=True)
class Recovery:
    """Reset by mail and change of password. Both end every other session of the person, and what hangs on them."""

    throttle: Throttle
    mail: Mailer
    issuer: str
    proof_life: ProofLife

    def request(
        self,
        db: Connection,
        address: EmailAddress,
        *,
        request_id: str | None,
        device: Mapping[str, str],
        circumstances: Circumstances,
        now: datetime,
    ) -> Wait | None:
        """Send a link to the address on record, if there is an account. Nobody learns whether there is."""
        wait = self.throttle.mail(db, address_key=address.key, source=circumstances.address, now=now)
        if wait is not None:
            # Told only when the source itself is over its limit, which says nothing about the address.
            return wait if wait.because == "mails-from" else None
        account = accounts.find_by_email(db, address.key)
        if account is None or not account.is_enabled:
            return None
        email_proofs.supersede(db, purpose="reset_password", account_id=account.id, now=now)
        made = proofs.make(
            "reset_password",
            EmailAddress(account.email, account.email_key),
            expires_at=now + self.proof_life.reset,
            code_expires_at=None,
            browser_digest=None,
            account_id=account.id,
            request_id=request_id,
            now=now,
        )
        email_proofs.add(db, made.proof)
        context = {
            "link": f"{self.issuer}/reset-password?token={made.token}",
            "link_expires_at": made.proof.expires_at,
            "device": device.get("description"),
            "address": device.get("address"),
            "when": now,
        }
        self.mail(
            db, to=account.email, template="reset_password", context=context, expires_at=made.proof.expires_at, now=now
        )
        events.record(db, "password_reset_requested", circumstances, account_id=account.id, now=now)
        return None

    def by_link(self, db: Connection, token: str, *, now: datetime) -> tuple[EmailProof, Account] | None:
        """The open reset behind a mailed link, with its account. Looking changes nothing."""
        found = email_proofs.find_by_link(db, digest_of(token))
        if found is None or not proofs.is_open(found, "reset_password", now=now) or found.account_id is None:
            return None
        account = accounts.find(db, found.account_id)
        if account is None or not account.is_enabled or account.email_key != found.email_key:
            return None
        return found, account

    def reset(
        self,
        db: Connection,
        found: EmailProof,
        account: Account,
        *,
        password_hash: str,
        device: Mapping[str, str],
        circumstances: Circumstances,
        now: datetime,
    ) -> bool:
        """Set the new password, once. False: the link was used meanwhile.

        The person has shown that they read the address, so it is proven; signing in is asked of them afterwards, so
        that a link alone never opens a session.
        """
        if not email_proofs.use(db, found.id, now=now):
            return False
        accounts.set_password(db, account.id, password_hash, now=now)
        accounts.verify_email(db, account.id, now=now)
        sessions.end_all(db, account.id, because="password_reset", now=now)
        events.record(db, "password_reset", circumstances, account_id=account.id, now=now)
        self.throttle.signed_in(db, name=account.email_key, known_device=None, source=circumstances.address)
        self._tell_owner(db, account, device, now=now)
        return True

    def change(
        self,
        db: Connection,
        account: Account,
        *,
        password_hash: str,
        keep_session: str,
        device: Mapping[str, str],
        circumstances: Circumstances,
        now: datetime,
    ) -> None:
        """Set a new password for a person who has just shown the old one."""
        accounts.set_password(db, account.id, password_hash, now=now)
        email_proofs.supersede(db, purpose="reset_password", account_id=account.id, now=now)
        sessions.end_all(db, account.id, because="password_changed", now=now, except_id=keep_session)
        events.record(db, "password_changed", circumstances, account_id=account.id, now=now)
        self._tell_owner(db, account, device, now=now)

    def _tell_owner(self, db: Connection, account: Account, device: Mapping[str, str], *, now: datetime) -> None:
        context = {
            "device": device.get("description"),
            "address": device.get("address"),
            "when": now,
            "reset_link": f"{self.issuer}/forgot-password",
            "account_link": f"{self.issuer}/account",
        }
        expires_at = now + self.proof_life.link
        self.mail(db, to=account.email, template="password_changed", context=context, expires_at=expires_at, now=now)
