"""What a client may register by itself, and what never (RFC 7591 section 5, OpenID Connect Registration 1.0)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

from idp.protocol.clients.client_metadata import IDENTITY_SCOPES, ClientMetadata
from idp.protocol.features import Features
from idp.protocol.registration.client_registration import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    validate_client_metadata,
)
from idp.protocol.registration.registered_members import DEVICE_CODE
from idp.protocol.registration.registration_refusals import UnapprovedStatement
from idp.protocol.registration.registration_rules import check_together
from keys.ring import KeyRing

OPERATORS_ALONE = frozenset({"first_party", "resource_server", "resources", "connectors"})
"""Members that give a client more than people give it, or are in an operator's words. Here they are unknown."""

_SIGNED_ANSWERS = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "authorization_signed_response_alg",
    "introspection_signed_response_alg",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What clients may make of themselves. An initial access token can allow more, or less.

    Attributes:
        scope: What they may ask people for. Scope values beyond those of OpenID Connect are rights at somebody's API.
        grant_types: Two are missing by default. `client_credentials`: what a stranger's client may do is for people to
            say. The device grant: whoever is talked into typing a code sees no host that the answer goes to.
        redirect_hosts: The hosts that answers may go to; None: any.
    """

    scope: tuple[str, ...] = IDENTITY_SCOPES
    grant_types: tuple[str, ...] = ("authorization_code", "implicit", "refresh_token")
    redirect_hosts: tuple[str, ...] | None = None

    @classmethod
    def of(cls, document: Mapping[str, Any] | None) -> Self:
        """Read what is stored; what is not there is a default."""
        return cls(**{name: tuple(value) for name, value in (document or {}).items() if value is not None})

    def document(self) -> dict[str, Any]:
        """As it is stored."""
        hosts = None if self.redirect_hosts is None else list(self.redirect_hosts)
        return {"scope": list(self.scope), "grant_types": list(self.grant_types), "redirect_hosts": hosts}


@dataclass(frozen=True, slots=True)
class Offered:
    """What this installation can do for a client now: its response types, and what it signs with."""

    response_types: tuple[str, ...]
    signing_algorithms: frozenset[str]

    @classmethod
    def of(cls, features: Features, ring: KeyRing) -> Self:
        """What is switched on, and what there are keys for. RS256 is there even while no key is (Discovery 1.0 3)."""
        return cls(features.response_types, frozenset({"RS256", *ring.algorithms()}))


def asked(document: object, limits: Limits, offered: Offered) -> ClientMetadata:
    """What a client asks to be registered with, narrowed to what it may have.

    Scope values that it may not have are passed over, as they are in every request; everything else that it may not
    have is refused, so that nobody takes an answer for what was asked. PKCE is required of public clients alone, since
    clients in the field register themselves and then send none; whoever sends a challenge is held to it.

    Raises:
        InvalidRedirectUri: One of `redirect_uris` cannot be registered.
        InvalidClientMetadata: Anything else cannot be.
    """
    if not isinstance(document, dict):
        raise InvalidClientMetadata("metadata", "must be a JSON object")
    if document.get("software_statement") is not None:
        raise UnapprovedStatement("software_statement", "must be left out: no issuer of statements is trusted here")
    known = {name: value for name, value in document.items() if name not in OPERATORS_ALONE}
    if known.get("require_pkce") is None:
        needed = known.get("token_endpoint_auth_method") == "none" or known.get("security_profile") is not None
        known["require_pkce"] = needed
    client = validate_client_metadata(known, refuse_unknown=False)
    client = replace(client, scope=_narrowed(client, limits, named=known.get("scope") is not None))
    check_together(client)
    _check_limits(client, limits)
    _check_subjects(client)
    _check_offer(client, offered)
    return client


def _narrowed(client: ClientMetadata, limits: Limits, *, named: bool) -> tuple[str, ...]:
    if not named:
        return limits.scope
    scope = tuple(value for value in client.scope if value in limits.scope)
    if not scope:
        raise InvalidClientMetadata("scope", "must hold something of: " + " ".join(limits.scope))
    return scope


def _check_limits(client: ClientMetadata, limits: Limits) -> None:
    if not set(client.grant_types) <= set(limits.grant_types):
        raise InvalidClientMetadata("grant_types", "must be among: " + ", ".join(limits.grant_types))
    hosts = {urlsplit(address).hostname for address in client.redirect_uris}
    if limits.redirect_hosts is not None and not hosts <= set(limits.redirect_hosts):
        raise InvalidRedirectUri("redirect_uris", "must have one of the hosts that this registration is allowed for")
    if client.initiate_login_uri is not None and not client.initiate_login_uri.startswith("https://"):
        # An operator's own application may be on loopback; here the specification has no exception (Registration 2).
        raise InvalidClientMetadata("initiate_login_uri", "must use https")


def _check_subjects(client: ClientMetadata) -> None:
    """Whose sector it is shows in where answers arrive: no subject of it may arrive anywhere else."""
    if client.subject_type != "pairwise" or not client.redirect_uris:
        return
    if DEVICE_CODE in client.grant_types:
        raise InvalidClientMetadata("subject_type", "must be public for a client that has redirect_uris and devices")
    told = client.backchannel_logout_uri
    if told is not None and urlsplit(told).hostname not in {urlsplit(uri).hostname for uri in client.redirect_uris}:
        raise InvalidClientMetadata(
            "backchannel_logout_uri", "must have a host of the redirect_uris for pairwise subjects"
        )


def _check_offer(client: ClientMetadata, offered: Offered) -> None:
    if not set(client.response_types) <= set(offered.response_types):
        raise InvalidClientMetadata("response_types", "must be among: " + ", ".join(offered.response_types))
    for member in _SIGNED_ANSWERS:
        if getattr(client, member) not in {None, *offered.signing_algorithms}:
            signed = ", ".join(sorted(offered.signing_algorithms))
            raise InvalidClientMetadata(member, f"must be what this provider has a key for: {signed}")
