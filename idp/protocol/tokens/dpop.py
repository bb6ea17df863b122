"""DPoP: whoever presents a token shows that it holds the key that the token is bound to (RFC 9449)."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from idp.protocol.clients.client_jwt import ClientJwt, MalformedJwt
from idp.protocol.tokens.dpop_nonce import Nonces
from idp.protocol.tokens.dpop_signature import ALGORITHMS, ProofRefused, verified

__all__ = ["ALGORITHMS", "NoncesFor", "Proof", "ProofRefused", "ProofRules"]

TOLERANCE = timedelta(seconds=60)
"""How far the time of a proof without a nonce may be from ours, either way (section 11.1)."""

_LEEWAY = timedelta(seconds=10)
_LONGEST_JTI = 256
_DEFAULT_PORTS = {"https": 443, "http": 80}


NoncesFor = Literal["nobody", "public", "everybody"]
"""Which clients' proofs have to carry a nonce of ours."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that has passed every check but the last, that nobody has used it before.

    Attributes:
        jkt: The thumbprint of its key (RFC 7638).
        good_until: From when on it would be refused for its age.
        nonce: What it carries, when that is one of ours.
    """

    jkt: str
    jti: str
    good_until: datetime
    nonce: str | None


@dataclass(frozen=True, slots=True)
class ProofRules:
    """What an installation wants of proofs, and the checks of RFC 9449 section 4.3.

    Attributes:
        algorithms: Accepted signatures, some of `ALGORITHMS`.
        nonces_for: Who has to use nonces. By default those who keep their key in a browser or an app, where somebody
            else's script may make proofs for later (section 11.2).
    """

    issuer: str
    nonces: Nonces
    algorithms: tuple[str, ...] = ALGORITHMS
    nonces_for: NoncesFor = "public"

    def needs_nonce(self, *, is_public: bool) -> bool:
        """Whether the proofs of such a client have to carry a nonce."""
        return self.nonces_for == "everybody" or (self.nonces_for == "public" and is_public)

    def check(
        self,
        presented: tuple[str, ...],
        *,
        method: str,
        path: str,
        algorithms: tuple[str, ...],
        nonce_required: bool,
        now: datetime,
        access_token: str | None = None,
    ) -> Proof:
        """Check the DPoP header of a request.

        Args:
            presented: Every value of the header; exactly one will do.
            path: Of the endpoint that was asked; the issuer stands before it, never the Host header.
            access_token: The token presented together with the proof; None where none is.

        Raises:
            ProofRefused: With what is wrong, or with `use_dpop_nonce` and a nonce.
        """
        if len(presented) != 1:
            raise ProofRefused("Send one DPoP header.")
        jkt, proof = verified(presented[0], algorithms)
        if proof.claims.get("htm") != method:
            raise ProofRefused("htm is not the method of this request.")
        if not _is_address(proof.text("htu"), self.issuer + path):
            raise ProofRefused("htu is not the address of this endpoint.")
        if access_token is not None and proof.text("ath") != _hash_of(access_token):
            raise ProofRefused("ath is not the hash of the access token.")
        jti, nonce = proof.text("jti"), proof.claims.get("nonce")
        if jti is None or len(jti) > _LONGEST_JTI or not jti.isprintable():
            raise ProofRefused("jti must be a string of 1 to 256 characters.")
        if nonce is None and nonce_required:
            raise self._ask_for_nonce(jkt, now)
        try:
            good_until = self._by_time(proof, now) if nonce is None else self._by_nonce(nonce, proof, jkt, now)
        except MalformedJwt as malformed:
            raise ProofRefused(f"The DPoP header {malformed}.") from malformed
        return Proof(jkt, jti, good_until, nonce)

    def _by_nonce(self, nonce: Any, proof: ClientJwt, jkt: str, now: datetime) -> datetime:
        """A nonce of ours says when the proof was made; the clock of the client does not matter then (4.3, 11)."""
        good_until = self.nonces.good_until(nonce, jkt, now=now) if isinstance(nonce, str) else None
        if good_until is None:
            raise self._ask_for_nonce(jkt, now)
        if proof.moment("iat") is None:
            raise ProofRefused("iat is missing.")
        return good_until

    def _by_time(self, proof: ClientJwt, now: datetime) -> datetime:
        moment, tolerance = now.timestamp(), TOLERANCE.total_seconds()
        leeway = _LEEWAY.total_seconds()
        issued_at, starts, ends = proof.moment("iat"), proof.moment("nbf"), proof.moment("exp")
        if issued_at is None or abs(issued_at - moment) > tolerance:
            raise ProofRefused("iat is missing, or too far from the time here.")
        if starts is not None and starts > moment + leeway:
            raise ProofRefused("nbf is not a time that has come.")
        if ends is not None and ends <= moment - leeway:
            raise ProofRefused("exp is not a time that is still to come.")
        return datetime.fromtimestamp(issued_at, UTC) + TOLERANCE

    def _ask_for_nonce(self, jkt: str, now: datetime) -> ProofRefused:
        nonce = self.nonces.current(jkt, now=now)
        return ProofRefused("The proof needs the nonce of the DPoP-Nonce header.", error="use_dpop_nonce", nonce=nonce)


def _hash_of(access_token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(access_token.encode()).digest()).decode().rstrip("=")


def _is_address(htu: str | None, address: str) -> bool:
    """Whether `htu` is this address, query and fragment aside, after the normalisation of RFC 3986 6.2.2 and 6.2.3."""
    if htu is None:
        return False
    try:
        return _normal(htu) == _normal(address)
    except ValueError:
        return False


def _normal(address: str) -> tuple[str, str, int | None, str]:
    parts = urlsplit(address)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with credentials")
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(scheme), unquote(parts.path, errors="strict")
