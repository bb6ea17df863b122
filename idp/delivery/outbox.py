"""Putting something into the outbox, sealed, in the transaction that decided it."""

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from idp.delivery.letters import check_context
from idp.store import outbox
from idp.store.database import Connection
from keys.sealing import Box

MAIL = "mail"
"""The kind of parcel that is a mail."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a session, of which a client is told."""

    session_id: str
    account_id: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A parcel, opened: what one attempt to deliver works on. `reference` names the attempt, and no other."""

    id: str
    kind: str
    recipient: str
    payload: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    expires_at: datetime
    ending: Ending | None = None
    reference: str = ""


class NotDelivered(Exception):
    """An attempt did not succeed. The sentence is kept and shown to the operator: no address, no secret, no input."""

    def __init__(self, sentence: str, *, for_good: bool = False, nobody_there: bool = False) -> None:
        self.sentence = sentence
        self.for_good = for_good
        """Whether another attempt is pointless."""
        self.nobody_there = nobody_there
        """Whether whatever else there is for this recipient would not arrive now either."""
        super().__init__(sentence)


Carrier = Callable[[Delivery], None]
"""Makes one attempt, and returns when it arrived. Raises `NotDelivered`; anything else is tried again as well."""


class Outbox:
    """Takes what has to leave the house. Safe to share between threads.

    Delivery follows after the commit, by any worker of any process, so a rollback sends nothing and a crash loses
    nothing. Contents are sealed with the parcel's id as context: neither a reader of the database nor somebody who
    moves contents from one row to another gets a link.
    """

    def __init__(self, box: Box) -> None:
        self._box = box
        self.filled = threading.Event()
        """Set by each put of this process. The caller's transaction may not have committed yet."""

    def mail(
        self,
        db: Connection,
        *,
        to: str,
        template: str,
        context: Mapping[str, object],
        expires_at: datetime,
        now: datetime,
    ) -> str:
        """Put a mail into the outbox. Returns the id of the parcel.

        Args:
            db: The transaction in which it was decided that the mail is due.
            to: One address, already parsed by who calls.
            template: A name declared in `idp.delivery.letters`.
            context: What the template needs; a time is written out in UTC.
            expires_at: When the mail stops being of use: no attempt is made afterwards.
            now: The first attempt may be made from here on.

        Raises:
            ValueError: The template or its context is not as declared. A mistake in our code, found before the mail.
        """
        check_context(template, context)
        payload = {"template": template, "context": {name: _plain(value) for name, value in context.items()}}
        return self.put(db, kind=MAIL, recipient=to, payload=payload, expires_at=expires_at, now=now)

    def put(
        self,
        db: Connection,
        *,
        kind: str,
        recipient: str,
        payload: Mapping[str, Any],
        expires_at: datetime,
        now: datetime,
    ) -> str:
        """Put something of any kind into the outbox; `payload` is a JSON document. Returns the id of the parcel."""
        parcel_id = secrets.token_urlsafe(16)
        sealed = self._box.seal(json.dumps(payload).encode(), parcel_id.encode())
        outbox.put(db, parcel_id, kind=kind, recipient=recipient, sealed=sealed, expires_at=expires_at, now=now)
        self.filled.set()
        return parcel_id

    def open(self, parcel: outbox.Parcel, *, reference: str = "") -> Delivery | None:
        """Read a parcel. None: it has been emptied, because it arrived or was given up.

        Word of a session's end is never empty: it has no content besides the ids.

        Raises:
            keys.sealing.UnsealError: It was sealed with another key-encryption key, or changed since.
        """
        ending = _ending(parcel)
        if not parcel.sealed and ending is None:
            return None
        payload = json.loads(self._box.open(parcel.sealed, parcel.id.encode())) if parcel.sealed else {}
        times = parcel.created_at, parcel.expires_at
        return Delivery(parcel.id, parcel.kind, parcel.recipient, payload, *times, ending, reference)


def _ending(parcel: outbox.Parcel) -> Ending | None:
    if parcel.session_id is None or parcel.account_id is None or parcel.client_id is None:
        return None
    return Ending(parcel.session_id, parcel.account_id, parcel.client_id)


def _plain(value: object) -> str | int | None:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%-d %B %Y, %H:%M} UTC"
    if value is None or isinstance(value, str | int):
        return value
    raise ValueError("a mail's context holds texts, numbers and times")
