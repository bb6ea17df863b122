"""The page on which a person types the code that their device shows (RFC 8628 section 3.3)."""

import secrets
from dataclasses import dataclass

from starlette.responses import Response

from idp.accounts.throttle import Throttle, Wait
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.protocol.clients.client import ClientRegistry
from idp.protocol.grants.device_authorization import read_user_code, shown
from idp.reception import Reception
from idp.store import authorization_requests, device_authorizations
from idp.store.base import digest_of
from idp.store.database import Connection, Database
from idp.store.device_authorizations import DeviceAuthorization
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.pages import Pages, Problem

_NO_CODE = "Type the eight letters that your device shows."
_WRONG = "No device waits under this code. Check the letters, or have your device show a new code."
_TOO_MANY = "Too many wrong codes were typed from here. Please try again later."
_LONGEST_SHOWN = 64


@dataclass(frozen=True, slots=True)
class DeviceEndpoint:
    """`/device`: leads from a typed code to the question whether the device may come in."""

    database: Database
    clients: ClientRegistry
    pages: Pages
    reception: Reception
    throttle: Throttle
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask for the code. One that came with the address is filled in and looked up only when the person sends it.

        So a link can neither approve anything nor try codes out (sections 3.3.1 and 5.1).
        """
        given = read_user_code(exchange.query.get("user_code") or "")
        return self.pages.device_code(exchange.context(), user_code=shown(given) if given else "")

    def submit(self, exchange: Exchange) -> Response:
        """Find the device, and go on to sign-in and question as for any other authorization."""
        typed = exchange.form.get("user_code") or ""
        user_code = read_user_code(typed)
        if user_code is None:
            return self._again(exchange, typed, Problem("user_code", _NO_CODE))
        source, now = self.reception.visitor(exchange).source, self.clock()
        with self.database.transaction() as db:
            allowed = self.throttle.device_code(db, source=source, now=now)
            asked = None if isinstance(allowed, Wait) else device_authorizations.find_by_user_code(db, user_code)
            is_open = asked is not None and asked.is_open(now) and self.clients.get(asked.client_id) is not None
            if asked is None or not is_open:
                facts = {"because": "throttled" if isinstance(allowed, Wait) else "wrong_code"}
                note(db, Event.DEVICE_CODE_REFUSED, self.reception.occasion(exchange), facts=facts)
            else:
                self.throttle.device_code_found(db, source=source, now=now)
                return replies.see_other(f"/device/confirm?request={self._open(db, exchange, asked)}")
        if isinstance(allowed, Wait):
            response = self._again(exchange, typed, Problem(None, _TOO_MANY), status=429)
            response.headers["Retry-After"] = str(allowed.seconds)
            return response
        return self._again(exchange, typed, Problem("user_code", _WRONG))

    def _open(self, db: Connection, exchange: Exchange, asked: DeviceAuthorization) -> str:
        """Begin a transaction of this browser, to which every way of signing in leads back."""
        request_id = secrets.token_urlsafe(24)
        authorization_requests.open_request(
            db,
            request_id,
            browser_digest=digest_of(exchange.browser),
            client_id=asked.client_id,
            parameters={},
            expires_at=asked.expires_at,
            now=self.clock(),
            device_authorization_id=asked.id,
        )
        return request_id

    def _again(self, exchange: Exchange, typed: str, problem: Problem, *, status: int = 400) -> Response:
        return self.pages.device_code(
            exchange.context(), user_code=typed[:_LONGEST_SHOWN], problems=[problem], status=status
        )
