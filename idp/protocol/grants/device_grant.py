"""The device grant: a device asks until a person has decided, and redeems its code once (RFC 8628 section 3.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE, DeviceCodeGrant

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.grants.code_tokens import tokens_for_code
from idp.protocol.grants.device_authorization import NO_REDIRECT_URI, device_code_digest
from idp.protocol.refusals import OAuth2Error, oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens import opaque
from idp.store import device_authorizations
from idp.store.device_authorizations import DeviceAuthorization
from idp.store.redemption import Redeemed, redeem_code

_SLOWER_BY = 5
_TOLERANCE = 1


@dataclass(frozen=True, slots=True)
class DeviceCredential:
    """A device code that was presented by its own client, in the shape that Authlib looks at."""

    digest: bytes
    asked: DeviceAuthorization

    def get_client_id(self) -> str:
        """The client that asked for it."""
        return self.asked.client_id

    def get_scope(self) -> str:
        """What was asked for."""
        return " ".join(self.asked.scopes)


class DeviceGrant(DeviceCodeGrant):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's grant with a claim in the place of its query, and errors that say what is wrong.

    Authlib never uses a device code up. Here approval has written a grant, and redeeming it is the same claim as for
    an authorization code. A second redemption gets nothing, and ends nothing: devices ask again when an answer was
    lost on the way, and nobody but the device has ever seen the code.
    """

    server: AuthorizationServer

    def authenticate_token_endpoint_client(self) -> RegisteredClient:
        """Exactly one method, by our own rules; the grant has to be registered."""
        client = self.server.authenticate(self.request)
        if not client.check_grant_type(DEVICE_CODE_GRANT_TYPE):
            raise oauth_error("unauthorized_client", "The client is not registered for the device grant.")
        # Authlib sets it later; the code is looked up for this client.
        self.request.client = client
        return client

    def query_device_credential(self, device_code: str) -> DeviceCredential:
        """The device authorization of this client.

        Raises:
            OAuth2Error: `invalid_grant`. Whether the code is unknown or another client's is not told apart.
        """
        digest = device_code_digest(device_code[: opaque.LONGEST])
        with self.server.database.autocommit() as db:
            asked = device_authorizations.find_by_device_code(db, digest)
        if asked is None or asked.client_id != self.client.client_id:
            raise oauth_error("invalid_grant", "The device code is unknown; it may have expired long ago.")
        return DeviceCredential(digest, asked)

    def validate_device_credential(self, credential: DeviceCredential) -> Redeemed:
        """Redeem the code if the person has said yes.

        Raises:
            OAuth2Error: In every other case, with what the device has to do (RFC 8628 section 3.5).
        """
        asked, now = credential.asked, self.server.clock()
        if asked.refused_at is not None:
            raise oauth_error("access_denied", "The person did not allow what the device asked for.")
        if asked.approved_at is None:
            raise self._not_yet(asked, now)
        self.server.require_signing_key(self.client)
        self.minted = tokens_for_code(self.server, self.request, self.client, credential.digest, now=now)
        redeemed = redeem_code(
            self.server.database,
            credential.digest,
            client_id=self.client.client_id,
            redirect_uri=NO_REDIRECT_URI,
            code_challenge=None,
            tokens=self.minted.digests(),
            now=now,
        )
        if redeemed is None:
            raise oauth_error("invalid_grant", "The device code was redeemed before, or access has been withdrawn.")
        return redeemed

    def _not_yet(self, asked: DeviceAuthorization, now: datetime) -> OAuth2Error:
        if asked.expires_at <= now:
            return oauth_error("expired_token", "The device code has expired; ask for another one.")
        interval = asked.interval_seconds
        # A network that was slow the last time and is fast now makes a punctual device look early.
        waited = asked.polled_at is None or (now - asked.polled_at).total_seconds() >= interval - _TOLERANCE
        if not waited:
            interval += _SLOWER_BY
        with self.server.database.autocommit() as db:
            recorded = device_authorizations.polled(db, asked, interval_seconds=interval, now=now)
        if waited and recorded:
            return oauth_error("authorization_pending", "The person has not decided yet; ask again after the interval.")
        return oauth_error("slow_down", "Wait longer between two requests: five seconds more than before.")

    def generate_token(self, user: Redeemed, **_: Any) -> dict[str, Any]:
        """The tokens whose digests the claim has stored, for the scopes that the person allowed."""
        return self.minted.response(user.grant, " ".join(user.grant.scopes))

    def save_token(self, token: object) -> None:
        """Nothing: they were stored by the claim, in the same statement."""
