"""The demo people, and seeding them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import uuid4

from idp.store import accounts
from idp.store.database import Database


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody to sign in as. The password is public knowledge, which is why `idp dev` listens on loopback only."""

    email: str
    password: str
    profile: Mapping[str, object]


ALICE = DemoPerson(
    "alice@example.com",
    "alice walks seven bright dogs",
    MappingProxyType(
        {
            "name": "Alice Marie Adams",
            "given_name": "Alice",
            "middle_name": "Marie",
            "family_name": "Adams",
            "nickname": "Ali",
            "preferred_username": "alice",
            "profile": "https://alice.example.com/about",
            "picture": "https://alice.example.com/me.jpg",
            "website": "https://alice.example.com/",
            "gender": "female",
            "birthdate": "1990-05-17",
            "zoneinfo": "Europe/Berlin",
            "locale": "en-GB",
            "phone_number": "+49 30 901820",
            "phone_number_verified": True,
            "address": {
                "formatted": "12 Garden Street\n10115 Berlin\nGermany",
                "street_address": "12 Garden Street",
                "locality": "Berlin",
                "region": "Berlin",
                "postal_code": "10115",
                "country": "Germany",
            },
        }
    ),
)
"""Has every standard claim of OpenID Connect Core 1.0 section 5.1."""

BOB = DemoPerson("bob@example.com", "bob paints nine quiet boats", MappingProxyType({"name": "Bob Brown"}))
"""Has a name, and nothing else."""

PEOPLE = (ALICE, BOB)


def seed_people(database: Database, hash_password: Callable[[str], str], *, now: datetime) -> None:
    """Create those who are missing. Who exists stays as changed meanwhile, a new password included."""
    with database.autocommit() as db:
        missing = [person for person in PEOPLE if accounts.find_by_email(db, person.email) is None]
    # Hashed before the transaction: nothing waits for argon2 while it holds the write lock.
    hashes = {person.email: hash_password(person.password) for person in missing}
    with database.transaction() as db:
        for person in missing:
            accounts.add(
                db,
                uuid4().hex,
                email=person.email,
                email_key=person.email,
                email_verified_at=now,
                password_hash=hashes[person.email],
                profile=person.profile,
                now=now,
            )
