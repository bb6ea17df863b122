"""What may be kept of a refused request: names and words of the specifications, lengths, and addresses cut down.

No secret, token, code or address of a person can be among it, since no value is kept that is not in a list here.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from idp.protocol.authorization.request_checks import PROMPTS
from idp.protocol.authorization.return_address import RESPONSE_MODES
from idp.protocol.clients.client import RegisteredClient
from idp.protocol.clients.presented_credentials import Presented
from idp.protocol.explanation.addresses import kept
from idp.protocol.messages import ClientRequest, Parameters
from idp.protocol.refusals import OAuth2Error
from idp.protocol.server import GRANT_TYPES

OTHER = "(another value)"

_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "response_type": frozenset({"code", "token", "id_token", "none"}),
        "response_mode": frozenset(RESPONSE_MODES),
        "prompt": PROMPTS,
        "code_challenge_method": frozenset({"S256", "plain"}),
        "display": frozenset({"page", "popup", "touch", "wap"}),
        "grant_type": frozenset({*GRANT_TYPES, "password", "implicit"}),
        "token_type_hint": frozenset({"access_token", "refresh_token"}),
    }
)
"""Parameters whose values are words of a specification."""

_LENGTHS = frozenset({"code_challenge", "code_verifier", "nonce", "state", "dpop_jkt", "client_assertion"})
"""Parameters of which the length says enough."""

_NAMES = frozenset(
    {
        *_WORDS,
        *_LENGTHS,
        *("client_id", "client_secret", "client_assertion_type", "redirect_uri", "scope", "resource", "max_age"),
        *("request", "request_uri", "registration", "claims", "claims_locales", "ui_locales", "acr_values"),
        *("login_hint", "id_token_hint", "idp_hint", "code", "refresh_token", "device_code", "token"),
        *("username", "password", "audience"),
    }
)
"""Parameters that are named; others are only counted, since a name can be anything."""

_SECONDS = re.compile(r"-?[0-9]{1,12}", re.ASCII)


def of_parameters(parameters: Parameters, client: RegisteredClient | None) -> dict[str, Any]:
    """What may be kept of the parameters of a request; `client` is the one that it names, where there is one."""
    values = parameters.values
    facts: dict[str, Any] = {"parameters": sorted(_NAMES & values.keys())}
    if others := len(values.keys() - _NAMES):
        facts["other_parameters"] = others
    if parameters.repeated:
        facts["repeated"] = sorted(name if name in _NAMES else OTHER for name in parameters.repeated)
    told = {name: _told(name, value, client) for name, value in values.items()}
    facts["values"] = {name: value for name, value in sorted(told.items()) if value is not None}
    return facts


def of_client_request(request: ClientRequest, client: RegisteredClient | None) -> dict[str, Any]:
    """The same for a request that a client makes by itself, with how it has shown who it is."""
    facts = of_parameters(request.parameters, client) | {"authentication": _method(request)}
    if request.proofs:
        facts["dpop_proofs"] = len(request.proofs)
    return facts


def named_client(request: ClientRequest) -> str | None:
    """The client id that a request names, proven or not. Of one that shows too much, the form's or the header's."""
    for one in (request, replace(request, authorization=None), replace(request, parameters=Parameters({}))):
        try:
            return Presented.by(one).client_id
        except OAuth2Error:
            continue
    return None


def _told(name: str, value: str, client: RegisteredClient | None) -> str | None:
    if name in _WORDS:
        return " ".join(word if word in _WORDS[name] else OTHER for word in value.split(" "))
    if name in _LENGTHS:
        return f"{len(value)} characters"
    match name:
        case "redirect_uri":
            return kept(value, client.redirect_uris if client else ())
        case "resource":
            return " ".join(kept(one, client.resources if client else ()) for one in value.split()[:5])
        case "max_age":
            return value if _SECONDS.fullmatch(value) else OTHER
        case "scope":
            known = set(client.scope) if client else set()
            return " ".join(word if word in known else OTHER for word in value.split()[:20])
        case "client_id" if client is None:
            return f"{len(value)} characters"
        case _:
            return None


def _method(request: ClientRequest) -> str:
    parameters = request.parameters
    shown = []
    if request.authorization is not None:
        basic = request.authorization.lower().startswith("basic ")
        shown.append("client_secret_basic" if basic else "an Authorization header that is not Basic")
    if parameters.get("client_secret") is not None:
        shown.append("client_secret_post")
    if parameters.get("client_assertion") is not None:
        shown.append("client_assertion")
    return " and ".join(shown) or "none"
