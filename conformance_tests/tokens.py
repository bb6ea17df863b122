"""Answers with tokens: that they are complete, and that the ID tokens in them are valid."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from conformance_tests import checks
from conformance_tests.issuer import Issuer, json_object, media_type
from conformance_tests.verdict import Verdict

_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class IdToken:
    """An ID token, or another signed JWT, taken apart."""

    raw: str = field(repr=False)
    header: dict[str, Any]
    claims: dict[str, Any]

    @property
    def algorithm(self) -> str:
        """The signature algorithm that the header names."""
        return str(self.header.get("alg"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """A successful answer of the token endpoint."""

    answer: dict[str, Any] = field(repr=False)
    headers: Mapping[str, str]
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    id_token: IdToken


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


def signed(raw: str, issuer: Issuer, verdict: Verdict, what: str) -> IdToken:
    """Demand a JWT that the provider has signed; keys that it has published meanwhile count as well."""
    token = decoded(raw)
    if token is None:
        raise verdict.stop(f"the {what} is no signed JWT")
    if list(checks.signature_problems(raw, token.header, issuer.keys)):
        issuer.read_keys_again()
    verdict.expect_none(checks.signature_problems(raw, token.header, issuer.keys, what))
    return token


def valid_id_token(
    raw: str,
    issuer: Issuer,
    verdict: Verdict,
    *,
    client_id: str,
    nonce: str | None,
    now: datetime,
    access_token: str | None = None,
    code: str | None = None,
    required: frozenset[str] = frozenset(),
) -> IdToken:
    """Take an ID token apart and record every violation of Core section 3.1.3.7; one of alg none has no signature."""
    token = decoded(raw)
    if token is None:
        raise verdict.stop("the ID token is no signed JWT")
    if token.algorithm != "none":
        token = signed(raw, issuer, verdict, "ID token")
        hashes = {"access_token": access_token, "code": code}
        verdict.expect_none(checks.hash_problems(token.claims, token.algorithm, **hashes, required=required))
    verdict.expect_none(
        checks.id_token_problems(token.claims, issuer=issuer.identifier, client_id=client_id, nonce=nonce, now=now)
    )
    return token


def token_answer(answer: requests.Response, verdict: Verdict, *, token_type: str = "bearer") -> dict[str, Any]:
    """Demand a successful answer of the token endpoint (RFC 6749 section 5.1)."""
    document = json_object(answer)
    if answer.status_code != requests.codes.ok or document is None:
        error = (document or {}).get("error", "no JSON")
        raise verdict.stop(f"the token endpoint answered {answer.status_code}: {error}")
    check_access_token(document, verdict, token_type=token_type)
    if "expires_in" in document:
        seconds = document["expires_in"]
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        verdict.expect(number and 0 < seconds <= _YEAR, "expires_in is not a number of seconds up to a year")
    return document


def check_access_token(returned: Mapping[str, Any], verdict: Verdict, *, token_type: str = "bearer") -> None:
    """Demand an access token and its type, in a token response or an authorization response."""
    for name in ("access_token", "token_type"):
        verdict.demand(isinstance(returned.get(name), str) and returned[name], f"the response has no {name}")
    verdict.demand(str(returned["token_type"]).lower() == token_type, f"token_type is not {token_type}")


def check_refusal(
    answer: requests.Response, verdict: Verdict, *expected: str, statuses: tuple[int, ...] = (400,)
) -> None:
    """Demand a refusal in JSON with one of these errors (RFC 6749 section 5.2, RFC 7591 section 3.2.2)."""
    error = _refused_as(answer, verdict, statuses)
    verdict.expect(error in expected, f"error is {error!r}, not {' or '.join(map(repr, expected))}")


def check_refusal_roughly(answer: requests.Response, verdict: Verdict, *preferred: str) -> None:
    """Demand a refusal in JSON; another error than the ones preferred is a warning only."""
    error = _refused_as(answer, verdict, (400,))
    verdict.advise(error in preferred, f"error is {error!r}, not {' or '.join(map(repr, preferred))}")


def _refused_as(answer: requests.Response, verdict: Verdict, statuses: tuple[int, ...]) -> object:
    wanted = " or ".join(map(str, statuses))
    verdict.expect(answer.status_code in statuses, f"the endpoint answered {answer.status_code}, not {wanted}")
    verdict.expect(media_type(answer.headers) == "application/json", "the refusal is not application/json")
    document = json_object(answer) or {}
    verdict.expect_none(checks.error_problems({name: str(value) for name, value in document.items()}))
    return document.get("error")
