"""The linking rule: what an identity from another provider opens. One pure function, so that it reads as a table.

An identity is its issuer and subject. An address joins it to an account that exists only where the provider decides who
has that address today, and where the account has proven the same address itself: a mailbox that changed hands, a
provider that never checked, or an account that somebody prepared in another's name then opens nothing.
"""

from dataclasses import dataclass
from typing import Literal

from idp.federation.connector import UpstreamIdentity
from idp.store import accounts, upstream_identities
from idp.store.accounts import Account
from idp.store.database import Connection

Outcome = Literal["sign_in", "join", "create", "supersede", "prove", "ask", "disabled"]
"""What to do.

sign_in: The identity is linked; its person is here. join: Link it to the account that has its address, and sign in.
create: The address is free and proven; an account can be made of it, if the person wants one. supersede: The same, and
an account that never proved the address loses it. prove: The address has a proven account that this identity does not
open; the person has to show first that it is theirs. ask: The address proves nothing; a new account has to prove one by
mail, and an account that exists has to be shown to be theirs. disabled: The account that it would open is closed.
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """The account that has the address of the identity.

    Attributes:
        has_proven: Whether it has itself proven the address.
        knows_issuer: Whether somebody else of the same provider is linked to it: then the address changed hands.
    """

    is_enabled: bool
    has_proven: bool
    knows_issuer: bool


def decide(*, linked: bool | None, has_address: bool, is_authoritative: bool, holder: Holder | None) -> Outcome:
    """Decide what an identity opens.

    Args:
        linked: Whether the account that it is linked to is enabled; None where it is linked to none.
        has_address: Whether the identity comes with an address that can be one of an account.
        is_authoritative: Whether its provider decides who has that address today.
        holder: The account that has the address here.
    """
    if linked is not None:
        return "sign_in" if linked else "disabled"
    if not has_address or not is_authoritative:
        # Whether somebody here has that address makes no difference, and so cannot be found out.
        return "ask"
    if holder is None:
        return "create"
    if not holder.is_enabled:
        return "disabled"
    if not holder.has_proven:
        return "supersede"
    return "prove" if holder.knows_issuer else "join"


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, with the account that it concerns: the one to sign in to, to join, to supersede, or to prove."""

    outcome: Outcome
    account: Account | None = None


def decided(db: Connection, identity: UpstreamIdentity, email_key: str | None) -> Decision:
    """Look up what the rule has to know, and apply it.

    Args:
        email_key: The canonical form of the identity's address; None where it has none that could be an account's.
    """
    known = upstream_identities.find(db, identity.issuer, identity.subject)
    account = accounts.find_to_change(db, known.account_id) if known is not None else None
    now_linked = upstream_identities.find(db, identity.issuer, identity.subject) if known is not None else None
    # Whoever held the account until it could be taken may have unlinked it: then it opens nothing any more.
    if known is not None and now_linked is not None and now_linked.account_id == known.account_id:
        outcome = decide(
            linked=account is not None and account.is_enabled, has_address=False, is_authoritative=False, holder=None
        )
        return Decision(outcome, account)
    found = accounts.find_by_email(db, email_key) if email_key is not None and identity.is_authoritative else None
    # Taken as the other changes of an account take it: what is read here has to hold until the end.
    account = accounts.find_to_change(db, found.id) if found is not None else None
    if account is not None and account.email_key != email_key:
        # It lost the address, or left it, until it could be taken.
        account = None
    holder = _holder(db, account, identity.issuer) if account is not None else None
    outcome = decide(
        linked=None,
        has_address=email_key is not None,
        is_authoritative=identity.is_authoritative,
        holder=holder,
    )
    return Decision(outcome, account)


def _holder(db: Connection, account: Account, issuer: str) -> Holder:
    others = upstream_identities.of_account(db, account.id)
    return Holder(
        is_enabled=account.is_enabled,
        has_proven=account.email_verified_at is not None,
        knows_issuer=any(other.issuer == issuer for other in others),
    )
