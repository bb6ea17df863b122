"""Faults at the authorization endpoint."""

from conformance_tests.peers.alterations import (
    dropping,
    has,
    in_redirect,
    lacks,
    never_signed_in,
    reads_request_objects,
    redirecting,
    refusing,
)
from conformance_tests.peers.faulty_proxy import Answer, Fault

_SIGNED_IN = ("oidcc_prompt_none_logged_in", "oidcc_id_token_hint")

REQUESTS_FAULTS = (
    Fault(
        "state comes back changed",
        ("oidcc_server", "oidcc_prompt_none_not_logged_in"),
        after=in_redirect({"state": "x"}, "iss"),
    ),
    Fault(
        "iss of the response is another", ("oidcc_server",), after=in_redirect({"iss": "https://other.example"}, "iss")
    ),
    Fault(
        "error has characters that are not allowed",
        ("oidcc_prompt_none_not_logged_in",),
        after=in_redirect({"error_description": 'not "here"'}, "error"),
    ),
    Fault(
        "the wrong error is returned",
        ("oidcc_prompt_none_not_logged_in", "oidcc_response_type_missing"),
        after=in_redirect({"error": "server_error"}, "error"),
    ),
    Fault("the code is short", ("oidcc_server",), after=in_redirect({"code": "abc"}, "code")),
    Fault("prompt is ignored", ("oidcc_prompt_login", "oidcc_prompt_none_not_logged_in"), before=dropping("prompt")),
    Fault("max_age is ignored", ("oidcc_max_age_1",), before=dropping("max_age")),
    Fault("the session is forgotten", (*_SIGNED_IN, "oidcc_max_age_10000"), before=never_signed_in),
    Fault(
        "redirect_uri is not checked",
        ("oidcc_ensure_registered_redirect_uri", "oidcc_redirect_uri_query_mismatch", "oidcc_redirect_uri_query_added"),
        before=redirecting("authorization_endpoint", "redirect_uri"),
    ),
    Fault(
        "a nonce is demanded",
        ("oidcc_ensure_request_without_nonce_succeeds_for_code_flow",),
        before=refusing("authorization_endpoint", lacks("nonce"), 400),
    ),
    *(
        Fault(f"{name} is refused", (f"oidcc_{module}",), before=refusing("authorization_endpoint", has(name), 400))
        for name, module in (
            ("extra", "ensure_request_with_unknown_parameter_succeeds"),
            ("login_hint", "login_hint"),
            ("ui_locales", "ui_locales"),
            ("claims_locales", "claims_locales"),
            ("claims", "claims_essential"),
            ("code_challenge", "ensure_request_with_valid_pkce_succeeds"),
        )
    ),
    Fault(
        "display is refused",
        ("oidcc_display_page", "oidcc_display_popup"),
        before=refusing("authorization_endpoint", has("display"), 400),
    ),
    Fault(
        "POST is refused at the authorization endpoint",
        ("oidcc_ensure_post_request_succeeds",),
        before=refusing("authorization_endpoint", lambda ask: ask.method == "POST", 405),
    ),
    Fault(
        "response_type has a default",
        ("oidcc_response_type_missing",),
        before=lambda proxy, ask: (
            ask.query.append(("response_type", "code"))
            if proxy.is_at(ask, "authorization_endpoint") and "response_type" not in ask.parameters
            else None
        ),
    ),
    Fault(
        "request objects are ignored",
        (
            "oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported",
            "oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported",
        ),
        before=dropping("request", "request_uri"),
        after=reads_request_objects,
    ),
    Fault(
        "request objects are refused before redirect_uri is checked",
        ("oidcc_ensure_request_object_with_redirect_uri",),
        before=lambda proxy, ask: (
            Answer(303, [("Location", ask.parameters["redirect_uri"] + "?error=request_not_supported")])
            if proxy.is_at(ask, "authorization_endpoint") and "request" in ask.parameters
            else None
        ),
        after=reads_request_objects,
    ),
)
