"""Proving an address: the link and the short code of one mail, and how they are kept."""

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from idp.accounts.visitor import Visitor
from idp.store import email_proofs
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof, Purpose

GUESSES = 5
"""Of one code. With the limits on mails an hour allows fifteen guesses at a million."""

_PASSWORD_GUESSES = 15
"""Of a password that a mailed link asks for, together with the guesses of the code."""


@dataclass(frozen=True, slots=True)
class ProofLife:
    """How long a mail is good for."""

    sign_up_link: timedelta
    code: timedelta
    reset_link: timedelta


@dataclass(frozen=True, slots=True)
class Mailed:
    """A new proof and the secrets that only its mail holds."""

    proof: EmailProof
    token: str = field(repr=False)
    code: str = field(repr=False)


def make(  # noqa: PLR0913  A row is made here, and each of these is a column of it.
    purpose: Purpose,
    *,
    email: str,
    email_key: str,
    visitor: Visitor,
    account_id: str | None,
    life: ProofLife,
    now: datetime,
    name: str | None = None,
    password_hash: str | None = None,
    request_id: str | None = None,
    may_mail: bool = True,
) -> Mailed:
    """Make a proof. Link and code are random; the digest of the code has the proof's id in front, as a salt.

    Args:
        may_mail: Whether the mail is sent. A code that nobody has been told can only be guessed, so there is none then:
            otherwise whoever asks for one mail after the other would have five guesses for each.
    """
    proof_id, token = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
    code = f"{secrets.randbelow(1_000_000):06d}"
    is_sign_up = purpose == "sign_up"
    # A sign-up that has an account is a decoy: its page looks like any other, and no code opens it.
    has_code = is_sign_up and account_id is None and may_mail
    proof = EmailProof(
        id=proof_id,
        purpose=purpose,
        link_digest=digest_of(token),
        code_digest=_code_digest(proof_id, code) if has_code else None,
        code_attempts=0,
        code_expires_at=now + life.code if is_sign_up else None,
        browser_digest=digest_of(visitor.browser) if is_sign_up else None,
        account_id=account_id,
        email=email,
        email_key=email_key,
        name=name,
        password_hash=password_hash,
        request_id=request_id,
        created_at=now,
        expires_at=now + (life.sign_up_link if is_sign_up else life.reset_link),
        used_at=None,
    )
    return Mailed(proof, token, code)


def by_link(db: Connection, token: str, purpose: Purpose, *, now: datetime) -> EmailProof | None:
    """The open proof behind a mailed link. Looking changes nothing: scanners look too."""
    proof = email_proofs.find_by_link(db, digest_of(token))
    return proof if proof is not None and is_open(proof, purpose, now=now) else None


def is_open(proof: EmailProof, purpose: Purpose, *, now: datetime) -> bool:
    """Whether the proof is of this kind and can still be used."""
    return proof.purpose == purpose and proof.used_at is None and proof.expires_at > now


def belongs_to(proof: EmailProof, visitor: Visitor) -> bool:
    """Whether the proof began in this browser."""
    digest = proof.browser_digest or b""
    return any(hmac.compare_digest(digest, digest_of(browser)) for browser in visitor.browsers)


def guess_code(db: Connection, proof: EmailProof, typed: str, *, now: datetime) -> bool:
    """Whether this is the code of the mail. The guess is counted first, so parallel ones are as few as others."""
    code = typed.replace(" ", "").replace("-", "")
    if not email_proofs.count_attempt(db, proof.id, at_most=GUESSES):
        return False
    if proof.code_expires_at is None or proof.code_expires_at <= now:
        return False
    return hmac.compare_digest(proof.code_digest or b"", _code_digest(proof.id, code))


def may_guess_password(db: Connection, proof: EmailProof) -> bool:
    """Count a guess of the password that a sign-up began with."""
    return email_proofs.count_attempt(db, proof.id, at_most=_PASSWORD_GUESSES)


def _code_digest(proof_id: str, code: str) -> bytes:
    return digest_of(f"{proof_id}:{code}")
