"""What a request asks for, however it came: plainly, in a request object, or pushed before (RFC 9101, RFC 9126)."""

from datetime import datetime

from idp.protocol.authorization.request_by_reference import fetch_request_object
from idp.protocol.authorization.request_object import RequestObjects
from idp.protocol.clients.client import ClientRegistry, RegisteredClient
from idp.protocol.clients.client_documents import ClientDocuments
from idp.protocol.clients.client_keys import ClientKeys
from idp.protocol.clients.security_profile import rules_of
from idp.protocol.features import Features
from idp.protocol.messages import Parameters
from idp.protocol.refusals import RefusedToClient, RefusedToPerson
from idp.protocol.tokens import opaque
from idp.store import pushed_requests
from idp.store.base import digest_of
from idp.store.database import Database

PUSHED = "urn:ietf:params:oauth:request_uri:"
"""What the references of pushed requests begin with (RFC 9126 section 2.2)."""

_ONCE = frozenset({"client_id", "request", "request_uri"})


class EffectiveParameters:
    """Finds them, once for each request: what is kept while a person is asked has been through here."""

    def __init__(
        self,
        issuer: str,
        *,
        features: Features,
        database: Database,
        registry: ClientRegistry,
        keys: ClientKeys,
        documents: ClientDocuments,
    ) -> None:
        self._features = features
        self._database = database
        self._registry = registry
        self._documents = documents
        self._objects = RequestObjects(issuer, keys)

    def of_request(self, raw: Parameters, *, now: datetime) -> Parameters:
        """The parameters of a request that a browser brings.

        Raises:
            RefusedToPerson: The reference of a pushed request leads nowhere.
            RefusedToClient: A request object is not accepted, or should have been used.
            HasToWait: A server of the client has to be asked.
        """
        if raw.repeated & _ONCE:
            raise RefusedToPerson("repeated_parameter", "client_id, request and request_uri must be sent once.")
        client_id = raw.get("client_id")
        client = None if client_id is None else self._registry.get(client_id)
        if client is None:
            return raw  # Whoever looks for the return address will find that there is none.
        request_uri = raw.get("request_uri")
        if request_uri is not None and request_uri.startswith(PUSHED) and raw.get("request") is None:
            return self._pushed(request_uri.removeprefix(PUSHED), client, now=now)
        if self.must_push(client):
            raise RefusedToClient(
                "invalid_request",
                "Authorization requests of this client must be pushed (RFC 9126); send client_id and request_uri only.",
            )
        return self.of_object(raw, client, now=now)

    def of_object(self, raw: Parameters, client: RegisteredClient, *, now: datetime) -> Parameters:
        """The parameters of a request whose client is known, with a request object or without.

        Raises:
            RefusedToClient: The request object is not accepted, or should have been used.
            HasToWait: A server of the client has to be asked.
        """
        request, request_uri = raw.get("request"), raw.get("request_uri")
        if request is not None and request_uri is not None:
            raise RefusedToClient("invalid_request", "request and request_uri must not be sent together.")
        if request_uri is not None:
            request = fetch_request_object(request_uri, client, self._documents)
        if request is None:
            if client.require_signed_request_object:
                raise RefusedToClient(
                    "invalid_request", "This client must send its requests as signed request objects."
                )
            return raw
        outside = {name: value for name, value in raw.values.items() if name not in {"request", "request_uri"}}
        return Parameters(self._objects.read(request, client, outside, now=now), raw.repeated)

    def must_push(self, client: RegisteredClient) -> bool:
        """Whether the client's requests have to be pushed (RFC 9126 sections 5 and 6)."""
        return (
            client.require_pushed_authorization_requests
            or self._features.require_pushed_authorization_requests
            or rules_of(client).pushed_requests_only
        )

    def _pushed(self, reference: str, client: RegisteredClient, *, now: datetime) -> Parameters:
        digest = digest_of(reference[: opaque.LONGEST])
        with self._database.autocommit() as db:
            found = pushed_requests.find(db, digest)
        if found is None or found.client_id != client.client_id:
            raise RefusedToPerson(
                "unknown_request_uri", "The request_uri is not one that was given to this client.", client.client_id
            )
        if found.used_at is not None:
            raise used_before(client)
        if found.expires_at <= now:
            raise RefusedToPerson(
                "expired_request_uri",
                "The request_uri has expired; use it at once, or push a new one.",
                client.client_id,
            )
        return Parameters(found.parameters, pushed=digest)


def used_before(client: RegisteredClient) -> RefusedToPerson:
    """The refusal of a reference that has had its answer."""
    return RefusedToPerson(
        "used_request_uri", "The request_uri has led to an answer before; push a new one.", client.client_id
    )
