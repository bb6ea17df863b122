"""What a security profile demands of a registration."""

from typing import Any

import pytest

from idp.protocol.clients.security_profile import FAPI_2_0, OPENID, rules_of
from idp.protocol.registration.client_registration import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    validate_client_metadata,
)
from tests.flows.signing_client import jwks, key_for, public
from tests.protocol.samples import client

PASSING: dict[str, Any] = {
    "security_profile": "fapi_2_0",
    "redirect_uris": ["https://rp.example/callback"],
    "token_endpoint_auth_method": "private_key_jwt",
    "id_token_signed_response_alg": "PS256",
    "authorization_signed_response_alg": "ES256",
    "jwks": jwks(public(key_for("ES256"))),
}


def test_a_client_without_a_profile_is_held_to_openid_connect_alone() -> None:
    assert rules_of(client()) is OPENID
    assert rules_of(client(security_profile="fapi_2_0")) is FAPI_2_0


def test_a_client_that_keeps_to_fapi_can_be_registered() -> None:
    assert rules_of(validate_client_metadata(PASSING)) is FAPI_2_0


def test_what_a_fapi_registration_leaves_out_is_what_fapi_demands() -> None:
    said = {name: PASSING[name] for name in ("security_profile", "redirect_uris", "jwks")}

    registered = validate_client_metadata(said)

    assert registered.token_endpoint_auth_method == "private_key_jwt"
    assert registered.id_token_signed_response_alg == registered.authorization_signed_response_alg == "PS256"
    assert registered.require_pkce
    assert registered.require_pushed_authorization_requests
    assert registered.dpop_bound_access_tokens
    assert validate_client_metadata({**said, "security_profile": None}).id_token_signed_response_alg == "RS256"


@pytest.mark.parametrize("alg", ["PS256", "ES256", "EdDSA"])
def test_each_algorithm_of_fapi_may_be_chosen(alg: str) -> None:
    names = ("id_token_signed_response_alg", "token_endpoint_auth_signing_alg", "request_object_signing_alg")

    validate_client_metadata(PASSING | dict.fromkeys(names, alg))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("token_endpoint_auth_method", "client_secret_basic"),
        ("token_endpoint_auth_method", "none"),
        ("token_endpoint_auth_signing_alg", "RS256"),
        ("request_object_signing_alg", "RS256"),
        ("request_object_signing_alg", "none"),
        ("id_token_signed_response_alg", "RS256"),
        ("userinfo_signed_response_alg", "RS256"),
        ("authorization_signed_response_alg", "RS256"),
        ("introspection_signed_response_alg", "RS256"),
        ("require_pkce", False),
        ("redirect_uris", ["https://rp.example/callback", "http://127.0.0.1/callback"]),
    ],
)
def test_a_registration_that_breaks_fapi_names_the_member(member: str, value: object) -> None:
    given = {**PASSING, member: value}

    with pytest.raises(InvalidClientMetadata) as refusal:
        validate_client_metadata(given)

    assert refusal.value.member == member
    assert isinstance(refusal.value, InvalidRedirectUri) == (member == "redirect_uris")
    validate_client_metadata({**given, "security_profile": None, "token_endpoint_auth_method": "private_key_jwt"})


def test_fapi_knows_no_response_type_but_code() -> None:
    given = PASSING | {"response_types": ["code", "code id_token"], "grant_types": ["authorization_code", "implicit"]}

    with pytest.raises(InvalidClientMetadata) as refusal:
        validate_client_metadata(given)

    assert refusal.value.member == "response_types"
