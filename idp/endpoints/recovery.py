"""A forgotten password and a changed one."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from idp.accounts.email_address import EmailProblem, parse_address
from idp.accounts.recovery import OpenReset, Recovery
from idp.accounts.throttle import Wait
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.reception import Reception
from idp.store import accounts, upstream_identities
from idp.store.accounts import Account
from idp.store.database import Connection, Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem
from idp.web.pages import LinkedProvider, Pages, Problem


@dataclass(frozen=True, slots=True)
class RecoveryEndpoint:
    """`/forgot-password`, `/reset-password`, `/account/password` and `/.well-known/change-password`."""

    database: Database
    recovery: Recovery
    pages: Pages
    reception: Reception
    clock: Clock

    def show_forgot(self, exchange: Exchange) -> Response:
        """Ask where to send the link."""
        return self.pages.forgot_password(exchange.context(), request=self._request(exchange))

    def submit_forgot(self, exchange: Exchange) -> Response:
        """Send a link, if there is such an account; the answer and the work are the same if there is not."""
        email, request_id = exchange.form.get("email") or "", self._request(exchange)
        try:
            address = parse_address(email)
        except EmailProblem as problem:
            problems = [Problem("email", str(problem))]
            return self.pages.forgot_password(exchange.context(), request=request_id, email=email, problems=problems)
        visitor = self.reception.visitor(exchange)
        with self.database.transaction() as db:
            mailed = self.recovery.ask(db, address, request_id=request_id, visitor=visitor, now=self.clock())
            facts = {"known_account": mailed is not None}
            note(db, Event.PASSWORD_RESET_ASKED, self.reception.occasion(exchange), account_id=mailed, facts=facts)
        return self.pages.forgot_sent(exchange.context(), email=address.text, request=request_id)

    def show_reset(self, exchange: Exchange) -> Response:
        """Ask for a new password, having followed the mailed link. Changes nothing: scanners follow links too."""
        token = exchange.query.get("token") or ""
        with self.database.autocommit() as db:
            found = self._reset(db, token)
        return self._reset_page(exchange, token, found)

    def submit_reset(self, exchange: Exchange) -> Response:
        """Set the new password, once, and ask the person to sign in with it. On the hashing lane."""
        token, password = exchange.form.get("token") or "", exchange.form.get("password") or ""
        with self.database.autocommit() as db:
            found = self._reset(db, token)
        if weakness := self.recovery.policy.problem(password, email=found.account.email_key):
            return self._reset_page(exchange, token, found, problems=[Problem("password", weakness)])
        password_hash, visitor = self.recovery.sign_in.passwords.hash(password), self.reception.visitor(exchange)
        with self.database.transaction() as db:
            found = self._reset(db, token)
            cleared = self.recovery.reset(db, found, password_hash=password_hash, visitor=visitor, now=self.clock())
            if cleared is None:
                raise _link_is_dead()
            self._note_new_password(db, exchange, Event.PASSWORD_RESET, found.account.id, cleared.sessions)
            for identity in cleared.unlinked:
                facts = {"connector": identity.connector}
                occasion = self.reception.occasion(exchange)
                note(db, Event.IDENTITY_UNLINKED, occasion, account_id=found.account.id, facts=facts)
            onward = self._login_after(db, exchange, found.proof.request_id)
        response = replies.see_other(self._told_first(token, found.account.id) or onward)
        self.reception.cookies.delete_session(response)
        return response

    def show_change(self, exchange: Exchange) -> Response:
        """Ask for the old and the new password."""
        with self.database.autocommit() as db:
            here = self._here(db, exchange)
        return self._change_page(exchange, here[1]) if here else replies.see_other("/login")

    def submit_change(self, exchange: Exchange) -> Response:
        """Change the password of the person who is signed in. On the hashing lane."""
        old, new = exchange.form.get("current_password") or "", exchange.form.get("password") or ""
        visitor = self.reception.visitor(exchange)
        with self.database.transaction() as db:
            here = self._here(db, exchange)
            if here is None:
                return replies.see_other("/login")
            visit, account = here
            if weakness := self.recovery.policy.problem(new, email=account.email_key):
                return self._change_page(exchange, account, [Problem("password", weakness)])
            allowed = self.recovery.allow_change(db, account, visit.session, visitor, now=self.clock())
        if isinstance(allowed, Wait):
            response = self._change_page(exchange, account, [Problem(None, allowed.sentence)], status=429)
            response.headers["Retry-After"] = str(allowed.seconds)
            return response
        if not self.recovery.proves_owner(account, visit.session, old, now=self.clock()):
            with self.database.transaction() as db:
                note(db, Event.PASSWORD_CHANGE_REFUSED, self.reception.occasion(exchange), account_id=account.id)
            return self._change_page(exchange, account, [_wrong_password(account)])
        password_hash = self.recovery.sign_in.passwords.hash(new)
        with self.database.transaction() as db:
            changed = self.recovery.change(
                db, account, visit.session, password_hash=password_hash, visitor=visitor, now=self.clock()
            )
            if changed is None:
                return replies.see_other("/account/password")
            self._note_new_password(db, exchange, Event.PASSWORD_CHANGED, account.id, changed[1])
        response = replies.see_other("/account?done=password")
        self.reception.cookies.set_session(response, changed[0].secret)
        return response

    def show_done(self, exchange: Exchange) -> Response:
        """Say which other ways still open the account whose password was just replaced."""
        with self.database.autocommit() as db:
            done = self.recovery.done(db, exchange.query.get("token") or "", now=self.clock())
            if done is None:
                return replies.see_other("/login")
            proof, account = done
            linked = upstream_identities.of_account(db, account.id)
            onward = self._login_after(db, exchange, proof.request_id)
        label = self.recovery.provider_label
        ways = [LinkedProvider("", label(one.connector), one.label, one.linked_at, one.used_at) for one in linked]
        return self.pages.password_changed(exchange.context(), ways=ways, sign_in_url=onward)

    @staticmethod
    def well_known(_exchange: Exchange) -> Response:
        """Where password managers look for the form (W3C, A Well-Known URL for Changing Passwords)."""
        return replies.see_other("/account/password")

    def _here(self, db: Connection, exchange: Exchange) -> tuple[Visit, Account] | None:
        visit = self.reception.visit(db, exchange)
        account = accounts.find(db, visit.session.account_id) if visit else None
        return (visit, account) if visit and account else None

    def _reset(self, db: Connection, token: str) -> OpenReset:
        found = self.recovery.find(db, token, now=self.clock())
        if found is None:
            raise _link_is_dead()
        return found

    def _told_first(self, token: str, account_id: str) -> str | None:
        """The page that names what else opens the account, if anything does."""
        with self.database.autocommit() as db:
            linked = upstream_identities.of_account(db, account_id)
        return f"/reset-password/done?{urlencode({'token': token})}" if linked else None

    def _request(self, exchange: Exchange) -> str | None:
        """The authorization request to come back to, if it is one of this browser."""
        with self.database.autocommit() as db:
            found = self.reception.pending(db, exchange, exchange.parameters.get("request"))
        return found.id if found else None

    def _login_after(self, db: Connection, exchange: Exchange, request_id: str | None) -> str:
        """The link may be followed on another device: the request goes on only in the browser it belongs to."""
        parameters = {"reason": "password_changed"}
        if found := self.reception.pending(db, exchange, request_id):
            parameters["request"] = found.id
        return f"/login?{urlencode(parameters)}"

    def _reset_page(
        self, exchange: Exchange, token: str, found: OpenReset, *, problems: Sequence[Problem] = ()
    ) -> Response:
        return self.pages.reset_password(
            exchange.context(),
            token=token,
            password_minimum=self.recovery.policy.minimum_length,
            username=found.account.email,
            problems=problems,
        )

    def _change_page(
        self, exchange: Exchange, account: Account, problems: Sequence[Problem] = (), *, status: int | None = None
    ) -> Response:
        return self.pages.change_password(
            exchange.context(signed_in=account.email),
            username=account.email,
            password_minimum=self.recovery.policy.minimum_length,
            has_password=account.password_hash is not None,
            problems=problems,
            status=status,
        )

    def _note_new_password(
        self, db: Connection, exchange: Exchange, event: Event, account_id: str, ended: Sequence[str]
    ) -> None:
        occasion = self.reception.occasion(exchange)
        note(db, event, occasion, account_id=account_id, facts={"sessions_ended": len(ended)})
        for session_id in ended:
            facts = {"because": event.value}
            note(db, Event.SESSION_ENDED, occasion, account_id=account_id, session_id=session_id, facts=facts)


def _wrong_password(account: Account) -> Problem:
    if account.password_hash is None:
        return Problem(None, "It is too long since you signed in. Sign out, sign in again, and then set a password.")
    return Problem("current_password", "This is not your password.")


def _link_is_dead() -> PageProblem:
    return PageProblem(
        "This link no longer works",
        "It was used already, replaced by a newer one, or it is too old. Ask for another one.",
        code="invalid_link",
        link=Link("Ask for another link", "/forgot-password"),
    )
