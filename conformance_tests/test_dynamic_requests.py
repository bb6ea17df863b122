"""Dynamic: request objects by reference, and the audience of client assertions."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance_tests.callback_server import CallbackServer
from conformance_tests.client_keys import rsa_key
from conformance_tests.clients import Registrar
from conformance_tests.issuer import json_object
from conformance_tests.relying_party import RelyingParty
from conformance_tests.request_object import (
    object_claims,
    outer_parameters,
    publish_request,
    skip_unless_unsigned_objects_are_possible,
    unsigned,
)
from conformance_tests.tokens import check_refusal
from conformance_tests.verdict import Verdict


@pytest.mark.requirement("OIDCC-6.2")
def test_oidcc_request_uri_unsigned(rp: RelyingParty, registrar: Registrar, callbacks: CallbackServer) -> None:
    """An unsigned request object is fetched and processed."""
    _check_request_uri_supported(rp)
    skip_unless_unsigned_objects_are_possible(rp)

    _sign_in_by_reference(rp, registrar, callbacks, unsigned)


@pytest.mark.requirement("OIDCC-6.2")
def test_oidcc_request_uri_signed_rs256(rp: RelyingParty, registrar: Registrar, callbacks: CallbackServer) -> None:
    """A request object under the client's lone key is fetched, verified and processed."""
    _check_request_uri_supported(rp)
    listed = rp.issuer.listed("request_object_signing_alg_values_supported")
    rp.verdict.expect("RS256" in listed, "request_object_signing_alg_values_supported does not list RS256")

    _sign_in_by_reference(rp, registrar, callbacks, rsa_key().sign, "RS256")


@pytest.mark.requirement("OIDCC-9")
def test_oidcc_ensure_client_assertion_with_iss_aud_succeeds(rp: RelyingParty, verdict: Verdict) -> None:
    """An assertion whose audience is the issuer is as good as one for the token endpoint."""
    rp = replace(rp, client=replace(rp.client, audience=rp.issuer.identifier))
    authorization = rp.authorize(rp.request())
    if not authorization.code:
        return

    answer = rp.redeem(authorization.code)

    if answer.ok and json_object(answer) is not None:
        rp.tokens_from(answer, authorization.request["nonce"], code=authorization.code)
    else:
        verdict.advise(False, "an assertion with the issuer as its audience was refused")
        check_refusal(answer, verdict, "invalid_client", statuses=(400, 401))


def _check_request_uri_supported(rp: RelyingParty) -> None:
    # Absent means true for this one (Discovery section 3).
    supported = rp.issuer.metadata.get("request_uri_parameter_supported", True)
    rp.verdict.expect(supported is True, "request_uri_parameter_supported is false")


def _sign_in_by_reference(
    rp: RelyingParty,
    registrar: Registrar,
    callbacks: CallbackServer,
    written: Callable[[dict[str, str]], str],
    algorithm: str | None = None,
) -> None:
    document, address = publish_request(callbacks)
    rp = replace(rp, client=registrar.client(request_uris=[address], request_object_signing_alg=algorithm))
    request = rp.request()
    document.content = written(object_claims(rp, request))

    shown = rp.ask({**outer_parameters(request), "request_uri": address})

    rp.complete(rp.authorization_from(shown, request))
    rp.verdict.expect(document.fetched, "the request object was never fetched")
