"""The device authorization endpoint, and what a person's yes makes of a device's request (RFC 8628)."""

import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

from idp.protocol.authorization.authentication_context import acr_of
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import ClientRequest, Reply
from idp.protocol.refusals import OAuth2Error, oauth_error
from idp.protocol.server import AuthorizationServer
from idp.protocol.tokens import opaque
from idp.protocol.tokens.resources import InvalidTarget, asked_resources
from idp.store import device_authorizations, grants
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.device_authorizations import DeviceAuthorization
from idp.store.grants import Grant
from idp.store.sessions import BrowserSession

__all__ = [
    "DEVICE_CODE_GRANT_TYPE",
    "NO_REDIRECT_URI",
    "approve",
    "authorize_device",
    "device_code_digest",
    "read_user_code",
    "shown",
]

NO_REDIRECT_URI = ""
"""Where the redirect URI of a grant stands that came from a device. No request can name it: an empty parameter counts
as left out."""

_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # RFC 8628 section 6.1: no vowels, so no words; none that looks like another
_LENGTH = 8
_HALF = _LENGTH // 2
_NOT_A_LETTER = re.compile(r"[^A-Z]")
_LONGEST_TYPED = 64
_INTERVAL = timedelta(seconds=5)
_TRIES = 5

CountDevice = Callable[[str, str], timedelta | None]
"""Counts a device of a client at an address. Returns how long to wait if that was one too many."""


class TooManyDevices(OAuth2Error):  # type: ignore[misc]  # Authlib is untyped
    """A public client has nothing to show, so what it can make us store is limited for each place it asks from."""

    error = "slow_down"

    def __init__(self, wait: timedelta) -> None:
        sentence = "Too many devices of this client have asked for codes from this address; wait and try again."
        super().__init__(sentence, status_code=429, error=self.error)
        self._wait = wait

    def get_headers(self) -> list[tuple[str, str]]:
        """With the seconds to wait (RFC 9110 section 10.2.3)."""
        headers: list[tuple[str, str]] = super().get_headers()
        return [*headers, ("Retry-After", str(max(1, round(self._wait.total_seconds()))))]


def authorize_device(
    server: AuthorizationServer, request: ClientRequest, *, count: CountDevice, user_agent: str = ""
) -> Reply:
    """Give a device its codes (section 3.2). The client authenticates as at the token endpoint (section 3.1).

    Args:
        count: Counts devices of public clients.
        user_agent: What the device says it is; shown to the person, never trusted.
    """
    return server.authenticated(request, lambda client: _authorize(server, client, request, count, user_agent))


def _authorize(
    server: AuthorizationServer, client: RegisteredClient, request: ClientRequest, count: CountDevice, user_agent: str
) -> Reply:
    if not client.check_grant_type(DEVICE_CODE_GRANT_TYPE):
        raise oauth_error("unauthorized_client", "The client is not registered for the device grant.")
    scopes = client.allowed(request.parameters.get("scope"))
    if not scopes:
        raise oauth_error("invalid_scope", "scope must name at least one value that the client is registered for.")
    try:
        resources = asked_resources(request.parameters, client, issuer=server.issuer)
    except InvalidTarget as refused:
        raise oauth_error("invalid_target", refused.sentence) from refused
    if client.is_public and (wait := count(client.client_id, request.address)) is not None:
        raise TooManyDevices(wait)
    now, life = server.clock(), server.lifetimes.device_code
    device_code = opaque.new(opaque.DEVICE_CODE)

    def asked(user_code: str) -> DeviceAuthorization:
        return DeviceAuthorization(
            id=uuid4().hex,
            user_code=user_code,
            client_id=client.client_id,
            scopes=scopes,
            resources=resources,
            address=request.address,
            user_agent=user_agent,
            created_at=now,
            expires_at=now + life,
            interval_seconds=int(_INTERVAL.total_seconds()),
            polled_at=None,
            approved_at=None,
            refused_at=None,
        )

    user_code = shown(_keep(server, device_code_digest(device_code), asked))
    page = f"{server.issuer}/device"
    return Reply(
        200,
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": int(life.total_seconds()),
            "interval": int(_INTERVAL.total_seconds()),
        },
    )


def _keep(server: AuthorizationServer, digest: bytes, asked: Callable[[str], DeviceAuthorization]) -> str:
    """Store the request under a user code that nobody else has: of 20^8 they meet almost never, but they may."""
    with server.database.autocommit() as db:
        for _ in range(_TRIES):
            user_code = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
            if device_authorizations.open_authorization(db, digest, asked(user_code)):
                return user_code
    raise oauth_error("temporarily_unavailable", "No user code is free; try again later.", status=503)


def read_user_code(typed: str) -> str | None:
    """The user code in what a person typed: letters count, in either case; spaces, dashes and dots do not.

    None: it cannot be one.
    """
    letters = _NOT_A_LETTER.sub("", typed[:_LONGEST_TYPED].upper())
    return letters if len(letters) == _LENGTH and set(letters) <= set(_LETTERS) else None


def shown(user_code: str) -> str:
    """A user code as devices and pages show it."""
    return f"{user_code[:_HALF]}-{user_code[_HALF:]}"


def device_code_digest(device_code: str) -> bytes:
    """What is stored of a device code.

    It is another one than an authorization code of the same letters would have, and no form can hold a NUL: neither
    can be redeemed as the other.
    """
    return digest_of(f"device_code\0{device_code}")


def approve(
    db: Connection,
    found: DeviceAuthorization,
    digest: bytes,
    *,
    scopes: tuple[str, ...],
    approver: BrowserSession,
    session_id: str,
    server: AuthorizationServer,
    now: datetime,
) -> None:
    """Grant what the device asked for; it redeems its device code for it. The caller has taken the decision, once.

    Args:
        digest: Of the device code.
        approver: The session in which the person said yes: when and how they were authenticated.
        session_id: The session of the device itself, which ends on its own.
    """
    grant = Grant(
        id=uuid4().hex,
        client_id=found.client_id,
        account_id=approver.account_id,
        session_id=session_id,
        redirect_uri=NO_REDIRECT_URI,
        scopes=scopes,
        nonce=None,
        claims=None,
        code_challenge=None,
        resources=found.resources,
        dpop_jkt=None,
        auth_time=approver.auth_time,
        acr=acr_of(approver.amr),
        amr=approver.amr,
        issued_at=now,
        # Who says yes in the last second is not told that it was too late.
        code_expires_at=max(found.expires_at, now + server.lifetimes.code),
        redeemed_at=None,
        revoked_at=None,
    )
    grants.issue(db, digest, grant)
