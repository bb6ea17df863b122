"""Request objects by reference: `request_uri` at an address of the client (OpenID Connect Core 1.0 section 6.2)."""

from idp.protocol.authorization.request_object import LONGEST
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.client_documents import ClientDocuments, DocumentUnavailable
from idp.protocol.refusals import RefusedToClient

_ACCEPTED = "application/oauth-authz-req+jwt, application/jwt"


def fetch_request_object(request_uri: str, client: RegisteredClient, documents: ClientDocuments) -> str:
    """Get the request object from where the client keeps it.

    Only from addresses that are registered character by character, the fragment included: anything else would let
    everybody choose what we fetch. The fragment is not sent, and proves nothing: it may tell versions apart, and need
    not be the digest of the content.

    Raises:
        RefusedToClient: `invalid_request_uri`. Nothing has been fetched where the address is not registered.
        HasToWait: This thread may not wait for the client's server.
    """
    if request_uri not in client.request_uris:
        raise RefusedToClient(
            "invalid_request_uri", "request_uri is not one of the registered request_uris; the fragment counts too."
        )
    try:
        fetched = documents.fetch_for_a_stranger(request_uri.partition("#")[0], accept=_ACCEPTED, max_bytes=LONGEST)
        return fetched.decode("ascii").strip()
    except DocumentUnavailable as error:
        raise RefusedToClient("invalid_request_uri", f"request_uri cannot be used: {error}.") from error
    except UnicodeDecodeError:
        raise RefusedToClient("invalid_request_object", "The document at request_uri is not a JWT.") from None
