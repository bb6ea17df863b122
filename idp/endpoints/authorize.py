"""The authorization endpoint, and the hub of every flow in which a person is asked (OpenID Connect Core 1.0, 3.1.2).

Sign-in, consent and the choice of an account do not know each other: each sends the browser back to
`/authorize/{id}`, where `next_step` decides what is still missing.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from idp.clock import Clock
from idp.protocol.authorization.authorization_request import AskedAuthorization
from idp.protocol.authorization.authorization_response import AuthorizationResponse, FormPost
from idp.protocol.authorization.effective_parameters import used_before
from idp.protocol.authorization.interaction import Consent, Issue, Login, Refuse, SelectAccount, SignUp, Step
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.messages import Parameters
from idp.protocol.provider import Provider
from idp.protocol.refusals import RefusedToClient, RefusedToPerson
from idp.refusing import Refusing
from idp.store import authorization_requests, pushed_requests, sessions
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.base import digest_of
from idp.store.database import Connection, Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.cookies import Cookies, browser_state_of
from idp.web.exchange import Exchange
from idp.web.failures import PageProblem
from idp.web.pages import AskingClient, Pages
from idp.web.pages.parts import origin_of

_TOUCH_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class AuthorizeEndpoint:
    """`/authorize` and the way back to it."""

    database: Database
    provider: Provider
    refusing: Refusing
    pages: Pages
    cookies: Cookies
    request_life: timedelta
    session_idle: timedelta
    clock: Clock

    def begin(self, exchange: Exchange) -> Response:
        """Accept a request and take its first step. A person who is known to everybody concerned sees nothing."""
        if exchange.cookies_withheld:
            again = replies.repeated_as_get(exchange)
            if again is not None:
                return again
        raw = Parameters.parse(exchange.parameters.as_mapping())
        try:
            parameters = self.provider.parameters_of(raw)
        except RefusedToPerson as refused:
            raise self._on_a_page(exchange, raw, refused) from refused
        except RefusedToClient as refused:
            return self._to_the_client(exchange, raw, refused)
        return self._begin(exchange, parameters)

    def proceed(self, exchange: Exchange) -> Response:
        """Come back from signing in, consenting or choosing."""
        request_id = exchange.path_params["id"]
        with self.database.autocommit() as db:
            pending = authorization_requests.find(db, request_id, browsers=exchange.browsers)
        if pending is None:
            raise _unknown_request()
        if pending.device_authorization_id is not None:
            # No client waits for an answer here, but a device; its question is another one.
            return replies.see_other(f"/device/confirm?request={pending.id}")
        now = self.clock()
        if pending.finished_at is not None:
            return self._finished_before(exchange, pending)
        if pending.expires_at <= now:
            # An old tab. The person still wants to get there: the same request begins again.
            return self._begin(exchange, Parameters(pending.parameters, pushed=pending.pushed_digest))
        asked = self._accepted(exchange, Parameters(pending.parameters))
        if isinstance(asked, Response):
            return asked
        with self.database.transaction() as db:
            visit = self._visit(db, exchange, asked)
            step = (
                self.provider.next_step(
                    asked, visit, asked_at=pending.created_at, selected_at=pending.selected_at, now=now
                )
                if pending.refused_at is None
                else Refuse("access_denied", "The person did not allow what the client asked for.")
            )
            if not isinstance(step, Issue | Refuse):
                return replies.see_other(_page_of(step, pending.id))
            is_first = authorization_requests.finish(db, pending.id, now=now)
            if is_first and _first_answer(db, pending.pushed_digest, now=now):
                return self._answer(exchange, self._response(db, exchange, asked, step), asked.client)
        return self._finished_before(exchange, pending)

    def _begin(self, exchange: Exchange, parameters: Parameters) -> Response:
        asked = self._accepted(exchange, parameters)
        if isinstance(asked, Response):
            return asked
        try:
            return self._first_step(exchange, parameters, asked)
        except RefusedToPerson as refused:
            raise self._on_a_page(exchange, parameters, refused) from refused

    def _first_step(self, exchange: Exchange, parameters: Parameters, asked: AskedAuthorization) -> Response:
        now = self.clock()
        # What is used up belongs together with the answer that it is used up for.
        with self.database.transaction() if parameters.pushed else self.database.autocommit() as db:
            visit = self._visit(db, exchange, asked)
            step = self.provider.next_step(asked, visit, asked_at=now, selected_at=None, now=now)
            if isinstance(step, Issue | Refuse):
                if not _first_answer(db, parameters.pushed, now=now):
                    raise used_before(asked.client)
                return self._answer(exchange, self._response(db, exchange, asked, step), asked.client)
            request_id = secrets.token_urlsafe(24)
            authorization_requests.open_request(
                db,
                request_id,
                browser_digest=digest_of(exchange.browser),
                client_id=asked.client.client_id,
                parameters=asked.parameters,
                expires_at=now + self.request_life,
                now=now,
                pushed_digest=parameters.pushed,
            )
        return replies.see_other(_page_of(step, request_id))

    def _accepted(self, exchange: Exchange, parameters: Parameters) -> AskedAuthorization | Response:
        """The request after its checks, or the answer to a client whose request failed them."""
        try:
            to = self.provider.return_address(parameters)
        except RefusedToPerson as refused:
            raise self._on_a_page(exchange, parameters, refused) from refused
        try:
            return self.provider.accept(parameters, to)
        except RefusedToClient as refused:
            return self._to_the_client(exchange, parameters, refused)

    def _to_the_client(self, exchange: Exchange, parameters: Parameters, refused: RefusedToClient) -> Response:
        """The answer to a request whose parameters are not accepted, or could not be found out."""
        try:
            to = self.provider.return_address(parameters)
        except RefusedToPerson as unproven:
            raise self._on_a_page(exchange, parameters, unproven) from refused
        self.refusing.authorization(exchange, parameters, refused.error, refused.sentence)
        return self._answer(exchange, self.provider.refuse(to, refused), to.client)

    def _on_a_page(self, exchange: Exchange, parameters: Parameters, refused: RefusedToPerson) -> PageProblem:
        """What the person sees; the owner of the client finds the rest under the reference."""
        self.refusing.authorization(exchange, parameters, refused.reason, refused.sentence)
        sent = {name: parameters.get(name) for name in ("client_id", "redirect_uri")}
        return PageProblem(
            "This sign-in link does not work",
            "The app that sent you here is not set up correctly. Nothing is wrong with your account; "
            "tell the makers of the app and give them the reference below.",
            code=refused.reason,
            hint=refused.sentence,
            received={name: value for name, value in sent.items() if value is not None},
        )

    def _visit(self, db: Connection, exchange: Exchange, asked: AskedAuthorization) -> Visit | None:
        secret = self.cookies.session(exchange.cookies)
        if secret is None:
            return None
        now = self.clock()
        visit = sessions.visit(
            db, digest_of(secret), client_id=asked.client.client_id, idle_since=now - self.session_idle, now=now
        )
        if visit is not None and now - visit.session.seen_at > _TOUCH_EVERY:
            sessions.touch(db, visit.session.id, now=now)
        return visit

    def _response(
        self, db: Connection, exchange: Exchange, asked: AskedAuthorization, step: Issue | Refuse
    ) -> AuthorizationResponse:
        if isinstance(step, Issue):
            state = browser_state_of(self.cookies.session(exchange.cookies))
            return self.provider.issue(db, asked, step.scopes, step.visit.session, browser_state=state)
        return self.provider.refuse(asked.to, RefusedToClient(step.error, step.sentence))

    def _answer(self, exchange: Exchange, response: AuthorizationResponse, client: RegisteredClient) -> Response:
        if isinstance(response, FormPost):
            fields = dict(response.fields)
            answer: Response = self.pages.form_post(
                exchange.context(), action=response.action, fields=fields, client_name=client.name
            )
        else:
            answer = replies.see_other(response.url)
        if secret := self.cookies.session(exchange.cookies):
            # A session from before session management was switched on has no such cookie yet.
            self.cookies.set_browser_state(answer, secret, exchange.cookies)
        return answer

    def _finished_before(self, exchange: Exchange, pending: AuthorizationRequest) -> Response:
        """The back button, or a second click. The relying party can start anew where it has said how."""
        client = self.provider.registry.get(pending.client_id)
        if client is None:
            raise _unknown_request()
        if client.initiate_login_uri is not None:
            joint = "&" if "?" in client.initiate_login_uri else "?"
            return replies.see_other(f"{client.initiate_login_uri}{joint}{urlencode({'iss': self.provider.issuer})}")
        return self.pages.completed(
            exchange.context(),
            client=AskingClient.of(client),
            continue_url=client.client_uri or _home_of(client, pending),
        )


def _home_of(client: RegisteredClient, pending: AuthorizationRequest) -> str | None:
    """The front page where the answer went: the way on for clients that have named no other, and theirs for certain."""
    redirect_uri = pending.parameters.get("redirect_uri", "")
    # The address of a native application is a listener that has gone, or no web address at all.
    if client.application_type != "web" or not client.check_redirect_uri(redirect_uri):
        return None
    origin = origin_of(redirect_uri)
    return f"{origin}/" if origin is not None else None


def _first_answer(db: Connection, pushed: bytes | None, *, now: datetime) -> bool:
    """Whether no other tab has had the answer to the same pushed request."""
    return pushed is None or pushed_requests.use(db, pushed, now=now)


def _unknown_request() -> PageProblem:
    """The request is not there, or another browser brought it."""
    return PageProblem(
        "This sign-in is not open here",
        "It was started in another browser, or so long ago that nothing is left of it. "
        "Go back to the app you came from and sign in again.",
        code="unknown_request",
    )


def _page_of(step: Step, request_id: str) -> str:
    match step:
        case Login(reason):
            return f"/login?request={request_id}" + ("" if reason == "no_session" else f"&reason={reason}")
        case SignUp():
            return f"/signup?request={request_id}"
        case SelectAccount():
            return f"/select-account?request={request_id}"
        case Consent():
            return f"/consent?request={request_id}"
        case _:
            raise AssertionError(step)
