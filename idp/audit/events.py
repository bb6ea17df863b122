"""Every event that matters to security, by name, and the one way to write it.

An event holds ids and small facts. It has no place for a secret, a token, a code or an e-mail address: the names of
the facts are declared here, and their values are checked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from idp.store import audit_events
from idp.store.audit_events import AuditEvent
from idp.store.database import Connection


class Event(StrEnum):
    """What can happen."""

    SIGN_IN_SUCCEEDED = "sign_in_succeeded"
    SIGN_IN_REFUSED = "sign_in_refused"
    SESSION_STARTED = "session_started"
    SESSION_ENDED = "session_ended"
    SIGN_UP_BEGUN = "sign_up_begun"
    SIGN_UP_REFUSED = "sign_up_refused"
    ADDRESS_PROOF_REFUSED = "address_proof_refused"
    ADDRESS_PROVEN = "address_proven"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    ACCOUNT_DELETED = "account_deleted"
    ACCOUNT_SUPERSEDED = "account_superseded"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_LINK_REFUSED = "identity_link_refused"
    IDENTITY_UNLINKED = "identity_unlinked"
    PROFILE_CHANGED = "profile_changed"
    PASSWORD_CHANGED = "password_changed"
    PASSWORD_CHANGE_REFUSED = "password_change_refused"
    PASSWORD_RESET_ASKED = "password_reset_asked"
    PASSWORD_RESET = "password_reset"
    CONSENT_GIVEN = "consent_given"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    DEVICE_CODE_REFUSED = "device_code_refused"
    DEVICE_ALLOWED = "device_allowed"
    DEVICE_REFUSED = "device_refused"
    CODE_ISSUED = "code_issued"
    CODE_REDEEMED = "code_redeemed"
    CODE_REPLAYED = "code_replayed"
    REFRESH_USED = "refresh_used"
    REFRESH_REPEATED = "refresh_repeated"
    REFRESH_REUSED = "refresh_reused"
    REFRESH_TOKEN_MISUSED = "refresh_token_misused"
    TOKEN_REVOKED = "token_revoked"
    CLIENT_AUTHENTICATION_FAILED = "client_authentication_failed"
    CLIENT_CREATED = "client_created"
    CLIENT_REGISTERED = "client_registered"
    CLIENT_ADOPTED = "client_adopted"
    INITIAL_TOKEN_CREATED = "initial_token_created"
    INITIAL_TOKEN_REVOKED = "initial_token_revoked"
    CLIENT_CHANGED = "client_changed"
    CLIENT_SECRET_ADDED = "client_secret_added"
    CLIENT_DISABLED = "client_disabled"
    CLIENT_DELETED = "client_deleted"
    SIGNED_OUT_BY_CLIENT = "signed_out_by_client"
    LOGOUT_RESENT = "logout_resent"
    SIGNING_KEY_PUBLISHED = "signing_key_published"
    SIGNING_KEY_REVOKED = "signing_key_revoked"
    SIGNING_KEY_ERASED = "signing_key_erased"
    SIGNING_KEY_DELETED = "signing_key_deleted"


FACTS: Mapping[str, type] = MappingProxyType(
    {
        "because": str,
        "connector": str,
        "device": str,
        "known_device": bool,
        "known_account": bool,
        "amr": str,
        "scopes": str,
        "grant": str,
        "initial_token": str,
        "key": str,
        "algorithm": str,
        "wait_seconds": int,
        "sessions_ended": int,
        "grants_ended": int,
    }
)
"""What an event may tell besides ids. `because` is a word of ours, `device` a description such as "Chrome on Linux"."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """The request through which something happened.

    Attributes:
        reference: The request id, under which the log has the rest; None for an operator's command.
        address: Where the request came from.
    """

    now: datetime
    reference: str | None = None
    address: str | None = None


def note(
    db: Connection,
    event: Event,
    occasion: Occasion,
    *,
    account_id: str | None = None,
    client_id: str | None = None,
    session_id: str | None = None,
    facts: Mapping[str, str | int | bool] | None = None,
) -> None:
    """Write an event in the transaction of the change it tells of.

    Raises:
        ValueError: A fact that is not declared, or one that looks like an address. A mistake in our code.
    """
    told = dict(facts or {})
    for name, value in told.items():
        # Scope values are the client's own words, and may hold any sign.
        is_address = isinstance(value, str) and "@" in value and name != "scopes"
        if type(value) is not FACTS.get(name) or is_address:
            raise ValueError(f"an audit event cannot tell {name} like this")
    audit_events.record(
        db,
        AuditEvent(
            at=occasion.now,
            event=event.value,
            account_id=account_id,
            client_id=client_id,
            session_id=session_id,
            reference=occasion.reference,
            address=occasion.address,
            detail=told,
        ),
    )
