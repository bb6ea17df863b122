"""Core: unsigned request objects are understood, or refused as not supported; they are never ignored."""

from dataclasses import replace

import pytest

from conformance_tests.browser import Arrival
from conformance_tests.callback_server import CallbackServer
from conformance_tests.clients import Registrar
from conformance_tests.page import Page
from conformance_tests.relying_party import RelyingParty
from conformance_tests.request_object import (
    object_claims,
    outer_parameters,
    publish_request,
    skip_unless_unsigned_objects_are_possible,
    unsigned,
)
from conformance_tests.responses import parameters_anywhere
from conformance_tests.verdict import Verdict


@pytest.mark.dynamic_client
@pytest.mark.requirement("OIDCC-6.2")
def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    rp: RelyingParty, registrar: Registrar, callbacks: CallbackServer, verdict: Verdict
) -> None:
    """A request object by reference is processed, or refused with `request_uri_not_supported`."""
    skip_unless_unsigned_objects_are_possible(rp)
    document, address = publish_request(callbacks)
    rp = replace(rp, client=registrar.client(request_uris=[address]))
    request = rp.request()
    document.content = unsigned(object_claims(rp, request))

    shown = rp.ask({**outer_parameters(request), "request_uri": address})

    _skip_if_refused_as(shown, "request_uri_not_supported", rp, request)
    rp.complete(rp.authorization_from(shown, request))
    # Absent means true for this one (Discovery section 3).
    supported = rp.issuer.metadata.get("request_uri_parameter_supported", True)
    verdict.advise(supported is True, "request_uri was processed, and request_uri_parameter_supported is false")


@pytest.mark.requirement("OIDCC-6.1")
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    rp: RelyingParty, verdict: Verdict
) -> None:
    """A request object by value is processed, or refused with `request_not_supported`."""
    skip_unless_unsigned_objects_are_possible(rp)
    request = rp.request()

    shown = rp.ask({**outer_parameters(request), "request": unsigned(object_claims(rp, request))})

    _skip_if_refused_as(shown, "request_not_supported", rp, request)
    rp.complete(rp.authorization_from(shown, request))
    supported = rp.issuer.metadata.get("request_parameter_supported")
    verdict.advise(supported is True, "request was processed, and request_parameter_supported is not true")


@pytest.mark.requirement("OIDCC-6.1")
def test_oidcc_ensure_request_object_with_redirect_uri(rp: RelyingParty, verdict: Verdict) -> None:
    """The redirect URI inside the object counts; a provider that reads no objects refuses the wrong one outside."""
    skip_unless_unsigned_objects_are_possible(rp)
    request = rp.request()
    outer = {**outer_parameters(request), "redirect_uri": f"{request['redirect_uri']}_invalid"}

    shown = rp.ask({**outer, "request": unsigned(object_claims(rp, request))})

    if isinstance(shown, Page) and shown.is_error:
        return
    if "error" in parameters_anywhere(shown):
        raise verdict.stop("the wrong redirect URI was redirected from before it was refused")
    rp.complete(rp.authorization_from(shown, request))


def _skip_if_refused_as(shown: Page | Arrival, error: str, rp: RelyingParty, request: dict[str, str]) -> None:
    if parameters_anywhere(shown).get("error") == error:
        # A provider that does not read objects cannot know the state, so it may be absent.
        without = {name: value for name, value in request.items() if name != "state"}
        rp.refusal(shown, request if parameters_anywhere(shown).get("state") else without, frozenset({error}))
        rp.verdict.not_applicable(f"the provider answers {error}")
