"""Microsoft: one provider with an issuer for each of its tenants, and with addresses that prove nothing.

What a request is sent to, `common` or `organizations`, names its issuer as a template, and a token names that of the
person's tenant. Anybody can have a tenant and write into it what they like, so tenants are let in by name, and an
identity is one of its tenant.
"""

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from idp.federation.connector import UpstreamIdentity
from idp.federation.id_token import SignedToken
from idp.federation.metadata import TEMPLATE, MetadataSource, ProviderMetadata
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem, untrusted
from idp.federation.wire import Wire

AUTHORITY = "https://login.microsoftonline.com"
ANY = "*"
_PERSONAL = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant of everybody who is of no organization: Outlook, Xbox and so on."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Issuers:
    """The issuer of every tenant there may be."""

    authority: str

    def __contains__(self, issuer: object) -> bool:
        if not isinstance(issuer, str):
            return False
        tenant = issuer.removeprefix(f"{self.authority}/").removesuffix("/v2.0")
        return _UUID.fullmatch(tenant) is not None and issuer == _issuer(self.authority, tenant)


@dataclass(frozen=True, slots=True)
class MicrosoftConnector(OidcConnector):
    """Microsoft, for the people of some tenants, or of any.

    Attributes:
        authority: Where it is.
        tenants: Whose people may come in, by their ids; `*` means of any tenant, personal accounts among them.
    """

    kind: str = "microsoft"
    authority: str = AUTHORITY
    tenants: tuple[str, ...] = ()

    def issuers(self, metadata: ProviderMetadata) -> Container[str]:
        """Those of all tenants: whether the person's may come in is said when it is known to be theirs."""
        return _Issuers(self.authority)

    def issuer_of(self, signed: SignedToken) -> str:
        """The issuer of the person's tenant: `iss`, `tid` and the key have to agree on it.

        Raises:
            UpstreamProblem: They do not, or the tenant is not one of those that may come in.
        """
        tenant, issuer = signed.claims.get("tid"), str(signed.claims["iss"])
        if not isinstance(tenant, str) or _UUID.fullmatch(tenant) is None:
            raise untrusted("the token does not say of which tenant the person is")
        if issuer != _issuer(self.authority, tenant):
            raise untrusted("the token is of another tenant than its issuer")
        # Some keys are there for one tenant only, and sign for no other.
        of_key = signed.key.get("issuer", issuer)
        if not isinstance(of_key, str) or of_key.replace(TEMPLATE, tenant) != issuer:
            raise untrusted("the token is signed with a key of another tenant")
        if ANY not in self.tenants and tenant not in self.tenants:
            raise UpstreamProblem("refused", "the person is not of a tenant that may come in")
        return issuer

    def is_authoritative(self, claims: Mapping[str, Any]) -> bool:
        """Never: whoever runs a tenant writes into it any address they like."""
        return False

    def identity_of(self, claims: Mapping[str, Any], issuer: str, subject: str) -> UpstreamIdentity:
        """As of any OpenID provider; that an address was verified is believed from nobody's claims here."""
        return OidcConnector.identity_of(self, {**claims, "email_verified": False}, issuer, subject)


def source_of(wire: Wire, authority: str, tenants: tuple[str, ...]) -> tuple[str, MetadataSource]:
    """Where the people of these tenants sign in, with its metadata."""
    if len(tenants) == 1 and ANY not in tenants:
        issuer = _issuer(authority, tenants[0])
        return issuer, MetadataSource(wire, issuer)
    place = _issuer(authority, "common" if {ANY, _PERSONAL} & set(tenants) else "organizations")
    return place, MetadataSource(wire, place, named=_issuer(authority, TEMPLATE))


def _issuer(authority: str, tenant: str) -> str:
    return f"{authority}/{tenant}/v2.0"
