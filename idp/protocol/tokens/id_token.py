"""ID tokens: minting them, and reading one that comes back as a hint (OpenID Connect Core 1.0 section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core.util import create_half_hash
from joserfc import jws
from joserfc.errors import JoseError

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.subject import Subjects
from idp.protocol.tokens.claims import claims_of
from idp.store.grants import Grant
from idp.store.tokens import Person
from keys.lifecycle import Algorithm
from keys.ring import KeyRing
from keys.signing import signed, verified

_LONGEST_HINT = 8192


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """An ID token of ours that was sent back to us. Its age does not matter; its signature and issuer do."""

    subject: str
    session_id: str | None
    client_id: str


class NotAnIdToken(ValueError):
    """The hint is malformed, altered, another issuer's, or another kind of token."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What an ID token is given out with, each of which it vouches for by a hash (section 3.3.2.11).

    `state` is one of them where the token comes from the authorization endpoint (Financial-grade API 1.0 part 2).
    """

    access_token: str | None = None
    code: str | None = None
    state: str | None = None

    def hashes(self, algorithm: str) -> dict[str, str]:
        """The hash claims, of the ID token's own algorithm."""
        given = {"at_hash": self.access_token, "c_hash": self.code, "s_hash": self.state}
        return {name: create_half_hash(value, algorithm).decode() for name, value in given.items() if value is not None}


class IdTokens:
    """Mints ID tokens, and reads those that come back. One for the whole process."""

    def __init__(self, issuer: str, ring: KeyRing, subjects: Subjects, life: timedelta) -> None:
        self._issuer = issuer
        self._ring = ring
        self._subjects = subjects
        self._life = life

    def mint(
        self,
        client: RegisteredClient,
        grant: Grant,
        person: Person,
        *,
        beside: Beside,
        now: datetime,
        with_nonce: bool = True,
    ) -> str:
        """Sign an ID token for the client.

        Claims about the person stand here only when the client asked for them one by one, gets nothing else, or is
        registered to get all of them here: otherwise they belong at the userinfo endpoint (section 5.4). Protocol
        claims are written last, so that no attribute of a person can take the place of one.

        Raises:
            NoSigningKey: There is none of the client's algorithm.
        """
        key = self._ring.signing_key(client.id_token_signed_response_alg)
        asked: Mapping[str, Any] = grant.claims or {}
        alone = beside.access_token is None and beside.code is None
        claims = claims_of(
            person,
            issuer=self._issuer,
            scopes=grant.scopes if alone or client.claims_in_id_token else (),
            names=asked.get("id_token", ()),
        )
        issued_at = int(now.timestamp())
        claims |= {
            "iss": self._issuer,
            "sub": self._subjects.of(client, grant.account_id),
            "aud": client.client_id,
            "iat": issued_at,
            "exp": issued_at + int(self._life.total_seconds()),
            "auth_time": int(grant.auth_time.timestamp()),
            "amr": list(grant.amr),
            "sid": self._subjects.session_of(client, grant.session_id),
            **beside.hashes(key.algorithm),
        }
        if grant.acr is not None:
            claims["acr"] = grant.acr
        if with_nonce and grant.nonce is not None:
            claims["nonce"] = grant.nonce
        return signed(key, claims)

    def read_hint(self, token: str) -> IdTokenHint | None:
        """Read an `id_token_hint`, expired or not. None: its key is gone, so that it says nothing any more.

        Raises:
            NotAnIdToken: It cannot be ours: malformed, altered, unsigned, or not an ID token at all.
        """
        keys = self._ring.verification_keys()
        try:
            algorithm, kid = _algorithm_and_kid(token)
            if kid not in {key.kid for key in keys.keys}:
                return None
            claims = verified(token, keys, algorithm)
        except (JoseError, ValueError, TypeError, KeyError):
            raise NotAnIdToken from None
        subject, audience, session_id = claims.get("sub"), claims.get("aud"), claims.get("sid")
        if claims.get("iss") != self._issuer or not isinstance(subject, str) or not isinstance(audience, str):
            raise NotAnIdToken
        # Signed with the same keys: access tokens, which have a type of their own; logout tokens, which carry `events`;
        # and signed answers, which do not say when the person signed in, as an ID token always does.
        if "events" in claims or "auth_time" not in claims:
            raise NotAnIdToken
        return IdTokenHint(subject, session_id if isinstance(session_id, str) else None, audience)


def _algorithm_and_kid(token: str) -> tuple[str, str]:
    if len(token) > _LONGEST_HINT or not token.isascii():
        raise NotAnIdToken
    header = jws.extract_compact(token.encode()).headers()
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in list(Algorithm) or not isinstance(kid, str):
        raise NotAnIdToken
    if header.get("typ", "JWT") != "JWT" or set(header) - {"alg", "kid", "typ"}:
        raise NotAnIdToken
    return str(algorithm), kid
