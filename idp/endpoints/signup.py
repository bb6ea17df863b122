"""Making an account: what is asked for. The account comes into being when the address has been proven."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from idp.accounts.email_address import EmailAddress, EmailProblem, parse_address
from idp.accounts.profile import NameProblem, parse_name
from idp.accounts.signup import SignUp
from idp.accounts.throttle import Wait
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.protocol.clients.client import ClientRegistry
from idp.reception import Reception
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.database import Database
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.pages import AskingClient, Pages, Problem


@dataclass(frozen=True, slots=True)
class SignupEndpoint:
    """`/signup`, inside a sign-in transaction (`request`) or without one."""

    database: Database
    sign_up: SignUp
    clients: ClientRegistry
    pages: Pages
    reception: Reception
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask for what an account needs."""
        self._check_open()
        with self.database.autocommit() as db:
            pending = self.reception.pending(db, exchange, exchange.query.get("request"))
        hint = pending.parameters.get("login_hint", "") if pending else ""
        return self._page(exchange, pending, email=hint[:254])

    def submit(self, exchange: Exchange) -> Response:
        """Keep what was typed and mail a code. On the hashing lane; the same work and answer for a known address."""
        self._check_open()
        email, password = exchange.form.get("email") or "", exchange.form.get("password") or ""
        typed_name, visitor = exchange.form.get("name") or "", self.reception.visitor(exchange)
        address, name, problems = self._read(email, password, typed_name)
        with self.database.transaction() as db:
            pending = self.reception.pending(db, exchange, exchange.form.get("request"))
            if address is None or problems:
                return self._page(exchange, pending, email=email, name=typed_name, problems=problems)
            allowed = self.sign_up.allow(db, visitor, now=self.clock())
            if isinstance(allowed, Wait):
                facts: dict[str, str | int | bool] = {"because": "throttled", "wait_seconds": allowed.seconds}
                note(db, Event.SIGN_UP_REFUSED, self.reception.occasion(exchange), facts=facts)
        if isinstance(allowed, Wait):
            tell = [Problem(None, "Too many accounts were asked for from here. Please try again later.")]
            response = self._page(exchange, pending, email=email, name=typed_name, problems=tell, status=429)
            response.headers["Retry-After"] = str(allowed.seconds)
            return response
        password_hash = self.sign_up.sign_in.passwords.hash(password)
        with self.database.transaction() as db:
            proof = self.sign_up.begin(
                db,
                address,
                name=name,
                password_hash=password_hash,
                request_id=pending.id if pending else None,
                visitor=visitor,
                now=self.clock(),
            )
            facts = {"known_account": proof.account_id is not None}
            note(db, Event.SIGN_UP_BEGUN, self.reception.occasion(exchange), account_id=proof.account_id, facts=facts)
        return replies.see_other(f"/verify-email?proof={proof.id}")

    def _read(
        self, email: str, password: str, typed_name: str
    ) -> tuple[EmailAddress | None, str | None, list[Problem]]:
        address, name, problems = None, None, []
        try:
            address = parse_address(email)
        except EmailProblem as problem:
            problems.append(Problem("email", str(problem)))
        if weakness := self.sign_up.policy.problem(password, email=address.key if address else ""):
            problems.append(Problem("password", weakness))
        try:
            name = parse_name(typed_name)
        except NameProblem as problem:
            problems.append(Problem("name", str(problem)))
        return address, name, problems

    def _check_open(self) -> None:
        if not self.sign_up.is_open:
            raise PageProblem(
                "New accounts are not made here",
                "Ask the people who run this service for an account.",
                status=403,
                code="access_denied",
                link=Link("Sign in", "/login"),
            )

    def _page(
        self,
        exchange: Exchange,
        pending: AuthorizationRequest | None,
        *,
        email: str = "",
        name: str = "",
        problems: Sequence[Problem] = (),
        status: int | None = None,
    ) -> Response:
        client = self.clients.get(pending.client_id) if pending else None
        return self.pages.signup(
            exchange.context(ui_locales=pending.parameters.get("ui_locales") if pending else None),
            client=AskingClient.of(client, pending.parameters.get("redirect_uri")) if client and pending else None,
            request=pending.id if pending else None,
            password_minimum=self.sign_up.policy.minimum_length,
            email=email,
            name=name,
            problems=problems,
            status=status,
        )
