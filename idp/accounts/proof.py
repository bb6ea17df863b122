"""Proofs by mail: the link and the short code, made, and recognised when they come back."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from idp.accounts.email_address import EmailAddress
from idp.store import email_proofs
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.email_proofs import EmailProof, Purpose

CODE_GUESSES = 5
"""Guesses of one six-digit code, counted before they are compared."""


class Mailer(Protocol):
    """Puts a mail into the outbox, in the caller's transaction."""

    def __call__(
        self,
        db: Connection,
        *,
        to: str,
        template: str,
        context: Mapping[str, object],
        expires_at: datetime,
        now: datetime,
    ) -> object:
        """Leave it to be delivered."""


@dataclass(frozen=True, slots=True)
class ProofLife:
    """How long links and codes are good for."""

    link: timedelta = timedelta(hours=24)
    code: timedelta = timedelta(minutes=10)
    reset: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class MadeProof:
    """A proof with the secrets that only the mail will carry."""

    proof: EmailProof
    token: str
    code: str


def make(
    purpose: Purpose,
    address: EmailAddress,
    *,
    expires_at: datetime,
    code_expires_at: datetime | None,
    browser_digest: bytes | None,
    account_id: str | None,
    request_id: str | None,
    now: datetime,
) -> MadeProof:
    """A fresh proof, not stored yet."""
    proof_id, token, code = secrets.token_urlsafe(16), secrets.token_urlsafe(32), f"{secrets.randbelow(10**6):06d}"
    proof = EmailProof(
        id=proof_id,
        purpose=purpose,
        link_digest=digest_of(token),
        code_digest=_code_digest(proof_id, code) if code_expires_at is not None else None,
        code_attempts=0,
        code_expires_at=code_expires_at,
        browser_digest=browser_digest,
        account_id=account_id,
        email=address.typed,
        email_key=address.key,
        name=None,
        password_hash=None,
        request_id=request_id,
        created_at=now,
        expires_at=expires_at,
        used_at=None,
    )
    return MadeProof(proof, token, code)


def with_sign_up(made: MadeProof, *, name: str | None, password_hash: str) -> MadeProof:
    """The same with what a new account needs."""
    return replace(made, proof=replace(made.proof, name=name, password_hash=password_hash))


def is_open(proof: EmailProof | None, purpose: Purpose, *, now: datetime) -> bool:
    """Whether a proof can still be used for this."""
    return proof is not None and proof.purpose == purpose and proof.used_at is None and proof.expires_at > now


def code_is_right(db: Connection, proof: EmailProof, code: str, *, now: datetime) -> bool:
    """Compare a typed code; the guess counts whatever comes of it. Spaces and dashes do not matter."""
    typed = "".join(character for character in code if character not in " -")
    if proof.code_digest is None or proof.code_expires_at is None or proof.code_expires_at <= now:
        return False
    if not email_proofs.count_attempt(db, proof.id, at_most=CODE_GUESSES):
        return False
    return hmac.compare_digest(proof.code_digest, _code_digest(proof.id, typed))


def _code_digest(proof_id: str, code: str) -> bytes:
    return hashlib.sha256(f"{proof_id}:{code}".encode()).digest()
