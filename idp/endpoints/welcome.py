"""Somebody whom another provider knows and we do not: a new account, or one more way into an old one."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from idp.accounts.email_address import EmailAddress, EmailProblem, parse_address
from idp.accounts.login import SignedIn
from idp.accounts.profile import NameProblem, parse_name
from idp.accounts.throttle import Wait
from idp.admission import Admission, account_exists
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.federation.connector import UpstreamIdentity
from idp.store import accounts, email_proofs, handshakes
from idp.store.database import Connection, Database
from idp.store.handshakes import Handshake
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.onward import link_of, onward
from idp.web.pages import Arrival, Pages, Problem

_WRONG_CODE = "This is not the code from the newest mail, or it is too old. Check it, or have another one sent."
_PROVEN = frozenset({"create", "supersede"})
_WITHOUT_ACCOUNT = _PROVEN | {"ask", "prove"}


@dataclass(frozen=True, slots=True)
class WelcomeEndpoint:
    """`/welcome`, `/welcome/code` and `/welcome/link`.

    Who it is stands in the handshake, on this side; a form says no more than which handshake, and what is wanted.
    """

    database: Database
    admission: Admission
    pages: Pages
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Say who came and that nothing is known of them, and ask what they want."""
        with self.database.transaction() as db:
            handshake, identity = self._arrived(db, exchange)
            outcome = self.admission.decide(db, identity).outcome
        return self._page(exchange, handshake, identity, outcome, name=identity.profile.get("name", ""))

    def submit(self, exchange: Exchange) -> Response:
        """Make an account, at once where the address is proven, or mail a code that proves one."""
        if not self.admission.arrivals.sign_up_open:
            raise _closed()
        typed_name, typed_email = exchange.form.get("name") or "", exchange.form.get("email") or ""
        visitor = self.admission.reception.visitor(exchange)
        with self.database.transaction() as db:
            handshake, identity = self._arrived(db, exchange)
            decision = self.admission.decide(db, identity)
            outcome = decision.outcome
            if outcome not in _WITHOUT_ACCOUNT:
                # Linked meanwhile, by the same person in another tab.
                raise account_exists()
            name, address, problems = _read(typed_name, typed_email, identity, proven=outcome in _PROVEN)
            wait = None
            if not problems and outcome in {*_PROVEN, "ask"}:
                allowed = self.admission.arrivals.allow(db, visitor, now=self.clock())
                wait = allowed if isinstance(allowed, Wait) else None
            go = not problems and wait is None and address is not None
            signed_in: SignedIn | None = None
            if go and outcome in _PROVEN and address is not None:
                signed_in = self.admission.create(db, exchange, handshake, identity, address, name)
            elif go and outcome == "ask" and address is not None:
                self._mail(db, exchange, handshake, address, name)
        if wait is not None:
            tell = [Problem(None, "Too many accounts were asked for from here. Please try again later.")]
            response = self._page(exchange, handshake, identity, outcome, typed_name, typed_email, tell, status=429)
            response.headers["Retry-After"] = str(wait.seconds)
            return response
        if problems or outcome == "prove":
            return self._page(exchange, handshake, identity, outcome, typed_name, typed_email, problems)
        if outcome == "ask":
            return replies.see_other(f"/welcome/code?{urlencode({'handshake': handshake.id})}")
        return self._finish(signed_in, handshake)

    def show_code(self, exchange: Exchange) -> Response:
        """Ask for the code from the mail."""
        with self.database.autocommit() as db:
            handshake, _ = self._arrived(db, exchange)
            email = self._mailed_to(db, handshake)
        return self._code_page(exchange, handshake, email, resent=exchange.query.get("resent") is not None)

    def submit_code(self, exchange: Exchange) -> Response:
        """Make the account, now that its address is proven."""
        with self.database.transaction() as db:
            handshake, identity = self._arrived(db, exchange)
            proof = email_proofs.find(db, handshake.proof_id or "")
            if proof is None:
                raise _too_late()
            code, now = exchange.form.get("code") or "", self.clock()
            proven = self.admission.arrivals.is_proven(db, proof, code, now=now)
            signed_in: SignedIn | None = None
            if proven:
                address = EmailAddress(proof.email, proof.email_key)
                signed_in = self.admission.create(db, exchange, handshake, identity, address, proof.name)
            else:
                facts = {"because": "wrong_code"}
                note(db, Event.ADDRESS_PROOF_REFUSED, self.admission.reception.occasion(exchange), facts=facts)
        if not proven:
            return self._code_page(exchange, handshake, proof.email, problems=[Problem("code", _WRONG_CODE)])
        return self._finish(signed_in, handshake)

    def resend(self, exchange: Exchange) -> Response:
        """Mail another code; the earlier one dies."""
        with self.database.transaction() as db:
            handshake, _ = self._arrived(db, exchange)
            proof = email_proofs.find(db, handshake.proof_id or "")
            if proof is None or not email_proofs.use(db, proof.id, now=self.clock()):
                raise _too_late()
            self._mail(db, exchange, handshake, EmailAddress(proof.email, proof.email_key), proof.name)
        return replies.see_other(f"/welcome/code?{urlencode({'handshake': handshake.id, 'resent': '1'})}")

    def show_link(self, exchange: Exchange) -> Response:
        """Ask whether the account just signed in to is to be opened by the other provider as well."""
        with self.database.autocommit() as db:
            handshake, identity = self._arrived(db, exchange)
            visit = self.admission.reception.visit(db, exchange)
        if visit is None or visit.session.auth_time < handshake.created_at:
            return replies.see_other(_prove(handshake))
        return self.pages.link_identity(
            exchange.context(signed_in=visit.email),
            arrival=self._arrival(handshake, identity),
            identity=visit.email,
            account=visit.session.id,
        )

    def submit_link(self, exchange: Exchange) -> Response:
        """Link, or leave it; either way the person goes on to where they were going."""
        with self.database.transaction() as db:
            handshake, identity = self._arrived(db, exchange)
            visit = self.admission.reception.visit(db, exchange)
            # The account was proven after the provider was asked, and it is the one that the page has shown.
            if (
                visit is None
                or visit.session.auth_time < handshake.created_at
                or exchange.form.get("account") != visit.session.id
            ):
                return replies.see_other(_prove(handshake))
            account = accounts.find_to_change(db, visit.session.account_id)
            linked = False
            if account is not None and exchange.form.get("decision") == "link":
                linked = self.admission.link(db, exchange, handshake, identity, account)
                if not linked:
                    self.admission.refuse(db, exchange, handshake, "taken")
        if exchange.form.get("decision") == "link" and not linked:
            raise account_exists()
        return replies.see_other(onward(handshake.request_id, handshake.then))

    def _arrived(self, db: Connection, exchange: Exchange) -> tuple[Handshake, UpstreamIdentity]:
        """The handshake that the form or the address names, of this browser, with who it was."""
        named = exchange.parameters.get("handshake") or ""
        found = handshakes.find(db, named, browsers=exchange.browsers, now=self.clock())
        if found is None or found.identity is None or found.intent != "sign_in":
            raise _too_late()
        return found, UpstreamIdentity.of(found.identity)

    def _mail(
        self, db: Connection, exchange: Exchange, handshake: Handshake, address: EmailAddress, name: str | None
    ) -> None:
        reception = self.admission.reception
        proof = self.admission.arrivals.mail_code(
            db, address, name=name, visitor=reception.visitor(exchange), now=self.clock()
        )
        handshakes.await_proof(db, handshake.id, proof.id)
        facts: dict[str, str | int | bool] = {
            "known_account": proof.account_id is not None,
            "connector": handshake.connector,
        }
        note(db, Event.SIGN_UP_BEGUN, reception.occasion(exchange), account_id=proof.account_id, facts=facts)

    @staticmethod
    def _mailed_to(db: Connection, handshake: Handshake) -> str:
        proof = email_proofs.find(db, handshake.proof_id or "")
        if proof is None:
            raise _too_late()
        return proof.email

    def _finish(self, signed_in: SignedIn | None, handshake: Handshake) -> Response:
        if signed_in is None:
            raise account_exists()
        response = replies.see_other(onward(handshake.request_id, handshake.then))
        self.admission.reception.let_in(response, signed_in)
        return response

    def _arrival(self, handshake: Handshake, identity: UpstreamIdentity) -> Arrival:
        return Arrival(handshake.id, self.admission.label(handshake.connector), identity.label)

    def _page(  # noqa: PLR0917  As the page shows them.
        self,
        exchange: Exchange,
        handshake: Handshake,
        identity: UpstreamIdentity,
        outcome: str,
        name: str = "",
        email: str | None = None,
        problems: Sequence[Problem] = (),
        *,
        status: int | None = None,
    ) -> Response:
        address = self.admission.address_of(identity)
        return self.pages.welcome(
            exchange.context(),
            arrival=self._arrival(handshake, identity),
            request=handshake.request_id,
            email=email or (address.text if address else ""),
            name=name,
            is_proven=outcome in _PROVEN,
            has_account=outcome == "prove",
            sign_up_open=self.admission.arrivals.sign_up_open,
            sign_in_url=_prove(handshake),
            problems=problems,
            status=status,
        )

    def _code_page(
        self,
        exchange: Exchange,
        handshake: Handshake,
        email: str,
        *,
        resent: bool = False,
        problems: Sequence[Problem] = (),
    ) -> Response:
        return self.pages.welcome_code(
            exchange.context(), email=email, handshake=handshake.id, resent=resent, problems=problems
        )


def _read(
    typed_name: str, typed_email: str, identity: UpstreamIdentity, *, proven: bool
) -> tuple[str | None, EmailAddress | None, list[Problem]]:
    """What was typed. A proven address is the provider's word, never the form's."""
    name, address, problems = None, None, []
    try:
        address = parse_address(identity.email or "" if proven else typed_email)
    except EmailProblem as problem:
        problems.append(Problem("email", str(problem)))
    try:
        name = parse_name(typed_name)
    except NameProblem as problem:
        problems.append(Problem("name", str(problem)))
    return name, address, problems


def _prove(handshake: Handshake) -> str:
    """The sign-in page, and from there to the question whether to link."""
    parameters = {"request": handshake.request_id, "then": link_of(handshake.id), "reason": "link"}
    return "/login?" + urlencode({name: value for name, value in parameters.items() if value})


def _too_late() -> PageProblem:
    return PageProblem(
        "This can no longer be finished",
        "It was finished already, started in another browser, or it took too long. Sign in again.",
        code="unknown_request",
        link=Link("Sign in", "/login"),
    )


def _closed() -> PageProblem:
    return PageProblem(
        "New accounts are not made here",
        "Ask the people who run this service for an account.",
        status=403,
        code="access_denied",
        link=Link("Sign in", "/login"),
    )
