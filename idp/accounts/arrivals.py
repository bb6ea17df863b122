"""People who come with another provider's word: letting them in, and making accounts of them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts import proofs
from idp.accounts.email_address import EmailAddress
from idp.accounts.letters import Letter
from idp.accounts.login import SignedIn, SignIn
from idp.accounts.proofs import ProofLife
from idp.accounts.sessions import FEDERATED
from idp.accounts.throttle import Allowed, Wait
from idp.accounts.visitor import Visitor
from idp.store import accounts, email_proofs, grants, session_endings, upstream_identities
from idp.store.accounts import Account
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof

_NOTICE_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Made:
    """A new account, and the sessions that ended with the unproven one whose address it has now."""

    account: Account
    superseded: str | None
    ended: list[str]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What becomes of people whom another provider has identified.

    Attributes:
        sign_up_open: Whether people may make accounts themselves.
    """

    sign_in: SignIn
    life: ProofLife
    sign_up_open: bool

    def enter(self, db: Connection, account: Account, visitor: Visitor, *, now: datetime) -> SignedIn:
        """Sign a person in whose account the caller has taken and found enabled."""
        return self.sign_in.enter(db, account, visitor, amr=FEDERATED, now=now)

    def make(self, db: Connection, address: EmailAddress, profile: Mapping[str, str], *, now: datetime) -> Made | None:
        """Make an account without a password, for an address that is proven. None: a proven account has it.

        An account that never proved the address loses it, and is closed with everything that hangs on it: whoever
        prepared it in another's name finds nothing of theirs in the new one.
        """
        superseded, ended = None, list[str]()
        holder = accounts.find_by_email(db, address.key)
        if holder is not None:
            held = accounts.find_to_change(db, holder.id)
            if held is None or not held.is_enabled or not accounts.supersede(db, held.id, now=now):
                return None
            superseded, ended = held.id, self._end_everything(db, held.id, now=now)
        account_id = secrets.token_urlsafe(18)
        added = accounts.add_if_free(
            db,
            account_id,
            email=address.text,
            email_key=address.key,
            email_verified_at=now,
            password_hash=None,
            profile=profile,
            now=now,
        )
        account = accounts.find(db, account_id) if added else None
        return Made(account, superseded, ended) if account is not None else None

    def allow(self, db: Connection, visitor: Visitor, *, now: datetime) -> Allowed | Wait:
        """Count an account that is asked for."""
        return self.sign_in.throttle.sign_up(db, source=visitor.source, now=now)

    def mail_code(
        self, db: Connection, address: EmailAddress, *, name: str | None, visitor: Visitor, now: datetime
    ) -> EmailProof:
        """Mail a code that proves the address. Only the browser in which it was asked for can use it.

        Where a proven account has the address, another mail says so, and no code opens the proof: what the page shows
        tells nobody whether there is such an account.
        """
        holder = accounts.find_by_email(db, address.key)
        taken = holder is not None and (holder.email_verified_at is not None or not holder.is_enabled)
        may_mail = self.sign_in.throttle.mail(db, source=visitor.source, email_key=address.key, now=now)
        made = proofs.make(
            "sign_up",
            email=address.text,
            email_key=address.key,
            visitor=visitor,
            account_id=holder.id if holder is not None and taken else None,
            life=self.life,
            now=now,
            name=name,
            may_mail=may_mail,
        )
        email_proofs.add(db, made.proof)
        if may_mail:
            letter = self._known(holder.email, now=now) if holder is not None and taken else _code(made)
            letter.post(db, self.sign_in.outbox, now=now)
        return made.proof

    @staticmethod
    def is_proven(db: Connection, proof: EmailProof, code: str, *, now: datetime) -> bool:
        """Whether the code is the one from the mail; then the proof is used up."""
        return (
            proofs.is_open(proof, "sign_up", now=now)
            and proofs.guess_code(db, proof, code, now=now)
            and email_proofs.use(db, proof.id, now=now)
        )

    def tell_of_change(
        self, db: Connection, account: Account, template: str, provider: str, visitor: Visitor, *, now: datetime
    ) -> None:
        """Tell the owner that a way to sign in was added (`sign_in_method_added`) or removed."""
        context = {
            "provider": provider,
            "device": visitor.description,
            "address": visitor.address,
            "when": now,
            "account_link": f"{self.sign_in.issuer}/account",
        }
        Letter(account.email, template, context, now + _NOTICE_LIFE).post(db, self.sign_in.outbox, now=now)

    @staticmethod
    def _end_everything(db: Connection, account_id: str, *, now: datetime) -> list[str]:
        ended = session_endings.end_all(db, account_id, because="superseded", now=now)
        grants.revoke_all(db, account_id=account_id, client_id=None, because="superseded", now=now)
        email_proofs.supersede(db, purpose="reset_password", account_id=account_id, now=now)
        email_proofs.supersede(db, purpose="change_email", account_id=account_id, now=now)
        # Whose they are can make an account of them, or link them, instead of finding a closed one behind each.
        upstream_identities.unlink_all(db, account_id)
        return ended

    def _known(self, email: str, *, now: datetime) -> Letter:
        context = {
            "sign_in_link": f"{self.sign_in.issuer}/login",
            "reset_link": f"{self.sign_in.issuer}/forgot-password",
        }
        return Letter(email, "address_already_known", context, now + _NOTICE_LIFE)


def _code(made: proofs.Mailed) -> Letter:
    context = {"code": made.code, "code_expires_at": made.proof.code_expires_at}
    return Letter(made.proof.email, "address_code", context, made.proof.expires_at)
