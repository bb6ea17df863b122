"""What a grant is answered with: tokens made before the claim that stores their digests."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.protocol.lifetimes import Lifetimes
from idp.protocol.tokens import opaque
from idp.protocol.tokens.access_token import MintedAccess
from idp.store.base import digest_of
from idp.store.grants import Grant
from idp.store.redemption import NewTokens


class TokenResponse(dict[str, Any]):
    """A token response (RFC 6749 section 5.1). Authlib logs it at DEBUG, so it does not show what it holds."""

    def __repr__(self) -> str:
        """Only that it is one."""
        return "<token response>"


@dataclass(frozen=True, slots=True)
class MintedTokens:
    """An access token and a refresh token.

    Attributes:
        refresh_jkt: The key that has to use the refresh token. Only those of public clients are bound: the others'
            are held by client authentication (RFC 9449 section 5).
    """

    access: MintedAccess
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime
    refresh_jkt: str | None = None

    @classmethod
    def with_access(
        cls,
        access: MintedAccess,
        lifetimes: Lifetimes,
        *,
        refresh_until: datetime | None = None,
        is_public: bool = False,
    ) -> "MintedTokens":
        """A refresh token beside an access token. `refresh_until` is the absolute end of the family."""
        now = access.issued_at
        return cls(
            access=access,
            refresh_token=opaque.new(opaque.REFRESH_TOKEN),
            refresh_expires_at=min(now + lifetimes.refresh_idle, refresh_until or now + lifetimes.refresh_absolute),
            refresh_jkt=access.jkt if is_public else None,
        )

    def digests(self) -> NewTokens:
        """What is stored of them."""
        return NewTokens(
            access_digest=digest_of(self.access.value),
            access_expires_at=self.access.expires_at,
            refresh_digest=digest_of(self.refresh_token),
            refresh_expires_at=self.refresh_expires_at,
            resources=self.access.resources,
            jkt=self.access.jkt,
            refresh_jkt=self.refresh_jkt,
        )

    def response(self, grant: Grant, scope: str) -> TokenResponse:
        """What the client gets. The refresh token goes out where `offline_access` was granted."""
        response = TokenResponse(
            access_token=self.access.value,
            token_type=self.access.token_type,
            expires_in=self.access.expires_in,
            scope=scope,
        )
        if "offline_access" in grant.scopes:
            response["refresh_token"] = self.refresh_token
        return response
