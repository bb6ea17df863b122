"""A conformant relying party: it asks, redeems, validates and reads claims, and tells the verdict all that is wrong."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode, urlsplit

from conformance_tests import responses
from conformance_tests.browser import Arrival, LostError, ScriptedBrowser
from conformance_tests.journey import Authorization, SignIn
from conformance_tests.page import Page
from conformance_tests.token_receiver import TokenReceiver
from conformance_tests.tokens import IdToken, check_access_token

_PARTS = {"code": "code", "id_token": "id_token", "token": "access_token"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelyingParty(TokenReceiver):
    """One client in one browser, in one pass through a plan."""

    browser: ScriptedBrowser

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
