"""What people say about themselves, and the picture that came with them.

A provider through which somebody came is believed once, when their account is made or linked. After that the profile
is theirs alone: no sign-in changes it.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from idp.accounts.picture import PictureProblem, redrawn
from idp.audit.events import Event, Occasion, note
from idp.clock import Clock
from idp.store import accounts, pictures
from idp.store.accounts import Account
from idp.store.database import Connection, Database

_LONGEST_NAME = 100
_PARTS = ("given_name", "family_name")
_OURS = "/picture/"


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


def names_of(profile: Mapping[str, object]) -> dict[str, str]:
    """The claims that a person edits, with what they say now.

    First and last name are among them only where the account has one: nobody is asked to take their name apart, and
    nobody is left with a first name that no longer fits.
    """
    asked = ("name", *_PARTS) if any(profile.get(part) for part in _PARTS) else ("name",)
    told = {claim: profile.get(claim) for claim in asked}
    return {claim: value if isinstance(value, str) else "" for claim, value in told.items()}


def change_names(db: Connection, account: Account, names: Mapping[str, str | None], *, now: datetime) -> bool:
    """Replace these claims; None takes one away. The caller has taken the account. False: nothing is different."""
    if all((account.profile.get(claim) or None) == name for claim, name in names.items()):
        return False
    kept = {claim: value for claim, value in account.profile.items() if claim not in names}
    said = {claim: name for claim, name in names.items() if name is not None}
    return accounts.set_profile(db, account.id, {**kept, **said}, now=now)


def picture_of(profile: Mapping[str, object]) -> str | None:
    """The path of the person's picture, if it is one that is kept here. Our pages show no other."""
    picture = profile.get("picture")
    return picture if isinstance(picture, str) and picture.startswith(_OURS) else None


def wants_picture(db: Connection, account: Account) -> bool:
    """Whether a picture that comes along is of use: there is none, and none was ever removed."""
    return not account.profile.get("picture") and not pictures.is_settled(db, account.id)


def remove_picture(db: Connection, account: Account, *, now: datetime) -> bool:
    """Delete the person's picture, for good: none takes its place by itself. The caller has taken the account.

    False: there is none.
    """
    if "picture" not in account.profile:
        return False
    pictures.remove(db, account.id, now=now)
    kept = {claim: value for claim, value in account.profile.items() if claim != "picture"}
    return accounts.set_profile(db, account.id, kept, now=now)


@dataclass(frozen=True, slots=True)
class FirstPicture:
    """Gives an account the picture that its owner has at the provider through which they came."""

    database: Database
    clock: Clock

    def __call__(self, account_id: str, file: bytes, *, connector: str) -> str | None:
        """Draw the picture anew and keep it, unless the account has one by now, or its owner has removed one.

        Returns:
            Why no picture can be made of the file, in a sentence for operators.
        """
        try:
            image = redrawn(file)
        except PictureProblem as problem:
            return problem.sentence
        # Its own for every picture: caches never show an old one, and nobody finds a picture by knowing whose it is.
        picture_id, now = secrets.token_urlsafe(24), self.clock()
        with self.database.transaction() as db:
            account = accounts.find_to_change(db, account_id)
            if account is None or account.profile.get("picture"):
                return None
            if not pictures.add_first(db, account_id, picture_id, image, now=now):
                return None
            accounts.set_profile(db, account_id, {**account.profile, "picture": f"{_OURS}{picture_id}"}, now=now)
            facts = {"because": "picture_fetched", "connector": connector}
            note(db, Event.PROFILE_CHANGED, Occasion(now), account_id=account_id, facts=facts)
        return None
