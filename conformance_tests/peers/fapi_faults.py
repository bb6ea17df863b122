"""Faults of a provider that claims to follow FAPI 2.0."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance_tests.peers.alterations import After, Before, in_id_token, in_json, in_redirect, refusing
from conformance_tests.peers.fapi_grants import PAR, asked_in, grants_everything, takes_everything
from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy, json_answer
from conformance_tests.tokens import decoded

_SIGNED = "[fapi2-message-signing]"


def _named(words: str, variant: str = "") -> tuple[str, ...]:
    return tuple(f"fapi2_security_profile_final_{word}{variant}" for word in words.split())


def _refusing_proofs(when: Callable[[dict[str, Any]], bool], endpoint: str = "token_endpoint") -> Before:
    """Refuse proofs with some kind of claims."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        proof = decoded(ask.header("DPoP")) if proxy.is_at(ask, endpoint) else None
        return json_answer(400, error="invalid_dpop_proof") if proof is not None and when(proof.claims) else None

    return before


def _changing_form(**fields: str | None) -> Before:
    """Change what is pushed."""

    def before(proxy: FaultyProxy, ask: Ask) -> None:
        if proxy.is_at(ask, PAR):
            ask.put(**fields)

    return before


def _in_signed_response(header: dict[str, Any] | None = None, **claims: Any) -> After:
    """Change header members and claims of every signed authorization response."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        response = dict(parse_qsl(urlsplit(answer.get("Location")).query)).get("response")
        if response is None:
            return answer
        changed = proxy.signed_anew(response, header or {}, claims)
        return in_redirect({"response": changed}, "response")(proxy, ask, answer)

    return after


def _once_only(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Show the page for a pushed request once."""
    uri = ask.parameters.get("request_uri", "")
    if not proxy.is_at(ask, "authorization_endpoint") or not uri:
        return None
    if uri in proxy.remembered:
        return json_answer(400, error="invalid_request_uri")
    proxy.remembered[uri] = Answer(200)
    return None


def _assertion_in(ask: Ask) -> dict[str, Any]:
    assertion = decoded(ask.form.get("client_assertion", ""))
    return assertion.claims if assertion is not None else {}


_HAPPY = _named("happy_flow")
_STATES = _named(
    """ensure_authorization_request_without_state_success state_only_outside_request_object_not_used
    ensure_different_state_inside_and_outside_request_object ensure_authorization_request_with_long_state"""
)
_NONCES = _named(
    """ensure_authorization_request_without_nonce_success ensure_authorization_request_with_64_char_nonce_success
    ensure_different_nonce_inside_and_outside_request_object ensure_authorization_request_with_long_nonce"""
)
_REQUESTS = _named(
    """ensure_request_object_without_redirect_uri_fails par_attempt_to_use_request_uri_for_different_client
    ensure_unsigned_authorization_request_without_using_par_fails ensure_response_type_code_idtoken_fails
    ensure_response_type_token_fails par_attempt_to_use_expired_request_uri par_ensure_pkce_required
    par_plain_pkce_rejected par_authorization_request_containing_request_uri_form_param
    ensure_mismatched_dpop_jkt_fails user_rejects_authentication par_attempt_reuse_request_uri
    ensure_redirect_uri_in_authorization_request"""
)
_OBJECTS = _named(
    """ensure_request_object_without_exp_fails ensure_request_object_without_nbf_fails
    ensure_expired_request_object_fails ensure_request_object_with_bad_aud_fails
    ensure_request_object_with_exp_over_60_fails ensure_request_object_with_nbf_over_60_fails
    ensure_signed_request_object_with_RS256_fails ensure_request_object_signature_algorithm_is_not_none
    ensure_request_object_with_invalid_signature_fails ensure_matching_key_in_authorization_request
    ensure_unsigned_request_at_par_endpoint_fails par_authorization_request_containing_request_uri"""
)
_REDEMPTIONS = _named(
    """ensure_client_id_in_token_endpoint ensure_holder_of_key_required ensure_authorization_code_is_bound_to_client
    attempt_reuse_authorization_code_after_one_second ensure_token_endpoint_fails_with_expired_auth_code
    ensure_pkce_code_verifier_required incorrect_pkce_code_verifier_rejected
    ensure_signed_client_assertion_with_RS256_fails ensure_client_assertion_in_token_endpoint
    ensure_client_assertion_with_exp_is_5_minutes_in_past_fails ensure_client_assertion_with_wrong_aud_fails
    ensure_client_assertion_with_no_sub_fails refresh_token
    ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt ensure_token_endpoint_fails_with_mismatched_dpop_jkt"""
)
_PUSHES = _named(
    """par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails par_test_array_as_audience_fails
    par_test_par_endpoint_url_as_audience_fails par_test_token_endpoint_url_as_audience_fails
    par_attempt_invalid_http_method dpop_negative_tests"""
)
_VERIFICATION = "fapi2_security_profile_final_discovery_end_point_verification"

_FAULTS = (
    Fault("every pushed request is granted", (*_REQUESTS, *_OBJECTS), before=grants_everything),
    Fault(
        "the token endpoint takes everything",
        _REDEMPTIONS,
        after=takes_everything("token_endpoint", access_token="made-up", token_type="DPoP"),
    ),
    Fault(
        "the PAR endpoint takes everything",
        _PUSHES,
        after=takes_everything(PAR, request_uri="urn:made-up", expires_in=60),
    ),
    Fault(
        "the protected resource takes everything",
        (*_HAPPY, *_named("dpop_negative_tests attempt_reuse_authorization_code_after_one_second")),
        after=takes_everything("userinfo_endpoint", sub="somebody"),
    ),
    Fault("bound tokens are called Bearer", _HAPPY, after=in_json("token_endpoint", token_type="Bearer")),
    Fault("the ID token is under RS256", _HAPPY, after=in_id_token({"alg": "RS256"})),
    Fault("responses lack iss", _HAPPY, after=in_redirect({"iss": None}, "code")),
    Fault("a state is made up", _STATES, after=in_redirect({"state": "made-up"}, "code")),
    Fault("a nonce is made up", _NONCES, after=in_id_token(nonce="made-up")),
    Fault("there is a hash of no state", _STATES[:1], after=in_id_token(s_hash="made-up")),
    Fault(
        "saying no gets the wrong error",
        _named("user_rejects_authentication"),
        after=in_redirect({"error": "server_error"}, "error"),
    ),
    Fault(
        "openid has to come first in the scope",
        _named("ensure_other_scope_order_succeeds"),
        before=refusing(PAR, lambda ask: not asked_in(ask)["scope"].startswith("openid"), 400),
    ),
    Fault(
        "claims asked for by name are ignored",
        _named("test_claims_parameter_identity_claims"),
        before=_changing_form(claims=None),
    ),
    Fault(
        "another redirect URI is used than was pushed",
        _named("plain_fapi_tolerate_unregistered_redirect_uri"),
        before=_changing_form(redirect_uri="https://rp.conformance.example/callback"),
    ),
    Fault(
        "the scheme is known in one letter case only",
        _named("access_token_type_header_case_sensitivity"),
        before=refusing("userinfo_endpoint", lambda ask: not ask.header("Authorization").startswith("DPoP "), 401),
    ),
    Fault(
        "proofs may not say until when they are good",
        _named("check_dpop_proof_nbf_exp"),
        before=_refusing_proofs(lambda claims: "exp" in claims),
    ),
    Fault(
        "clocks have to agree",
        _named(
            """ensure_dpopproof_with_iat_10seconds_before_succeeds
            ensure_dpopproof_with_iat_10seconds_after_succeeds"""
        ),
        before=_refusing_proofs(lambda claims: abs(claims["iat"] - time.time()) > 5),
    ),
    Fault(
        "proofs are refused at the PAR endpoint",
        _named("ensure_dpopproof_at_par_endpoint_binding_success"),
        before=_refusing_proofs(lambda _claims: True, PAR),
    ),
    Fault(
        "dpop_jkt is refused",
        _named("ensure_dpop_auth_code_binding_success"),
        before=refusing(PAR, lambda ask: "dpop_jkt" in asked_in(ask), 400),
    ),
    Fault(
        "assertions have to be good by now",
        _named("par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted"),
        before=refusing(PAR, lambda ask: _assertion_in(ask).get("nbf", 0) > time.time() + 4, 401),
    ),
    Fault(
        "request objects have to be good by now",
        _named("ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted"),
        before=refusing(PAR, lambda ask: asked_in(ask).get("nbf", 0) > time.time() + 4, 400),
    ),
    Fault(
        "request objects have to have one audience",
        _named("ensure_request_object_with_multiple_aud_succeeds"),
        before=refusing(PAR, lambda ask: isinstance(asked_in(ask).get("aud"), list), 400),
    ),
    Fault(
        "the page for a pushed request is shown once",
        _named("par_ensure_reused_request_uri_prior_to_auth_completion_succeeds"),
        before=_once_only,
    ),
    Fault(
        "the request has to be repeated beside its reference",
        _named("par_without_duplicate_parameters"),
        before=refusing("authorization_endpoint", lambda ask: set(ask.parameters) == {"client_id", "request_uri"}, 400),
    ),
    *(
        Fault(
            f"metadata without {name}",
            (f"{_VERIFICATION}{variant}",),
            after=in_json("discovery", **{name: value}),
        )
        for name, value, variant in (
            (PAR, None, ""),
            ("authorization_response_iss_parameter_supported", False, ""),
            ("dpop_signing_alg_values_supported", ["RS256"], ""),
            ("code_challenge_methods_supported", ["plain"], ""),
            ("response_modes_supported", ["query"], _SIGNED),
            ("authorization_signing_alg_values_supported", ["RS256"], _SIGNED),
            ("request_object_signing_alg_values_supported", ["none"], _SIGNED),
        )
    ),
    Fault(
        "signed responses are under RS256", _named("happy_flow", _SIGNED), after=_in_signed_response({"alg": "RS256"})
    ),
    *(
        Fault(
            f"signed responses with another {name}",
            _named("happy_flow", _SIGNED),
            after=after,
        )
        for name, after in (
            ("iss", _in_signed_response(iss="https://other.example")),
            ("aud", _in_signed_response(aud="somebody-else")),
            ("exp", _in_signed_response(exp=4_000_000_000)),
            ("state", _in_signed_response(state="x")),
        )
    ),
)

FAPI_FAULTS = tuple(replace(fault, needs=PAR) for fault in _FAULTS)
