"""What must be true of ID tokens, claims, responses and errors; each check tells the problems it finds."""

import hashlib
import math
import re
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwk, jws
from joserfc.errors import JoseError

from conformance_tests.claim_types import claim_type_problems, is_number

PROTOCOL_CLAIMS = frozenset(
    (
        *("iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "azp", "at_hash", "c_hash"),
        *("nbf", "jti", "sid", "s_hash", "txn", "openbanking_intent_id"),
    )
)
INTERACTIVE_ERRORS = frozenset(
    {"login_required", "interaction_required", "account_selection_required", "consent_required"}
)

_SKEW = timedelta(minutes=5)
_ERROR_TEXT = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")
_ERROR_MEMBERS = frozenset({"error", "error_description", "error_uri", "state", "session_state", "iss"})


def entropy_of(text: str) -> float:
    """Shannon's entropy of a text in bits, estimated from its own characters as the official suite does."""
    total = len(text)
    return sum(-times * math.log2(times / total) for times in Counter(text).values())


def secret_problems(name: str, secret: str, *, shortest: int = 0) -> Iterator[str]:
    """A code or a token that is too short or too regular to be unguessable (RFC 6749 section 10.10)."""
    if len(secret) < shortest:
        yield f"the {name} has {len(secret)} characters; at least {shortest} are needed"
    if entropy_of(secret) <= 96:
        yield f"the {name} has {entropy_of(secret):.0f} bits of entropy; more than 96 are needed"


def signature_problems(
    token: str, header: Mapping[str, Any], keys: Sequence[dict[str, Any]], what: str = "ID token"
) -> Iterator[str]:
    """A signature that no published key proves, or that more than one key could have made (Core section 10.1)."""
    algorithm, kid = str(header.get("alg")), header.get("kid")
    kind = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}.get(algorithm[:2])
    fitting = [
        key
        for key in keys
        if key.get("kty") == kind
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
        and kid in {None, key.get("kid")}
    ]
    if len(fitting) != 1:
        yield f"{len(fitting)} published keys fit the kid {kid} and alg {algorithm} of the {what}; exactly one must"
        return
    try:
        jws.deserialize_compact(token, jwk.import_key(fitting[0]), algorithms=[algorithm])
    except (JoseError, ValueError) as error:
        yield f"the signature of the {what} does not verify: {type(error).__name__}"


def id_token_problems(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str | None, now: datetime
) -> Iterator[str]:
    """Violations of Core section 2 and 3.1.3.7 in the claims of an ID token."""
    if claims.get("iss") != issuer:
        yield f"iss is {claims.get('iss')!r}, not {issuer!r}"
    audience = claims.get("aud")
    if audience != client_id and not (isinstance(audience, list) and client_id in audience):
        yield "aud does not contain the client_id"
    yield from _time_problems(claims, now)
    if nonce is not None and claims.get("nonce") != nonce:
        yield "nonce is missing" if "nonce" not in claims else "nonce is not the one that was sent"
    if "acr" in claims and (not isinstance(claims["acr"], str) or not claims["acr"]):
        yield "acr is not a non-empty string"
    subject = claims.get("sub")
    if (
        not isinstance(subject, str)
        or not 0 < len(subject) <= 255
        or not subject.isascii()
        or not subject.isprintable()
    ):
        yield "sub is not a printable ASCII string of 1 to 255 characters"
    yield from claim_type_problems(claims)


def hash_problems(
    claims: Mapping[str, Any],
    algorithm: str,
    *,
    access_token: str | None,
    code: str | None,
    required: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """Wrong or missing `at_hash` and `c_hash` (Core section 3.1.3.6 and 3.3.2.11)."""
    for name, value in (("at_hash", access_token), ("c_hash", code)):
        if name not in claims:
            if name in required:
                yield f"{name} is missing"
        elif value is not None and claims[name] != half_hash(value, algorithm):
            yield f"{name} is wrong"


def half_hash(value: str, algorithm: str) -> str:
    """The left half of a value's hash under the hash function of a signature algorithm."""
    function = "sha512" if algorithm in {"EdDSA", "Ed25519"} else f"sha{algorithm[-3:]}"
    digest = hashlib.new(function, value.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def error_problems(error: Mapping[str, str]) -> Iterator[str]:
    """Texts in an error that RFC 6749 (sections 4.1.2.1 and 5.2) does not allow."""
    code = error.get("error", "")
    if not code or not _ERROR_TEXT.fullmatch(code):
        yield "error is missing or has characters that are not allowed"
    description = re.sub(r"[\r\n\t]", "", str(error.get("error_description", "")))
    if not _ERROR_TEXT.fullmatch(description):
        yield "error_description has characters that are not allowed"
    uri = error.get("error_uri")
    if uri is not None and not (urlsplit(uri).scheme and urlsplit(uri).netloc):
        yield "error_uri is not a URL"


def error_oddities(error: Mapping[str, str]) -> Iterator[str]:
    """Things in an error response that the specification does not foresee."""
    unknown = sorted(set(error) - _ERROR_MEMBERS)
    if unknown:
        yield f"the error response has unknown parameters: {', '.join(unknown)}"
    if re.search(r"[\r\n\t]", str(error.get("error_description", ""))):
        yield "error_description has a line break or a tab in it"


def _time_problems(claims: Mapping[str, Any], now: datetime) -> Iterator[str]:
    second = now.timestamp()
    skew, year = _SKEW.total_seconds(), timedelta(days=365).total_seconds()
    expires, issued, signed_in = claims.get("exp"), claims.get("iat"), claims.get("auth_time")
    if not is_number(expires) or not second - skew < expires < second + 50 * year:
        yield "exp is missing, past, or more than 50 years ahead"
    if not is_number(issued) or abs(issued - second) > skew:
        yield "iat is missing or more than 5 minutes off"
    if signed_in is not None and not (is_number(signed_in) and second - year < signed_in <= second + skew):
        yield "auth_time is no number, in the future, or over a year old"
