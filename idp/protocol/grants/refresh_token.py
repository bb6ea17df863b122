"""Refresh tokens: each works once, and using one a second time ends its family (RFC 6749 section 6, RFC 9700 4.14)."""

from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749.grants import RefreshTokenGrant

from idp.audit.events import Event
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.refusals import OAuth2Error, oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens import opaque
from idp.protocol.tokens.minted_tokens import MintedTokens
from idp.store import grants
from idp.store.base import digest_of
from idp.store.redemption import Redeemed, use_refresh
from idp.store.tokens import RefreshToken, find_refresh


class RotatingRefreshGrant(RefreshTokenGrant):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's grant with rotation, families and an atomic claim, none of which it has."""

    server: AuthorizationServer

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Exactly one method, by our own rules."""
        return self.server.authenticate(self.request)

    def _validate_request_token(self, client: RegisteredClient) -> RefreshToken:
        token = self.request.form.get("refresh_token")
        if token is None:
            raise oauth_error("invalid_request", "refresh_token is missing.")
        now, digest = self.server.clock(), digest_of(token[: opaque.LONGEST])
        with self.server.database.autocommit() as db:
            found = find_refresh(db, digest)
        if found is None:
            raise oauth_error("invalid_grant", "The refresh token is unknown.")
        if found.grant.client_id != client.client_id:
            # Whoever presents it has it, and should not: the family is no longer safe.
            self._end_family(found, Event.REFRESH_TOKEN_MISUSED, now=now)
            raise oauth_error("invalid_grant", "The refresh token was issued to another client.")
        if found.used_at is not None:
            raise self._used_before(found, now=now)
        if not found.grant_is_live:
            raise oauth_error(
                "invalid_grant", "The refresh token is void: the person has signed out, or access was withdrawn."
            )
        if found.expires_at <= now:
            raise oauth_error("invalid_grant", "The refresh token has expired.")
        return found

    def _validate_token_scope(self, token: RefreshToken) -> None:
        asked = (self.request.form.get("scope") or "").split()
        if set(asked) - set(token.grant.scopes):
            raise oauth_error("invalid_scope", "scope may only contain what was granted.")

    def create_token_response(self) -> tuple[int, dict[str, Any], Any]:
        """Take the token and answer with its successor, in one step.

        Where a profile keeps refresh tokens as they are, the same one goes on and its idle time begins anew.
        """
        used: RefreshToken = self.request.refresh_token
        client: RegisteredClient = self.request.client
        self.server.require_signing_key(client)
        now, rotate = self.server.clock(), rules_of(client).rotates_refresh_tokens
        # What has been taken from the client's registration since is no longer given.
        scopes = client.allowed(self.request.form.get("scope") or " ".join(used.grant.scopes))
        if not scopes:
            raise oauth_error("invalid_scope", "The client is no longer registered for anything that was granted.")
        minted = self._minted(used, client, scopes, now=now)
        redeemed = use_refresh(
            self.server.database, used.digest, scopes=scopes, tokens=minted.digests(), now=now, rotate=rotate
        )
        if redeemed is None:
            raise self._lost(used, now=now)
        response = self._response(redeemed, minted, scopes)
        if not rotate:
            response["refresh_token"] = self.request.form["refresh_token"]
        return 200, response, self.TOKEN_RESPONSE_HEADER

    def _minted(
        self, used: RefreshToken, client: RegisteredClient, scopes: tuple[str, ...], *, now: datetime
    ) -> MintedTokens:
        lifetimes = self.server.lifetimes
        resources = self._resources(used, client)
        jkt = self.server.proven_key(self.request, client)
        if used.jkt not in {None, jkt}:
            raise oauth_error("invalid_grant", "The refresh token is bound to a DPoP key; send a proof by that key.")
        access = self.server.mint.access(client, scopes, grant=used.grant, resources=resources, jkt=jkt, now=now)
        until = _end_of_family(used, lifetimes.refresh_absolute)
        return MintedTokens.with_access(access, lifetimes, refresh_until=until, is_public=client.is_public)

    def _resources(self, used: RefreshToken, client: RegisteredClient) -> tuple[str, ...] | None:
        """Those that are asked for, or all that were granted: of either what the client is still registered for."""
        granted, registered = used.grant.resources, {self.server.issuer, *client.resources}
        still = None if granted is None else tuple(each for each in granted if each in registered)
        if granted and not still:
            raise oauth_error("invalid_target", "The client is no longer registered for any resource that was granted.")
        return self.server.asked_resources(self.request, client, granted=still) or still

    def _response(self, redeemed: Redeemed, minted: MintedTokens, scopes: tuple[str, ...]) -> dict[str, Any]:
        response = minted.response(redeemed.grant, " ".join(scopes))
        if "openid" in scopes:
            # Core 12.2: the same person, time of sign-in and audience as in the first one.
            response["id_token"] = self.server.mint_id_token(
                self.request.client, redeemed, minted.access.value, with_nonce=False
            )
        return response

    def _lost(self, used: RefreshToken, *, now: datetime) -> OAuth2Error:
        """Another request took the token, or the grant ended, between reading and claiming."""
        with self.server.database.autocommit() as db:
            found = find_refresh(db, used.digest)
        if found is not None and found.used_at is not None:
            return self._used_before(found, now=now)
        return oauth_error(
            "invalid_grant", "The refresh token is void: the person has signed out, or access was withdrawn."
        )

    def _used_before(self, found: RefreshToken, *, now: datetime) -> OAuth2Error:
        assert found.used_at is not None
        if found.grant_is_live and now - found.used_at <= self.server.lifetimes.refresh_repeat_window:
            with self.server.database.autocommit() as db:
                self.server.audit(Event.REFRESH_REPEATED, grant=found.grant, db=db, now=now)
            return oauth_error(
                "invalid_grant", "The refresh token was used a moment ago; go on with the one issued then."
            )
        self._end_family(found, Event.REFRESH_REUSED, now=now)
        return oauth_error(
            "invalid_grant", "The refresh token was used before; all tokens of this sign-in have been revoked."
        )

    def _end_family(self, found: RefreshToken, because: Event, *, now: datetime) -> None:
        with self.server.database.transaction() as db:
            if grants.revoke(db, found.grant.id, because=because, now=now):
                self.server.audit(because, grant=found.grant, db=db, now=now)


def _end_of_family(used: RefreshToken, absolute: timedelta) -> datetime:
    return (used.grant.redeemed_at or used.grant.issued_at) + absolute
