"""What the commands about clients share: finding one, showing one, checking what it is to be, and the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.commands.accounts import BY_OPERATOR
from idp.commands.console import MISUSED, fail
from idp.commands.workplace import settings

if TYPE_CHECKING:
    from idp.audit.events import Event
    from idp.protocol.clients.client_metadata import ClientMetadata
    from idp.store.clients import StoredClient
    from idp.store.database import Connection

ClientId = Annotated[str, typer.Argument(help="The client_id, from: idp client list")]


def named(db: "Connection", client_id: str) -> "StoredClient":
    """The client, or the end of the command."""
    from idp.store import clients

    client = clients.find(db, client_id)
    if client is None:
        fail("no such client; list them with: idp client list")
    return client


def validated(document: Mapping[str, object]) -> "ClientMetadata":
    """The metadata in types, or the end of the command. A sector identifier is asked, as at /register."""
    from idp.outgoing import Outgoing
    from idp.protocol.clients.client_documents import ClientDocuments
    from idp.protocol.clients.sector_identifier import check_sector
    from idp.protocol.registration.client_registration import InvalidClientMetadata, validate_client_metadata

    try:
        client = validate_client_metadata(document)
        if client.sector_identifier_uri is not None:
            given = settings()
            outgoing = Outgoing(
                allowed_hosts=given.outgoing_allowed_hosts,
                ca_file=given.outgoing_ca_file,
                timeout=given.outgoing_timeout,
            )
            check_sector(client, ClientDocuments(outgoing, may_wait=lambda: True))
    except InvalidClientMetadata as refusal:
        fail(str(refusal), status=MISUSED)
    return client


def note(db: "Connection", event: "Event", client_id: str, now: datetime) -> None:
    """Write to the audit trail what an operator did."""
    from idp.audit import events

    events.note(db, event, events.Occasion(now), client_id=client_id, facts=BY_OPERATOR)


def facts(client: "StoredClient") -> dict[str, Any]:
    """What there is to show about a client."""
    return {
        "client_id": client.client_id,
        "state": "disabled" if client.disabled_at else "enabled",
        "registered_by": client.registered_by or "operator",
        **client.metadata,
        "created_at": client.created_at,
        "changed_at": client.updated_at,
    }
