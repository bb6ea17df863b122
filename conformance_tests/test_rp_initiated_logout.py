"""RP-Initiated OP: signing out at the provider, and where the browser may go afterwards."""

import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from conformance_tests.client_keys import rsa_key
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer, check_endpoints
from conformance_tests.relying_party import RelyingParty
from conformance_tests.request_object import unsigned
from conformance_tests.sign_out import (
    check_signed_out,
    demand_page,
    demand_return,
    demand_signed_out_page,
    sign_out_request,
)


@pytest.fixture
def rp(registrar: Registrar, rp: RelyingParty) -> RelyingParty:
    """The relying party with its post-logout redirect URI registered."""
    return replace(rp, client=registrar.with_logout())


@pytest.mark.requirement("OIDCRIL-2.1")
def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(issuer: Issuer) -> None:
    """The metadata names an end_session_endpoint, and every endpoint is https."""
    issuer.endpoint("end_session_endpoint")

    check_endpoints(issuer)


@pytest.mark.requirement("OIDCRIL-2")
@pytest.mark.requirement("OIDCRIL-3")
def test_oidcc_rp_initiated_logout(rp: RelyingParty) -> None:
    """A complete request ends the session and comes back with the state, and with nothing else."""
    demand_return(rp, sign_out_request(rp, rp.sign_in()))

    check_signed_out(rp)


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_state(rp: RelyingParty) -> None:
    """Without a state, none comes back."""
    demand_return(rp, sign_out_request(rp, rp.sign_in(), state=None))

    check_signed_out(rp)


@pytest.mark.requirement("OIDCRIL-3")
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(rp: RelyingParty) -> None:
    """A post-logout redirect URI that is not registered is never followed."""
    bad = f"{rp.client.post_logout_redirect_uri}/{secrets.token_urlsafe(8)}"

    demand_page(rp, sign_out_request(rp, rp.sign_in(), post_logout_redirect_uri=bad))


@pytest.mark.requirement("OIDCRIL-3")
def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(rp: RelyingParty) -> None:
    """A registered URI with a query added to it is not registered."""
    bad = f"{rp.client.post_logout_redirect_uri}?foo=bar"

    demand_page(rp, sign_out_request(rp, rp.sign_in(), post_logout_redirect_uri=bad))


@pytest.mark.requirement("OIDCRIL-2")
@pytest.mark.requirement("OIDCRIL-4")
def test_oidcc_rp_initiated_logout_modified_id_token_hint(rp: RelyingParty) -> None:
    """An ID token whose signature was taken away is no hint that could lead back."""
    signed_in = rp.sign_in()

    demand_page(rp, sign_out_request(rp, signed_in, id_token_hint=unsigned(signed_in.claims)))


@pytest.mark.requirement("OIDCRIL-2")
@pytest.mark.requirement("OIDCRIL-4")
def test_oidcc_rp_initiated_logout_bad_id_token_hint(rp: RelyingParty) -> None:
    """A token that somebody else has signed is no hint that could lead back."""
    now = rp.clock()
    claims = {
        "iss": rp.client.client_id,
        "aud": rp.issuer.identifier,
        "sub": rp.sign_in().claims["sub"],
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
    }
    hint = rsa_key().sign(claims)

    demand_page(rp, sign_out_request(rp, None, id_token_hint=hint))


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_id_token_hint(rp: RelyingParty) -> None:
    """Without a hint the provider does not know whose URI it is, and stays on a page of its own."""
    demand_page(rp, sign_out_request(rp, rp.sign_in(), id_token_hint=None))


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_params(rp: RelyingParty) -> None:
    """Without any parameter the person is signed out, after a question perhaps, and told so."""
    rp.sign_in()

    demand_signed_out_page(rp, {})


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(rp: RelyingParty) -> None:
    """With hint and state alone the person is signed out and told so on a page of the provider."""
    demand_signed_out_page(rp, sign_out_request(rp, rp.sign_in(), post_logout_redirect_uri=None))


@pytest.mark.requirement("OIDCRIL-2")
def test_oidcc_rp_initiated_logout_only_state(rp: RelyingParty) -> None:
    """With a state alone the person is signed out and told so on a page of the provider."""
    request = sign_out_request(rp, rp.sign_in())

    demand_signed_out_page(rp, {"state": request["state"]})
