"""What comes of an authorization: the response, the tokens, the claims."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance_tests.tokens import IdToken, Tokens
from conformance_tests.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Authorization:
    """A sound authorization response to one request."""

    request: Mapping[str, str] = field(repr=False)
    returned: Mapping[str, str] = field(repr=False)
    id_token: IdToken | None

    @property
    def code(self) -> str:
        """The code, or nothing where the response type has none."""
        return self.returned.get("code", "")


@dataclass(frozen=True, slots=True)
class SignIn:
    """One authorization with everything that came of it."""

    authorization: Authorization
    tokens: Tokens | None
    userinfo: dict[str, Any]

    @property
    def code(self) -> str:
        """The code that was redeemed."""
        return self.authorization.code

    @property
    def id_tokens(self) -> list[IdToken]:
        """Every ID token there was, that of the authorization endpoint first."""
        both = self.authorization.id_token, self.tokens.id_token if self.tokens else None
        return [token for token in both if token is not None]

    @property
    def id_token(self) -> IdToken:
        """The last ID token; every OpenID response type yields one."""
        return self.id_tokens[-1]

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the last ID token."""
        return self.id_token.claims

    @property
    def access_token(self) -> str:
        """The last access token, or nothing where the response type has none."""
        return self.tokens.access_token if self.tokens else self.authorization.returned.get("access_token", "")


def check_signed_by_rs256(signed_in: SignIn, verdict: Verdict) -> None:
    """Demand RS256 and a kid of every ID token."""
    for token in signed_in.id_tokens:
        verdict.expect(token.header.get("kid"), "the header of the ID token has no kid")
        verdict.expect(token.algorithm == "RS256", f"the ID token is signed by {token.algorithm}, not RS256")
