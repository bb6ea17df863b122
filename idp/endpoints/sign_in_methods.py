"""How a person signs in: their password, and the other providers they have linked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import urlencode

from starlette.responses import Response

from idp.accounts.sessions import Sessions
from idp.admission import Admission
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.store import accounts, session_endings, upstream_identities
from idp.store.accounts import Account
from idp.store.base import digest_of
from idp.store.database import Connection, Database
from idp.store.sessions import Visit
from idp.store.upstream_identities import LinkedIdentity
from idp.web import replies
from idp.web.exchange import Exchange
from idp.web.onward import METHODS
from idp.web.pages import LinkedProvider, Pages, ProviderButton

_DONE: Mapping[str, str] = MappingProxyType(
    {
        "linked": "You can sign in this way from now on.",
        "unlinked": "This way to sign in has been removed.",
        "last": "This is your only way to sign in. Set a password or link another provider first.",
        "taken": "This is already a way to sign in to another account here. Remove it there first.",
    }
)
_FAILED: Mapping[str, str] = MappingProxyType(
    {
        "cancelled": "Nothing was linked: you did not allow it at the other provider.",
        "unavailable": "Nothing was linked: the other provider did not answer. Try again in a moment.",
    }
)
_NOT_LINKED = "Nothing was linked: the other provider's answer could not be used. Try again."


@dataclass(frozen=True, slots=True)
class SignInMethodsEndpoint:
    """`/account/sign-in-methods`. Whoever changes anything here has signed in lately, and else is asked to."""

    database: Database
    admission: Admission
    pages: Pages
    clock: Clock

    def show(self, exchange: Exchange) -> Response:
        """Show the ways in, and those that could be added."""
        with self.database.autocommit() as db:
            visit = self._fresh(db, exchange)
            if visit is None:
                return _ask()
            account = accounts.find(db, visit.session.account_id)
            linked = upstream_identities.of_account(db, visit.session.account_id)
        has_password = account is not None and account.password_hash is not None
        notice = _DONE.get(exchange.query.get("done") or "")
        failed = exchange.query.get("failed")
        return self.pages.sign_in_methods(
            exchange.context(signed_in=visit.email),
            email=visit.email,
            has_password=has_password,
            linked=[self._line(identity, removable=self._can_go(account, linked, identity)) for identity in linked],
            connectors=[ProviderButton(one.name, one.label) for one in self.admission.connectors],
            notice=_FAILED.get(failed, _NOT_LINKED) if failed is not None else notice,
        )

    def unlink(self, exchange: Exchange) -> Response:
        """Take a way in away, unless it is the last. The sessions that came of it elsewhere end."""
        wanted, now = exchange.form.get("identity") or "", self.clock()
        with self.database.transaction() as db:
            visit = self._fresh(db, exchange)
            # Taken first: of two that remove the last two ways at the same moment, one has to see the other.
            account = accounts.find_to_change(db, visit.session.account_id) if visit else None
            if visit is None or account is None:
                return _ask()
            linked = upstream_identities.of_account(db, account.id)
            identity = next((one for one in linked if _key(one) == wanted), None)
            if identity is None:
                return replies.see_other("/account/sign-in-methods")
            if not self._can_go(account, linked, identity):
                return replies.see_other("/account/sign-in-methods?done=last")
            upstream_identities.unlink(db, account.id, identity.issuer, identity.subject)
            reception = self.admission.reception
            occasion, facts = reception.occasion(exchange), {"connector": identity.connector}
            note(db, Event.IDENTITY_UNLINKED, occasion, account_id=account.id, facts=facts)
            for session_id, account_id in upstream_identities.sessions_from(
                db, identity.issuer, subject=identity.subject, sid=None
            ):
                if session_id != visit.session.id and account_id == account.id:
                    session_endings.end(db, session_id, because="unlinked", now=now)
                    ended = {"because": "unlinked"}
                    note(db, Event.SESSION_ENDED, occasion, account_id=account.id, session_id=session_id, facts=ended)
            self.admission.arrivals.tell_of_change(
                db,
                account,
                "sign_in_method_removed",
                self.admission.label(identity.connector),
                reception.visitor(exchange),
                now=now,
            )
        return replies.see_other("/account/sign-in-methods?done=unlinked")

    def _fresh(self, db: Connection, exchange: Exchange) -> Visit | None:
        visit = self.admission.reception.visit(db, exchange)
        return visit if visit is not None and Sessions.is_fresh(visit.session, now=self.clock()) else None

    def _can_go(self, account: Account | None, linked: Sequence[LinkedIdentity], identity: LinkedIdentity) -> bool:
        """Whether a way in is left without this one. A provider that is no longer set up is none."""
        others = (one for one in linked if one != identity and self.admission.connectors.get(one.connector) is not None)
        return account is not None and (account.password_hash is not None or any(others))

    def _line(self, identity: LinkedIdentity, *, removable: bool) -> LinkedProvider:
        label = self.admission.label(identity.connector)
        return LinkedProvider(
            _key(identity), label, identity.label, identity.linked_at, identity.used_at, removable=removable
        )


def _key(identity: LinkedIdentity) -> str:
    """What a form says instead of issuer and subject."""
    return digest_of(f"{identity.issuer} {identity.subject}").hex()


def _ask() -> Response:
    return replies.see_other("/login?" + urlencode({"then": METHODS, "reason": "confirm"}))
