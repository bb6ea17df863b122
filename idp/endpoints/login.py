"""Signing in with address and password. What comes after is for the authorization endpoint to decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.responses import Response

from idp.accounts.login import Refused, SignedIn, SignIn
from idp.accounts.sessions import PASSWORD
from idp.accounts.throttle import Wait
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.federation.connector import Connector
from idp.federation.connectors import Connectors
from idp.protocol.clients.client import ClientRegistry
from idp.reception import Reception
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.database import Connection, Database
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import PageProblem
from idp.web.onward import known, onward
from idp.web.pages import AskingClient, Pages, Problem, ProviderButton

_WRONG = "The e-mail address or the password is not right."
_LONGEST_HINT = 254
_NOT_YET_ELSEWHERE = frozenset({None, "asked_for", "too_old"})
"""Reasons to sign in after which nobody has come back from another provider with nothing."""
_OCCUPIED = "Too many people are signing in with this provider right now. Choose another way, or try again in a minute."
_NOT_SET_UP = (
    "Signing in with this provider is not set up correctly. Choose another way; the people who run this service "
    "can see why."
)
_UPSTREAM: Mapping[str, str] = MappingProxyType(
    {
        "upstream_cancelled": "You did not sign in with the other provider. Try again, or choose another way.",
        "upstream_refused": "The other provider did not let you sign in. Try again, or choose another way.",
        "upstream_unavailable": "The other provider did not answer in time. Choose another way, or try again later.",
        "upstream_limited": _OCCUPIED,
        "upstream_too_many": _OCCUPIED,
        "upstream_untrusted": "The other provider's answer could not be verified. Try again, or choose another way.",
        "upstream_misconfigured": _NOT_SET_UP,
        "upstream_not_enrolled": _NOT_SET_UP,
        "upstream_stale": "The other provider did not ask you to sign in again, as the app wants. Choose another way.",
        "upstream_expired": "That took too long, or it was finished before. Try again, or choose another way.",
    }
)
"""Why somebody is back from another provider without an identity. All of it leaves every other way open."""


@dataclass(frozen=True, slots=True)
class LoginEndpoint:
    """`/login`, inside a sign-in transaction (`request`) or on the way to the person's own pages."""

    database: Database
    sign_in: SignIn
    clients: ClientRegistry
    pages: Pages
    reception: Reception
    connectors: Connectors
    sign_up_open: bool
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask for address and password, unless nobody wants to know."""
        request_id, reason, now = exchange.query.get("request"), exchange.query.get("reason"), self.clock()
        with self.database.autocommit() as db:
            pending = self._pending(db, exchange, request_id)
            visit = self.reception.visit(db, exchange)
        then = known(exchange.query.get("then"))
        if pending is not None and (pending.finished_at is not None or pending.expires_at <= now):
            return replies.see_other(onward(pending.id))
        if visit is not None and reason is None:
            return replies.see_other(onward(pending.id if pending else None, then))
        if pending is not None and then is None and reason in _NOT_YET_ELSEWHERE:
            elsewhere = self._preselected(pending)
            if elsewhere is not None:
                return replies.see_other(f"/social/{elsewhere.name}?{urlencode({'request': pending.id})}")
        hint = pending.parameters.get("login_hint", "") if pending else ""
        here = visit.email if visit is not None and reason in {"asked_for", "too_old", "confirm"} else ""
        return self._page(exchange, pending, username=(hint or here)[:_LONGEST_HINT], reason=reason, then=then)

    def submit(self, exchange: Exchange) -> Response:
        """Check the password and sign the person in. Runs on the hashing lane and holds no connection meanwhile."""
        username, password = exchange.form.get("username") or "", exchange.form.get("password") or ""
        visitor = self.reception.visitor(exchange)
        with self.database.transaction() as db:
            pending = self._pending(db, exchange, exchange.form.get("request"))
            if not password and (elsewhere := self._of_domain(username, pending)) is not None:
                return self._to(exchange, elsewhere, pending, username)
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
        onto = onward(pending.id if pending else None, exchange.form.get("then"))
        response = replies.see_other(onto)
        self.reception.let_in(response, outcome)
        return response

    def _preselected(self, pending: AuthorizationRequest) -> Connector | None:
        """The provider that the relying party names: by `idp_hint`, by `idp:NAME` in `acr_values`, by an address."""
        asked = pending.parameters
        named = [asked.get("idp_hint", "")]
        named += [value.removeprefix("idp:") for value in asked.get("acr_values", "").split() if value[:4] == "idp:"]
        found = next((one for name in named if (one := self.connectors.get(name)) is not None), None)
        found = found or self.connectors.for_address(asked.get("login_hint", ""))
        return found if found in self._offered(pending) else None

    def _of_domain(self, username: str, pending: AuthorizationRequest | None) -> Connector | None:
        """The provider of the people whose address this is. Who types a password as well means an account here."""
        found = self.connectors.for_address(username)
        return found if found in self._offered(pending) else None

    def _to(
        self, exchange: Exchange, elsewhere: Connector, pending: AuthorizationRequest | None, username: str
    ) -> Response:
        if pending is not None:
            asked = {"request": pending.id, "login_hint": username[:_LONGEST_HINT]}
            return replies.see_other(f"/social/{elsewhere.name}?{urlencode(asked)}")
        # Without a request nothing shows that this browser wants to leave but a button.
        tell = [Problem(None, "People with this address sign in with another provider. Use its button below.")]
        return self._page(exchange, None, username=username, problems=tell)

    def _offered(self, pending: AuthorizationRequest | None) -> list[Connector]:
        client = self.clients.get(pending.client_id) if pending else None
        return self.connectors.offered(client.connectors if client else ())

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
        then: str | None = None,
        problems: list[Problem] | None = None,
        wait: Wait | None = None,
    ) -> Response:
        then = then or known(exchange.form.get("then"))
        client = self.clients.get(pending.client_id) if pending else None
        response = self.pages.login(
            exchange.context(ui_locales=pending.parameters.get("ui_locales") if pending else None),
            client=AskingClient.of(client, pending.parameters.get("redirect_uri")) if client and pending else None,
            request=pending.id if pending else None,
            username=username,
            reason=_sentence(reason, client.name if client else None),
            problems=problems or (),
            sign_up_open=self.sign_up_open and then is None,
            connectors=[ProviderButton(one.name, one.label) for one in self._offered(pending)],
            then=then,
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
            return "%(client)s asks you to confirm it's you." if client else "The app asks you to confirm it's you."
        case "other_person":
            return "Sign in with the account you want to use."
        case "password_changed":
            return "Your password has been changed. Sign in with the new one."
        case "confirm":
            return "Confirm that it's you before you change how you sign in."
        case "link":
            return "Sign in to the account that you want to link."
        case _:
            return _UPSTREAM.get(reason or "")
