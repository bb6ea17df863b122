"""Fetching the pictures of people who come from other providers: once, later, and by a worker.

Not while somebody signs in, whom a slow server of pictures would keep waiting. The order stands in the outbox from the
same moment as the account that it is for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from idp.delivery.outbox import Delivery, NotDelivered, Outbox
from idp.outgoing import Outgoing, OutgoingFailed, OutgoingRefused
from idp.store.database import Connection

PICTURE = "picture"
"""The kind of parcel that is an order for a picture."""

_FOR = timedelta(minutes=10)
"""How long a picture is tried for. Facebook's addresses are good for some hours, and nobody waits for a picture."""
_MAY_PASS = frozenset({408, 425, 429})


class Keep(Protocol):
    """Makes a picture of a file and keeps it."""

    def __call__(self, account_id: str, file: bytes, *, connector: str) -> str | None:
        """None: done, or not wanted any more. A sentence: why it cannot be done, now or ever."""


def order(db: Connection, outbox: Outbox, url: str, *, account_id: str, connector: str, now: datetime) -> None:
    """Have a picture fetched after the commit. The address may be a secret, and is sealed like a mail."""
    payload = {"url": url, "connector": connector}
    outbox.put(db, kind=PICTURE, recipient=account_id, payload=payload, expires_at=now + _FOR, now=now)


@dataclass(frozen=True, slots=True)
class PictureCarrier:
    """Carries parcels of the kind `picture`: the other way round, since what is fetched is carried home.

    Attributes:
        longest: The largest file that is read.
    """

    outgoing: Outgoing
    longest: int
    keep: Keep

    def __call__(self, delivery: Delivery) -> None:
        """Fetch the file, and have a picture made of it. What a server says of its type counts for nothing much."""
        try:
            fetched = self.outgoing.fetch(
                str(delivery.payload.get("url")), accept="image/jpeg, image/png, image/webp", max_bytes=self.longest
            )
        except OutgoingRefused as refusal:
            raise NotDelivered(refusal.sentence, for_good=True) from None
        except OutgoingFailed as failure:
            raise NotDelivered(failure.sentence) from None
        if fetched.status != 200:
            passes = fetched.status >= 500 or fetched.status in _MAY_PASS
            raise NotDelivered(f"the server answered {fetched.status}", for_good=not passes)
        if not fetched.headers.get("content-type", "image/").lower().startswith("image/"):
            raise NotDelivered("the server answered with something that it calls no picture", for_good=True)
        wrong = self.keep(delivery.recipient, fetched.body, connector=str(delivery.payload.get("connector")))
        if wrong is not None:
            raise NotDelivered(wrong, for_good=True)
