"""A conformant relying party: it asks, redeems, validates and reads claims, and tells the verdict all that is wrong."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests

from conformance_tests import checks, responses
from conformance_tests.browser import Arrival, LostError, ScriptedBrowser
from conformance_tests.clients import Client
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.journey import Authorization, SignIn
from conformance_tests.page import Page
from conformance_tests.plans import Variant
from conformance_tests.tokens import (
    IdToken,
    Tokens,
    check_access_token,
    check_refusal,
    token_answer,
    valid_id_token,
)
from conformance_tests.verdict import Verdict

_PARTS = {"code": "code", "id_token": "id_token", "token": "access_token"}


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """One client in one browser, in one pass through a plan."""

    issuer: Issuer
    client: Client
    browser: ScriptedBrowser
    verdict: Verdict
    variant: Variant
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request in alphabetical order; None leaves one out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client.client_id,
            "nonce": random_text(),
            "redirect_uri": self.client.redirect_uri,
            "response_mode": self.variant.response_mode,
            "response_type": self.variant.response_type,
            "scope": "openid",
            "state": random_text(),
            **changes,
        }
        return {name: value for name, value in sorted(parameters.items()) if value is not None}

    def ask(self, request: Mapping[str, str]) -> Page | Arrival:
        """Send the browser to the authorization endpoint and see what it shows first."""
        return self.browser.visit(self.address_of("authorization_endpoint", request))

    def address_of(self, endpoint: str, query: Mapping[str, str]) -> str:
        """An endpoint with parameters in its query, whatever query it has already."""
        address = self.issuer.endpoint(endpoint)
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}" if query else address

    def authorize(self, request: Mapping[str, str]) -> Authorization:
        """Send the browser, sign in and agree where asked, and get what the response type promises."""
        return self.authorization_from(self.ask(request), request)

    def authorize_silently(self, request: Mapping[str, str]) -> Authorization:
        """Send the browser and get an answer without a page in between, as `prompt=none` promises."""
        place = self.ask(request)
        if isinstance(place, Page):
            raise self.verdict.stop(f"prompt=none has to be answered by a redirect; shown instead: {place.description}")
        return self.authorization_from(place, request)

    def authorization_from(self, place: Page | Arrival, request: Mapping[str, str]) -> Authorization:
        """Work the pages until the redirect URI is reached, and demand a sound and complete response there."""
        returned = self.response_at(self.arrive(place), request)
        if "error" in returned:
            raise self.verdict.stop(f"the authorization response is an error: {returned['error']}")
        responses.check_echoes(returned, request, self.issuer.identifier, self.verdict)
        for part, name in _PARTS.items():
            if part in self.variant.parts:
                self.verdict.demand(returned.get(name), f"the authorization response has no {name}")
            else:
                self.verdict.expect(name not in returned, f"the authorization response has {name}, not asked for")
        if "token" in self.variant.parts:
            check_access_token(returned, self.verdict)
        id_token = self._front_channel_id_token(returned, request) if "id_token" in self.variant.parts else None
        return Authorization(request, returned, id_token)

    def arrive(self, place: Page | Arrival) -> Arrival:
        """Work the pages until the redirect URI is reached."""
        try:
            place = self.browser.carry_on(place)
        except LostError as error:
            raise self.verdict.stop(str(error)) from error
        if isinstance(place, Page):
            raise self.verdict.stop(f"the browser never came back to the redirect URI: {place.description}")
        self.verdict.demand(
            _path_of(place.url) == _path_of(self.client.redirect_uri),
            "the browser was sent to an address that is not the redirect URI",
        )
        return place

    def response_at(self, arrival: Arrival, request: Mapping[str, str]) -> dict[str, str]:
        """The parameters of the authorization response, from where they belong."""
        mode = self.variant.response_mode
        return responses.response_at(arrival, request, self.client.redirect_uri, self.verdict, mode=mode)

    def refusal(self, place: Page | Arrival, request: Mapping[str, str], allowed: frozenset[str]) -> str:
        """Demand that the provider has redirected with one of these errors and nothing else amiss."""
        if isinstance(place, Page):
            raise self.verdict.stop(f"an error had to be returned by redirect; shown instead: {place.description}")
        returned = self.response_at(place, request)
        responses.check_echoes(returned, request, self.issuer.identifier, self.verdict)
        return responses.check_error(returned, allowed, self.verdict)

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
        self.verdict.expect_none(checks.claim_type_problems(claims))
        return claims

    def sign_in(
        self, request: Mapping[str, str] | None = None, *, silently: bool = False, **changes: str | None
    ) -> SignIn:
        """The whole journey: authorization, tokens, ID tokens and userinfo, each with its checks."""
        request = request if request is not None else self.request(**changes)
        return self.complete(self.authorize_silently(request) if silently else self.authorize(request))

    def complete(self, authorization: Authorization, **changes: str) -> SignIn:
        """Redeem the code if there is one, validate what comes, and read the claims if there is a token for it."""
        signed_in = self.redeemed(authorization, **changes)
        if not signed_in.access_token:
            return signed_in
        return replace(signed_in, userinfo=self.userinfo(signed_in.access_token, signed_in.id_token))

    def redeemed(self, authorization: Authorization, **changes: str) -> SignIn:
        """Redeem the code if there is one and validate what comes, without reading the claims."""
        tokens = None
        if authorization.code:
            nonce, code = authorization.request.get("nonce"), authorization.code
            tokens = self.tokens_from(self.redeem(code, **changes), nonce, code=code)
            if authorization.id_token is not None:
                same = tokens.id_token.claims.get("sub") == authorization.id_token.claims.get("sub")
                self.verdict.expect(same, "sub of the two ID tokens of one sign-in differs")
        signed_in = SignIn(authorization, tokens, {})
        self.verdict.demand(signed_in.id_tokens, "there is no ID token")
        return signed_in

    def error_from(self, answer: requests.Response, expected: str) -> None:
        """Demand a refusal of the token endpoint: 400, JSON and this error (RFC 6749 section 5.2)."""
        check_refusal(answer, self.verdict, expected)

    def _front_channel_id_token(self, returned: Mapping[str, str], request: Mapping[str, str]) -> IdToken:
        """The ID token of the authorization endpoint, which vouches for what came with it (Core section 3.3.2.11)."""
        given = {"at_hash": "access_token", "c_hash": "code"}
        return self.id_token(
            returned["id_token"],
            request.get("nonce"),
            access_token=returned.get("access_token"),
            code=returned.get("code"),
            required=frozenset(name for name, value in given.items() if value in returned),
        )


def random_text(length: int = 10) -> str:
    """A random value of letters and digits for `state` and `nonce`."""
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _path_of(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
