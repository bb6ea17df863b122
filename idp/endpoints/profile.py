"""What a person says about themselves here, and their picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from starlette.responses import Response

from idp.accounts.profile import NameProblem, change_names, names_of, parse_name, picture_of, remove_picture
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.reception import Reception
from idp.store import accounts
from idp.store.accounts import Account
from idp.store.database import Connection, Database
from idp.store.sessions import Visit
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.pages import Pages, Problem

_NOTICES: Mapping[str, str] = MappingProxyType(
    {
        "names": "Your profile has been saved.",
        "picture": "Your picture has been removed.",
    }
)


@dataclass(frozen=True, slots=True)
class ProfileEndpoint:
    """`/account/profile` and what its buttons do. Every change ends in a redirect, so that a reload repeats nothing."""

    database: Database
    pages: Pages
    reception: Reception
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Show what apps are told of the person who is signed in, or ask who they are."""
        with self.database.autocommit() as db:
            visit = self.reception.visit(db, exchange)
        if visit is None:
            return replies.see_other("/login")
        return self._page(exchange, visit, names_of(visit.profile))

    def save(self, exchange: Exchange) -> Response:
        """Replace the names. What the form does not have stays as it is; the same again changes nothing."""
        typed, names, problems = dict[str, str](), dict[str, str | None](), list[Problem]()
        with self.database.transaction() as db:
            visit, account = self._taken(db, exchange)
            if visit is None or account is None:
                return replies.see_other("/login")
            for claim, now_said in names_of(account.profile).items():
                text = exchange.form.get(claim)
                typed[claim] = now_said if text is None else text
                try:
                    names |= {} if text is None else {claim: parse_name(text)}
                except NameProblem as problem:
                    problems.append(Problem(claim, str(problem)))
            if not problems and change_names(db, account, names, now=self.clock()):
                self._note(db, exchange, account, "edited")
        if problems:
            return self._page(exchange, visit, typed, problems)
        return replies.see_other("/account/profile?done=names")

    def remove_picture(self, exchange: Exchange) -> Response:
        """Delete the picture, for good."""
        with self.database.transaction() as db:
            visit, account = self._taken(db, exchange)
            if visit is None or account is None:
                return replies.see_other("/login")
            if remove_picture(db, account, now=self.clock()):
                self._note(db, exchange, account, "picture_removed")
        return replies.see_other("/account/profile?done=picture")

    def _taken(self, db: Connection, exchange: Exchange) -> tuple[Visit | None, Account | None]:
        """Who is signed in, and their account as nobody else changes it meanwhile."""
        visit = self.reception.visit(db, exchange)
        return visit, accounts.find_to_change(db, visit.session.account_id) if visit is not None else None

    def _page(
        self, exchange: Exchange, visit: Visit, names: Mapping[str, str], problems: Sequence[Problem] = ()
    ) -> Response:
        return self.pages.profile(
            exchange.context(signed_in=visit.email),
            names=names,
            picture=picture_of(visit.profile),
            has_picture=bool(visit.profile.get("picture")),
            notice=_NOTICES.get(exchange.query.get("done") or ""),
            problems=problems,
        )

    def _note(self, db: Connection, exchange: Exchange, account: Account, because: str) -> None:
        occasion, facts = self.reception.occasion(exchange), {"because": because}
        note(db, Event.PROFILE_CHANGED, occasion, account_id=account.id, facts=facts)
