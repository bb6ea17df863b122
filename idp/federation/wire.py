"""Asking another provider: Authlib's client on the guarded way out, and answers that are read with care."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.client import OAuth2Client

from idp.federation.connector import Opening
from idp.federation.problems import UpstreamProblem, untrusted
from idp.outgoing import Fetched, Outgoing, OutgoingFailed, OutgoingRefused

_MOST_BYTES = 256 * 1024
_NO_TOKENS = "the token endpoint answered with something that is no token response"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider answered. The methods in lower case that look out of place are those that Authlib calls."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON; ValueError for anything else, absurd nesting and numbers that JSON does not have too."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_no_constant)
        except RecursionError:
            raise ValueError("nested beyond reason") from None

    def raise_for_status(self) -> None:
        """For Authlib, which asks for it where an answer is no JSON object, whatever its status."""
        problem = _of_status(self.status_code)
        # `refused` would say that client_id and client_secret were taken, as only an error in JSON does.
        raise untrusted(_NO_TOKENS) if problem.because == "refused" else problem

    def document(self) -> dict[str, Any]:
        """The JSON object of a good answer.

        Raises:
            UpstreamProblem: It is no JSON object, or the status is not 200.
        """
        if self.status_code != 200:
            raise _of_status(self.status_code)
        return self.anyhow()

    def anyhow(self) -> dict[str, Any]:
        """The JSON object of an answer with any status."""
        try:
            document = self.json()
        except ValueError:
            raise untrusted("the provider answered with something that is no JSON") from None
        if not isinstance(document, dict):
            raise untrusted("the provider answered with JSON that is no object")
        return document


class Wire:
    """The one way to other providers, in the shape of the HTTP session that Authlib's client takes."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing

    def get(self, url: str, *, bearer: str | None = None) -> Answer:
        """Get a document, with an access token if it takes one."""
        headers = {"Authorization": f"Bearer {bearer}"} if bearer is not None else {}
        return self._asked(lambda: self._fetch(url, headers))

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> Answer:
        """For Authlib: post a form with client authentication."""
        body = dict(data)
        _, signed, _ = auth.prepare("POST", url, dict(headers), body)
        more = {name: value for name, value in signed.items() if name.lower() == "authorization"}
        return self._asked(
            lambda: self._outgoing.post(url, body, accept="application/json", max_bytes=_MOST_BYTES, headers=more)
        )

    def request(self, _method: str, url: str, *, headers: Mapping[str, str], auth: Any) -> Answer:
        """For Authlib, where the token endpoint is asked with GET: everything is in the address already."""
        return self._asked(lambda: self._fetch(url, {}))

    def _fetch(self, url: str, headers: Mapping[str, str]) -> Fetched:
        return self._outgoing.fetch(url, accept="application/json", max_bytes=_MOST_BYTES, headers=headers)

    @staticmethod
    def _asked(ask: Callable[[], Fetched]) -> Answer:
        try:
            fetched = ask()
        except OutgoingRefused as refused:
            raise UpstreamProblem("misconfigured", refused.sentence) from None
        except OutgoingFailed as failed:
            raise UpstreamProblem("unavailable", failed.sentence) from None
        return Answer(fetched.status, fetched.headers, fetched.body)


class TokenRefused(Exception):
    """The token endpoint's error (RFC 6749 section 5.2), which may hold anything: compared, never repeated."""

    def __init__(self, error: object = None, description: object = None) -> None:
        super().__init__("the token endpoint refused")
        self.error = error


class TokenClient(OAuth2Client):  # type: ignore[misc]  # Authlib is untyped
    """Authlib's client, with errors that take any text, and secrets that are encoded as RFC 6749 section 2.3.1 says."""

    oauth_error_class = TokenRefused

    def __init__(self, wire: Wire, client_id: str, client_secret: str | None, *, method: str, **more: Any) -> None:
        super().__init__(
            session=wire,
            client_id=client_id,
            client_secret=client_secret,
            token_endpoint_auth_method=method,
            code_challenge_method="S256",
            **more,
        )
        self.register_client_auth_method(("client_secret_basic", _basic))
        self.register_client_auth_method(("client_secret_post", _in_the_body))
        self.register_client_auth_method(("none", _public))

    def leave(self, url: str, opening: Opening, **more: Any) -> str:
        """The address of the authorization endpoint with our request, its challenge among it."""
        address, _ = self.create_authorization_url(
            url,
            state=opening.state,
            code_verifier=opening.code_verifier,
            redirect_uri=opening.redirect_uri,
            **more,
        )
        return str(address)

    def come_back(self, url: str, code: str, opening: Opening) -> dict[str, Any]:
        """Exchange the code that came of a request at once, as `redeem` does."""
        return self.redeem(url, code, redirect_uri=opening.redirect_uri, code_verifier=opening.code_verifier)

    def examine(self, url: str, **more: str) -> list[str]:
        """What is wrong with the credentials: tried on the token endpoint with a code that cannot be one."""
        try:
            self.redeem(url, "idp-connector-check", code_verifier="x" * 43, **more)
        except UpstreamProblem as problem:
            # A refused code means that the client was accepted.
            return [] if problem.because == "refused" else [problem.sentence]
        return []

    def redeem(self, url: str, code: str, *, method: str = "POST", **more: str) -> dict[str, Any]:
        """Exchange a code at once, for what the token endpoint has to give.

        Args:
            method: GET where a provider wants everything in the address.

        Raises:
            UpstreamProblem: It has nothing, or nothing of use.
        """
        try:
            tokens = self.fetch_token(url, method=method, grant_type="authorization_code", code=code, **more)
        except TokenRefused as refused:
            raise self.explain(refused.error) from None
        except (ValueError, TypeError, OverflowError, AttributeError):
            raise untrusted(_NO_TOKENS) from None
        if not isinstance(tokens.get("access_token"), str) or not _is_header_safe(tokens["access_token"]):
            raise untrusted("the token endpoint gave no access token")
        return dict(tokens)

    @staticmethod
    def explain(error: object) -> UpstreamProblem:
        """What the error of a token endpoint means."""
        return _why(error)


def _basic(client: Any, _method: str, uri: str, headers: dict[str, str], body: Any) -> tuple[str, dict[str, str], Any]:
    pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret or '')}"
    headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    return uri, headers, body


def _in_the_body(
    client: Any, _method: str, uri: str, headers: dict[str, str], body: Any
) -> tuple[str, dict[str, str], Any]:
    body.update(client_id=client.client_id, client_secret=client.client_secret or "")
    return uri, headers, body


def _public(client: Any, _method: str, uri: str, headers: dict[str, str], body: Any) -> tuple[str, dict[str, str], Any]:
    body.update(client_id=client.client_id)
    return uri, headers, body


def _why(error: object) -> UpstreamProblem:
    match error:
        case "invalid_grant" | "bad_verification_code":
            return UpstreamProblem("refused", "the provider did not take the code: too old, used, or not ours")
        case "invalid_client" | "unauthorized_client" | "incorrect_client_credentials" | "redirect_uri_mismatch":
            return UpstreamProblem("misconfigured", "the provider does not accept client_id and client_secret")
        case "temporarily_unavailable" | "server_error":
            return UpstreamProblem("unavailable", "the token endpoint says that it cannot answer now")
        case _:
            return UpstreamProblem("refused", "the token endpoint refused")


def _of_status(status: int) -> UpstreamProblem:
    if status == 429:
        return UpstreamProblem("limited", "the provider answered 429: too many requests of ours")
    if status >= 500:
        return UpstreamProblem("unavailable", f"the provider answered {status}")
    return UpstreamProblem("refused", f"the provider answered {status}")


def _is_header_safe(token: str) -> bool:
    return 0 < len(token) <= 8192 and token.isascii() and token.isprintable() and " " not in token


def _no_constant(_name: str) -> None:
    raise ValueError("a number that JSON does not have")
