"""Signing in with address and password. What comes after is for the authorization endpoint to decide."""

from dataclasses import dataclass

from starlette.responses import Response

from idp.accounts.login import Refused, SignedIn, SignIn
from idp.accounts.sessions import PASSWORD
from idp.accounts.throttle import Wait
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.protocol.client import ClientRegistry
from idp.reception import Reception
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.database import Connection, Database
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import PageProblem
from idp.web.pages import AskingClient, Pages, Problem

_WRONG = "The e-mail address or the password is not right."
_LONGEST_HINT = 254


@dataclass(frozen=True, slots=True)
class LoginEndpoint:
    """`/login`, inside a sign-in transaction (`request`) or on the way to the person's own pages."""

    database: Database
    sign_in: SignIn
    clients: ClientRegistry
    pages: Pages
    reception: Reception
    sign_up_open: bool
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask for address and password, unless nobody wants to know."""
        request_id, reason, now = exchange.query.get("request"), exchange.query.get("reason"), self.clock()
        with self.database.autocommit() as db:
            pending = self._pending(db, exchange, request_id)
            visit = self.reception.visit(db, exchange)
        if pending is not None and (pending.finished_at is not None or pending.expires_at <= now):
            return replies.see_other(_next(pending))
        if visit is not None and reason is None:
            return replies.see_other(_next(pending))
        hint = pending.parameters.get("login_hint", "") if pending else ""
        known = visit.email if visit is not None and reason in {"asked_for", "too_old"} else ""
        return self._page(exchange, pending, username=(hint or known)[:_LONGEST_HINT], reason=reason)

    def submit(self, exchange: Exchange) -> Response:
        """Check the password and sign the person in. Runs on the hashing lane and holds no connection meanwhile."""
        username, password = exchange.form.get("username") or "", exchange.form.get("password") or ""
        visitor = self.reception.visitor(exchange)
        with self.database.transaction() as db:
            pending = self._pending(db, exchange, exchange.form.get("request"))
            if missing := _missing(username, password):
                return self._page(exchange, pending, username=username, problems=missing)
            asked = self.sign_in.prepare(db, username, visitor, now=self.clock())
            if isinstance(asked, Wait):
                facts: dict[str, str | int | bool] = {"because": "throttled", "wait_seconds": asked.seconds}
                note(db, Event.SIGN_IN_REFUSED, self.reception.occasion(exchange), facts=facts)
        if isinstance(asked, Wait):
            return self._page(
                exchange, pending, username=username, problems=[Problem(None, asked.sentence)], wait=asked
            )
        verified = self.sign_in.verify(asked, password)
        with self.database.transaction() as db:
            outcome = self.sign_in.settle(db, verified, visitor, now=self.clock())
            self._note(db, exchange, outcome)
        if isinstance(outcome, Refused):
            return self._refused(exchange, pending, outcome, username)
        response = replies.see_other(_next(pending))
        self.reception.let_in(response, outcome)
        return response

    def _pending(self, db: Connection, exchange: Exchange, request_id: str | None) -> AuthorizationRequest | None:
        if not request_id:
            return None
        pending = self.reception.pending(db, exchange, request_id)
        if pending is None:
            raise PageProblem(
                "This sign-in is not open here",
                "It was started in another browser, or so long ago that nothing is left of it. "
                "Go back to the app you came from and sign in again.",
                code="unknown_request",
            )
        return pending

    def _page(
        self,
        exchange: Exchange,
        pending: AuthorizationRequest | None,
        *,
        username: str,
        reason: str | None = None,
        problems: list[Problem] | None = None,
        wait: Wait | None = None,
    ) -> Response:
        client = self.clients.get(pending.client_id) if pending else None
        response = self.pages.login(
            exchange.context(ui_locales=pending.parameters.get("ui_locales") if pending else None),
            client=AskingClient.of(client, pending.parameters.get("redirect_uri")) if client and pending else None,
            request=pending.id if pending else None,
            username=username,
            reason=_sentence(reason, client.name if client else None),
            problems=problems or (),
            sign_up_open=self.sign_up_open,
            status=429 if wait else None,
        )
        if wait:
            response.headers["Retry-After"] = str(wait.seconds)
        return response

    def _refused(
        self, exchange: Exchange, pending: AuthorizationRequest | None, refused: Refused, username: str
    ) -> Response:
        if refused.because == "disabled":
            # Said only to somebody who knows the password.
            raise PageProblem(
                "This account is disabled",
                "Your password is right, but the account cannot be used. Ask the people who run this service.",
                status=403,
                code="access_denied",
            )
        return self._page(exchange, pending, username=username, problems=[Problem(None, _WRONG)])

    def _note(self, db: Connection, exchange: Exchange, outcome: SignedIn | Refused) -> None:
        if isinstance(outcome, SignedIn):
            self.reception.note_sign_in(db, exchange, outcome, amr=PASSWORD)
            return
        facts = {"because": outcome.because}
        occasion = self.reception.occasion(exchange)
        note(db, Event.SIGN_IN_REFUSED, occasion, account_id=outcome.account_id, facts=facts)


def _next(pending: AuthorizationRequest | None) -> str:
    return f"/authorize/{pending.id}" if pending else "/account"


def _missing(username: str, password: str) -> list[Problem]:
    problems = []
    if not username.strip():
        problems.append(Problem("username", "Enter your e-mail address."))
    if not password:
        problems.append(Problem("password", "Enter your password."))
    return problems


def _sentence(reason: str | None, client: str | None) -> str | None:
    """Why a person is asked, in plain words. The reason comes with the address, so only known ones are shown."""
    match reason:
        case "asked_for" | "too_old":
            return f"{client or 'The app'} asks you to confirm it's you."
        case "other_person":
            return "Sign in with the account you want to use."
        case "password_changed":
            return "Your password has been changed. Sign in with the new one."
        case _:
            return None
