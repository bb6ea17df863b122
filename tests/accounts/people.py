"""The accounts room, built from real parts around one database, and what tests ask of it."""

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

from idp.accounts.email_address import parse_address
from idp.accounts.login import Refused, SignedIn, SignIn
from idp.accounts.password_policy import PasswordPolicy
from idp.accounts.passwords import Passwords
from idp.accounts.proofs import ProofLife
from idp.accounts.recovery import Recovery
from idp.accounts.sessions import Sessions
from idp.accounts.signup import Completed, SignUp
from idp.accounts.throttle import Limits, Throttle, Wait
from idp.accounts.visitor import Visitor
from idp.delivery.outbox import Outbox
from idp.store import outbox as parcels
from idp.store.accounts import Account
from idp.store.database import Database
from idp.store.email_proofs import EmailProof
from keys.sealing import Sealer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PASSWORD = "eleven purple walruses"
LIFE = ProofLife(timedelta(hours=24), timedelta(minutes=10), timedelta(minutes=30))
T = TypeVar("T")


class CountingPasswords(Passwords):
    """Real hashing, and which hashes were computed."""

    def __init__(self, **cost: int) -> None:
        super().__init__(**cost)
        self.computed: list[str] = []

    def fits(self, encoded: str, password: str) -> bool:
        self.computed.append(encoded)
        return super().fits(encoded, password)


def cheap_passwords() -> CountingPasswords:
    """Argon2id at the least cost its parameters allow; what is shown does not depend on it."""
    return CountingPasswords(memory_mib=1, time=1, parallelism=1)


def visitor(**changed: Any) -> Visitor:
    """A browser that nobody has seen before."""
    given: dict[str, Any] = {"address": "203.0.113.7", "browsers": (uuid4().hex,), "user_agent": "", **changed}
    return Visitor(**given)


@dataclass
class Room:
    """The parts, and shortcuts through them."""

    database: Database
    limits: Limits = field(default_factory=Limits)
    passwords: CountingPasswords = field(default_factory=cheap_passwords)
    outbox: Outbox = field(default_factory=lambda: Outbox(Sealer(bytes(range(32))).for_purpose("outbox")))

    def __post_init__(self) -> None:
        self.throttle = Throttle(self.limits)
        self.sessions = Sessions(timedelta(hours=24), timedelta(days=14))
        policy = PasswordPolicy(15, "Acme Accounts")
        self.sign_in = SignIn(
            self.passwords, self.throttle, self.sessions, self.outbox, "https://id.example", timedelta(days=180)
        )
        self.sign_up = SignUp(self.sign_in, policy, LIFE)
        self.recovery = Recovery(self.sign_in, policy, LIFE)

    def begin(self, email: str, who: Visitor, *, password: str = PASSWORD, now: datetime = NOON) -> EmailProof:
        hashed = self.passwords.hash(password)
        with self.database.transaction() as db:
            return self.sign_up.begin(
                db, parse_address(email), name="Ann", password_hash=hashed, request_id=None, visitor=who, now=now
            )

    def person(self, who: Visitor | None = None, *, now: datetime = NOON) -> Account:
        """Somebody who has signed up, long enough ago for the limits to have forgotten it."""
        who, email = who or visitor(), f"p{uuid4().hex[:10]}@example.com"
        proof = self.begin(email, who, now=now - timedelta(days=2))
        with self.database.transaction() as db:
            done = self.sign_up.complete(db, proof, who, now=now - timedelta(days=2))
        assert isinstance(done, Completed)
        return done.signed_in.account

    def log_in(self, username: str, password: str, who: Visitor, *, now: datetime = NOON) -> SignedIn | Refused | Wait:
        """All three steps."""
        with self.database.transaction() as db:
            asked = self.sign_in.prepare(db, username, who, now=now)
        if isinstance(asked, Wait):
            return asked
        verified = self.sign_in.verify(asked, password)
        with self.database.transaction() as db:
            return self.sign_in.settle(db, verified, who, now=now)

    def mails(self, to: str, template: str | None = None) -> list[dict[str, Any]]:
        """The contexts of the mails to an address, the newest first."""
        with self.database.autocommit() as db:
            found = [self.outbox.open(parcel) for parcel in parcels.latest(db, kind="mail")]
        return [
            dict(mail.payload["context"])
            for mail in found
            if mail is not None and mail.recipient == to and template in {None, mail.payload["template"]}
        ]


def token_of(link: str) -> str:
    """The secret in a mailed link."""
    found = re.search(r"token=([\w-]{43})$", link)
    assert found, link
    return found[1]


def at_once(times: int, action: Callable[[], T]) -> list[T]:
    """Do something in so many threads at the same moment."""
    together = threading.Barrier(times)

    def one(_number: int) -> T:
        together.wait()
        return action()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))
