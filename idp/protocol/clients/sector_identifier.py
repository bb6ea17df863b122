"""Sector identifiers: that several hosts belong together is said by a document at one of them (Registration 1.0 5)."""

import json

from idp.protocol.clients.client_documents import ClientDocuments, DocumentUnavailable
from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.registration.client_registration import InvalidClientMetadata

_MEMBER = "sector_identifier_uri"
_LONGEST = 64 * 1024


def check_sector(client: ClientMetadata, documents: ClientDocuments) -> None:
    """Fetch the document that `sector_identifier_uri` names, and find every redirect URI in it.

    Otherwise a client could name somebody else's sector, and learn by which subjects people are known there. Waits for
    another server: never called while a connection of the database is held.

    Raises:
        InvalidClientMetadata: The document cannot be had, is not a list of addresses, or lacks one.
    """
    if client.sector_identifier_uri is None:
        return
    try:
        body = documents.fetch(client.sector_identifier_uri, accept="application/json", max_bytes=_LONGEST)
    except DocumentUnavailable as unavailable:
        raise InvalidClientMetadata(_MEMBER, f"cannot be read: {unavailable}") from None
    listed = _addresses(body)
    if listed is None:
        raise InvalidClientMetadata(_MEMBER, "must lead to a JSON list of addresses")
    if not listed.issuperset(client.redirect_uris):
        raise InvalidClientMetadata(_MEMBER, "must lead to a list that holds every one of the redirect_uris")


def _addresses(body: bytes) -> frozenset[str] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, list) or not all(isinstance(address, str) for address in document):
        return None
    return frozenset(document)
