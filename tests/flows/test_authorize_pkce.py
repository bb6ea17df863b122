"""PKCE at the authorization endpoint: S256 or nothing, but for the one client that may leave it out (RFC 7636)."""

import pytest
import requests

from tests.flows.authorize_errors import error_of
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Running, s256


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": 'S"256'},
        {"code_challenge": "a" * 42},
        {"code_challenge": "a" * 44},
        {"code_challenge": "a" * 128},
        {"code_challenge": "a" * 42 + "="},
        {"code_challenge": "a" * 42 + "+"},
        {"code_challenge": "a" * 43 + "\n"},
        {"code_challenge": "a" * 42 + "é"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_pkce_is_s256_or_nothing_goes_on(
    provider: Running, browser: requests.Session, method: str, changed: dict[str, str | None]
) -> None:
    rp = RelyingParty(provider, provider.client(token_endpoint_auth_method=method))

    assert error_of(rp, browser, **changed) == "invalid_request"


@pytest.mark.parametrize(
    ("require_pkce", "auth_method", "error"),
    [
        (False, "client_secret_basic", None),
        (False, "none", "invalid_request"),
        (True, "client_secret_basic", "invalid_request"),
    ],
)
def test_pkce_may_be_left_out_only_by_a_confidential_client_that_is_registered_so(
    provider: Running, browser: requests.Session, require_pkce: bool, auth_method: str, error: str | None
) -> None:
    client = provider.client(require_pkce=require_pkce, token_endpoint_auth_method=auth_method)
    rp = RelyingParty(provider, client)

    answer = answer_in(rp.authorize(browser, code_challenge=None, code_challenge_method=None))

    assert answer.get("error") == error
    assert ("code" in answer) is (error is None)


def test_a_client_that_may_leave_pkce_out_still_cannot_use_plain(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(require_pkce=False))

    assert error_of(rp, browser, code_challenge_method=None) == "invalid_request"
    assert error_of(rp, browser, code_challenge=None) == "invalid_request"


def test_a_challenge_is_tied_to_the_code_and_not_to_the_browser(provider: Running, rp: RelyingParty) -> None:
    browser = provider.session(provider.person())
    code = rp.code(browser, code_challenge=s256("another-verifier-that-is-forty-three-chars-long"))

    assert rp.redeem(code).json()["error"] == "invalid_grant"
    assert rp.redeem(code, code_verifier="another-verifier-that-is-forty-three-chars-long").status_code == 200
