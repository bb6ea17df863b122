"""Telling relying parties that a session has ended (OpenID Connect Back-Channel Logout 1.0)."""

from dataclasses import dataclass
from typing import Protocol

from idp.delivery.outbox import Delivery, NotDelivered
from idp.outgoing import Outgoing, OutgoingFailed, OutgoingRefused

_ACCEPTED = (200, 204)
_REFUSED = 400
_TOO_MANY = 429


class Notice(Protocol):
    """What a relying party is told, and where."""

    @property
    def uri(self) -> str:
        """Its `backchannel_logout_uri`."""

    @property
    def token(self) -> str:
        """The logout token."""


class Write(Protocol):
    """Makes a logout token."""

    def __call__(self, *, client_id: str, account_id: str, session_id: str, jti: str) -> Notice | None:
        """A fresh one for this attempt. None: the client is gone, or wants to be told no more."""


@dataclass(frozen=True, slots=True)
class LogoutCarrier:
    """Carries parcels of the kind `logout`.

    Whatever a relying party answers but 200 or 204 is tried again, 400 included: the token is a fresh one each time,
    and a relying party that is just being started or repaired says 400 as easily as 500. What it says besides the
    status is not read.
    """

    outgoing: Outgoing
    write: Write

    def __call__(self, delivery: Delivery) -> None:
        """Post a fresh logout token (section 2.5)."""
        ending = delivery.ending
        if ending is None:
            raise NotDelivered("the parcel does not say which session it is about", for_good=True)
        notice = self.write(
            client_id=ending.client_id,
            account_id=ending.account_id,
            session_id=ending.session_id,
            jti=delivery.reference,
        )
        if notice is None:
            raise NotDelivered("the app is not registered for it any more", for_good=True)
        try:
            status = self.outgoing.post(notice.uri, {"logout_token": notice.token}).status
        except OutgoingRefused as refusal:
            raise NotDelivered(refusal.sentence, for_good=True) from None
        except OutgoingFailed as failure:
            raise NotDelivered(failure.sentence, nobody_there=True) from None
        if status == _REFUSED:
            raise NotDelivered("the app refused it (400)")
        if status not in _ACCEPTED:
            raise NotDelivered(f"the app answered {status}", nobody_there=status >= 500 or status == _TOO_MANY)
