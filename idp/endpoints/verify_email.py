"""Proving the address of a new account: by the code or by the link of the mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from idp.accounts import proofs
from idp.accounts.sessions import PASSWORD
from idp.accounts.signup import Completed, NotCompleted, SignUp
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.reception import Reception
from idp.store.database import Connection, Database
from idp.store.email_proofs import EmailProof
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.pages import Pages, Problem

_WRONG_CODE = "This is not the code from the newest mail, or it is too old. Check it, or have another one sent."


@dataclass(frozen=True, slots=True)
class VerifyEmailEndpoint:
    """`/verify-email`, where the code is typed in, and `/signup/link`, where the mailed link leads."""

    database: Database
    sign_up: SignUp
    pages: Pages
    reception: Reception
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Ask for the code from the mail."""
        with self.database.autocommit() as db:
            proof = self._proof(db, exchange, exchange.query.get("proof"))
        return self._verify_page(exchange, proof, resent=exchange.query.get("resent") is not None)

    def verify(self, exchange: Exchange) -> Response:
        """Complete the sign-up with the code."""
        with self.database.transaction() as db:
            proof = self._proof(db, exchange, exchange.form.get("proof"))
            code, visitor = exchange.form.get("code") or "", self.reception.visitor(exchange)
            outcome = self.sign_up.by_code(db, proof, code, visitor, now=self.clock())
            self._note(db, exchange, outcome)
            onward = self._onward(db, exchange, outcome)
        if isinstance(outcome, NotCompleted) and outcome.because == "wrong_code":
            return self._verify_page(exchange, proof, problems=[Problem("code", _WRONG_CODE)])
        return self._finish(outcome, onward)

    def resend(self, exchange: Exchange) -> Response:
        """Mail another code and link; the earlier ones die."""
        with self.database.transaction() as db:
            proof = self._proof(db, exchange, exchange.form.get("proof"))
            again = self.sign_up.send_again(db, proof, self.reception.visitor(exchange), now=self.clock())
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
        token, visitor = exchange.form.get("token") or "", self.reception.visitor(exchange)
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
            self._note(db, exchange, outcome)
            onward = self._onward(db, exchange, outcome)
        return self._finish(outcome, onward)

    def _finish(self, outcome: Completed | NotCompleted, onward: str) -> Response:
        if isinstance(outcome, NotCompleted):
            if outcome.because == "taken":
                raise _address_is_taken()
            raise _link_is_dead()
        response = replies.see_other(onward)
        self.reception.let_in(response, outcome.signed_in)
        return response

    def _onward(self, db: Connection, exchange: Exchange, outcome: Completed | NotCompleted) -> str:
        """To the relying party's request, if it is open in this very browser."""
        found = self.reception.pending(db, exchange, outcome.request_id if isinstance(outcome, Completed) else None)
        return f"/authorize/{found.id}" if found else "/account"

    def _proof(self, db: Connection, exchange: Exchange, proof_id: str | None) -> EmailProof:
        proof = self.sign_up.find(db, proof_id or "", self.reception.visitor(exchange), now=self.clock())
        if proof is None:
            raise _link_is_dead()
        return proof

    def _linked(self, db: Connection, token: str) -> EmailProof:
        proof = self.sign_up.find_by_link(db, token, now=self.clock())
        if proof is None:
            raise _link_is_dead()
        return proof

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
        is_here = proofs.belongs_to(proof, self.reception.visitor(exchange))
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

    def _note(self, db: Connection, exchange: Exchange, outcome: Completed | NotCompleted) -> None:
        occasion = self.reception.occasion(exchange)
        if isinstance(outcome, NotCompleted):
            note(db, Event.ADDRESS_PROOF_REFUSED, occasion, facts={"because": outcome.because})
            return
        account_id = outcome.signed_in.account.id
        note(db, Event.ACCOUNT_CREATED, occasion, account_id=account_id, facts={"because": "signed_up"})
        self.reception.note_sign_in(db, exchange, outcome.signed_in, amr=PASSWORD)


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
