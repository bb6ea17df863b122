"""Dynamic: what a client registers is used, and what cannot be true is refused."""

import json
from dataclasses import replace

import pytest

from conformance_tests.callback_server import CallbackServer
from conformance_tests.client_keys import new_rsa_key
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer
from conformance_tests.options import Options
from conformance_tests.page import Page
from conformance_tests.relying_party import RelyingParty
from conformance_tests.responses import parameters_anywhere
from conformance_tests.tokens import check_refusal_roughly
from conformance_tests.verdict import Verdict

_LOGO = "https://rp.conformance.example/logo.png"
_POLICY = "https://rp.conformance.example/policy"
_TERMS = "https://rp.conformance.example/terms"


@pytest.mark.requirement("OIDCR-2")
def test_oidcc_registration_logo_uri(rp: RelyingParty, registrar: Registrar) -> None:
    """The person who signs in sees the client's logo."""
    pages = _pages_for(replace(rp, client=registrar.client(logo_uri=_LOGO)))

    rp.verdict.expect(any(_LOGO in page.images for page in pages), "no page shows the logo of the client")


@pytest.mark.requirement("OIDCR-2")
def test_oidcc_registration_policy_uri(rp: RelyingParty, registrar: Registrar) -> None:
    """The person who signs in can read what the client does with the data."""
    pages = _pages_for(replace(rp, client=registrar.client(policy_uri=_POLICY)))

    rp.verdict.expect(_is_linked(_POLICY, pages), "no page links to the client's policy")


@pytest.mark.requirement("OIDCR-2")
def test_oidcc_registration_tos_uri(rp: RelyingParty, registrar: Registrar) -> None:
    """The person who signs in can read the client's terms of service."""
    pages = _pages_for(replace(rp, client=registrar.client(tos_uri=_TERMS)))

    rp.verdict.expect(_is_linked(_TERMS, pages), "no page links to the client's terms of service")


@pytest.mark.requirement("OIDCR-2")
@pytest.mark.requirement("OIDCC-10.1")
def test_oidcc_registration_jwks_uri(rp: RelyingParty, registrar: Registrar, callbacks: CallbackServer) -> None:
    """The provider fetches the client's keys from where they are said to be."""
    key = new_rsa_key("the-only-key")
    document = callbacks.publish("jwks.json", json.dumps(key.key_set))
    client = replace(registrar.client(jwks=None, jwks_uri=document.url), key=key)

    replace(rp, client=client).sign_in()


@pytest.mark.requirement("OIDCR-5")
@pytest.mark.requirement("OIDCC-8.1")
def test_oidcc_registration_sector_uri(
    issuer: Issuer, registrar: Registrar, callbacks: CallbackServer, options: Options, verdict: Verdict
) -> None:
    """A pairwise client is registered when its sector document has all of its redirect URIs."""
    _skip_unless_pairwise(issuer, verdict)
    document = callbacks.publish("sector.json", json.dumps([options.redirect_uri]))

    registrar.client(subject_type="pairwise", sector_identifier_uri=document.url)


@pytest.mark.requirement("OIDCR-5")
@pytest.mark.requirement("OIDCC-8.1")
def test_oidcc_registration_sector_bad(
    issuer: Issuer, registrar: Registrar, callbacks: CallbackServer, verdict: Verdict
) -> None:
    """A client whose redirect URI is not in the sector document is refused."""
    _skip_unless_pairwise(issuer, verdict)
    document = callbacks.publish("sector.json", json.dumps(["https://other.example/callback"]))

    answer = registrar.attempt(subject_type="pairwise", sector_identifier_uri=document.url)

    check_refusal_roughly(answer, verdict, "invalid_client_metadata")
    verdict.expect(document.fetched, "the sector document was never fetched")


def _pages_for(rp: RelyingParty) -> list[Page]:
    """Every page that a person sees from the request to the return."""
    place = rp.ask(rp.request())
    rp.verdict.demand("error" not in parameters_anywhere(place), "the authorization response is an error")
    rp.arrive(place)
    return rp.browser.pages


def _is_linked(address: str, pages: list[Page]) -> bool:
    return any(link.url == address for page in pages for link in page.links)


def _skip_unless_pairwise(issuer: Issuer, verdict: Verdict) -> None:
    if "pairwise" not in issuer.listed("subject_types_supported"):
        verdict.not_applicable("subject_types_supported does not list pairwise")
