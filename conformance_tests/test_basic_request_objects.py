"""Basic OP: unsigned request objects are understood, or refused as not supported; they are never ignored."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from conformance_tests.browser import Arrival
from conformance_tests.clients import Registrar
from conformance_tests.page import Page
from conformance_tests.relying_party import RelyingParty
from conformance_tests.request_object import hosted, unsigned
from conformance_tests.verdict import Verdict

pytestmark = pytest.mark.profile("basic")


@pytest.mark.dynamic_client
@pytest.mark.requirement("OIDCC-6.2")
def test_oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported(
    rp: RelyingParty, registrar: Registrar, verdict: Verdict
) -> None:
    """A request object by reference is processed, or refused with `request_uri_not_supported`."""
    _skip_unless_unsigned_objects_are_possible(rp)
    with hosted(tls=urlsplit(rp.issuer.identifier).scheme == "https") as place:
        # The fragment is no hash of the content: it is registered, and neither fetched nor verified.
        address = f"{place.address}#any-fragment"
        rp = replace(rp, client=registrar.client(request_uris=[address]))
        request = rp.request()
        place.content = _object_of(rp, request)

        shown = rp.ask({**_outer(request), "request_uri": address})

        _skip_if_refused_as(shown, "request_uri_not_supported", rp, request)
        rp.complete(rp.code_from(shown, request), request)
    # Absent means true for this one (Discovery section 3).
    supported = rp.issuer.metadata.get("request_uri_parameter_supported", True)
    verdict.advise(supported is True, "request_uri was processed, and request_uri_parameter_supported is false")


@pytest.mark.requirement("OIDCC-6.1")
def test_oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported(
    rp: RelyingParty, verdict: Verdict
) -> None:
    """A request object by value is processed, or refused with `request_not_supported`."""
    _skip_unless_unsigned_objects_are_possible(rp)
    request = rp.request()

    shown = rp.ask({**_outer(request), "request": _object_of(rp, request)})

    _skip_if_refused_as(shown, "request_not_supported", rp, request)
    rp.complete(rp.code_from(shown, request), request)
    supported = rp.issuer.metadata.get("request_parameter_supported")
    verdict.advise(supported is True, "request was processed, and request_parameter_supported is not true")


@pytest.mark.requirement("OIDCC-6.1")
def test_oidcc_ensure_request_object_with_redirect_uri(rp: RelyingParty, verdict: Verdict) -> None:
    """The redirect URI inside the object counts; a provider that reads no objects refuses the wrong one outside."""
    _skip_unless_unsigned_objects_are_possible(rp)
    request = rp.request()
    outer = {**_outer(request), "redirect_uri": f"{request['redirect_uri']}_invalid"}

    shown = rp.ask({**outer, "request": _object_of(rp, request)})

    if isinstance(shown, Page) and shown.is_error:
        return
    if isinstance(shown, Arrival) and "error" in dict(shown.query):
        raise verdict.stop("the wrong redirect URI was redirected from before it was refused")
    rp.complete(rp.code_from(shown, request), request)


def _skip_unless_unsigned_objects_are_possible(rp: RelyingParty) -> None:
    listed = rp.issuer.metadata.get("request_object_signing_alg_values_supported")
    if isinstance(listed, list) and "none" not in listed:
        rp.verdict.not_applicable("request_object_signing_alg_values_supported does not list none")


def _object_of(rp: RelyingParty, request: dict[str, str]) -> str:
    return unsigned({**request, "iss": rp.client.client_id, "aud": rp.issuer.identifier})


def _outer(request: dict[str, str]) -> dict[str, str]:
    """What has to stand outside of the object as well, since OAuth 2.0 demands it (Core section 6.1)."""
    return {name: request[name] for name in ("client_id", "redirect_uri", "response_type", "scope")}


def _skip_if_refused_as(shown: Page | Arrival, error: str, rp: RelyingParty, request: dict[str, str]) -> None:
    if isinstance(shown, Arrival) and dict(shown.query).get("error") == error:
        # A provider that does not read objects cannot know the state, so it may be absent.
        state = dict(shown.query).get("state")
        rp.refusal(shown, request if state is not None else {}, frozenset({error}))
        rp.verdict.not_applicable(f"the provider answers {error}")
