"""Faults around registration, and around what the provider fetches from its clients."""

import json
from collections.abc import Callable
from typing import Any

from conformance_tests.client_keys import ASSERTION_TYPE
from conformance_tests.peers.alterations import (
    After,
    Before,
    dropping,
    in_json,
    in_redirect,
    on_pages,
    reads_request_objects,
)
from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy, json_answer
from conformance_tests.tokens import decoded

_DYNAMIC = "[dynamic]"
_REGISTER = "registration_endpoint"
_INITIATE = "oidcc_3rd_party_init_login"


def _registering(change: Callable[[FaultyProxy, dict[str, Any]], Answer | None]) -> Before:
    """Change what a client asks to be registered with, or answer in place of the provider."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        if not proxy.is_at(ask, _REGISTER) or ask.method != "POST":
            return None
        asked: dict[str, Any] = json.loads(ask.body)
        answered = change(proxy, asked)
        ask.body = json.dumps(asked).encode()
        return answered

    return before


def _without(*names: str) -> Before:
    def change(_proxy: FaultyProxy, asked: dict[str, Any]) -> None:
        for name in names:
            asked.pop(name, None)

    return _registering(change)


def _with_keys_of_today(proxy: FaultyProxy, asked: dict[str, Any]) -> None:
    """Register the keys that are at jwks_uri now, and forget where they came from."""
    if "jwks_uri" in asked:
        asked["jwks"] = proxy.fetch("GET", asked.pop("jwks_uri")).json()


def _anything_goes(_proxy: FaultyProxy, asked: dict[str, Any]) -> Answer:
    return json_answer(201, client_id="made-up", **asked)


def _in_registration(**changes: Any) -> After:
    """Change members of what a registration is answered with, when it is made and when it is read."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        document = answer.document
        if "registration_client_uri" in document or proxy.is_at(ask, _REGISTER):
            changed = {name: value for name, value in {**document, **changes}.items() if value is not None}
            answer.body = json.dumps(changed).encode()
        return answer

    return after


def _when_read(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Leave initiate_login_uri out of what a client reads back."""
    return _in_registration(initiate_login_uri=None)(proxy, ask, answer) if ask.method == "GET" else answer


def _no_issuer_as_audience(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Refuse assertions that are meant for the issuer."""
    assertion = decoded(ask.form.get("client_assertion", "")) if proxy.is_at(ask, "token_endpoint") else None
    if assertion is not None and assertion.claims.get("aud") == proxy.metadata["issuer"]:
        return json_answer(401, error="invalid_client")
    return None


def _no_assertions(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    at_token = proxy.is_at(ask, "token_endpoint") and ask.form.get("client_assertion_type") == ASSERTION_TYPE
    return json_answer(401, error="invalid_client") if at_token else None


def _to_the_first_address(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Redirect a request without an address to one that the client has registered."""
    if proxy.is_at(ask, "authorization_endpoint") and "redirect_uri" not in ask.parameters and ask.query:
        return Answer(303, [("Location", "https://rp.conformance.example/callback?error=invalid_request")])
    return None


def _first_keys(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    return proxy.remembered.setdefault("keys", answer) if proxy.is_at(ask, "jwks_uri") else answer


DYNAMIC_FAULTS = (
    Fault(
        "anything can be registered",
        (
            "oidcc_redirect_uri_regfrag",
            "oidcc_registration_sector_bad",
            f"{_INITIATE}_nohttps",
        ),
        before=_registering(_anything_goes),
    ),
    Fault(
        "a registration is 200, not 201",
        ("oidcc_server[basic]", "oidcc_registration_sector_uri"),
        after=lambda proxy, ask, answer: (
            Answer(200, answer.headers, answer.body) if proxy.is_at(ask, _REGISTER) and answer.status == 201 else answer
        ),
    ),
    Fault(
        "a secret has no expiry",
        ("oidcc_server[basic]",),
        after=_in_registration(client_secret_expires_at=None),
    ),
    Fault(
        "a deregistration is 200, not 204",
        ("oidcc_server[basic]",),
        after=lambda _proxy, ask, answer: Answer(200) if ask.method == "DELETE" else answer,
    ),
    Fault("initiate_login_uri is not told back", (_INITIATE,), after=_in_registration(initiate_login_uri=None)),
    Fault("initiate_login_uri cannot be read", (_INITIATE,), after=_when_read),
    Fault(
        "sectors cannot be registered",
        ("oidcc_registration_sector_uri",),
        before=_registering(
            lambda _proxy, asked: (
                json_answer(400, error="invalid_client_metadata") if "sector_identifier_uri" in asked else None
            )
        ),
    ),
    Fault(
        "the logo is nowhere",
        ("oidcc_registration_logo_uri",),
        after=on_pages(lambda page: page.replace("logo.png", "other.png")),
    ),
    Fault(
        "the policy is nowhere",
        ("oidcc_registration_policy_uri",),
        after=on_pages(lambda page: page.replace("example/policy", "example/x")),
    ),
    Fault(
        "the terms are nowhere",
        ("oidcc_registration_tos_uri",),
        after=on_pages(lambda page: page.replace("example/terms", "example/x")),
    ),
    Fault("jwks_uri is ignored", ("oidcc_registration_jwks_uri",), before=_without("jwks_uri")),
    Fault(
        "jwks_uri is fetched once and never again",
        ("oidcc_refresh_token_rp_key_rotation",),
        before=_registering(_with_keys_of_today),
    ),
    Fault("userinfo is not signed", ("oidcc_userinfo_rs256",), before=_without("userinfo_signed_response_alg")),
    Fault(
        "a redirect URI is chosen where none was sent",
        ("oidcc_ensure_redirect_uri_in_authorization_request",),
        before=_to_the_first_address,
    ),
    Fault(
        "a registered query is lost",
        ("oidcc_redirect_uri_query_OK",),
        after=in_redirect({"bar": None}, "bar"),
    ),
    Fault(
        "metadata lacks implicit response types",
        (f"oidcc_discovery_endpoint_verification{_DYNAMIC}",),
        after=in_json("discovery", response_types_supported=["code"]),
    ),
    Fault(
        "metadata lacks the implicit grant",
        (f"oidcc_discovery_endpoint_verification{_DYNAMIC}",),
        after=in_json("discovery", grant_types_supported=["authorization_code"]),
    ),
    Fault(
        "assertions are refused",
        (f"oidcc_server{_DYNAMIC}", f"oidcc_refresh_token{_DYNAMIC}"),
        before=_no_assertions,
    ),
    Fault(
        "assertions for the issuer are refused",
        ("oidcc_ensure_client_assertion_with_iss_aud_succeeds",),
        before=_no_issuer_as_audience,
    ),
    Fault(
        "requests by reference are ignored",
        ("oidcc_request_uri_unsigned", "oidcc_request_uri_signed_rs256"),
        before=dropping("request_uri"),
        after=reads_request_objects,
    ),
    Fault("keys never change", ("oidcc_server_rotate_keys",), needs="check_session_iframe", after=_first_keys),
)
