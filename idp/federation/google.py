"""Google: OpenID Connect, with what is special about it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from idp.federation.connector import Opening
from idp.federation.metadata import ProviderMetadata
from idp.federation.oidc import OidcConnector
from idp.federation.problems import UpstreamProblem

ISSUER = "https://accounts.google.com"
_ANY = "*"


@dataclass(frozen=True, slots=True)
class GoogleConnector(OidcConnector):
    """Google, for everybody or for the people of some Workspace domains.

    Attributes:
        hosted_domains: Whose people may come in; `*` means of any Workspace, empty everybody.
    """

    kind: str = "google"
    hosted_domains: tuple[str, ...] = ()

    def authorization_url(self, opening: Opening) -> str:
        """As for any OpenID provider, with the domain as a hint to Google's page."""
        # Zero-argument super() does not know the class that slots=True has made in this one's place.
        url = OidcConnector.authorization_url(self, opening)
        # A hint and no more: the person can take it out of the address. What counts is the claim.
        return f"{url}&hd={self.hosted_domains[0]}" if len(self.hosted_domains) == 1 else url

    def asking_again(self, opening: Opening) -> dict[str, str]:
        """Google refuses `prompt=login`; the most it does is to let the person choose the account again."""
        return {"prompt": "select_account"} if opening.choose or opening.max_age is not None else {}

    def check_freshness(self, claims: Mapping[str, Any], opening: Opening) -> None:
        """Nothing to hold it to: Google tells no `auth_time`."""

    def issuers(self, metadata: ProviderMetadata) -> Container[str]:
        """Older tokens leave out the scheme. One spelling is stored."""
        return (metadata.issuer, metadata.issuer.partition("://")[2])

    def algorithms(self, metadata: ProviderMetadata) -> frozenset[str]:
        """RS256, whatever else its metadata may come to list."""
        return frozenset({"RS256"})

    def check_person(self, claims: Mapping[str, Any]) -> None:
        """Hold the person to the domain by the claim that Google signs."""
        domain = claims.get("hd")
        if not self.hosted_domains:
            return
        if not isinstance(domain, str) or (_ANY not in self.hosted_domains and domain not in self.hosted_domains):
            raise UpstreamProblem("refused", "the person is not of a Workspace domain that may come in")

    def is_authoritative(self, claims: Mapping[str, Any]) -> bool:
        """Google gives out gmail.com addresses itself, and those of Workspace domains; all others it checked once."""
        email, domain = claims.get("email"), claims.get("hd")
        if claims.get("email_verified") is not True or not isinstance(email, str):
            return False
        return email.lower().endswith("@gmail.com") or (isinstance(domain, str) and bool(domain))
