"""The handshake with another provider: one row from our button to the use that is made of its answer.

`state` is random and known to the browser and the provider. Nonce and code verifier are derived from it with a key that
only this installation has, so they need no place in the database, and nobody who sees `state` can tell them.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from idp.federation.connector import Opening
from idp.store import handshakes
from idp.store.database import Connection
from idp.store.handshakes import Handshake, Intent

_LONGEST_STATE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a journey is for. See `Handshake` and `Opening` for the members of the same names."""

    intent: Intent
    request_id: str | None = None
    then: str | None = None
    account_id: str | None = None
    max_age: int | None = None
    choose: bool = False
    login_hint: str | None = None
    ui_locales: str | None = None


@dataclass(frozen=True, slots=True)
class Handshakes:
    """Begins journeys and takes their answers.

    Attributes:
        issuer: Ours; the callback address of each connector stands below it.
        life: How long a person may stay over there, and again how long what they were is of use here.
    """

    key: bytes = field(repr=False)
    issuer: str
    life: timedelta

    def redirect_uri(self, connector: str) -> str:
        """Where a provider sends its answer. One address for each connector, so that none can pose as another."""
        return f"{self.issuer}/social/{connector}/callback"

    def begin(self, db: Connection, connector: str, wanted: Wanted, *, browser: str, now: datetime) -> Opening:
        """Open a handshake for this browser."""
        state = secrets.token_urlsafe(32)
        opened = Handshake(
            id=secrets.token_urlsafe(24),
            connector=connector,
            intent=wanted.intent,
            request_id=wanted.request_id,
            then=wanted.then,
            account_id=wanted.account_id,
            max_age=wanted.max_age,
            created_at=now,
            expires_at=now + self.life,
            redeemed_at=None,
            identity=None,
            proof_id=None,
            settled_at=None,
        )
        handshakes.open_handshake(db, opened, state=state, browser=browser)
        return replace(
            self._opening(state, opened),
            choose=wanted.choose,
            login_hint=wanted.login_hint,
            ui_locales=wanted.ui_locales,
        )

    def redeem(
        self, db: Connection, connector: str, state: str | None, *, browsers: Iterable[str], now: datetime
    ) -> tuple[Handshake, Opening] | None:
        """Take the answer, once, in the browser that began it and at the address of the provider that was asked."""
        if not state or len(state) > _LONGEST_STATE:
            return None
        taken = handshakes.redeem(
            db, state, connector=connector, browsers=browsers, expires_at=now + self.life, now=now
        )
        return (taken, self._opening(state, taken)) if taken is not None else None

    @staticmethod
    def find(db: Connection, state: str | None, *, browsers: Iterable[str]) -> Handshake | None:
        """What became of the journey with this state, if it is one of this browser."""
        return handshakes.by_state(db, state, browsers=browsers) if state and len(state) <= _LONGEST_STATE else None

    def _opening(self, state: str, opened: Handshake) -> Opening:
        return Opening(
            state=state,
            nonce=self._derived("nonce", state),
            code_verifier=self._derived("code_verifier", state),
            redirect_uri=self.redirect_uri(opened.connector),
            opened_at=opened.created_at,
            max_age=opened.max_age,
        )

    def _derived(self, purpose: str, state: str) -> str:
        digest = hmac.digest(self.key, f"{purpose}:{state}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
