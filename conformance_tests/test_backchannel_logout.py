"""Back-Channel OP: the provider tells the relying party that a session has ended."""

from dataclasses import replace

import pytest

from conformance_tests.callback_server import CallbackServer
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer, check_endpoints, check_supported
from conformance_tests.logout_token import connection_oddities, logout_token_problems
from conformance_tests.options import Options
from conformance_tests.relying_party import RelyingParty
from conformance_tests.sign_out import check_signed_out, demand_return, sign_out_request
from conformance_tests.tokens import signed
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCBCL-2.1")
def test_oidcc_backchannel_logout_discovery_endpoint_verification(issuer: Issuer) -> None:
    """The metadata says that the back channel is supported, with session ids, and every endpoint is https."""
    issuer.endpoint("end_session_endpoint")

    check_endpoints(issuer)
    check_supported(issuer, "backchannel_logout_supported", "backchannel_logout_session_supported")


@pytest.mark.requirement("OIDCBCL-2.4")
@pytest.mark.requirement("OIDCBCL-2.5")
def test_oidcc_backchannel_rp_initiated_logout(
    rp: RelyingParty, registrar: Registrar, callbacks: CallbackServer, options: Options, verdict: Verdict
) -> None:
    """Signing out posts one valid logout token, comes back, and ends the session."""
    inbox = callbacks.listen("backchannel_logout")
    needs = {"backchannel_logout_uri": inbox.url, "backchannel_logout_session_required": True}
    rp = replace(rp, client=registrar.with_logout(**needs))
    signed_in = rp.sign_in()
    verdict.expect("sid" in signed_in.claims, "the ID token has no sid")

    demand_return(rp, sign_out_request(rp, signed_in))

    post = inbox.next(options.timeout)
    if post is None:
        raise verdict.stop("no logout token was posted")
    given = dict(post.form)
    verdict.expect(post.content_type.startswith("application/x-www-form-urlencoded"), "the post is no form")
    verdict.demand("logout_token" in given, "the post has no logout_token")
    verdict.advise(len(post.form) == 1, "the post has other parameters than logout_token")
    verdict.advise_none(connection_oddities(post.tls, post.cipher))
    token = signed(given["logout_token"], rp.issuer, verdict, "logout token")
    issuer, client_id = rp.issuer.identifier, rp.client.client_id
    verdict.expect_none(
        logout_token_problems(token.claims, signed_in.claims, issuer=issuer, client_id=client_id, now=rp.clock())
    )
    check_signed_out(rp)
