"""What the provider asks of other servers whose addresses it was given: one guarded way out."""

from idp.outgoing.client import Fetched, Outgoing
from idp.outgoing.failures import OutgoingFailed, OutgoingRefused

__all__ = ["Fetched", "Outgoing", "OutgoingFailed", "OutgoingRefused"]
