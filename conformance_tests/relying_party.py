"""A conformant relying party: it asks, redeems, validates and reads claims, and tells the verdict all that is wrong."""

import json
import secrets
from base64 import urlsafe_b64decode
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests

from conformance_tests import checks
from conformance_tests.browser import Arrival, LostError, ScriptedBrowser
from conformance_tests.clients import Client
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.page import Page
from conformance_tests.verdict import Verdict

_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class IdToken:
    """An ID token that has been taken apart; its signature and claims were checked."""

    raw: str = field(repr=False)
    header: dict[str, Any]
    claims: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A successful answer of the token endpoint."""

    answer: dict[str, Any] = field(repr=False)
    headers: Mapping[str, str]
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: IdToken


@dataclass(frozen=True, slots=True)
class SignIn:
    """One authorization with everything that came of it."""

    code: str = field(repr=False)
    tokens: Tokens
    userinfo: dict[str, Any]

    @property
    def claims(self) -> dict[str, Any]:
        """The claims of the ID token."""
        return self.tokens.id_token.claims


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """One client in one browser.

    `response_mode` is None for the default of the response type; the profiles that use another override it.
    """

    issuer: Issuer
    client: Client
    browser: ScriptedBrowser
    verdict: Verdict
    response_mode: str | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request in alphabetical order; None leaves one out."""
        parameters: dict[str, str | None] = {
            "client_id": self.client.client_id,
            "nonce": random_text(),
            "redirect_uri": self.client.redirect_uri,
            "response_mode": self.response_mode,
            "response_type": "code",
            "scope": "openid",
            "state": random_text(),
            **changes,
        }
        return {name: value for name, value in sorted(parameters.items()) if value is not None}

    def authorization_url(self, request: Mapping[str, str]) -> str:
        """The authorization endpoint with a request in its query, whatever query it has already."""
        endpoint = self.issuer.endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(request)}"

    def ask(self, request: Mapping[str, str]) -> Page | Arrival:
        """Send the browser to the authorization endpoint and see what it shows first."""
        return self.browser.visit(self.authorization_url(request))

    def authorize(self, request: Mapping[str, str]) -> str:
        """Send the browser, sign in and agree where asked, and get a code."""
        return self.code_from(self.ask(request), request)

    def authorize_silently(self, request: Mapping[str, str]) -> str:
        """Send the browser and get a code without a page in between, as `prompt=none` promises."""
        place = self.ask(request)
        if isinstance(place, Page):
            raise self.verdict.stop(f"prompt=none has to be answered by a redirect; shown instead: {place.description}")
        return self.code_from(place, request)

    def code_from(self, place: Page | Arrival, request: Mapping[str, str]) -> str:
        """Work the pages until the redirect URI is reached, and take the code out of a sound response."""
        returned = self.response_at(self.arrive(place))
        if "error" in returned:
            raise self.verdict.stop(f"the authorization response is an error: {returned['error']}")
        self._check_response(returned, request)
        self.verdict.demand(returned.get("code"), "the authorization response has no code")
        return returned["code"]

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

    def response_at(self, arrival: Arrival) -> dict[str, str]:
        """The parameters of an authorization response, from where the response mode puts them."""
        if self.response_mode == "form_post":
            self.verdict.expect(arrival.method == "POST", "the response did not arrive as a form POST")
            self.verdict.expect(not {"code", "error"} & dict(arrival.query).keys(), "code or error stands in the query")
            pairs = list(arrival.form)
        else:
            self.verdict.expect(arrival.method == "GET", "the response did not arrive as a GET")
            registered = parse_qsl(urlsplit(self.client.redirect_uri).query, keep_blank_values=True)
            self.verdict.expect(
                arrival.query[: len(registered)] == registered, "the query of the redirect URI was not kept"
            )
            pairs = arrival.query[len(registered) :]
        repeated = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        self.verdict.expect(not repeated, f"the response repeats {', '.join(repeated)}")
        return dict(pairs)

    def refusal(self, place: Page | Arrival, request: Mapping[str, str], allowed: frozenset[str]) -> str:
        """Demand that the provider has redirected with one of these errors and nothing else amiss."""
        if isinstance(place, Page):
            raise self.verdict.stop(f"an error had to be returned by redirect; shown instead: {place.description}")
        returned = self.response_at(place)
        self._check_response(returned, request)
        self.verdict.demand("error" in returned, "the response has no error")
        self.verdict.expect("code" not in returned, "the error response has a code")
        self.verdict.expect_none(checks.error_problems(returned))
        self.verdict.advise_none(checks.error_oddities(returned))
        self.verdict.expect(
            returned["error"] in allowed, f"error is {returned['error']}, not {' or '.join(sorted(allowed))}"
        )
        return returned["error"]

    def redeem(self, code: str, **changes: str) -> requests.Response:
        """Send a code to the token endpoint, whatever comes of it."""
        return self._token_request(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": self.client.redirect_uri, **changes}
        )

    def refresh(self, refresh_token: str, **changes: str) -> requests.Response:
        """Send a refresh token to the token endpoint, whatever comes of it."""
        return self._token_request({"grant_type": "refresh_token", "refresh_token": refresh_token, **changes})

    def tokens_from(self, answer: requests.Response, nonce: str | None, *, code: str | None = None) -> Tokens:
        """Demand a complete answer of the token endpoint with a valid ID token."""
        document = self.token_answer(answer)
        self.verdict.demand(isinstance(document.get("id_token"), str), "the token response has no id_token")
        token = self.id_token(document["id_token"], nonce, access_token=document["access_token"], code=code)
        refresh_token = document.get("refresh_token")
        return Tokens(
            document,
            answer.headers,
            document["access_token"],
            refresh_token if isinstance(refresh_token, str) else None,
            token,
        )

    def token_answer(self, answer: requests.Response) -> dict[str, Any]:
        """Demand an answer with a Bearer access token (RFC 6749 section 5.1)."""
        document = json_object(answer)
        if answer.status_code != requests.codes.ok or document is None:
            error = (document or {}).get("error", "no JSON")
            raise self.verdict.stop(f"the token endpoint answered {answer.status_code}: {error}")
        for name in ("access_token", "token_type"):
            self.verdict.demand(
                isinstance(document.get(name), str) and document[name], f"the token response has no {name}"
            )
        self.verdict.demand(document["token_type"].lower() == "bearer", "token_type is not Bearer")
        if "expires_in" in document:
            seconds = document["expires_in"]
            number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
            self.verdict.expect(number and 0 < seconds <= _YEAR, "expires_in is not a number of seconds up to a year")
        return document

    def id_token(self, raw: str, nonce: str | None, *, access_token: str | None, code: str | None) -> IdToken:
        """Take an ID token apart and check everything that section 3.1.3.7 of Core asks for."""
        token = decoded(raw)
        if token is None:
            raise self.verdict.stop("the ID token is no signed JWT")
        if token.header.get("alg") != "none":
            self.verdict.expect_none(checks.signature_problems(raw, token.header, self.issuer.keys))
            self.verdict.expect_none(
                checks.hash_problems(token.claims, str(token.header.get("alg")), access_token=access_token, code=code)
            )
        self.verdict.expect_none(
            checks.id_token_problems(
                token.claims,
                issuer=self.issuer.identifier,
                client_id=self.client.client_id,
                nonce=nonce,
                now=self.clock(),
            )
        )
        return token

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
        """The whole journey: authorization, tokens, ID token and userinfo, each with its checks."""
        request = request if request is not None else self.request(**changes)
        code = self.authorize_silently(request) if silently else self.authorize(request)
        return self.complete(code, request)

    def complete(self, code: str, request: Mapping[str, str], **changes: str) -> SignIn:
        """Redeem a code, validate what comes, and read the claims."""
        tokens = self.tokens_from(self.redeem(code, **changes), request.get("nonce"), code=code)
        return SignIn(code, tokens, self.userinfo(tokens.access_token, tokens.id_token))

    def error_from(self, answer: requests.Response, expected: str) -> None:
        """Demand a refusal of the token endpoint: 400, JSON and this error (RFC 6749 section 5.2)."""
        self.verdict.expect(
            answer.status_code == requests.codes.bad_request,
            f"the token endpoint answered {answer.status_code}, not 400",
        )
        self.verdict.expect(media_type(answer.headers) == "application/json", "the refusal is not application/json")
        document = json_object(answer) or {}
        self.verdict.expect(document.get("error") == expected, f"error is {document.get('error')!r}, not {expected!r}")
        self.verdict.expect_none(checks.error_problems({name: str(value) for name, value in document.items()}))

    def _token_request(self, fields: dict[str, str]) -> requests.Response:
        header, more = self.client.credentials()
        return self.issuer.http.post(
            self.issuer.endpoint("token_endpoint"),
            data={**fields, **more},
            auth=header,
            headers={"Accept": "application/json"},
            allow_redirects=False,
            timeout=self.issuer.options.timeout,
        )

    def _check_response(self, returned: Mapping[str, str], request: Mapping[str, str]) -> None:
        self.verdict.expect(returned.get("state") == request.get("state"), "state did not come back as it was sent")
        self.verdict.expect(
            returned.get("iss", self.issuer.identifier) == self.issuer.identifier,
            "iss of the response is not the issuer",
        )


def decoded(raw: str) -> IdToken | None:
    """Take a compact JWS apart without believing anything of it."""
    parts = raw.split(".")
    try:
        header, claims = (json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        return None
    if len(parts) != 3 or not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return IdToken(raw, header, claims)


def random_text(length: int = 10) -> str:
    """A random value of letters and digits for `state` and `nonce`."""
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _path_of(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]
