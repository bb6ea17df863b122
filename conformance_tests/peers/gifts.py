"""What the peer cannot do and the proxy adds, so that the modules about it are seen to turn green as well."""

import json

from conformance_tests.peers.alterations import in_id_token, in_json, reads_request_objects, register_as_signed
from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy
from conformance_tests.request_object import unsigned
from conformance_tests.tokens import decoded

_REQUEST_OBJECTS = (
    "oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported",
    "oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported",
    "oidcc_ensure_request_object_with_redirect_uri",
    "oidcc_request_uri_unsigned",
    "oidcc_request_uri_signed_rs256",
)


def _read_request_object(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Replace a request object, or its address, by the parameters in it."""
    parameters = dict(ask.query)
    if proxy.is_at(ask, "authorization_endpoint") and {"request", "request_uri"} & parameters.keys():
        raw = parameters.pop("request", None)
        if raw is None:
            raw = proxy.fetch("GET", parameters.pop("request_uri").partition("#")[0]).text
        inside = decoded(raw)
        assert inside is not None
        ask.query = list({**parameters, **inside.claims}.items())
    return None


def _meet_acr_values(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Say in every ID token that the first of the supported contexts was met."""
    first = next(iter(proxy.metadata.get("acr_values_supported", ["1"])))
    return in_id_token(acr=first)(proxy, ask, answer)


def _take_signatures_away(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    document = answer.document
    token = decoded(document.get("id_token", ""))
    if proxy.is_at(ask, "token_endpoint") and token is not None:
        document["id_token"] = unsigned(token.claims)
        answer.body = json.dumps(document).encode()
    return in_json("discovery", id_token_signing_alg_values_supported=["RS256", "none"])(proxy, ask, answer)


GIFTS = (
    Fault(
        "acr_values are met",
        ("oidcc_ensure_request_with_acr_values_succeeds",),
        after=_meet_acr_values,
    ),
    Fault("request objects are read", _REQUEST_OBJECTS, before=_read_request_object, after=reads_request_objects),
    Fault(
        "ID tokens are unsigned", ("oidcc_idtoken_unsigned",), before=register_as_signed, after=_take_signatures_away
    ),
)
