"""Request objects without a signature (Core section 6); signed ones are made with a client's key."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from conformance_tests.relying_party import RelyingParty


def unsigned(claims: Mapping[str, object]) -> str:
    """A JWT with `alg: none` and nothing after its last dot (RFC 7519 section 6)."""
    header, payload = (
        urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=").decode()
        for part in ({"alg": "none"}, dict(claims))
    )
    return f"{header}.{payload}."


def outer_parameters(request: Mapping[str, str]) -> dict[str, str]:
    """What has to stand outside of the object as well, since OAuth 2.0 demands it (Core section 6.1)."""
    return {name: request[name] for name in ("client_id", "redirect_uri", "response_type", "scope")}


def skip_unless_unsigned_objects_are_possible(rp: RelyingParty) -> None:
    """End a module that the official suite skips: the provider has said that it reads signed objects only."""
    listed = rp.issuer.metadata.get("request_object_signing_alg_values_supported")
    if isinstance(listed, list) and "none" not in listed:
        rp.verdict.not_applicable("request_object_signing_alg_values_supported does not list none")
