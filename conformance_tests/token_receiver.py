"""What a client gets without the browser: tokens for codes, and claims for tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from conformance_tests.claim_types import claim_type_problems
from conformance_tests.clients import Client
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.plans import Variant
from conformance_tests.tokens import IdToken, Tokens, check_refusal, token_answer, valid_id_token
from conformance_tests.verdict import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenReceiver:
    """One client at the token endpoint and at userinfo, in one pass through a plan."""

    issuer: Issuer
    client: Client
    verdict: Verdict
    variant: Variant
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def redeem(self, code: str, **changes: str) -> requests.Response:
        """Send a code to the token endpoint, whatever comes of it."""
        return self.token_request(
            grant_type="authorization_code", code=code, **{"redirect_uri": self.client.redirect_uri, **changes}
        )

    def refresh(self, refresh_token: str, **changes: str) -> requests.Response:
        """Send a refresh token to the token endpoint, whatever comes of it."""
        return self.token_request(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def token_request(self, **fields: str) -> requests.Response:
        """Post a form to the token endpoint with the client's credentials."""
        endpoint = self.issuer.endpoint("token_endpoint")
        header, more = self.client.credentials(endpoint)
        return self.issuer.post(endpoint, {**fields, **more}, auth=header)

    def tokens_from(self, answer: requests.Response, nonce: str | None, *, code: str | None = None) -> Tokens:
        """Demand a complete answer of the token endpoint with a valid ID token."""
        document = token_answer(answer, self.verdict)
        self.verdict.demand(isinstance(document.get("id_token"), str), "the token response has no id_token")
        token = self.id_token(document["id_token"], nonce, access_token=document["access_token"], code=code)
        renewal = document.get("refresh_token")
        renewal = renewal if isinstance(renewal, str) else None
        return Tokens(document, answer.headers, document["access_token"], renewal, token)

    def id_token(self, raw: str, nonce: str | None, **hashed: Any) -> IdToken:
        """Demand that this is an ID token for this client, and record what is wrong with it."""
        now, client_id = self.clock(), self.client.client_id
        return valid_id_token(raw, self.issuer, self.verdict, client_id=client_id, nonce=nonce, now=now, **hashed)

    def userinfo(self, access_token: str, id_token: IdToken) -> dict[str, Any]:
        """Read the claims by a Bearer GET and check them against the ID token."""
        endpoint = self.issuer.endpoint("userinfo_endpoint")
        answer = self.issuer.fetch(endpoint, Authorization=f"Bearer {access_token}", Accept="application/json")
        return self.userinfo_from(answer, id_token)

    def userinfo_from(self, answer: requests.Response, id_token: IdToken) -> dict[str, Any]:
        """Demand that an answer of the userinfo endpoint is sound (Core section 5.3.2)."""
        self.verdict.demand(answer.status_code == requests.codes.ok, f"userinfo answered {answer.status_code}")
        self.verdict.expect(media_type(answer.headers) == "application/json", "userinfo is not application/json")
        claims = json_object(answer)
        if claims is None:
            raise self.verdict.stop("userinfo is no JSON object")
        self.verdict.expect(
            claims.get("sub") == id_token.claims.get("sub"), "sub of userinfo is not that of the ID token"
        )
        self.verdict.expect_none(claim_type_problems(claims))
        return claims

    def error_from(self, answer: requests.Response, expected: str) -> None:
        """Demand a refusal of the token endpoint: 400, JSON and this error (RFC 6749 section 5.2)."""
        check_refusal(answer, self.verdict, expected)
