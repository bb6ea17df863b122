"""Finding the person whom an operator names."""

from types import MappingProxyType
from typing import TYPE_CHECKING

from idp.commands.console import fail

if TYPE_CHECKING:
    from idp.store.accounts import Account
    from idp.store.database import Connection

BY_OPERATOR = MappingProxyType({"because": "operator"})
"""The facts of an audit event that a command causes."""


def account_named(db: "Connection", who: str) -> "Account":
    """The account with this e-mail address or id. Ends the command if there is none, or if it has been deleted."""
    from idp.accounts.email_address import EmailProblem, parse_address
    from idp.store import accounts

    account = None
    if "@" in who:
        try:
            account = accounts.find_by_email(db, parse_address(who).key)
        except EmailProblem as problem:
            fail(str(problem))
    else:
        account = accounts.find(db, who)
    if account is None or account.deleted_at is not None:
        fail("no such person; list them with: idp user list")
    return account
