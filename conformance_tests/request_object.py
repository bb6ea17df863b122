"""Request objects (Core section 6): what is in them, and where they are fetched."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from conformance_tests.callback_server import CallbackServer, Document
from conformance_tests.relying_party import RelyingParty


def unsigned(claims: Mapping[str, object], header: Mapping[str, object] | None = None) -> str:
    """A JWT with `alg: none` and nothing after its last dot (RFC 7519 section 6)."""
    members = {**(header or {}), "alg": "none"}
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (members, dict(claims))]
    return "".join(f"{urlsafe_b64encode(part).rstrip(b'=').decode()}." for part in parts)


def object_claims(rp: RelyingParty, request: Mapping[str, str]) -> dict[str, str]:
    """What stands in the object: the request, who makes it, and whom it is for."""
    return {**request, "iss": rp.client.client_id, "aud": rp.issuer.identifier}


def publish_request(callbacks: CallbackServer) -> tuple[Document, str]:
    """A place for a request object, and the address to register and to send.

    The fragment of the address is no hash of the content: it is registered, and neither fetched nor verified.
    """
    document = callbacks.publish("request.jwt", content_type="application/jwt")
    return document, f"{document.url}#any-fragment"


def outer_parameters(request: Mapping[str, str]) -> dict[str, str]:
    """What has to stand outside of the object as well, since OAuth 2.0 demands it (Core section 6.1)."""
    return {name: request[name] for name in ("client_id", "redirect_uri", "response_type", "scope")}


def skip_unless_unsigned_objects_are_possible(rp: RelyingParty) -> None:
    """End a module that the official suite skips: the provider has said that it reads signed objects only."""
    listed = rp.issuer.metadata.get("request_object_signing_alg_values_supported")
    if isinstance(listed, list) and "none" not in listed:
        rp.verdict.not_applicable("request_object_signing_alg_values_supported does not list none")
