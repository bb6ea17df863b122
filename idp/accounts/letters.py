"""Mails that a decision of this room calls for. Who decides does not send: the caller puts them into the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from idp.store.database import Connection


class Outbox(Protocol):
    """Where mails are left, in the transaction of the change that they tell of."""

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
        """Leave a mail to be sent after the commit."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one address. The context may hold a link that is a secret."""

    to: str
    template: str
    context: Mapping[str, object] = field(repr=False)
    expires_at: datetime

    def post(self, db: Connection, outbox: Outbox, *, now: datetime) -> None:
        """Leave the mail in the outbox, in the caller's transaction."""
        outbox.mail(db, to=self.to, template=self.template, context=self.context, expires_at=self.expires_at, now=now)
