"""Every change of the signing keys in the audit trail, in the transaction of the change."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from idp.audit.events import Event, Occasion, note
from idp.store.database import Connection
from keys.lifecycle import KeyRecord
from keys.vault import Change, Witness

_EVENTS: Mapping[Change, Event] = MappingProxyType(
    {
        Change.PUBLISHED: Event.SIGNING_KEY_PUBLISHED,
        Change.REVOKED: Event.SIGNING_KEY_REVOKED,
        Change.ERASED: Event.SIGNING_KEY_ERASED,
        Change.DELETED: Event.SIGNING_KEY_DELETED,
    }
)

SCHEDULE = "schedule"
COMMAND = "command"


def witness_of(because: str) -> Witness:
    """What a vault calls at each change that comes about in this way: by the servers' schedule, or by a command."""

    def told(db: Connection, change: Change, key: KeyRecord, now: datetime) -> None:
        facts = {"because": because, "key": key.kid, "algorithm": str(key.algorithm)}
        note(db, _EVENTS[change], Occasion(now), facts=facts)

    return told
