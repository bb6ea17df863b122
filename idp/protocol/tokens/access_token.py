"""Access tokens: opaque, or a JWT that resource servers can read by themselves (RFC 9068)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from idp.protocol.tokens import opaque
from idp.store import tokens
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.grants import Grant
from keys.ring import SigningKey
from keys.signing import signed

JWT_TYPE = "at+jwt"
"""The `typ` that keeps it from being taken for an ID token, an assertion or a request object (section 5)."""

LONGEST = 8192
"""Longer than any access token we issue; whatever exceeds it is not looked up."""


@dataclass(frozen=True, slots=True)
class MintedAccess:
    """An access token made before it is stored, so that nothing is claimed that could not be answered.

    Of either kind only the digest is stored, and every use is looked up here: revoking works alike.

    Attributes:
        resources: Where it may be used; None: what the grant says.
        jkt: The thumbprint of the key that it is bound to.
    """

    value: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    resources: tuple[str, ...] | None = None
    jkt: str | None = None

    @property
    def token_type(self) -> str:
        """How the client has to present it."""
        return "Bearer" if self.jkt is None else "DPoP"

    @property
    def expires_in(self) -> int:
        """Its life in seconds."""
        return int((self.expires_at - self.issued_at).total_seconds())

    def store(self, db: Connection, *, client_id: str, scopes: tuple[str, ...], grant: Grant | None = None) -> None:
        """Store it where no claim does: a token of the client itself, or one from the authorization endpoint."""
        tokens.add_access(
            db,
            digest_of(self.value),
            client_id=client_id,
            scopes=scopes,
            expires_at=self.expires_at,
            now=self.issued_at,
            grant_id=None if grant is None else grant.id,
            resources=grant.resources if self.resources is None and grant is not None else self.resources,
            jkt=self.jkt,
        )


def opaque_token(
    *, now: datetime, life: timedelta, resources: tuple[str, ...] | None = None, jkt: str | None = None
) -> MintedAccess:
    """A token that says nothing to anybody."""
    return MintedAccess(opaque.new(opaque.ACCESS_TOKEN), now, now + life, resources, jkt)


def jwt_token(  # noqa: PLR0913  each says one thing about the token
    *,
    issuer: str,
    key: SigningKey,
    client_id: str,
    subject: str,
    scopes: tuple[str, ...],
    resources: tuple[str, ...] | None,
    grant: Grant | None,
    jkt: str | None,
    now: datetime,
    life: timedelta,
) -> MintedAccess:
    """A token as RFC 9068 section 2 has it. Without a resource it is meant for us (section 3): for userinfo."""
    audience = resources or (issuer,)
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else list(audience),
        "client_id": client_id,
        "iat": issued_at,
        "exp": issued_at + int(life.total_seconds()),
        "jti": uuid4().hex,
        **sign_in(grant),
    }
    if scopes:
        claims["scope"] = " ".join(scopes)
    if jkt is not None:
        claims["cnf"] = {"jkt": jkt}
    return MintedAccess(signed(key, claims, typ=JWT_TYPE), now, now + life, audience, jkt)


def sign_in(grant: Grant | None) -> Mapping[str, Any]:
    """When and how the person signed in, which resource servers may ask more of (RFC 9470 section 6)."""
    if grant is None:
        return {}
    facts: dict[str, Any] = {"auth_time": int(grant.auth_time.timestamp()), "amr": list(grant.amr)}
    return facts if grant.acr is None else {**facts, "acr": grant.acr}
