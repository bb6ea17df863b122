"""ID tokens: minting them, and reading one that comes back as a hint (OpenID Connect Core 1.0 section 2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from authlib.oidc.core.util import create_half_hash
from joserfc import jws, jwt
from joserfc.errors import JoseError

from idp.protocol.claims import claims_of
from idp.protocol.client import RegisteredClient
from idp.store.grants import Grant
from idp.store.tokens import Person
from keys.ring import KeyRing

_LONGEST_HINT = 8192


@dataclass(frozen=True, slots=True)
class IdTokenHint:
    """An ID token of ours that was sent back to us. Its age does not matter; its signature and issuer do."""

    subject: str
    session_id: str | None
    client_id: str


class NotAnIdToken(ValueError):
    """The hint is malformed, altered, another issuer's, or another kind of token."""


def mint(  # noqa: PLR0913  each says one thing about the token
    *,
    issuer: str,
    ring: KeyRing,
    client: RegisteredClient,
    grant: Grant,
    person: Person,
    access_token: str,
    life: timedelta,
    now: datetime,
    with_nonce: bool = True,
) -> str:
    """Sign an ID token for the client.

    Claims about the person stand here only when the client asked for them one by one, or is registered to get all of
    them here: otherwise they belong at the userinfo endpoint (section 5.4). Protocol claims are written last, so that
    no attribute of a person can take the place of one.
    """
    key = ring.signing_key(client.id_token_signed_response_alg)
    asked: Mapping[str, Any] = grant.claims or {}
    claims = claims_of(
        person,
        scopes=grant.scopes if client.claims_in_id_token else (),
        names=asked.get("id_token", ()),
    )
    issued_at = int(now.timestamp())
    claims |= {
        "iss": issuer,
        "sub": grant.account_id,
        "aud": client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(life.total_seconds()),
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": list(grant.amr),
        "sid": grant.session_id,
        "at_hash": create_half_hash(access_token, key.algorithm).decode(),
    }
    if grant.acr is not None:
        claims["acr"] = grant.acr
    if with_nonce and grant.nonce is not None:
        claims["nonce"] = grant.nonce
    return jwt.encode({"alg": key.algorithm, "kid": key.kid}, claims, key.key, algorithms=[key.algorithm])


def read_hint(token: str, *, issuer: str, ring: KeyRing) -> IdTokenHint | None:
    """Read an `id_token_hint`, expired or not. None: signed by a key that is gone, so it says nothing any more.

    Raises:
        NotAnIdToken: It cannot be ours: malformed, altered, unsigned, or not an ID token at all.
    """
    keys = ring.verification_keys()
    try:
        if len(token) > _LONGEST_HINT or not token.isascii():
            raise NotAnIdToken
        header = jws.extract_compact(token.encode()).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in _SIGNATURES or not isinstance(kid, str):
            raise NotAnIdToken
        if header.get("typ", "JWT") != "JWT" or set(header) - {"alg", "kid", "typ"}:
            raise NotAnIdToken
        if kid not in {key.kid for key in keys.keys}:
            return None
        claims = jwt.decode(token, keys, algorithms=[algorithm]).claims
    except (JoseError, ValueError, TypeError, KeyError):
        raise NotAnIdToken from None
    subject, audience, session_id = claims.get("sub"), claims.get("aud"), claims.get("sid")
    if claims.get("iss") != issuer or not isinstance(subject, str) or not isinstance(audience, str):
        raise NotAnIdToken
    # Logout tokens are signed with the same keys and carry `events`; an ID token always says when the person signed in.
    if "events" in claims or "auth_time" not in claims:
        raise NotAnIdToken
    return IdTokenHint(subject, session_id if isinstance(session_id, str) else None, audience)


_SIGNATURES = frozenset({"RS256", "PS256", "ES256", "EdDSA", "Ed25519"})
