"""Where people come in whom another provider has identified: what the linking rule says is done here, and noted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.accounts.arrivals import Arrivals
from idp.accounts.email_address import EmailAddress, EmailProblem, parse_address
from idp.accounts.login import SignedIn
from idp.accounts.profile import wants_picture
from idp.accounts.sessions import FEDERATED
from idp.audit.events import Event, note
from idp.clock import Clock
from idp.delivery import pictures
from idp.delivery.outbox import Outbox
from idp.federation import linking
from idp.federation.connector import UpstreamIdentity
from idp.federation.connectors import Connectors
from idp.federation.linking import Decision
from idp.reception import Reception
from idp.store import handshakes, upstream_identities
from idp.store.accounts import Account
from idp.store.database import Connection
from idp.store.handshakes import Handshake
from idp.store.upstream_identities import LinkedIdentity
from idp.web.exchange import Exchange
from idp.web.failures import Link, PageProblem


def account_exists() -> PageProblem:
    """The identity has an account, or the address has: since the person was asked."""
    return PageProblem(
        "You have an account already",
        "It was made, or linked, in the meantime. Sign in again.",
        status=409,
        code="account_exists",
        link=Link("Sign in", "/login"),
    )


@dataclass(frozen=True, slots=True)
class Admission:
    """Every way from a handshake to a session, or to one more way to sign in, ends here.

    Each of these methods makes use of the handshake, once. None or False: it was made use of before, or somebody else
    was quicker, and nobody has been let in.
    """

    connectors: Connectors
    arrivals: Arrivals
    reception: Reception
    outbox: Outbox
    clock: Clock

    @staticmethod
    def address_of(identity: UpstreamIdentity) -> EmailAddress | None:
        """The address of the identity, if it can be one of an account."""
        try:
            return parse_address(identity.email or "")
        except EmailProblem:
            return None

    def decide(self, db: Connection, identity: UpstreamIdentity) -> Decision:
        """What the identity opens, by the linking rule."""
        address = self.address_of(identity)
        return linking.decided(db, identity, address.key if address else None)

    def enter(
        self, db: Connection, exchange: Exchange, handshake: Handshake, identity: UpstreamIdentity, account: Account
    ) -> SignedIn | None:
        """Sign in to the account that the identity is linked to."""
        now = self.clock()
        if not handshakes.settle(db, handshake.id, now=now):
            return None
        upstream_identities.used(
            db,
            identity.issuer,
            identity.subject,
            email=identity.email,
            email_verified=identity.email_verified,
            label=identity.label,
            now=now,
        )
        return self._let_in(db, exchange, identity, account, now=now)

    def join(
        self, db: Connection, exchange: Exchange, handshake: Handshake, identity: UpstreamIdentity, account: Account
    ) -> SignedIn | None:
        """Link the identity to the account that has its address, as the rule allows, and sign in."""
        now = self.clock()
        if not self._link(db, exchange, identity, account, because="address", now=now):
            return None
        if not handshakes.settle(db, handshake.id, now=now):
            raise LookupError("a handshake that was just redeemed has been settled by somebody else")
        return self._let_in(db, exchange, identity, account, now=now)

    def create(
        self,
        db: Connection,
        exchange: Exchange,
        handshake: Handshake,
        identity: UpstreamIdentity,
        address: EmailAddress,
        name: str | None,
    ) -> SignedIn | None:
        """Make an account with this address, which is proven, link the identity to it, and sign in."""
        now, occasion = self.clock(), self.reception.occasion(exchange)
        taken = upstream_identities.find(db, identity.issuer, identity.subject)
        if taken is not None or not handshakes.settle(db, handshake.id, now=now):
            return None
        profile = {claim: value for claim, value in identity.profile.items() if claim != "name"}
        made = self.arrivals.make(db, address, {**profile, "name": name} if name else profile, now=now)
        if made is None:
            return None
        if made.superseded is not None:
            facts: Mapping[str, str | int | bool] = {"sessions_ended": len(made.ended), "connector": identity.connector}
            note(db, Event.ACCOUNT_SUPERSEDED, occasion, account_id=made.superseded, facts=facts)
            for session_id in made.ended:
                ended = {"because": "superseded"}
                note(db, Event.SESSION_ENDED, occasion, account_id=made.superseded, session_id=session_id, facts=ended)
        facts = {"because": "signed_up", "connector": identity.connector}
        note(db, Event.ACCOUNT_CREATED, occasion, account_id=made.account.id, facts=facts)
        if not self._link(db, exchange, identity, made.account, because="created", now=now):
            # To another account, at the same moment: the one that was just made goes with the transaction.
            raise account_exists()
        return self._let_in(db, exchange, identity, made.account, now=now)

    def link(
        self, db: Connection, exchange: Exchange, handshake: Handshake, identity: UpstreamIdentity, account: Account
    ) -> bool:
        """Link the identity to the account of the person who is signed in and wants it."""
        now = self.clock()
        # It may have been closed while this waited to take it: the identity would then open nothing for good.
        if not account.is_enabled or not handshakes.settle(db, handshake.id, now=now):
            return False
        return self._link(db, exchange, identity, account, because="asked_for", now=now)

    def refuse(self, db: Connection, exchange: Exchange, handshake: Handshake, because: str) -> None:
        """Write down that nobody was let in."""
        event = Event.SIGN_IN_REFUSED if handshake.intent == "sign_in" else Event.IDENTITY_LINK_REFUSED
        facts = {"because": because, "connector": handshake.connector}
        note(db, event, self.reception.occasion(exchange), account_id=handshake.account_id, facts=facts)

    def label(self, connector: str) -> str:
        """What people call the provider, also of a connector that is no longer set up."""
        return self.connectors.label(connector)

    def _let_in(
        self, db: Connection, exchange: Exchange, identity: UpstreamIdentity, account: Account, *, now: datetime
    ) -> SignedIn:
        signed_in = self.arrivals.enter(db, account, self.reception.visitor(exchange), now=now)
        upstream_identities.session_came_from(
            db,
            signed_in.started.session_id,
            issuer=identity.issuer,
            subject=identity.subject,
            sid=identity.sid,
        )
        self.reception.note_sign_in(db, exchange, signed_in, amr=FEDERATED)
        return signed_in

    def _link(
        self,
        db: Connection,
        exchange: Exchange,
        identity: UpstreamIdentity,
        account: Account,
        *,
        because: str,
        now: datetime,
    ) -> bool:
        linked = LinkedIdentity(
            issuer=identity.issuer,
            subject=identity.subject,
            account_id=account.id,
            connector=identity.connector,
            email=identity.email,
            email_verified=identity.email_verified,
            label=identity.label,
            linked_at=now,
            used_at=now,
        )
        if not upstream_identities.link(db, linked):
            return False
        facts = {"because": because, "connector": identity.connector}
        note(db, Event.IDENTITY_LINKED, self.reception.occasion(exchange), account_id=account.id, facts=facts)
        if identity.picture is not None and wants_picture(db, account):
            order = {"account_id": account.id, "connector": identity.connector}
            pictures.order(db, self.outbox, identity.picture, **order, now=now)
        if because != "created":
            self.arrivals.tell_of_change(
                db,
                account,
                "sign_in_method_added",
                self.label(identity.connector),
                self.reception.visitor(exchange),
                now=now,
            )
        return True
