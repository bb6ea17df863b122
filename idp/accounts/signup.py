"""Making an account. Nothing exists until the address is proven, and nobody learns whose address has an account."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts import proofs
from idp.accounts.email_address import EmailAddress
from idp.accounts.letters import Letter
from idp.accounts.login import SignedIn, SignIn
from idp.accounts.password_policy import PasswordPolicy
from idp.accounts.proofs import ProofLife
from idp.accounts.sessions import PASSWORD
from idp.accounts.throttle import Allowed, Wait
from idp.accounts.visitor import Visitor
from idp.store import accounts, email_proofs
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof

_NOTICE_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Completed:
    """The account exists and its person is signed in. `request_id` is the authorization request to go on with."""

    signed_in: SignedIn
    request_id: str | None


@dataclass(frozen=True, slots=True)
class NotCompleted:
    """No account was made.

    Attributes:
        because: wrong_code, used (the proof, by somebody at the same moment), or taken (the address has an account).
    """

    because: str


@dataclass(frozen=True, slots=True)
class SignUp:
    """Sign-up with a proof of the address, by the code or the link of one mail.

    Attributes:
        is_open: Whether people may make accounts themselves.
    """

    sign_in: SignIn
    policy: PasswordPolicy
    life: ProofLife
    is_open: bool = True

    def allow(self, db: Connection, visitor: Visitor, *, now: datetime) -> Allowed | Wait:
        """Count a sign-up, before the password is hashed."""
        return self.sign_in.throttle.sign_up(db, source=visitor.source, now=now)

    def begin(
        self,
        db: Connection,
        address: EmailAddress,
        *,
        name: str | None,
        password_hash: str,
        request_id: str | None,
        visitor: Visitor,
        now: datetime,
    ) -> EmailProof:
        """Keep what was typed until the address is proven, and mail the code and the link.

        Where the address has an account the same is done with another mail: the proof is a decoy that no code opens.
        """
        account = accounts.find_by_email(db, address.key)
        may_mail = self.sign_in.throttle.mail(db, source=visitor.source, email_key=address.key, now=now)
        made = proofs.make(
            "sign_up",
            email=address.text,
            email_key=address.key,
            visitor=visitor,
            account_id=account.id if account else None,
            life=self.life,
            now=now,
            name=name,
            password_hash=password_hash,
            request_id=request_id,
            may_mail=may_mail,
        )
        email_proofs.add(db, made.proof)
        if may_mail:
            # To the stored address, where there is one: what was typed is equal only in the eyes of this server.
            letter = self._already_known(account.email, now=now) if account else self._verify(made)
            letter.post(db, self.sign_in.outbox, now=now)
        return made.proof

    def find(self, db: Connection, proof_id: str, visitor: Visitor, *, now: datetime) -> EmailProof | None:
        """The open sign-up with this id, if it began in this browser."""
        proof = email_proofs.find(db, proof_id)
        if proof is None or not proofs.is_open(proof, "sign_up", now=now) or not proofs.belongs_to(proof, visitor):
            return None
        return proof

    def send_again(self, db: Connection, proof: EmailProof, visitor: Visitor, *, now: datetime) -> EmailProof | None:
        """Mail a new code and link; the earlier ones die. None: the proof was used meanwhile."""
        if proof.password_hash is None or not email_proofs.use(db, proof.id, now=now):
            return None
        return self.begin(
            db,
            EmailAddress(proof.email, proof.email_key),
            name=proof.name,
            password_hash=proof.password_hash,
            request_id=proof.request_id,
            visitor=visitor,
            now=now,
        )

    @staticmethod
    def find_by_link(db: Connection, token: str, *, now: datetime) -> EmailProof | None:
        """The open sign-up behind a mailed link, wherever it is followed. Looking changes nothing."""
        return proofs.by_link(db, token, "sign_up", now=now)

    def by_code(
        self, db: Connection, proof: EmailProof, code: str, visitor: Visitor, *, now: datetime
    ) -> Completed | NotCompleted:
        """Complete the sign-up with the code, in the browser in which it began."""
        if not proofs.guess_code(db, proof, code, now=now):
            return NotCompleted("wrong_code")
        return self.complete(db, proof, visitor, now=now)

    def complete(
        self, db: Connection, proof: EmailProof, visitor: Visitor, *, now: datetime
    ) -> Completed | NotCompleted:
        """Make the account and sign its person in. The caller has seen the code, or the link and who follows it.

        The link alone is enough only in the browser in which the sign-up began. Elsewhere the password is asked for:
        otherwise whoever signs up with a stranger's address would get an account that the stranger has proven.
        """
        if not email_proofs.use(db, proof.id, now=now):
            return NotCompleted("used")
        account_id = secrets.token_urlsafe(18)
        added = accounts.add_if_free(
            db,
            account_id,
            email=proof.email,
            email_key=proof.email_key,
            email_verified_at=now,
            password_hash=proof.password_hash,
            profile={"name": proof.name} if proof.name else {},
            now=now,
        )
        if not added:
            # Of several open sign-ups with one address the first to be proven wins; this is how the others end.
            return NotCompleted("taken")
        account = accounts.find(db, account_id)
        if account is None:
            raise LookupError("the account that was just made is gone")
        started = self.sign_in.sessions.start(db, account_id, visitor=visitor, amr=PASSWORD, now=now)
        mark = self.sign_in.remember_device(db, account_id, visitor, now=now)
        return Completed(SignedIn(account, started, mark, known_device=False), proof.request_id)

    def _verify(self, made: proofs.Mailed) -> Letter:
        context = {
            "code": made.code,
            "link": f"{self.sign_in.issuer}/signup/link?token={made.token}",
            "code_expires_at": made.proof.code_expires_at,
            "link_expires_at": made.proof.expires_at,
        }
        return Letter(made.proof.email, "verify_address", context, made.proof.expires_at)

    def _already_known(self, email: str, *, now: datetime) -> Letter:
        context = {
            "sign_in_link": f"{self.sign_in.issuer}/login",
            "reset_link": f"{self.sign_in.issuer}/forgot-password",
        }
        return Letter(email, "address_already_known", context, now + _NOTICE_LIFE)
