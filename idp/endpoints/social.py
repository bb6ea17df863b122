"""Signing in with another provider: the way there, and the way back. What comes after is for `/authorize` to decide."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from urllib.parse import urlencode

from starlette.responses import Response

from idp.accounts.login import SignedIn
from idp.accounts.sessions import Sessions
from idp.accounts.throttle import Throttle, Wait
from idp.admission import Admission
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.federation.connector import Connector, Opening, UpstreamIdentity
from idp.federation.connectors import Connectors
from idp.federation.handshake import Handshakes, Wanted
from idp.federation.linking import Decision
from idp.federation.problems import UpstreamProblem
from idp.protocol.clients.client import ClientRegistry
from idp.store import accounts, handshakes, upstream_identities
from idp.store.accounts import Account
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.database import Connection, Database
from idp.store.handshakes import Handshake
from idp.web import failures, replies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.onward import METHODS, known, onward

log = logging.getLogger(__name__)

_ONCE = frozenset({"state", "code", "error", "iss"})
_TURNS = 2
"""How many of the waiting lane's many threads may use the database, and the interpreter, at the same moment."""
_LEAVE_A_FRAGMENT = frozenset({"facebook"})
"""Kinds of provider that put a fragment (`#_=_`) behind the address of our callback."""
_FOR_OPERATORS = frozenset({"misconfigured", "not_enrolled"})


@dataclass(frozen=True, slots=True)
class SocialEndpoint:
    """`/social/{connector}` and its callback. Runs on the waiting lane, and holds no connection while it waits."""

    database: Database
    connectors: Connectors
    handshakes: Handshakes
    admission: Admission
    clients: ClientRegistry
    throttle: Throttle
    clock: Clock
    turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_TURNS))

    def begin(self, exchange: Exchange) -> Response:
        """Send the person who pressed a button to its provider."""
        form = exchange.form
        return self._sign_in(exchange, form.get("request"), known(form.get("then")), form.get("username"))

    def preselected(self, exchange: Exchange) -> Response:
        """Send a person there without a button: the request of a relying party, open in this browser, wants it."""
        if not exchange.query.get("request"):
            raise failures.method_not_allowed("POST")
        return self._sign_in(exchange, exchange.query.get("request"), None, exchange.query.get("login_hint"))

    def begin_link(self, exchange: Exchange) -> Response:
        """Send a person there who wants to sign in this way as well from now on."""
        connector = self._connector(exchange)
        with self.database.autocommit() as db:
            visit = self.admission.reception.visit(db, exchange)
        if visit is None or not Sessions.is_fresh(visit.session, now=self.clock()):
            return replies.see_other("/login?" + urlencode({"then": METHODS, "reason": "confirm"}))
        wanted = Wanted("link", then=METHODS, account_id=visit.session.account_id)
        return self._leave(exchange, connector, wanted)

    def callback(self, exchange: Exchange) -> Response:
        """Take the answer of a provider: who is it, and what does that open here?"""
        connector = self._connector(exchange)
        response = self._taken(exchange, connector)
        if connector.kind in _LEAVE_A_FRAGMENT:
            # A browser carries it through every redirect without one (RFC 9110 section 10.2.2), to the relying party.
            response.headers["Location"] += "#"
        return response

    def _taken(self, exchange: Exchange, connector: Connector) -> Response:
        if exchange.cookies_withheld and (again := replies.repeated_as_get(exchange)) is not None:
            # Posted by another site, so the browser kept its cookies back; as a GET it brings them along.
            return again
        answer = exchange.parameters
        if answer.repeated & _ONCE:
            raise _not_open_here()
        browsers, state = exchange.browsers, answer.get("state")
        with self._transaction() as db:
            taken = self.handshakes.redeem(db, connector.name, state, browsers=browsers, now=self.clock())
            before = None if taken else self.handshakes.find(db, state, browsers=browsers)
        if taken is None:
            return _taken_before(before, connector)
        handshake, opening = taken
        parameters = {name: value for name in answer if (value := answer.get(name)) is not None}
        try:
            with self.connectors.waiting_for(connector):
                identity = connector.identity(parameters, opening, now=self.clock())
        except UpstreamProblem as problem:
            return self._failed(exchange, handshake, problem)
        with self._transaction() as db:
            self.throttle.handshake_came_back(db, source=self._source(exchange), now=self.clock())
            if handshake.intent == "link":
                return self._linked(db, exchange, handshake, identity)
            arrived = self._arrived(db, exchange, handshake, identity)
        if isinstance(arrived, PageProblem):
            raise arrived
        return arrived

    def _sign_in(
        self, exchange: Exchange, request_id: str | None, then: str | None, login_hint: str | None
    ) -> Response:
        connector = self._connector(exchange)
        pending = None
        if request_id:
            with self.database.autocommit() as db:
                pending = self.admission.reception.pending(db, exchange, request_id)
            if pending is None:
                raise _not_open_here()
            if pending.finished_at is not None or pending.expires_at <= self.clock():
                return replies.see_other(onward(pending.id))
            client = self.clients.get(pending.client_id)
            if client is not None and client.connectors and connector.name not in client.connectors:
                raise failures.not_found()
        hint = login_hint or (pending.parameters.get("login_hint") if pending else None)
        wanted = Wanted(
            "sign_in",
            request_id=pending.id if pending else None,
            then=then,
            max_age=_max_age(pending, then),
            choose=pending is not None and "select_account" in pending.parameters.get("prompt", "").split(),
            login_hint=hint[:254] if hint and hint.isprintable() else None,
            ui_locales=pending.parameters.get("ui_locales") if pending else None,
        )
        return self._leave(exchange, connector, wanted)

    def _leave(self, exchange: Exchange, connector: Connector, wanted: Wanted) -> Response:
        opening = self._begin(exchange, connector, wanted)
        if isinstance(opening, Wait):
            raise _too_many(wanted, opening)
        try:
            with self.connectors.waiting_for(connector):
                url = connector.authorization_url(opening)
        except UpstreamProblem as problem:
            _log_problem(connector.name, problem)
            return _back(wanted.intent, wanted.request_id, wanted.then, problem.because)
        return replies.see_other(url)

    def _begin(self, exchange: Exchange, connector: Connector, wanted: Wanted) -> Opening | Wait:
        now = self.clock()
        with self._transaction() as db:
            allowed = self.throttle.handshake(db, source=self._source(exchange), now=now)
            if not isinstance(allowed, Wait):
                return self.handshakes.begin(db, connector.name, wanted, browser=exchange.browser, now=now)
            event = Event.SIGN_IN_REFUSED if wanted.intent == "sign_in" else Event.IDENTITY_LINK_REFUSED
            facts: Mapping[str, str | int] = {
                "because": "throttled",
                "connector": connector.name,
                "wait_seconds": allowed.seconds,
            }
            note(db, event, self.admission.reception.occasion(exchange), account_id=wanted.account_id, facts=facts)
            return allowed

    def _failed(self, exchange: Exchange, handshake: Handshake, problem: UpstreamProblem) -> Response:
        _log_problem(handshake.connector, problem)
        with self._transaction() as db:
            self.admission.refuse(db, exchange, handshake, f"upstream_{problem.because}")
        return _back(handshake.intent, handshake.request_id, handshake.then, problem.because)

    def _arrived(
        self, db: Connection, exchange: Exchange, handshake: Handshake, identity: UpstreamIdentity
    ) -> Response | PageProblem:
        decision = self.admission.decide(db, identity)
        signed_in = self._opened(db, exchange, handshake, identity, decision)
        if signed_in is None and decision.outcome == "join":
            # Linked by another callback of the same person, at the same moment: then it opens by itself.
            decision = self.admission.decide(db, identity)
            signed_in = self._opened(db, exchange, handshake, identity, decision)
        if signed_in is not None:
            response = replies.see_other(onward(handshake.request_id, handshake.then))
            self.admission.reception.let_in(response, signed_in)
            return response
        if decision.outcome == "disabled":
            handshakes.settle(db, handshake.id, now=self.clock())
            self.admission.refuse(db, exchange, handshake, "disabled")
            return _disabled()
        # Nothing of this comes back with a form: who it was stays on this side.
        handshakes.identify(db, handshake.id, identity.document())
        return replies.see_other(f"/welcome?{urlencode({'handshake': handshake.id})}")

    def _opened(
        self,
        db: Connection,
        exchange: Exchange,
        handshake: Handshake,
        identity: UpstreamIdentity,
        decision: Decision,
    ) -> SignedIn | None:
        match decision:
            case Decision("sign_in", Account() as account):
                return self.admission.enter(db, exchange, handshake, identity, account)
            case Decision("join", Account() as account):
                return self.admission.join(db, exchange, handshake, identity, account)
            case _:
                return None

    def _linked(self, db: Connection, exchange: Exchange, handshake: Handshake, identity: UpstreamIdentity) -> Response:
        # Taken before the session is read: what has closed the account, or ended the session, shows then.
        account = accounts.find_to_change(db, handshake.account_id) if handshake.account_id else None
        visit = self.admission.reception.visit(db, exchange)
        if visit is None or account is None or visit.session.account_id != account.id:
            self.admission.refuse(db, exchange, handshake, "other_person")
            return _back("link", None, None, "refused")
        # Of the account that it may be linked to already no more is asked, and it is not taken: two people who want
        # each other's identity would wait for each other.
        linked = upstream_identities.find(db, identity.issuer, identity.subject)
        if linked is not None:
            done = "linked" if linked.account_id == account.id else "taken"
            return replies.see_other(f"/account/sign-in-methods?done={done}")
        done = "linked" if self.admission.link(db, exchange, handshake, identity, account) else "taken"
        return replies.see_other(f"/account/sign-in-methods?done={done}")

    def _source(self, exchange: Exchange) -> str:
        return self.admission.reception.visitor(exchange).source

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        """A transaction, a few at a time: those who have waited for a slow provider come back in crowds."""
        with self.turns, self.database.transaction() as db:
            yield db

    def _connector(self, exchange: Exchange) -> Connector:
        connector = self.connectors.get(exchange.path_params["connector"])
        if connector is None:
            raise failures.not_found()
        return connector


def _max_age(pending: AuthorizationRequest | None, then: str | None) -> int | None:
    """How fresh the sign-in over there has to be: as fresh as the relying party wants ours."""
    if pending is None:
        return 0 if then == METHODS else None
    if "login" in pending.parameters.get("prompt", "").split():
        return 0
    asked = pending.parameters.get("max_age", "")
    return int(asked) if asked.isdecimal() and asked.isascii() else None


def _taken_before(before: Handshake | None, connector: Connector) -> Response:
    """A callback that cannot be taken: the back button, a reload, too late, or the answer of another provider."""
    if before is None:
        raise _not_open_here()
    if before.connector != connector.name:
        log.warning("an answer came to the address of another connector", extra={"connector": connector.name})
        return _back(before.intent, before.request_id, before.then, "untrusted")
    if before.settled_at is not None:
        return replies.see_other(onward(before.request_id, before.then))
    if before.identity is not None:
        return replies.see_other(f"/welcome?{urlencode({'handshake': before.id})}")
    return _back(before.intent, before.request_id, before.then, "expired")


def _back(intent: str, request_id: str | None, then: str | None, because: str) -> Response:
    """To the page where another way can be chosen; the relying party's request is as it was."""
    if intent == "link":
        return replies.see_other(f"/account/sign-in-methods?{urlencode({'failed': because})}")
    more: Mapping[str, str | None] = {"request": request_id, "then": then, "reason": f"upstream_{because}"}
    return replies.see_other("/login?" + urlencode({name: value for name, value in more.items() if value}))


def _log_problem(connector: str, problem: UpstreamProblem) -> None:
    level = logging.ERROR if problem.because in _FOR_OPERATORS else logging.WARNING
    level = logging.INFO if problem.because == "cancelled" else level
    facts = {"connector": connector, "because": problem.because, "reason": problem.sentence}
    log.log(level, "nobody came back from another provider", extra=facts)


def _too_many(wanted: Wanted, wait: Wait) -> PageProblem:
    # With a reason, so that nobody is sent on to the same provider from there.
    back = _back("sign_in", wanted.request_id, wanted.then, "cancelled").headers["Location"]
    return PageProblem(
        "Too many sign-ins with other providers were begun here",
        "None of them was finished. Please wait a few minutes and try again, or choose another way to sign in.",
        status=429,
        code="access_denied",
        link=Link("Sign in", back) if wanted.intent == "sign_in" else Link("How you sign in", onward(None, METHODS)),
        headers={"Retry-After": str(wait.seconds)},
    )


def _not_open_here() -> PageProblem:
    return PageProblem(
        "This sign-in is not open here",
        "It was started in another browser, or so long ago that nothing is left of it. "
        "Go back to the app you came from and sign in again.",
        code="unknown_request",
        link=Link("Sign in", "/login"),
    )


def _disabled() -> PageProblem:
    return PageProblem(
        "This account is disabled",
        "The other provider knows you, but the account here cannot be used. Ask the people who run this service.",
        status=403,
        code="access_denied",
    )
