"""Dynamic: a redirect URI is compared as it was registered, its query included."""

from dataclasses import replace

import pytest

from conformance_tests.browser import Arrival
from conformance_tests.clients import Registrar
from conformance_tests.options import Options
from conformance_tests.relying_party import RelyingParty
from conformance_tests.tokens import check_refusal_roughly
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_ensure_redirect_uri_in_authorization_request(
    rp: RelyingParty, registrar: Registrar, options: Options
) -> None:
    """With two URIs registered and none sent, the provider does not choose one."""
    registered = [options.redirect_uri, f"{options.redirect_uri}2"]
    rp = replace(rp, client=registrar.client(redirect_uris=registered))

    _demand_error_page(rp, rp.request(redirect_uri=None))


@pytest.mark.requirement("OIDCC-3.1.2.1")
@pytest.mark.requirement("RFC6749-3.1.2")
def test_oidcc_redirect_uri_query_OK(rp: RelyingParty, registrar: Registrar, options: Options) -> None:  # noqa: N802
    """A registered query is kept, and the response stands beside it."""
    registered = f"{options.redirect_uri}?bar=foo"

    replace(rp, client=registrar.client(redirect_uris=[registered])).sign_in()


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_redirect_uri_query_mismatch(rp: RelyingParty, registrar: Registrar, options: Options) -> None:
    """Another query than the registered one is another URI."""
    rp = replace(rp, client=registrar.client(redirect_uris=[f"{options.redirect_uri}?bar=foo"]))

    _demand_error_page(rp, rp.request(redirect_uri=f"{options.redirect_uri}?foo=bar"))


@pytest.mark.requirement("OIDCC-3.1.2.1")
def test_oidcc_redirect_uri_query_added(rp: RelyingParty, options: Options) -> None:
    """A query that was not registered makes another URI."""
    _demand_error_page(rp, rp.request(redirect_uri=f"{options.redirect_uri}?foo=bar"))


@pytest.mark.requirement("RFC6749-3.1.2")
@pytest.mark.requirement("OIDCR-3.3")
def test_oidcc_redirect_uri_regfrag(registrar: Registrar, options: Options, verdict: Verdict) -> None:
    """A redirect URI with a fragment cannot be registered."""
    answer = registrar.attempt(redirect_uris=[f"{options.redirect_uri}#foobar"])

    check_refusal_roughly(answer, verdict, "invalid_redirect_uri", "invalid_client_metadata")


def _demand_error_page(rp: RelyingParty, request: dict[str, str]) -> None:
    place = rp.ask(request)
    if isinstance(place, Arrival):
        raise rp.verdict.stop("the browser was redirected although the redirect URI was missing or not registered")
    rp.verdict.expect(place.is_error, f"this is no error page: {place.description}")
