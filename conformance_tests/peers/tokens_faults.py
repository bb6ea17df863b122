"""Faults in metadata, keys, ID tokens and at the token endpoint."""

from conformance_tests.peers.alterations import (
    good_for_ever,
    has,
    header,
    in_id_token,
    in_json,
    in_key_set,
    one_iat,
    refusing,
    register_as_signed,
    token_of,
    without_signature,
    wrong_error,
)
from conformance_tests.peers.faulty_proxy import Fault

_CONFIG = ("oidcc_discovery_endpoint_verification",)
_LOGOUT = "oidcc_rp_initiated_logout"

TOKENS_FAULTS = (
    Fault("iss of the ID token is another", ("oidcc_server",), after=in_id_token(iss="https://other.example")),
    Fault("aud of the ID token is another", ("oidcc_server",), after=in_id_token(aud="somebody-else")),
    Fault("nonce of the ID token is another", ("oidcc_server",), after=in_id_token(nonce="another")),
    Fault("exp of the ID token is past", ("oidcc_server",), after=in_id_token(exp=1_700_000_000)),
    Fault("at_hash of the ID token is wrong", ("oidcc_server",), after=in_id_token(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    Fault(
        "the ID token names the person",
        ("oidcc_server", "oidcc_scope_email", "oidcc_alternate_happy_flow", "oidcc_claims_essential"),
        after=in_id_token(name="Ada"),
    ),
    Fault(
        "acr of the ID token is another",
        ("oidcc_ensure_request_with_acr_values_succeeds",),
        after=in_id_token(acr="urn:example:other"),
    ),
    Fault(
        "the ID token has no kid", ("oidcc_idtoken_signature", "oidcc_idtoken_rs256"), after=in_id_token({"kid": None})
    ),
    Fault("the ID token is signed by nobody", ("oidcc_server", "oidcc_refresh_token"), after=without_signature),
    Fault(
        "none is offered and not given",
        ("oidcc_idtoken_unsigned",),
        before=register_as_signed,
        after=in_json("discovery", id_token_signing_alg_values_supported=["RS256", "none"]),
    ),
    Fault("auth_time is left out", ("oidcc_max_age_1", "oidcc_max_age_10000"), after=in_id_token(auth_time=None)),
    Fault("iat never changes", ("oidcc_refresh_token",), after=one_iat),
    Fault("keys share a kid", _CONFIG, after=in_key_set(kid="same")),
    Fault("keys have no kid", _CONFIG, after=in_key_set(kid=None)),
    Fault("keys are private", _CONFIG, after=in_key_set(d="AQAB")),
    Fault("issuer is another", (*_CONFIG, "oidcc_server"), after=in_json("discovery", issuer="https://other.example")),
    Fault("metadata lacks RS256", _CONFIG, after=in_json("discovery", id_token_signing_alg_values_supported=["ES256"])),
    Fault("metadata has a member of its own", _CONFIG, after=in_json("discovery", house_rules=True)),
    Fault("metadata has a string for a list", _CONFIG, after=in_json("discovery", scopes_supported="openid")),
    Fault(
        "an endpoint is plain http elsewhere",
        (*_CONFIG, f"{_LOGOUT}_discovery_endpoint_verification"),
        after=in_json("discovery", revocation_endpoint="http://other.example/revoke"),
    ),
    Fault(
        "codes are good for ever",
        ("oidcc_codereuse", "oidcc_codereuse_30seconds"),
        after=good_for_ever(lambda ask: ask.form.get("code", "") if ask.method == "POST" else ""),
    ),
    Fault(
        "a used code gets the wrong error",
        ("oidcc_codereuse", "oidcc_codereuse_30seconds", "oidcc_refresh_token"),
        after=wrong_error,
    ),
    Fault("a used code revokes nothing", ("oidcc_codereuse_30seconds",), after=good_for_ever(token_of)),
    Fault(
        "refresh tokens are anybody's",
        ("oidcc_refresh_token",),
        after=good_for_ever(
            lambda ask: (
                ask.form.get("grant_type", "").removeprefix("authorization_code") if ask.method == "POST" else ""
            )
        ),
    ),
    Fault(
        "expires_in is missing",
        ("oidcc_server", "oidcc_refresh_token"),
        after=in_json("token_endpoint", expires_in=None),
    ),
    Fault("expires_in is a string", ("oidcc_server",), after=in_json("token_endpoint", expires_in="3600")),
    Fault("token_type is another", ("oidcc_server",), after=in_json("token_endpoint", token_type="mac")),
    Fault(
        "token responses may be stored",
        ("oidcc_refresh_token",),
        after=header("token_endpoint", "Cache-Control", None),
    ),
    Fault(
        "secrets in the form are refused",
        ("oidcc_server_client_secret_post",),
        before=refusing("token_endpoint", has("client_secret"), 401),
    ),
)
