"""The configured connectors: built from what the operator has set, found by name and by the domain of an address."""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from idp.federation import apple, facebook, github, google, microsoft, x
from idp.federation.connector import Connector
from idp.federation.metadata import MetadataSource
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem
from idp.federation.wire import Wire

MOST_AT_ONCE = 40
"""How many may wait for one provider in this process; the next one is told at once to take another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorOptions:
    """What the operator has set for one connector; the settings of the same names say what each means."""

    name: str
    kind: str
    label: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    issuer: str | None = None
    scope: str = "openid email profile"
    domains: tuple[str, ...] = ()
    authoritative_for: tuple[str, ...] = ()
    hosted_domains: tuple[str, ...] = ()
    tenants: tuple[str, ...] = ()
    team_id: str | None = None
    key_id: str | None = None
    graph_version: str = facebook.NEWEST
    response_mode: str | None = None
    token_method: str | None = None
    origin: str | None = None


def build(options: ConnectorOptions, wire: Wire) -> Connector:
    """Build one connector. Asks nobody: a provider that is away must not keep this one from starting."""
    name, label, client_id, secret = options.name, options.label, options.client_id, options.client_secret
    match options.kind:
        case "google":
            issuer = options.origin or google.ISSUER
            return google.GoogleConnector(
                name,
                label,
                client_id,
                issuer,
                wire,
                MetadataSource(wire, issuer),
                secret,
                token_method="client_secret_post",
                hosted_domains=options.hosted_domains,
            )
        case "facebook":
            return facebook.FacebookConnector(
                name,
                label,
                client_id,
                secret or "",
                wire,
                options.graph_version,
                options.origin or facebook.ISSUER,
                options.origin or facebook.GRAPH,
            )
        case "x":
            return x.XConnector(
                name, label, client_id, wire, secret, options.origin or x.ISSUER, options.origin or x.API
            )
        case "github":
            return github.GithubConnector(
                name, label, client_id, wire, secret, options.origin or github.ISSUER, options.origin or github.API
            )
        case "microsoft":
            authority = options.origin or microsoft.AUTHORITY
            issuer, source = microsoft.source_of(wire, authority, options.tenants)
            return microsoft.MicrosoftConnector(
                name, label, client_id, issuer, wire, source, secret, authority=authority, tenants=options.tenants
            )
        case "apple":
            issuer = options.origin or apple.ISSUER
            return apple.AppleConnector(
                name,
                label,
                client_id,
                issuer,
                wire,
                MetadataSource(wire, issuer),
                scope=apple.SCOPE,
                response_mode="form_post",
                team_id=options.team_id or "",
                key_id=options.key_id or "",
                private_key=secret or "",
            )
        case _:
            issuer = options.issuer or ""
            return OidcConnector(
                name,
                label,
                client_id,
                issuer,
                wire,
                MetadataSource(wire, issuer),
                secret,
                scope=options.scope,
                authoritative_for=frozenset(options.authoritative_for),
                response_mode=options.response_mode,
                token_method=options.token_method,
            )


class Connectors:
    """The connectors of an installation, in the order in which people see them."""

    def __init__(self, options: Collection[ConnectorOptions], wire: Wire) -> None:
        self._connectors: Mapping[str, Connector] = {one.name: build(one, wire) for one in options}
        self._domains = {domain: one.name for one in options for domain in one.domains}
        self._places = {one.name: threading.BoundedSemaphore(MOST_AT_ONCE) for one in options}

    def __iter__(self) -> Iterator[Connector]:
        """All of them."""
        return iter(self._connectors.values())

    def get(self, name: str | None) -> Connector | None:
        """The connector of this name."""
        return self._connectors.get(name) if name is not None else None

    def label(self, name: str) -> str:
        """What people call the provider, also of a connector that is no longer set up."""
        found = self.get(name)
        return found.label if found is not None else name

    def offered(self, names: Collection[str] = ()) -> list[Connector]:
        """Those that a client wants to see; all where it has named none."""
        return [connector for connector in self if not names or connector.name in names]

    def for_address(self, address: str) -> Connector | None:
        """Through which connector the people of this address's domain sign in, if the operator has said so."""
        return self.get(self._domains.get(address.strip().rpartition("@")[2].lower())) if "@" in address else None

    @contextmanager
    def waiting_for(self, connector: Connector) -> Iterator[None]:
        """Take a place among those who wait for this provider.

        Raises:
            UpstreamProblem: There is none left. A provider that hangs must not fill every thread with its guests.
        """
        places = self._places[connector.name]
        if not places.acquire(blocking=False):
            raise UpstreamProblem("too_many", "too many people wait for this provider already")
        try:
            yield
        finally:
            places.release()
