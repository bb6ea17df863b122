"""A relying party under FAPI 2.0 in one browser, from the pushed request to the protected resource."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import requests

from conformance_tests import responses
from conformance_tests.browser import Arrival, LostError, ScriptedBrowser
from conformance_tests.fapi_sender import TOKEN, FapiSender, Proof
from conformance_tests.page import Page
from conformance_tests.tokens import IdToken, Tokens, check_refusal, token_answer, valid_id_token

ALGORITHMS = frozenset({"PS256", "ES256", "EdDSA", "Ed25519"})
"""What FAPI 2.0 Security Profile section 5.4.1 lets sign."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FapiParty(FapiSender):
    """One client in one browser."""

    browser: ScriptedBrowser

    def ask(self, request_uri: str, **outside: str) -> Page | Arrival:
        """Send the browser to the authorization endpoint with a pushed request."""
        return self.ask_openly({"client_id": self.client.client_id, "request_uri": request_uri, **outside})

    def ask_openly(self, query: Mapping[str, str]) -> Page | Arrival:
        """Send the browser to the authorization endpoint with these parameters and no others."""
        return self.browser.visit(f"{self.issuer.endpoint('authorization_endpoint')}?{urlencode(query)}")

    def returned(self, place: Page | Arrival) -> dict[str, str] | Page:
        """Work the pages to their end: what came back to the redirect URI, or the page that the way ends at."""
        try:
            place = self.browser.carry_on(place)
        except LostError as error:
            raise self.verdict.stop(str(error)) from error
        if isinstance(place, Page):
            return place
        mode = None if self.variant.response_mode == "jwt" else self.variant.response_mode
        plain = responses.response_at(place, {}, self.client.redirect_uri, self.verdict, mode=mode)
        if self.variant.response_mode != "jwt":
            return plain
        client_id = self.client.client_id
        return responses.unpacked(plain, self.issuer, self.verdict, client_id=client_id, algorithms=ALGORITHMS)

    def code_from(self, place: Page | Arrival, request: Mapping[str, str]) -> str:
        """Demand a sound response with a code."""
        returned = self.returned(place)
        if isinstance(returned, Page):
            raise self.verdict.stop(f"the browser never came back to the redirect URI: {returned.description}")
        if "error" in returned:
            raise self.verdict.stop(f"the authorization response is an error: {returned['error']}")
        responses.check_echoes(returned, request, self.issuer.identifier, self.verdict)
        self.verdict.expect("iss" in returned, "the response has no iss")
        self.verdict.demand(returned.get("code"), "the response has no code")
        return returned["code"]

    def authorize(self, request: Mapping[str, str] | None = None) -> str:
        """Push, sign in, and get a code."""
        request = request if request is not None else self.request()
        return self.code_from(self.ask(self.pushed(request)), request)

    def redeem(
        self, code: str, *, proof: Proof | None = None, assertion: str | None = None, **changes: str | None
    ) -> requests.Response:
        """Send a code to the token endpoint, whatever comes of it; None leaves a field out."""
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": self.verifier,
            **changes,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        return self.send(TOKEN, given, proof=proof or self.proof_for(TOKEN), assertion=assertion)

    def tokens_from(self, answer: requests.Response, nonce: str | None, *, code: str | None = None) -> Tokens:
        """Demand tokens that are bound to the key of the proof, and an ID token under one of the allowed algorithms."""
        document = token_answer(answer, self.verdict, token_type="dpop")
        self.verdict.demand(isinstance(document.get("id_token"), str), "the token response has no id_token")
        access_token = document["access_token"]
        token = self.id_token(document["id_token"], nonce, access_token=access_token, code=code)
        if nonce is None:
            self.verdict.expect("nonce" not in token.claims, "the ID token has a nonce, and none was sent")
        renewal = document.get("refresh_token")
        return Tokens(document, answer.headers, access_token, renewal if isinstance(renewal, str) else None, token)

    def id_token(self, raw: str, nonce: str | None, **hashed: Any) -> IdToken:
        """Demand an ID token for this client under an algorithm of the profile, and record what is wrong with it."""
        now, client_id = datetime.now(UTC), self.client.client_id
        token = valid_id_token(raw, self.issuer, self.verdict, client_id=client_id, nonce=nonce, now=now, **hashed)
        self.verdict.expect(token.algorithm in ALGORITHMS, f"the ID token is signed by {token.algorithm}")
        return token

    def complete(self, code: str, request: Mapping[str, str], *, proof: Proof | None = None) -> Tokens:
        """Redeem a code for bound tokens, and use the access token once."""
        tokens = self.tokens_from(self.redeem(code, proof=proof), request.get("nonce"), code=code)
        answer = self.resource(tokens.access_token)
        self.verdict.expect(answer.ok, f"the protected resource answered {answer.status_code} to a bound token")
        return tokens

    def sign_in(self, **changes: str | None) -> Tokens:
        """The whole journey."""
        request = self.request(**changes)
        return self.complete(self.authorize(request), request)

    def resource(
        self, access_token: str, *, scheme: str = "DPoP", proof: str | None = None, **how: Any
    ) -> requests.Response:
        """GET the protected resource, which is userinfo, by a token and a proof that fits it, or another proof."""
        url = self.issuer.endpoint("userinfo_endpoint")

        def answered(nonce: str | None) -> requests.Response:
            fitting = {"access_token": access_token, "nonce": nonce, **how}
            shown = proof if proof is not None else self.proofs.proof("GET", url, **fitting)
            return self.issuer.fetch(
                url, Authorization=f"{scheme} {access_token}", **({"DPoP": shown} if shown else {})
            )

        answer = answered(None)
        if proof is None and "use_dpop_nonce" in answer.headers.get("WWW-Authenticate", ""):
            return answered(answer.headers.get("DPoP-Nonce"))
        return answer

    def granted(
        self, answer: requests.Response, request: Mapping[str, str], *errors: str, **outside: str
    ) -> str | None:
        """The code that comes of a pushed request; nothing when it is refused somewhere, by one of these errors."""
        if answer.status_code != requests.codes.created:
            check_refusal(answer, self.verdict, *errors, statuses=(400, 401, 403))
            return None
        return self.code_unless_refused(self.ask(self.request_uri_from(answer), **outside), request, *errors)

    def code_unless_refused(self, place: Page | Arrival, request: Mapping[str, str], *errors: str) -> str | None:
        """The code that the browser comes back with; nothing when it ends at an error page or with one of these."""
        returned = self.returned(place) if isinstance(place, Arrival) or not place.is_error else place
        if isinstance(returned, Page):
            self.verdict.expect(returned.is_error, f"this is no error page: {returned.description}")
            return None
        responses.check_echoes(returned, request, self.issuer.identifier, self.verdict)
        if "error" not in returned:
            return returned.get("code", "")
        responses.check_error(returned, frozenset(errors), self.verdict)
        return None

    def demand_refused(self, request: Mapping[str, str], *errors: str, **outside: str) -> None:
        """Demand that a request is refused when it is pushed, by a redirect with one of these errors, or on a page."""
        code = self.granted(self.push(request), request, *errors, **outside)
        self.verdict.expect(code is None, "the request was granted")

    def demand_error(self, place: Page | Arrival, request: Mapping[str, str], *errors: str) -> None:
        """Demand that the browser ends at an error page, or comes back with one of these errors."""
        self.verdict.expect(self.code_unless_refused(place, request, *errors) is None, "the request was granted")
