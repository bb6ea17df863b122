"""Signing up. Nothing exists before the address is proven, and no page tells whether an account does."""

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from idp.accounts import proof as proofs
from idp.accounts import sessions
from idp.accounts.email_address import EmailAddress
from idp.accounts.proof import Mailer, ProofLife
from idp.accounts.sessions import SessionLife, Started, ThisBrowser
from idp.accounts.throttle import Throttle, Wait
from idp.audit import events
from idp.audit.events import Circumstances
from idp.store import accounts, email_proofs
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof


@dataclass(frozen=True, slots=True)
class Welcome:
    """The address is proven, the account exists, and the person is signed in on this browser."""

    account_id: str
    started: Started
    request_id: str | None


@dataclass(frozen=True, slots=True)
class SignUp:
    """Sign-up from the form to the account."""

    throttle: Throttle
    mail: Mailer
    issuer: str
    proof_life: ProofLife
    session_life: SessionLife

    def begin(
        self,
        db: Connection,
        address: EmailAddress,
        *,
        name: str | None,
        password_hash: str,
        browser: ThisBrowser,
        request_id: str | None,
        client_name: str | None,
        circumstances: Circumstances,
        now: datetime,
    ) -> str | Wait:
        """Send the mail that proves the address. Returns the id of the proof.

        For a known address everything looks the same; its owner gets another mail, and the proof leads nowhere.
        """
        wait = self.throttle.sign_up(db, source=circumstances.address, now=now) or self.throttle.mail(
            db, address_key=address.key, source=circumstances.address, now=now
        )
        if wait is not None:
            return wait
        made = proofs.make(
            "sign_up",
            address,
            expires_at=now + self.proof_life.link,
            code_expires_at=now + self.proof_life.code,
            browser_digest=browser.digest,
            account_id=None,
            request_id=request_id,
            now=now,
        )
        made = proofs.with_sign_up(made, name=name, password_hash=password_hash)
        email_proofs.add(db, made.proof)
        known = accounts.find_by_email(db, address.key)
        if known is None:
            context: dict[str, object] = {
                "code": made.code,
                "link": f"{self.issuer}/confirm-address?token={made.token}",
                "code_expires_at": made.proof.code_expires_at,
                "link_expires_at": made.proof.expires_at,
            }
            to, template = address.typed, "verify_address"
        else:
            context = {"sign_in_link": f"{self.issuer}/login", "reset_link": f"{self.issuer}/forgot-password"}
            # To the address on record, never to the one just typed: only its owner may learn that it is known.
            to, template = known.email, "address_already_known"
        if client_name is not None:
            context["client_name"] = client_name
        self.mail(db, to=to, template=template, context=context, expires_at=made.proof.expires_at, now=now)
        events.record(db, "sign_up_begun", circumstances, now=now)
        return made.proof.id

    def send_again(
        self,
        db: Connection,
        proof_id: str,
        *,
        browser: ThisBrowser,
        client_name: str | None,
        circumstances: Circumstances,
        now: datetime,
    ) -> str | Wait | None:
        """Send a new mail for a sign-up of this browser; the old link and code die. None: there is no such sign-up."""
        found = email_proofs.find(db, proof_id)
        if found is None or not self._is_of(found, browser.digest, now) or found.password_hash is None:
            return None
        again = self.begin(
            db,
            EmailAddress(found.email, found.email_key),
            name=found.name,
            password_hash=found.password_hash,
            browser=browser,
            request_id=found.request_id,
            client_name=client_name,
            circumstances=circumstances,
            now=now,
        )
        if isinstance(again, str):
            email_proofs.use(db, found.id, now=now)
        return again

    def open_in(self, db: Connection, proof_id: str, *, browser_digest: bytes, now: datetime) -> EmailProof | None:
        """The sign-up that waits in this browser for its code."""
        found = email_proofs.find(db, proof_id)
        return found if found is not None and self._is_of(found, browser_digest, now) else None

    def by_code(
        self,
        db: Connection,
        proof_id: str,
        code: str,
        *,
        browser: ThisBrowser,
        circumstances: Circumstances,
        now: datetime,
    ) -> Welcome | None:
        """Complete a sign-up by the code from the mail, in the browser where it began. None: the code is not right."""
        found = self.open_in(db, proof_id, browser_digest=browser.digest, now=now)
        if found is None or not proofs.code_is_right(db, found, code, now=now):
            return None
        return self.complete(db, found, browser=browser, circumstances=circumstances, now=now)

    def by_link(self, db: Connection, token: str, *, now: datetime) -> EmailProof | None:
        """The open sign-up behind a mailed link. Looking changes nothing: mail scanners look too."""
        found = email_proofs.find_by_link(db, digest_of(token))
        return found if proofs.is_open(found, "sign_up", now=now) else None

    def complete(
        self,
        db: Connection,
        found: EmailProof,
        *,
        browser: ThisBrowser,
        circumstances: Circumstances,
        now: datetime,
    ) -> Welcome | None:
        """Make the account, once. None: another proof of the same address was faster, or this one was used."""
        if not email_proofs.use(db, found.id, now=now) or accounts.find_by_email(db, found.email_key) is not None:
            return None
        account_id = uuid4().hex
        if not accounts.add_if_free(
            db,
            account_id,
            email=found.email,
            email_key=found.email_key,
            email_verified_at=now,
            password_hash=found.password_hash,
            profile={"name": found.name} if found.name else {},
            now=now,
        ):
            return None
        started = sessions.start(db, account_id, browser, life=self.session_life, now=now)
        events.record(
            db, "account_created", circumstances, account_id=account_id, session_id=started.session_id, now=now
        )
        return Welcome(account_id, started, found.request_id)

    def _is_of(self, found: EmailProof, browser_digest: bytes, now: datetime) -> bool:
        return proofs.is_open(found, "sign_up", now=now) and found.browser_digest == browser_digest
