"""The official test plans: which modules each certification profile has, and what every pass through it is run with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

BASIC_AUTHENTICATION = "client_secret_basic"
POST_AUTHENTICATION = "client_secret_post"
KEY_AUTHENTICATION = "private_key_jwt"

_EVERY_FLOW = """
    server idtoken_signature scope_profile scope_email scope_address scope_phone scope_all display_page display_popup
    prompt_login prompt_none_not_logged_in prompt_none_logged_in max_age_1 max_age_10000
    ensure_request_with_unknown_parameter_succeeds id_token_hint login_hint ui_locales claims_locales
    ensure_request_with_acr_values_succeeds ensure_registered_redirect_uri claims_essential
    request_uri_unsigned_supported_correctly_or_rejected_as_unsupported
    unsigned_request_object_supported_correctly_or_rejected_as_unsupported ensure_request_object_with_redirect_uri
"""
_WITH_TOKEN = "userinfo_get userinfo_post_header userinfo_post_body"
_WITH_CODE = "codereuse codereuse_30seconds server_client_secret_post refresh_token"
_NONCE_OPTIONAL = "ensure_request_without_nonce_succeeds_for_code_flow"
_NONCE_DEMANDED = "ensure_request_without_nonce_fails"
_VALID_PKCE = "ensure_request_with_valid_pkce_succeeds"

_CODE_FLOW = (
    f"{_EVERY_FLOW} {_WITH_TOKEN} {_WITH_CODE} {_NONCE_OPTIONAL} {_VALID_PKCE}"
    " response_type_missing idtoken_unsigned alternate_happy_flow ensure_post_request_succeeds"
)
_IMPLICIT = {
    "id_token": f"{_EVERY_FLOW} {_NONCE_DEMANDED} alternate_happy_flow",
    "id_token token": f"{_EVERY_FLOW} {_WITH_TOKEN} {_NONCE_DEMANDED} alternate_happy_flow response_type_missing",
}
_HYBRID = {
    "code id_token": f"{_EVERY_FLOW} {_WITH_TOKEN} {_WITH_CODE} {_NONCE_DEMANDED} {_VALID_PKCE}"
    " response_type_missing alternate_happy_flow",
    "code token": f"{_EVERY_FLOW} {_WITH_TOKEN} {_WITH_CODE} {_NONCE_OPTIONAL}",
    "code id_token token": f"{_EVERY_FLOW} {_WITH_TOKEN} {_WITH_CODE} {_NONCE_DEMANDED}",
}
_DYNAMIC = """
    idtoken_rs256 idtoken_unsigned userinfo_rs256 ensure_redirect_uri_in_authorization_request redirect_uri_query_OK
    redirect_uri_query_mismatch redirect_uri_query_added redirect_uri_regfrag discovery_endpoint_verification server
    registration_logo_uri registration_policy_uri registration_tos_uri registration_jwks_uri registration_sector_uri
    registration_sector_bad server_rotate_keys refresh_token_rp_key_rotation request_uri_unsigned
    request_uri_signed_rs256 ensure_request_object_with_redirect_uri refresh_token
    ensure_client_assertion_with_iss_aud_succeeds
"""
_DYNAMIC_NEEDS_CODE = frozenset({"registration_jwks_uri", "refresh_token_rp_key_rotation", "refresh_token"})
_RP_INITIATED_LOGOUT = """
    discovery_endpoint_verification bad_post_logout_redirect_uri modified_id_token_hint no_id_token_hint no_params
    no_post_logout_redirect_uri no_state only_state query_added_to_post_logout_redirect_uri bad_id_token_hint
"""
_FAPI = """
    discovery_end_point_verification happy_flow user_rejects_authentication
    ensure_authorization_request_without_state_success ensure_authorization_request_without_nonce_success
    ensure_authorization_request_with_64_char_nonce_success ensure_other_scope_order_succeeds
    test_claims_parameter_identity_claims access_token_type_header_case_sensitivity check_dpop_proof_nbf_exp
    ensure_dpopproof_with_iat_10seconds_before_succeeds ensure_dpopproof_with_iat_10seconds_after_succeeds
    ensure_dpopproof_at_par_endpoint_binding_success ensure_dpop_auth_code_binding_success
    par_without_duplicate_parameters par_ensure_reused_request_uri_prior_to_auth_completion_succeeds
    par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted
    ensure_mismatched_dpop_jkt_fails ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt
    ensure_token_endpoint_fails_with_mismatched_dpop_jkt dpop_negative_tests
    ensure_different_nonce_inside_and_outside_request_object ensure_different_state_inside_and_outside_request_object
    ensure_authorization_request_with_long_nonce ensure_authorization_request_with_long_state
    state_only_outside_request_object_not_used plain_fapi_tolerate_unregistered_redirect_uri
    ensure_redirect_uri_in_authorization_request par_attempt_reuse_request_uri
    ensure_request_object_without_redirect_uri_fails ensure_unsigned_authorization_request_without_using_par_fails
    ensure_response_type_code_idtoken_fails ensure_response_type_token_fails par_attempt_to_use_expired_request_uri
    par_attempt_to_use_request_uri_for_different_client par_authorization_request_containing_request_uri_form_param
    par_attempt_invalid_http_method par_ensure_pkce_required par_plain_pkce_rejected
    par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails par_test_array_as_audience_fails
    par_test_par_endpoint_url_as_audience_fails par_test_token_endpoint_url_as_audience_fails
    ensure_client_id_in_token_endpoint ensure_holder_of_key_required ensure_authorization_code_is_bound_to_client
    attempt_reuse_authorization_code_after_one_second ensure_token_endpoint_fails_with_expired_auth_code
    ensure_pkce_code_verifier_required incorrect_pkce_code_verifier_rejected
    ensure_signed_client_assertion_with_RS256_fails ensure_client_assertion_in_token_endpoint
    ensure_client_assertion_with_exp_is_5_minutes_in_past_fails ensure_client_assertion_with_wrong_aud_fails
    ensure_client_assertion_with_no_sub_fails refresh_token
"""
_FAPI_SIGNED = """
    ensure_request_object_with_multiple_aud_succeeds ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted
    ensure_request_object_without_exp_fails ensure_request_object_without_nbf_fails ensure_expired_request_object_fails
    ensure_request_object_with_bad_aud_fails ensure_request_object_with_exp_over_60_fails
    ensure_request_object_with_nbf_over_60_fails ensure_signed_request_object_with_RS256_fails
    ensure_request_object_signature_algorithm_is_not_none ensure_request_object_with_invalid_signature_fails
    ensure_matching_key_in_authorization_request ensure_unsigned_request_at_par_endpoint_fails
    par_authorization_request_containing_request_uri
"""


@dataclass(frozen=True, slots=True)
class Variant:
    """What the modules of one pass through a plan are run with; the fields are the official suite's variants."""

    profile: str
    response_type: str = "code"
    response_mode: str | None = None
    authentication: str = BASIC_AUTHENTICATION
    registers: bool = False
    signs_requests: bool = False

    @property
    def parts(self) -> frozenset[str]:
        """The words of the response type: what the authorization endpoint returns."""
        return frozenset(self.response_type.split())

    @property
    def has_code(self) -> bool:
        """Whether there is a code to redeem."""
        return "code" in self.parts

    @property
    def has_token(self) -> bool:
        """Whether any access token comes of it."""
        return bool({"code", "token"} & self.parts)

    @property
    def name(self) -> str:
        """How the pass is called in the report."""
        several = self.profile.rpartition("-")[2] in {"implicit", "hybrid"}
        return f"{self.profile}-{self.response_type.replace(' ', '_')}" if several else self.profile


@dataclass(frozen=True, slots=True)
class _Pass:
    variant: Variant
    modules: frozenset[str]


def _oidcc(words: str) -> frozenset[str]:
    return frozenset(f"oidcc_{word}" for word in words.split())


def _core(profile: str, flows: dict[str, str], mode: str | None = None) -> list[_Pass]:
    return [_Pass(Variant(profile, kind, mode), _oidcc(modules)) for kind, modules in flows.items()]


def _dynamic(response_type: str) -> _Pass:
    variant = Variant("dynamic", response_type, authentication=KEY_AUTHENTICATION, registers=True)
    words = set(_DYNAMIC.split())
    if not variant.has_code:
        words -= _DYNAMIC_NEEDS_CODE
    if "id_token" in variant.parts:
        words -= {"idtoken_unsigned"}
    if not variant.has_token:
        words -= {"userinfo_rs256"}
    return _Pass(variant, _oidcc(" ".join(words)))


def _logout(profile: str, response_type: str, prefix: str) -> _Pass:
    verification = f"oidcc_{prefix}_discovery_endpoint_verification"
    module = f"oidcc_{profile.removesuffix('-logout').replace('-', '_')}_rp_initiated_logout"
    return _Pass(Variant(profile, response_type), frozenset({verification, module}))


def _fapi(profile: str, words: str, **variant: Any) -> _Pass:
    modules = frozenset(f"fapi2_security_profile_final_{word}" for word in words.split())
    return _Pass(Variant(profile, authentication=KEY_AUTHENTICATION, registers=True, **variant), modules)


def passes(response_type: str) -> list[_Pass]:
    """Every pass of every plan; the response type is for the plans that leave it to the tester."""
    basic = {"code": _CODE_FLOW}
    logout = frozenset(f"oidcc_rp_initiated_logout_{word}" for word in _RP_INITIATED_LOGOUT.split())
    return [
        _Pass(Variant("config"), _oidcc("discovery_endpoint_verification")),
        *_core("basic", basic),
        *_core("formpost-basic", basic, "form_post"),
        *_core("implicit", _IMPLICIT),
        *_core("formpost-implicit", _IMPLICIT, "form_post"),
        *_core("hybrid", _HYBRID),
        *_core("formpost-hybrid", _HYBRID, "form_post"),
        _dynamic(response_type),
        _Pass(
            Variant("3rdparty-init-login", response_type, registers=True),
            _oidcc("3rd_party_init_login 3rd_party_init_login_nohttps"),
        ),
        _Pass(Variant("rp-initiated-logout", response_type), logout | {"oidcc_rp_initiated_logout"}),
        _logout("frontchannel-logout", response_type, "frontchannel_logout"),
        _logout("backchannel-logout", response_type, "backchannel_logout"),
        _logout("session-management", response_type, "session_management"),
        _fapi("fapi2-security-profile", _FAPI),
        _fapi("fapi2-message-signing", f"{_FAPI} {_FAPI_SIGNED}", response_mode="jwt", signs_requests=True),
    ]


PROFILES = tuple(dict.fromkeys(part.variant.profile for part in passes("code")))


def variants_of(module: str, response_type: str, profiles: Iterable[str]) -> list[Variant]:
    """The passes of these profiles that a module is part of; none when no plan knows it."""
    wanted = frozenset(profiles)
    return [part.variant for part in passes(response_type) if module in part.modules and part.variant.profile in wanted]
