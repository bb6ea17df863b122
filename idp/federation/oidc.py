"""Any OpenID provider, by its issuer: discovery, code flow with PKCE and nonce, a verified ID token."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from idp.federation import id_token
from idp.federation.connector import Opening, UpstreamIdentity, profile_of, subject_of, text_of, url_of
from idp.federation.id_token import Expected, SignedToken
from idp.federation.metadata import MetadataSource, ProviderMetadata
from idp.federation.problems import UpstreamProblem, untrusted
from idp.federation.response import code_of
from idp.federation.wire import TokenClient, Wire


@dataclass(frozen=True, slots=True)
class OidcConnector:
    """One OpenID provider.

    Attributes:
        authoritative_for: Domains whose addresses this provider gives out itself, as a company's own provider does.
        response_mode: `form_post` where the provider insists on it, as Apple does.
        token_method: How to authenticate at its token endpoint; None takes what its metadata offers.
    """

    name: str
    label: str
    client_id: str
    issuer: str
    wire: Wire
    source: MetadataSource
    client_secret: str | None = field(default=None, repr=False)
    scope: str = "openid email profile"
    authoritative_for: frozenset[str] = frozenset()
    response_mode: str | None = None
    token_method: str | None = None
    kind: str = "oidc"

    def authorization_url(self, opening: Opening) -> str:
        """The provider's authorization endpoint with our request."""
        more: dict[str, Any] = {"nonce": opening.nonce, **self.asking_again(opening)}
        if self.response_mode is not None:
            more["response_mode"] = self.response_mode
        if opening.login_hint is not None:
            more["login_hint"] = opening.login_hint
        if opening.ui_locales is not None:
            more["ui_locales"] = opening.ui_locales
        metadata = self.source.metadata()
        return self.token_client(metadata).leave(metadata.authorization_endpoint, opening, **more)

    def asking_again(self, opening: Opening) -> dict[str, str]:
        """How this provider is told that the person has to sign in anew, or lately enough."""
        choose = {"prompt": "select_account"} if opening.choose else {}
        if opening.max_age is None:
            return choose
        return {"max_age": str(opening.max_age), **({"prompt": "login"} if opening.max_age == 0 else choose)}

    def identity(self, callback: Mapping[str, str], opening: Opening, *, now: datetime) -> UpstreamIdentity:
        """Redeem the code and verify the ID token; ask the userinfo endpoint for what the token does not tell."""
        metadata = self.source.metadata()
        code = code_of(callback, self.issuers(metadata), iss_required=metadata.sends_iss)
        tokens = self.token_client(metadata).come_back(metadata.token_endpoint, code, opening)
        expected = Expected(self.issuers(metadata), self.client_id, self.algorithms(metadata))
        signed = id_token.verified(
            tokens.get("id_token"), expected, lambda lacking: self.source.keys(lacking=lacking), now=now
        )
        id_token.check_nonce(signed.claims, opening.nonce)
        id_token.check_access_token(signed, tokens["access_token"])
        issuer = self.issuer_of(signed)
        self.check_freshness(signed.claims, opening)
        subject = subject_of(signed.claims.get("sub"))
        claims = self._with_userinfo(metadata, signed.claims, subject, tokens["access_token"])
        self.check_person(claims)
        return self.identity_of(claims, issuer, subject)

    def issuers(self, metadata: ProviderMetadata) -> Container[str]:
        """The spellings of its issuer that tokens may carry."""
        return (metadata.issuer,)

    def issuer_of(self, signed: SignedToken) -> str:
        """The issuer that its people are kept under; `iss` is one of `issuers` here."""
        return self.issuer

    def algorithms(self, metadata: ProviderMetadata) -> frozenset[str]:
        """The signatures that are accepted."""
        return metadata.algorithms

    def check_freshness(self, claims: Mapping[str, Any], opening: Opening) -> None:
        """Hold the provider to what it was asked about the age of the sign-in."""
        id_token.check_freshness(claims, opening.max_age, opened_at=opening.opened_at)

    def check_person(self, claims: Mapping[str, Any]) -> None:
        """Refuse people who may not come in this way."""

    def is_authoritative(self, claims: Mapping[str, Any]) -> bool:
        """Whether the provider decides who has the address today."""
        email = claims.get("email")
        domain = email.rpartition("@")[2].lower() if isinstance(email, str) else ""
        return claims.get("email_verified") is True and domain in self.authoritative_for

    def examine(self) -> list[str]:
        """Read metadata and keys, and try the credentials on the token endpoint with a code that cannot be one."""
        found: list[str] = []
        try:
            metadata = self.source.metadata()
            if not self.source.keys():
                found.append("its key set is empty")
        except UpstreamProblem as problem:
            return [problem.sentence]
        if self.token_method is not None and self.token_method not in metadata.token_methods:
            found.append(f"its token endpoint does not list {self.token_method}")
        try:
            return found + self.token_client(metadata).examine(metadata.token_endpoint, redirect_uri=self.issuer)
        except UpstreamProblem as problem:
            return [*found, problem.sentence]

    def identity_of(self, claims: Mapping[str, Any], issuer: str, subject: str) -> UpstreamIdentity:
        """Who the claims say it is; they have been verified."""
        email = text_of(claims.get("email"))
        profile = profile_of(claims)
        return UpstreamIdentity(
            connector=self.name,
            issuer=issuer,
            subject=subject,
            email=email,
            email_verified=email is not None and claims.get("email_verified") is True,
            is_authoritative=email is not None and self.is_authoritative(claims),
            label=email or profile.get("name") or subject,
            profile=profile,
            sid=text_of(claims.get("sid")),
            picture=url_of(claims.get("picture")),
        )

    def _with_userinfo(
        self, metadata: ProviderMetadata, claims: Mapping[str, Any], subject: str, access_token: str
    ) -> Mapping[str, Any]:
        if metadata.userinfo_endpoint is None or "email" in claims:
            return claims
        told = self.wire.get(metadata.userinfo_endpoint, bearer=access_token).document()
        if told.get("sub") != subject:
            raise untrusted("the userinfo endpoint speaks of somebody else")
        return {**told, **claims}

    def token_client(self, metadata: ProviderMetadata) -> TokenClient:
        """What asks its token endpoint, as the client that we are over there."""
        method = self.token_method
        if method is None:
            offered = metadata.token_methods
            basic = "client_secret_basic" in offered or "client_secret_post" not in offered
            method = "client_secret_basic" if basic else "client_secret_post"
        if self.client_secret is None:
            method = "none"
        return TokenClient(self.wire, self.client_id, self.client_secret, method=method, scope=self.scope)
