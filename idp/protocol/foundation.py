"""What the provider stands on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idp.audit.events import Event
from idp.clock import Clock
from idp.protocol.clients.client_authentication import CountFailure
from idp.protocol.clients.client_documents import ClientDocuments
from idp.protocol.clients.subject import Subjects
from idp.protocol.features import Features
from idp.protocol.lifetimes import Lifetimes
from idp.protocol.tokens.dpop import ProofRules
from idp.store.database import Connection, Database
from idp.store.grants import Grant
from keys.ring import KeyRing


class Audit(Protocol):
    """Writes an event about a grant in the caller's transaction."""

    def __call__(self, event: Event, *, grant: Grant, db: Connection, now: datetime) -> None:
        """Record it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """The parts that the roof hands to the provider, once. Thread-safe, all of them."""

    issuer: str
    features: Features
    database: Database
    ring: KeyRing
    subjects: Subjects
    lifetimes: Lifetimes
    documents: ClientDocuments
    proof_rules: ProofRules
    count_failure: CountFailure
    audit: Audit
    clock: Clock
