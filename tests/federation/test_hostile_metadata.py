"""A provider that lies about where it is: its metadata leads nowhere it should not."""

import pytest

from idp.dev.upstreams.google import GoogleStage
from tests.federation.direct import Direct
from tests.federation.lies import Claims, fails


@pytest.mark.parametrize(
    "more",
    [
        {"issuer": "https://accounts.google.com"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "ftp://127.0.0.1/"},
        {"token_endpoint": 7},
        {"jwks_uri": ["http://127.0.0.1/"]},
        {"jwks_uri": "http://"},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "http://127.0.0.1/#x"},
        {"jwks_uri": "http://a b/"},
    ],
    ids=str,
)
def test_metadata_that_is_not_right_comes_to_nothing(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.discovery_more = more

    assert fails(there).because == "misconfigured"


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest", "http://127.0.0.1:1/keys", "http://10.0.0.1/"])
@pytest.mark.parametrize("member", ["jwks_uri", "token_endpoint"])
def test_metadata_cannot_send_us_into_our_own_network(there: Direct[GoogleStage], member: str, address: str) -> None:
    there.stage.discovery_more = {member: address}

    assert fails(there).because in {"misconfigured", "unavailable"}
