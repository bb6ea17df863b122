"""Members of client metadata that belong together, or must not meet."""

from collections.abc import Mapping

import pytest

from idp.protocol.clients.client_metadata import ClientMetadata
from idp.protocol.registration.client_registration import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    validate_client_metadata,
)
from idp.protocol.registration.registered_members import CHECKS, DEVICE_CODE
from keys.keypair import generate

CALLBACK = "https://rp.example/callback"
OTHER = "https://other.example/cb"
SIGNED_REQUESTS = {"require_signed_request_object": True}
PAIRWISE = {"subject_type": "pairwise"}
DEVICE = {"redirect_uris": [], "grant_types": [DEVICE_CODE]}
NATIVE = {"redirect_uris": ["com.example.app:/cb"], "application_type": "native"}
SIGNED_BY_US = ("id_token", "userinfo", "authorization", "introspection")
KEYS = {"keys": [dict(generate("RS256").public_jwk)]}


def registration(**changes: object) -> dict[str, object]:
    return {"redirect_uris": [CALLBACK], **changes}


def refused(**changes: object) -> InvalidClientMetadata:
    with pytest.raises(InvalidClientMetadata) as refusal:
        validate_client_metadata(registration(**changes))
    return refusal.value


def test_every_member_that_is_kept_is_checked() -> None:
    assert set(CHECKS) == set(ClientMetadata().document()) | {
        name for name in ClientMetadata.__slots__ if getattr(ClientMetadata(), name) is None
    }


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("code", "code"),
        ("token id_token", "id_token token"),
        ("id_token code", "code id_token"),
        ("token code", "code token"),
        ("token id_token code", "code id_token token"),
    ],
)
def test_the_words_of_a_response_type_may_come_in_any_order(given: str, kept: str) -> None:
    client = validate_client_metadata(
        registration(
            response_types=[given], grant_types=["authorization_code", "implicit"] if "code" in given else ["implicit"]
        )
    )

    assert client.response_types == (kept,)


@pytest.mark.parametrize("unknown", ["token", "none", "id_token id_token", "code  token", " code", "", "code\ttoken"])
def test_other_response_types_are_refused(unknown: str) -> None:
    assert refused(response_types=[unknown], grant_types=["authorization_code", "implicit"]).member == "response_types"


@pytest.mark.parametrize(
    ("response_types", "grant_types", "member"),
    [
        (["id_token"], ["authorization_code"], "response_types"),
        (["code id_token"], ["authorization_code"], "grant_types"),
        (["code token"], ["implicit"], "response_types"),
        (["code"], ["implicit"], "response_types"),
        (["code", "id_token"], ["authorization_code"], "grant_types"),
        ([], ["implicit"], "response_types"),
    ],
)
def test_grants_and_response_types_correspond(response_types: list[str], grant_types: list[str], member: str) -> None:
    assert refused(response_types=response_types, grant_types=grant_types).member == member


@pytest.mark.parametrize(
    "address", ["http://localhost/cb", "https://localhost/cb", "http://127.0.0.1:1/cb", "https://[::1]/cb"]
)
@pytest.mark.parametrize("response_type", ["id_token", "code id_token", "code token"])
def test_tokens_from_the_front_do_not_pass_loopback_on_the_way_to_a_web_application(
    address: str, response_type: str
) -> None:
    grants = ["implicit"] if response_type == "id_token" else ["authorization_code", "implicit"]
    asked = {"redirect_uris": [CALLBACK, address], "response_types": [response_type], "grant_types": grants}

    assert isinstance(refused(**asked), InvalidRedirectUri)
    assert validate_client_metadata(asked | {"application_type": "native"}).redirect_uris == (CALLBACK, address)


def test_a_device_needs_no_redirect_uri_and_may_have_refresh_tokens() -> None:
    client = validate_client_metadata(
        {"grant_types": [DEVICE_CODE, "refresh_token"], "token_endpoint_auth_method": "none"}
    )

    assert client.response_types == ()
    assert client.redirect_uris == ()


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"token_endpoint_auth_method": "private_key_jwt"}, "jwks"),
        ({"jwks": KEYS, "jwks_uri": "https://rp.example/jwks"}, "jwks_uri"),
        (SIGNED_REQUESTS, "jwks"),
        ({**SIGNED_REQUESTS, "request_object_signing_alg": "none", "jwks": KEYS}, "request_object_signing_alg"),
        ({"request_object_signing_alg": "PS256"}, "jwks"),
        ({**PAIRWISE, "redirect_uris": [CALLBACK, OTHER]}, "sector_identifier_uri"),
        ({**PAIRWISE, **NATIVE, "redirect_uris": [CALLBACK, "com.example.app:/cb"]}, "sector_identifier_uri"),
        ({**PAIRWISE, **DEVICE, "sector_identifier_uri": "https://s.example/"}, "sector_identifier_uri"),
        ({"frontchannel_logout_uri": "https://other.example/logout"}, "frontchannel_logout_uri"),
        ({"frontchannel_logout_uri": "https://rp.example:8443/logout"}, "frontchannel_logout_uri"),
        ({"token_endpoint_auth_method": "none", "grant_types": ["client_credentials"]}, "grant_types"),
        ({"post_logout_redirect_uris": ["com.example.app:/out"]}, "post_logout_redirect_uris"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_by_the_name_of_the_member(
    changes: Mapping[str, object], member: str
) -> None:
    assert refused(**changes).member == member


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": "private_key_jwt", "jwks": KEYS},
        {"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": "https://rp.example/jwks"},
        {**SIGNED_REQUESTS, "request_object_signing_alg": "ES256", "jwks_uri": "https://rp.example/k"},
        {"request_object_signing_alg": "none"},
        {"request_uris": ["https://rp.example/request.jwt#a-fragment"]},
        PAIRWISE,
        {**PAIRWISE, **NATIVE},
        {**PAIRWISE, **DEVICE},
        {**PAIRWISE, "redirect_uris": [CALLBACK, "https://rp.example:8443/cb"]},
        {**PAIRWISE, "redirect_uris": [CALLBACK, "https://b.example/cb"], "sector_identifier_uri": "https://s.example/"},
        {"frontchannel_logout_uri": "https://rp.example:443/logout?x=y"},
        {"backchannel_logout_uri": "https://logout.example/"},
        {"backchannel_logout_uri": "http://127.0.0.1:9/"},
        {"resources": ["https://api.example/v1", "http://api.internal", "urn:example:api"]},
        {"default_acr_values": ["urn:mace:incommon:iap:silver", "2"]},
    ],
)  # fmt: skip
def test_what_goes_together_is_registered_as_it_was_given(changes: Mapping[str, object]) -> None:
    client = validate_client_metadata(registration(**changes))

    document = client.document()
    assert {name: document[name] for name in changes} == dict(changes)
    assert validate_client_metadata(document) == client


@pytest.mark.parametrize(
    "member",
    [
        *(f"{answer}_signed_response_alg" for answer in SIGNED_BY_US),
        "token_endpoint_auth_signing_alg",
        "request_object_signing_alg",
    ],
)
@pytest.mark.parametrize("algorithm", ["HS256", "RS384", "ES512", "none", "", "rs256", 1])
def test_only_algorithms_that_we_sign_and_verify_with_are_registered(member: str, algorithm: object) -> None:
    changes = {member: algorithm, "jwks": KEYS}
    if (algorithm, member) == ("none", "request_object_signing_alg"):
        # The one thing that may go without a signature, where the client says so.
        assert validate_client_metadata(registration(**changes)).request_object_signing_alg == "none"
    else:
        assert refused(**changes).member == member


def test_the_refusal_of_a_shared_key_says_what_to_do_instead() -> None:
    assert "private_key_jwt" in str(refused(token_endpoint_auth_method="client_secret_jwt"))


@pytest.mark.parametrize("use", ["request_uris", "resources", "redirect_uris"])
def test_a_fragment_belongs_to_request_uris_only(use: str) -> None:
    asked = registration(**{use: ["https://rp.example/x#y"]})
    if use == "request_uris":
        assert validate_client_metadata(asked).request_uris == ("https://rp.example/x#y",)
    else:
        assert refused(**asked).member == use


@pytest.mark.parametrize("uri", ["http://rp.example/x", "http://127.0.0.1/x", "https://rp.example/x#y"])
def test_a_sector_identifier_is_https_without_exception(uri: str) -> None:
    assert refused(sector_identifier_uri=uri).member == "sector_identifier_uri"


@pytest.mark.parametrize(
    "uri", ["api", "/api", "api:x", "ftp://x/", "urn:x", "javascript:alert(1)", "https://u@x/", ""]
)
def test_a_resource_is_an_absolute_uri(uri: str) -> None:
    assert refused(resources=[uri]).member == "resources"


@pytest.mark.parametrize("host", ["[::1]evil.example", "[v1.x]", "[::1%25eth0]", "[1.2.3.4]", "[::1]:x", "[]"])
def test_brackets_hold_an_ipv6_address_and_nothing_comes_after_them(host: str) -> None:
    assert isinstance(refused(redirect_uris=[f"https://{host}/cb"]), InvalidRedirectUri)
