"""Config OP: the discovery document and the published keys."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from conformance_tests.issuer import WELL_KNOWN, Issuer, check_endpoints, media_type
from conformance_tests.metadata_schema import type_problems, unknown_members
from conformance_tests.options import Options
from conformance_tests.plans import Variant
from conformance_tests.verdict import Verdict

_OIDC_RESPONSE_TYPES = frozenset(
    frozenset(words.split())
    for words in ("code", "id_token", "id_token token", "code id_token", "code token", "code id_token token")
)
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
# Language, script, region and the rest in the letter case that BCP 47 section 2.1.1 recommends.
_LANGUAGE_TAG = re.compile(
    r"[a-z]{2,8}(-[A-Z][a-z]{3})?(-([A-Z]{2}|\d{3}))?((-[0-9a-z]{4,8})|(-[a-wyz](-[0-9a-z]{2,8})+))*"
)


@pytest.mark.requirement("OIDCD-3")
@pytest.mark.requirement("OIDCD-4.2")
@pytest.mark.requirement("OIDCD-4.3")
def test_oidcc_discovery_endpoint_verification(
    issuer: Issuer, options: Options, verdict: Verdict, variant: Variant
) -> None:
    """Metadata is there, of the right types, about this issuer, and enough for a relying party to start."""
    metadata = issuer.metadata
    verdict.expect(issuer.discovery.status_code == 200, f"discovery answered {issuer.discovery.status_code}")
    verdict.expect(media_type(issuer.discovery.headers) == "application/json", "discovery is not application/json")
    _check_issuer(issuer, options, verdict)
    check_endpoints(issuer)
    issuer.check_https(metadata["jwks_uri"], "jwks_uri")

    verdict.expect_none(type_problems(metadata))
    verdict.expect_none(_value_problems(issuer))
    if variant.registers:
        verdict.expect_none(_dynamic_problems(issuer))
    verdict.expect_none(_locale_problems(metadata))
    verdict.advise_none(unknown_members(metadata))
    verdict.advise_none(_locale_oddities(metadata))
    verdict.advise("scopes_supported" in metadata, "scopes_supported is missing")
    verdict.advise(isinstance(metadata.get("claims_supported"), list), "claims_supported is missing or no array")
    signed = metadata.get("request_object_signing_alg_values_supported")
    verdict.advise(signed is None or "RS256" in signed, "request_object_signing_alg_values_supported lacks RS256")


def _check_issuer(issuer: Issuer, options: Options, verdict: Verdict) -> None:
    identifier = issuer.identifier
    issuer.check_https(identifier, "issuer")
    parts = urlsplit(identifier)
    verdict.expect(
        not (parts.query or parts.fragment or "@" in parts.netloc), "issuer has a query, fragment or userinfo"
    )
    verdict.expect(
        identifier.removesuffix("/") == options.issuer.removesuffix("/"),
        f"issuer is {identifier}, and the document was found at {options.issuer.removesuffix('/')}{WELL_KNOWN}",
    )


def _value_problems(issuer: Issuer) -> Iterator[str]:
    """Lists without the values that every provider needs (Discovery section 3)."""
    metadata = issuer.metadata
    if not {"public", "pairwise"} & set(issuer.listed("subject_types_supported")):
        yield "subject_types_supported has neither public nor pairwise"
    if "RS256" not in issuer.listed("id_token_signing_alg_values_supported"):
        yield "id_token_signing_alg_values_supported lacks RS256"
    if not {frozenset(words.split()) for words in issuer.listed("response_types_supported")} & _OIDC_RESPONSE_TYPES:
        yield "response_types_supported has no response type of OpenID Connect"
    if "grant_types_supported" in metadata and not issuer.listed("grant_types_supported"):
        yield "grant_types_supported is not a non-empty array"
    if "scopes_supported" in metadata:
        scopes = issuer.listed("scopes_supported")
        if "openid" not in scopes or not all(_SCOPE.fullmatch(scope) for scope in scopes):
            yield "scopes_supported lacks openid or has something that is no scope"
    methods = issuer.listed("code_challenge_methods_supported")
    if methods and not {"S256", "plain"} & set(methods):
        yield "code_challenge_methods_supported has neither S256 nor plain"


def _dynamic_problems(issuer: Issuer) -> Iterator[str]:
    """What every provider with dynamic clients has to support (Core section 15.2)."""
    offered = {frozenset(words.split()) for words in issuer.listed("response_types_supported")}
    for words in ("code", "id_token", "id_token token"):
        if frozenset(words.split()) not in offered:
            yield f"response_types_supported lacks {words}"
    for grant in ("authorization_code", "implicit"):
        # Absent means these two (Discovery section 3).
        if grant not in issuer.metadata.get("grant_types_supported", [grant]):
            yield f"grant_types_supported lacks {grant}"


def _locale_problems(metadata: dict[str, Any]) -> Iterator[str]:
    for name, tag in _locales(metadata):
        if not _LANGUAGE_TAG.fullmatch(_recommended_case(tag)):
            yield f"{name} has {tag}, which is no language tag"


def _locale_oddities(metadata: dict[str, Any]) -> Iterator[str]:
    for name, tag in _locales(metadata):
        if tag != _recommended_case(tag):
            yield f"{name} has {tag} in an unusual letter case"


def _locales(metadata: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("ui_locales_supported", "claims_locales_supported"):
        yield from ((name, str(tag)) for tag in metadata.get(name) or ())


def _recommended_case(tag: str) -> str:
    """A tag in the letter case of BCP 47: scripts capitalised, regions in capitals, all else small."""
    first, *rest = tag.split("-")
    cased = [first.lower()]
    for part in rest:
        after_singleton = len(cased[-1]) == 1
        if len(part) == 4 and part.isalpha() and not after_singleton:
            cased.append(part.capitalize())
        else:
            cased.append(part.upper() if len(part) == 2 and not after_singleton else part.lower())
    return "-".join(cased)
