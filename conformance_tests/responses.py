"""Authorization responses: where their parameters stand, and what is wrong with them."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from conformance_tests import checks
from conformance_tests.browser import Arrival
from conformance_tests.issuer import Issuer
from conformance_tests.page import Page
from conformance_tests.tokens import signed
from conformance_tests.verdict import Verdict

_LONGEST_LIFE = timedelta(minutes=10)
_NEVER_IN_THE_QUERY = frozenset({"code", "error"})


def response_at(
    arrival: Arrival, request: Mapping[str, str], redirect_uri: str, verdict: Verdict, *, mode: str | None
) -> dict[str, str]:
    """Take the parameters from where this request's response belongs, and record what stands elsewhere.

    Codes alone, and errors of a request without response_type, come in the query; tokens and ID tokens in the
    fragment (OAuth 2.0 Multiple Response Types section 3), unless a form was asked for.
    """
    registered = parse_qsl(urlsplit(redirect_uri).query, keep_blank_values=True)
    query = arrival.query
    verdict.expect(query[: len(registered)] == registered, "the query of the redirect URI was not kept")
    pairs = query[len(registered) :]
    if mode == "form_post":
        verdict.expect(arrival.method == "POST", "the response did not arrive as a form POST")
        verdict.expect(not _NEVER_IN_THE_QUERY & dict(pairs).keys(), "code or error stands in the query")
        pairs = list(arrival.form)
    else:
        verdict.expect(arrival.method == "GET", "the response did not arrive as a GET")
        if request.get("response_type", "code") != "code":
            verdict.expect(not _NEVER_IN_THE_QUERY & dict(pairs).keys(), "code or error stands in the query")
            pairs = arrival.fragment
    repeated = sorted(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
    verdict.expect(not repeated, f"the response repeats {', '.join(repeated)}")
    return dict(pairs)


def unpacked(
    outside: Mapping[str, str], issuer: Issuer, verdict: Verdict, *, client_id: str, algorithms: frozenset[str]
) -> dict[str, str]:
    """Take the parameters out of a signed response (JARM section 2), which the provider makes for one client."""
    verdict.demand("response" in outside, "the response is not signed")
    verdict.expect(set(outside) <= {"response"}, "there are parameters beside the signed response")
    token = signed(outside["response"], issuer, verdict, "authorization response")
    verdict.expect(token.algorithm in algorithms, f"the authorization response is signed by {token.algorithm}")
    claims, now = token.claims, datetime.now(UTC).timestamp()
    verdict.expect(claims.get("iss") == issuer.identifier, "iss of the signed response is not the issuer")
    verdict.expect(claims.get("aud") == client_id, "aud of the signed response is not the client_id")
    expires = claims.get("exp")
    sound = isinstance(expires, int | float) and now < expires <= now + _LONGEST_LIFE.total_seconds()
    verdict.expect(sound, "exp of the signed response is missing, past, or more than 10 minutes ahead")
    return {name: str(value) for name, value in claims.items() if name not in {"aud", "exp", "iat", "nbf", "jti"}}


def parameters_anywhere(place: Page | Arrival) -> dict[str, str]:
    """Every parameter that a redirect carries, wherever it carries it; a page carries none."""
    if isinstance(place, Page):
        return {}
    return {**dict(place.query), **dict(place.fragment), **dict(place.form)}


def check_echoes(returned: Mapping[str, str], request: Mapping[str, str], issuer: str, verdict: Verdict) -> None:
    """Record a state that changed on its way, and the issuer of somebody else (RFC 9207 section 2.4)."""
    verdict.expect(returned.get("state") == request.get("state"), "state did not come back as it was sent")
    verdict.expect(returned.get("iss", issuer) == issuer, "iss of the response is not the issuer")


def check_error(returned: Mapping[str, str], allowed: frozenset[str], verdict: Verdict) -> str:
    """Demand one of these errors, and nothing in the response that an error may not have."""
    verdict.demand("error" in returned, "the response has no error")
    verdict.expect(
        not {"code", "access_token", "id_token"} & returned.keys(), "the error response has a code or a token"
    )
    verdict.expect_none(checks.error_problems(returned))
    verdict.advise_none(checks.error_oddities(returned))
    verdict.expect(returned["error"] in allowed, f"error is {returned['error']}, not {' or '.join(sorted(allowed))}")
    return returned["error"]
