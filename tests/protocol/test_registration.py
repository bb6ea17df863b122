"""What may be registered for a client, and what may not."""

from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.protocol.registration.client_registration import (
    InvalidClientMetadata,
    InvalidRedirectUri,
    validate_client_metadata,
)

CALLBACK = "https://rp.example/callback"
PAGE_MEMBERS = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
LIST_MEMBERS = ("redirect_uris", "post_logout_redirect_uris")

HOSTILE = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://x/%0aalert(1)",
    "data:text/html,x",
    "data://text/html,x",
    "vbscript://x/y",
    "file:///etc/passwd",
    "blob:https://rp.example/x",
    "about:blank",
    "https://user@rp.example/cb",
    "https://user:pass@rp.example/cb",
    "https://@rp.example/cb",
    "https://rp.example\\.evil.example/cb",
    "https://rp.example/cb%5c",
    "https://rp.example/cb#fragment",
    "https://rp.example/cb#",
    "https://rp.example/c b",
    "https://rp.example/cb\r\nX: y",
    "https://rp.example/cb\x00",
    "https://rp.example/cb%00",
    "https://rp.example/cb%0d%0a",
    "https://rp.example/cb%zz",
    "https://rp.example/../cb",
    "https://rp.example/a/%2e%2e/cb",
    "https://rp.example:99999/cb",
    "https://rp.example:0/cb",
    "https://rp.example:/cb",
    "https://rp.example:x/cb",
    "https:///cb",
    "https:cb",
    "https:/rp.example/cb",
    "https://-rp.example/cb",
    "https://rp..example/cb",
    "https://rp.ex\u0430mple/cb",
    "https://[::1/cb",
    "https://*.example/cb",
    "http://rp.example/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://localhost.evil.example/cb",
    "//rp.example/cb",
    "/cb",
    "rp.example/cb",
    "HTTPS://rp.example/cb",
    "",
    "https://rp.example/" + "a" * 10_000,
)


def registration(**changes: object) -> dict[str, object]:
    return {"redirect_uris": [CALLBACK], "client_name": "Photos"} | changes


def test_a_plain_web_client_gets_the_defaults_of_the_specification() -> None:
    client = validate_client_metadata(registration())

    assert client.redirect_uris == (CALLBACK,)
    assert client.token_endpoint_auth_method == "client_secret_basic"
    assert client.grant_types == ("authorization_code",)
    assert client.response_types == ("code",)
    assert client.id_token_signed_response_alg == "RS256"
    assert client.require_pkce
    assert not client.first_party


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example",
        "https://rp.example/",
        "https://rp.example/cb?tenant=1",
        "https://RP.example:8443/cb",
        "https://xn--bcher-kva.example/cb",
        "https://[2001:db8::1]/cb",
        "http://localhost:4242",
        "http://127.0.0.1/cb",
        "http://[::1]:9000/cb",
    ],
)
def test_an_address_is_registered_exactly_as_written(uri: str) -> None:
    assert validate_client_metadata(registration(redirect_uris=[uri])).redirect_uris == (uri,)


@pytest.mark.parametrize("uri", HOSTILE)
@pytest.mark.parametrize("member", LIST_MEMBERS + PAGE_MEMBERS)
def test_a_hostile_address_is_refused_in_every_member(member: str, uri: str) -> None:
    value = [uri] if member in LIST_MEMBERS else uri

    with pytest.raises(InvalidClientMetadata) as refusal:
        validate_client_metadata(registration(**{member: value}))

    assert refusal.value.member == member
    assert isinstance(refusal.value, InvalidRedirectUri) == (member == "redirect_uris")
    assert uri == "" or uri not in str(refusal.value)


@pytest.mark.parametrize("uri", ["com.example.app:/callback", "com.example.app:///callback"])
def test_only_a_native_application_may_have_a_private_use_scheme(uri: str) -> None:
    native = validate_client_metadata(registration(redirect_uris=[uri], application_type="native"))

    assert native.redirect_uris == (uri,)
    with pytest.raises(InvalidRedirectUri):
        validate_client_metadata(registration(redirect_uris=[uri]))


@pytest.mark.parametrize("uri", ["app:/callback", "javascript:/x", "com.example.app:callback", "com.example://u@h/x"])
def test_a_scheme_that_others_may_own_is_refused_to_a_native_application(uri: str) -> None:
    with pytest.raises(InvalidRedirectUri):
        validate_client_metadata(registration(redirect_uris=[uri], application_type="native"))


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": []},
        {"redirect_uris": None},
        {"redirect_uris": [CALLBACK, CALLBACK]},
        {"redirect_uris": [f"https://rp.example/{number}" for number in range(10_000)]},
        {"grant_types": ["password"]},
        {"grant_types": ["refresh_token"]},
        {"response_types": ["token"]},
        {"response_types": []},
        {"token_endpoint_auth_method": "client_secret_jwt"},
        {"token_endpoint_auth_method": "none", "require_pkce": False},
        {"token_endpoint_auth_method": "none", "grant_types": ["authorization_code", "client_credentials"]},
        {"id_token_signed_response_alg": "none"},
        {"id_token_signed_response_alg": "HS256"},
        {"scope": "profile"},
        {"scope": "openid  profile"},
        {"scope": 'openid "x"'},
        {"scope": ""},
        {"default_max_age": -1},
        {"default_max_age": True},
        {"default_max_age": "60"},
        {"default_max_age": 10**5000},
        {"client_name": "Pay\u202epal"},
        {"client_name": "Pay\u200bpal"},
        {"client_name": "a\x00b"},
        {"client_name": " "},
        {"client_name": "x" * 101},
        {"first_party": "yes"},
        {"redirect_uri": CALLBACK},
        {"\u202e": 1},
    ],
)
def test_metadata_that_makes_no_sense_is_refused(changes: Mapping[str, object]) -> None:
    with pytest.raises(InvalidClientMetadata):
        validate_client_metadata(registration(**changes))


def test_unknown_members_can_be_passed_over() -> None:
    client = validate_client_metadata(registration(software_id="x"), refuse_unknown=False)

    assert client.client_name == "Photos"


def test_a_service_needs_no_redirect_uri() -> None:
    client = validate_client_metadata({"grant_types": ["client_credentials"], "scope": "invoices.read"})

    assert client.response_types == ()


def test_a_registration_survives_being_stored() -> None:
    client = validate_client_metadata(
        registration(default_max_age=0, grant_types=["authorization_code", "refresh_token"])
    )

    assert validate_client_metadata(client.document()) == client


MEMBERS = st.sampled_from([*LIST_MEMBERS, *PAGE_MEMBERS, *validate_client_metadata(registration()).document()])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


# The time limits are off because a busy machine is no fact about registrations.
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(MEMBERS, JSON, max_size=6))
def test_any_json_is_accepted_or_refused_and_never_breaks(metadata: dict[str, object]) -> None:
    try:
        client = validate_client_metadata(metadata)
    except InvalidClientMetadata:
        return
    assert validate_client_metadata(client.document()) == client
