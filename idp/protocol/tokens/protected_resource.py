"""Access tokens as they arrive at a protected resource of ours (RFC 6750, and RFC 9449 section 7 for bound ones)."""

from dataclasses import dataclass
from datetime import datetime

from idp.protocol.messages import Reply, ResourceRequest
from idp.protocol.tokens.access_token import LONGEST
from idp.protocol.tokens.dpop import ProofRefused
from idp.protocol.tokens.key_proofs import KeyProofs
from idp.store.base import digest_of
from idp.store.database import Database
from idp.store.tokens import AccessToken, find_access


class AccessRefused(Exception):
    """The request carries no usable token. `reply` is the answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Admitted:
    """A live access token that was presented as it has to be, and the headers that the answer needs for that."""

    token: AccessToken
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ProtectedResource:
    """Lets in whoever presents an access token.

    Attributes:
        resource: How tokens that are meant for certain resources name this one (RFC 8707).
    """

    database: Database
    key_proofs: KeyProofs
    resource: str

    def admit(self, request: ResourceRequest, *, scope: str, now: datetime) -> Admitted:
        """The live access token of a request, in one read; a bound one takes a second statement for its proof.

        A bound token is never taken as Bearer, nor another one with a proof: whoever strips the proof gets nothing.

        Args:
            scope: What the token must have been granted.

        Raises:
            AccessRefused: With the challenge of RFC 6750 section 3, or of RFC 9449 section 7.1.
        """
        scheme, token = _presented(request.authorization)
        if token is not None and request.in_form is not None:
            raise _refused("Bearer", 400, "invalid_request", "Send the access token once: in the header or the form.")
        if token is None:
            scheme, token = "Bearer", request.in_form
        if token is None:
            # Without any token there is nothing to complain about: no error code (RFC 6750 section 3.1).
            challenge = f'Bearer, DPoP algs="{self._algorithms}"'
            raise AccessRefused(_challenge(401, challenge, {"error": "invalid_token"}))
        found = self._find(token, now)
        if found is None:
            raise self._refused(scheme, "The access token is unknown, expired or revoked.")
        if found.token_type != scheme:
            raise self._refused(found.token_type, f"The access token has to be presented as {found.token_type}.")
        headers = self._proven(request, token, found, now) if found.jkt is not None else ()
        if found.resources is not None and self.resource not in found.resources:
            raise self._refused(scheme, "The access token is meant for other resources.")
        if scope not in found.scopes or found.grant is None:
            raise _refused(scheme, 403, "insufficient_scope", f"The access token was not granted {scope}.", scope=scope)
        return Admitted(found, headers)

    def _find(self, token: str, now: datetime) -> AccessToken | None:
        if len(token) > LONGEST:
            return None
        with self.database.autocommit() as db:
            return find_access(db, digest_of(token), now=now)

    def _proven(
        self, request: ResourceRequest, token: str, found: AccessToken, now: datetime
    ) -> tuple[tuple[str, str], ...]:
        try:
            key = self.key_proofs.at_resource(request, token, found, now=now)
        except ProofRefused as refused:
            status = 400 if len(request.proofs) > 1 else 401
            headers = () if refused.nonce is None else (("DPoP-Nonce", refused.nonce),)
            raise self._refused(
                "DPoP", refused.sentence, error=refused.error, status=status, headers=headers
            ) from refused
        return () if key.next_nonce is None else (("DPoP-Nonce", key.next_nonce),)

    @property
    def _algorithms(self) -> str:
        return " ".join(self.key_proofs.algorithms)

    def _refused(
        self,
        scheme: str,
        sentence: str,
        *,
        error: str = "invalid_token",
        status: int = 401,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> AccessRefused:
        more = {"algs": self._algorithms} if scheme == "DPoP" else {}
        return _refused(scheme, status, error, sentence, headers=headers, **more)


def _presented(authorization: str | None) -> tuple[str, str | None]:
    """Scheme and token of an Authorization header; the scheme in the spelling of its registration."""
    scheme, _, token = (authorization or "").partition(" ")
    known = {"bearer": "Bearer", "dpop": "DPoP"}.get(scheme.lower())
    return (known, token.strip() or None) if known is not None else ("Bearer", None)


def _refused(
    scheme: str, status: int, error: str, sentence: str, *, headers: tuple[tuple[str, str], ...] = (), **more: str
) -> AccessRefused:
    said = {"error": error, "error_description": sentence}
    challenge = f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in {**said, **more}.items())
    return AccessRefused(_challenge(status, challenge, said, headers))


def _challenge(status: int, challenge: str, body: dict[str, str], headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, body, (("WWW-Authenticate", challenge), ("Cache-Control", "no-store"), *headers))
