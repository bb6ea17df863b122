"""Making an account: what is asked for, and the two ways to prove the address."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from idp.accounts import proofs
from idp.accounts.email_address import EmailAddress, EmailProblem, parse_address
from idp.accounts.profile import NameProblem, parse_name
from idp.accounts.signup import Completed, NotCompleted, SignUp
from idp.accounts.throttle import Wait
from idp.accounts.visitor import Visitor
from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.protocol.client import ClientRegistry
from idp.store import authorization_requests
from idp.store.authorization_requests import AuthorizationRequest
from idp.store.database import Connection, Database
from idp.store.email_proofs import EmailProof
from idp.web import replies
from idp.web.cookies import Cookies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.pages import AskingClient, Pages, Problem

_WRONG_CODE = "This is not the code from the newest mail, or it is too old. Check it, or have another one sent."


@dataclass(frozen=True, slots=True)
class SignupEndpoint:
    """`/signup`, `/verify-email` and the mailed link `/signup/link`."""

    database: Database
    sign_up: SignUp
    clients: ClientRegistry
    pages: Pages
    cookies: Cookies
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask for what an account needs."""
        self._check_open()
        with self.database.autocommit() as db:
            pending = self._pending(db, exchange, exchange.query.get("request"))
        hint = pending.parameters.get("login_hint", "") if pending else ""
        return self._page(exchange, pending, email=hint[:254])

    def submit(self, exchange: Exchange) -> Response:
        """Keep what was typed and mail a code. On the hashing lane; the same work and answer for a known address."""
        self._check_open()
        email, password = exchange.form.get("email") or "", exchange.form.get("password") or ""
        typed_name, visitor = exchange.form.get("name") or "", self._visitor(exchange)
        address, name, problems = self._read(email, password, typed_name)
        with self.database.transaction() as db:
            pending = self._pending(db, exchange, exchange.form.get("request"))
            if address is None or problems:
                return self._page(exchange, pending, email=email, name=typed_name, problems=problems)
            allowed = self.sign_up.allow(db, visitor, now=self.clock())
            if isinstance(allowed, Wait):
                facts: dict[str, str | int | bool] = {"because": "throttled", "wait_seconds": allowed.seconds}
                note(db, Event.SIGN_UP_REFUSED, self._occasion(exchange), facts=facts)
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
            note(db, Event.SIGN_UP_BEGUN, self._occasion(exchange), account_id=proof.account_id, facts=facts)
        return replies.see_other(f"/verify-email?proof={proof.id}")

    def show_verify(self, exchange: Exchange) -> Response:
        """Ask for the code from the mail."""
        with self.database.autocommit() as db:
            proof = self._proof(db, exchange, exchange.query.get("proof"))
        return self._verify_page(exchange, proof, resent=exchange.query.get("resent") is not None)

    def verify(self, exchange: Exchange) -> Response:
        """Complete the sign-up with the code."""
        with self.database.transaction() as db:
            proof = self._proof(db, exchange, exchange.form.get("proof"))
            code, visitor = exchange.form.get("code") or "", self._visitor(exchange)
            outcome = self.sign_up.by_code(db, proof, code, visitor, now=self.clock())
            self._note(db, exchange, outcome, visitor)
            onward = self._onward(db, exchange, outcome)
        if isinstance(outcome, NotCompleted) and outcome.because == "wrong_code":
            return self._verify_page(exchange, proof, problems=[Problem("code", _WRONG_CODE)])
        return self._finish(outcome, onward)

    def resend(self, exchange: Exchange) -> Response:
        """Mail another code and link; the earlier ones die."""
        with self.database.transaction() as db:
            proof = self._proof(db, exchange, exchange.form.get("proof"))
            again = self.sign_up.send_again(db, proof, self._visitor(exchange), now=self.clock())
        if again is None:
            raise _link_is_dead()
        return replies.see_other(f"/verify-email?proof={again.id}&resent=1")

    def show_link(self, exchange: Exchange) -> Response:
        """Show the button behind the mailed link; scanners follow links, but press no buttons."""
        token = exchange.query.get("token") or ""
        with self.database.autocommit() as db:
            proof = self._linked(db, token)
        return self._link_page(exchange, proof, token)

    def follow_link(self, exchange: Exchange) -> Response:
        """Complete the sign-up by the link. On the hashing lane: another browser has to show the password too."""
        token, visitor = exchange.form.get("token") or "", self._visitor(exchange)
        with self.database.transaction() as db:
            proof = self._linked(db, token)
            is_here = proofs.belongs_to(proof, visitor)
            may_guess = is_here or proofs.may_guess_password(db, proof)
        if not is_here:
            password = exchange.form.get("password") or ""
            if not may_guess or not self.sign_up.sign_in.passwords.verify(proof.password_hash, password):
                wrong = Problem("password", "This is not the password that was chosen for this account.")
                return self._link_page(exchange, proof, token, problems=[wrong])
        with self.database.transaction() as db:
            outcome = self.sign_up.complete(db, proof, visitor, now=self.clock())
            self._note(db, exchange, outcome, visitor)
            onward = self._onward(db, exchange, outcome)
        return self._finish(outcome, onward)

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

    def _finish(self, outcome: Completed | NotCompleted, onward: str) -> Response:
        if isinstance(outcome, NotCompleted):
            if outcome.because == "taken":
                raise _address_is_taken()
            raise _link_is_dead()
        response = replies.see_other(onward)
        self.cookies.set_session(response, outcome.signed_in.started.secret)
        life = self.sign_up.sign_in.known_device_life
        self.cookies.set_device(response, outcome.signed_in.device_mark, lifetime=life)
        return response

    def _onward(self, db: Connection, exchange: Exchange, outcome: Completed | NotCompleted) -> str:
        """To the relying party's request, if it is open in this very browser."""
        request_id = outcome.request_id if isinstance(outcome, Completed) else None
        if request_id is None:
            return "/account"
        found = authorization_requests.find(db, request_id, browsers=exchange.browsers)
        return f"/authorize/{found.id}" if found else "/account"

    def _check_open(self) -> None:
        if not self.sign_up.is_open:
            raise PageProblem(
                "New accounts are not made here",
                "Ask the people who run this service for an account.",
                status=403,
                code="access_denied",
                link=Link("Sign in", "/login"),
            )

    @staticmethod
    def _pending(db: Connection, exchange: Exchange, request_id: str | None) -> AuthorizationRequest | None:
        """The request to go on with. An account can be made without one, so one that is not here is passed over."""
        if not request_id:
            return None
        return authorization_requests.find(db, request_id, browsers=exchange.browsers)

    def _proof(self, db: Connection, exchange: Exchange, proof_id: str | None) -> EmailProof:
        proof = self.sign_up.find(db, proof_id or "", self._visitor(exchange), now=self.clock())
        if proof is None:
            raise _link_is_dead()
        return proof

    def _linked(self, db: Connection, token: str) -> EmailProof:
        proof = self.sign_up.find_by_link(db, token, now=self.clock())
        if proof is None:
            raise _link_is_dead()
        return proof

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

    def _verify_page(
        self, exchange: Exchange, proof: EmailProof, *, resent: bool = False, problems: Sequence[Problem] = ()
    ) -> Response:
        return self.pages.verify_email(
            exchange.context(),
            email=proof.email,
            request=proof.request_id,
            hidden={"proof": proof.id},
            resent=resent,
            problems=problems,
            change_url=f"/signup?request={proof.request_id}" if proof.request_id else "/signup",
        )

    def _link_page(
        self, exchange: Exchange, proof: EmailProof, token: str, *, problems: Sequence[Problem] = ()
    ) -> Response:
        is_here = proofs.belongs_to(proof, self._visitor(exchange))
        sentence = "One more click, and your account is ready."
        if not is_here:
            sentence = "This is not the browser in which you began. Enter the password that you chose there."
        return self.pages.confirm_link(
            exchange.context(),
            title="Confirm your address",
            sentence=sentence,
            button="Confirm",
            action="/signup/link",
            hidden={"token": token},
            username=None if is_here else proof.email,
            problems=problems,
        )

    def _note(self, db: Connection, exchange: Exchange, outcome: Completed | NotCompleted, visitor: Visitor) -> None:
        occasion = self._occasion(exchange)
        if isinstance(outcome, NotCompleted):
            note(db, Event.ADDRESS_PROOF_REFUSED, occasion, facts={"because": outcome.because})
            return
        account_id, started = outcome.signed_in.account.id, outcome.signed_in.started
        note(db, Event.ACCOUNT_CREATED, occasion, account_id=account_id, facts={"because": "signed_up"})
        note(
            db,
            Event.SIGN_IN_SUCCEEDED,
            occasion,
            account_id=account_id,
            session_id=started.session_id,
            facts={"device": visitor.description, "known_device": False, "amr": "pwd"},
        )
        if started.ended is not None:
            note(db, Event.SESSION_ENDED, occasion, session_id=started.ended, facts={"because": "replaced"})

    def _occasion(self, exchange: Exchange) -> Occasion:
        return Occasion(self.clock(), exchange.request_id, exchange.client_address)

    def _visitor(self, exchange: Exchange) -> Visitor:
        return Visitor(
            exchange.client_address,
            exchange.headers.get("user-agent", ""),
            self.cookies.device(exchange.cookies),
            self.cookies.session(exchange.cookies),
            exchange.browsers,
        )


def _link_is_dead() -> PageProblem:
    return PageProblem(
        "This can no longer be confirmed",
        "It was confirmed already, replaced by a newer mail, started in another browser, or it is too old. "
        "Try to sign in; if that does not work, begin again.",
        code="invalid_link",
        link=Link("Sign in", "/login"),
    )


def _address_is_taken() -> PageProblem:
    """Told only to somebody who has just proven the address."""
    return PageProblem(
        "You have an account already",
        "An account with this address was made in the meantime. Sign in with its password.",
        status=409,
        code="account_exists",
        link=Link("Sign in", "/login"),
    )
