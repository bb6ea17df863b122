"""The authorization code, redeemed once (RFC 6749 section 4.1, RFC 7636)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7636.challenge import CODE_VERIFIER_PATTERN, create_s256_code_challenge
from authlib.oidc.core import OpenIDCode

from idp.audit.events import Event
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.grants.code_tokens import tokens_for_code
from idp.protocol.refusals import OAuth2Error, oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens import opaque
from idp.store import grants
from idp.store.base import digest_of
from idp.store.redemption import Redeemed, redeem_code


@dataclass(frozen=True, slots=True)
class RedeemedCode:
    """A code that this request has redeemed, in the shape that Authlib checks once more."""

    redeemed: Redeemed
    code_challenge_method: str = "S256"

    @property
    def code_challenge(self) -> str | None:
        """What the verifier has to hash to."""
        return self.redeemed.grant.code_challenge

    def get_redirect_uri(self) -> str:
        """The redirect URI of the authorization request."""
        return self.redeemed.grant.redirect_uri

    def get_scope(self) -> str:
        """The granted scope."""
        return " ".join(self.redeemed.grant.scopes)


class S256CodeChallenge(CodeChallenge):  # type: ignore[misc]  # Authlib is untyped
    """PKCE with S256 only: Authlib would take `plain`, and takes it by default (RFC 9700 section 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    CODE_CHALLENGE_METHODS: Mapping[str, Any] = {"S256": CodeChallenge.CODE_CHALLENGE_METHODS["S256"]}


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's grant with a claim in the place of its query: checked, taken and answered in one statement.

    Authlib looks a code up, mints, and deletes it afterwards, so that two requests at once both get tokens. Here the
    lookup is the claim; Authlib's own comparisons of redirect URI and verifier then run on what was claimed.
    """

    server: AuthorizationServer

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Exactly one method, by our own rules."""
        return self.server.authenticate(self.request)

    def query_authorization_code(self, code: str, client: RegisteredClient) -> RedeemedCode:
        """Redeem the code.

        Raises:
            OAuth2Error: `invalid_grant` with the reason. A second redemption that has shown everything else ends the
                whole family of tokens (RFC 6749 section 4.1.2).
        """
        redirect_uri, challenge = self.request.form.get("redirect_uri"), self._challenge(client)
        if redirect_uri is None:
            raise oauth_error(
                "invalid_request", "redirect_uri is missing; repeat the one of the authorization request."
            )
        self.server.require_signing_key(client)
        now, digest = self.server.clock(), digest_of(code[: opaque.LONGEST])
        self.minted = tokens_for_code(self.server, self.request, client, digest, now=now)
        redeemed = redeem_code(
            self.server.database,
            digest,
            client_id=client.client_id,
            redirect_uri=redirect_uri,
            code_challenge=challenge,
            tokens=self.minted.digests(),
            now=now,
        )
        if redeemed is None:
            raise self._why_not(digest, client, redirect_uri, challenge, now=now)
        return RedeemedCode(redeemed)

    def _challenge(self, client: RegisteredClient) -> str | None:
        verifier = self.request.form.get("code_verifier")
        if verifier is None:
            if client.is_public:
                raise oauth_error("invalid_request", "code_verifier is missing; this client must use PKCE with S256.")
            return None
        if not CODE_VERIFIER_PATTERN.fullmatch(verifier):
            raise oauth_error("invalid_grant", "code_verifier must be 43 to 128 unreserved characters (RFC 7636 4.1).")
        challenge: str = create_s256_code_challenge(verifier)
        return challenge

    def _why_not(
        self, digest: bytes, client: RegisteredClient, redirect_uri: str, challenge: str | None, *, now: datetime
    ) -> OAuth2Error:
        with self.server.database.transaction() as db:
            found = grants.find_by_code(db, digest)
            if found is None:
                return oauth_error("invalid_grant", "The code is unknown; it may have expired long ago.")
            grant, live = found
            if grant.client_id != client.client_id:
                return oauth_error("invalid_grant", "The code was issued to another client.")
            if grant.redirect_uri != redirect_uri:
                return oauth_error("invalid_grant", "redirect_uri differs from the one of the authorization request.")
            if grant.code_challenge != challenge:
                return oauth_error(
                    "invalid_grant", "code_verifier does not fit the code_challenge of the authorization request."
                )
            if grant.dpop_jkt not in {None, self.minted.access.jkt}:
                return oauth_error(
                    "invalid_grant", "The code is bound to a DPoP key; send a proof by the key that asked for it."
                )
            if grant.redeemed_at is not None:
                if grants.revoke(db, grant.id, because="code_replayed", now=now):
                    self.server.audit(Event.CODE_REPLAYED, grant=grant, db=db, now=now)
                return oauth_error(
                    "invalid_grant", "The code was redeemed before; the tokens issued for it have been revoked."
                )
        if live and grant.code_expires_at <= now:
            return oauth_error("invalid_grant", "The code has expired; redeem it within a minute.")
        return oauth_error("invalid_grant", "The code is void: the person has signed out, or access was withdrawn.")

    def authenticate_user(self, authorization_code: RedeemedCode) -> Redeemed:
        """The person, as found by the claim."""
        return authorization_code.redeemed

    def generate_token(self, user: Redeemed, scope: str, **_: Any) -> dict[str, Any]:
        """The tokens whose digests the claim has stored."""
        return self.minted.response(user.grant, scope)

    def save_token(self, token: object) -> None:
        """Nothing: they were stored by the claim, in the same statement."""

    def delete_authorization_code(self, authorization_code: object) -> None:
        """Nothing: the row stays, so that a replay is recognised."""


class OpenIDCodeToken(OpenIDCode):  # type: ignore[misc]  # Authlib is untyped
    """Adds the ID token to a code's token response, minted by our own `id_token`."""

    def exists_nonce(self, _nonce: str, _request: object) -> bool:
        """Nothing is done with nonces, as OpenID Connect Core 1.0 asks."""
        return False

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        """Mint it."""
        server: AuthorizationServer = request.asked
        return server.mint_id_token(request.client, request.user, token["access_token"])
