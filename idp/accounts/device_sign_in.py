"""Signing in a device that has no browser: its owner does it from another one (RFC 8628)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from idp.accounts.letters import Letter, Outbox
from idp.accounts.visitor import describe
from idp.store import sessions
from idp.store.base import digest_of
from idp.store.database import Connection
from idp.store.device_authorizations import DeviceAuthorization
from idp.store.sessions import Visit

_NOTICE_LIFE = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class DeviceSignIn:
    """Gives a device a session of its own, and tells the owner by mail.

    A session of its own, so that signing out of the browser leaves the television signed in, while the list of devices
    shows it, signing out everywhere ends it, and so does a new password.

    Attributes:
        once: How long a device is signed in that gets no refresh token.
        lasting: How long one that does may be.
    """

    outbox: Outbox
    issuer: str
    once: timedelta
    lasting: timedelta

    def start(
        self,
        db: Connection,
        asked: DeviceAuthorization,
        visit: Visit,
        *,
        client_name: str,
        is_lasting: bool,
        now: datetime,
    ) -> str:
        """Open the device's session in the transaction of the approval. Returns its id (`sid`).

        It stands in the owner's list for as long as the device can have tokens that are good.
        """
        session_id = secrets.token_urlsafe(24)
        sessions.start(
            db,
            session_id,
            # No cookie has this secret: nobody browses with this session.
            digest_of(secrets.token_urlsafe(32)),
            account_id=visit.session.account_id,
            amr=visit.session.amr,
            expires_at=now + (self.lasting if is_lasting else self.once),
            device={"name": client_name, "user_agent": asked.user_agent, "address": asked.address},
            now=now,
        )
        context = {
            "device": describe(asked.user_agent),
            "address": asked.address,
            "when": now,
            "client_name": client_name,
            "reset_link": f"{self.issuer}/forgot-password",
            "account_link": f"{self.issuer}/account",
        }
        Letter(visit.email, "new_sign_in", context, now + _NOTICE_LIFE).post(db, self.outbox, now=now)
        return session_id
