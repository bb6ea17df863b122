"""What the peer cannot do and the proxy adds, so that the modules about it are seen to turn green as well."""

import json

from conformance_tests.peers.alterations import in_id_token, in_json, register_as_signed
from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy
from conformance_tests.request_object import unsigned
from conformance_tests.tokens import decoded

_REQUEST_OBJECTS = (
    "oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported",
    "oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported",
    "oidcc_ensure_request_object_with_redirect_uri",
)


def _read_request_object(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Replace an unsigned request object, or its address, by the parameters in it."""
    parameters = dict(ask.query)
    if proxy.is_at(ask, "authorization_endpoint") and {"request", "request_uri"} & parameters.keys():
        raw = parameters.pop("request", None)
        if raw is None:
            raw = proxy.fetch("GET", parameters.pop("request_uri").partition("#")[0]).text
        inside = decoded(raw)
        assert inside is not None
        ask.query = list({**parameters, **inside.claims}.items())
    return None


def _says_so(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    return in_json("discovery", request_parameter_supported=True, request_uri_parameter_supported=True)(
        proxy, ask, answer
    )


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
        after=in_id_token(acr="urn:example:bronze"),
    ),
    Fault("unsigned request objects are read", _REQUEST_OBJECTS, before=_read_request_object, after=_says_so),
    Fault(
        "ID tokens are unsigned", ("oidcc_idtoken_unsigned",), before=register_as_signed, after=_take_signatures_away
    ),
)
