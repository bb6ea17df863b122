"""What people say about themselves."""

from collections.abc import Mapping
from datetime import datetime

from idp.store import accounts
from idp.store.accounts import Account
from idp.store.database import Connection

_LONGEST_NAME = 100


class NameProblem(Exception):
    """The text cannot be a name. The message is a sentence for the person."""


def parse_name(typed: str) -> str | None:
    """The name as it will be shown (the `name` claim), or None if nothing was typed.

    Raises:
        NameProblem: Too long, or with characters that cannot be seen.
    """
    name = " ".join(typed.split())
    if len(name) > _LONGEST_NAME:
        raise NameProblem(f"Use at most {_LONGEST_NAME} characters for the name.")
    if not name.isprintable():
        raise NameProblem("The name contains characters that cannot be shown.")
    return name or None


def change_name(db: Connection, account: Account, name: str | None, *, now: datetime) -> None:
    """Replace the `name` claim, or take it away."""
    profile: Mapping[str, object] = {claim: value for claim, value in account.profile.items() if claim != "name"}
    accounts.set_profile(db, account.id, {**profile, "name": name} if name else profile, now=now)
