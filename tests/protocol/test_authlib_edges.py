"""Edges of Authlib that are covered by ours, each shown on Authlib itself first: a change there is news here.

What can be seen through HTTP is tested in tests/flows; these are the ones that hide behind our overrides.
"""

from datetime import timedelta

import pytest
from authlib.oauth2 import OAuth2Error as AuthlibError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDHybridGrant, OpenIDImplicitGrant
from authlib.oidc.core.grants.util import create_response_mode_response

from idp.protocol.authorization.second_look import CodeAndTokenRequest, HybridRequest, ImplicitRequest
from idp.protocol.grants.authorization_code import CodeGrant, OpenIDCodeToken, S256CodeChallenge
from idp.protocol.grants.refresh_token import RotatingRefreshGrant
from idp.protocol.lifetimes import Lifetimes
from idp.protocol.messages import AuthlibRequest, Parameters
from idp.protocol.tokens.access_token import opaque_token
from idp.protocol.tokens.minted_tokens import MintedTokens
from tests.protocol.samples import NOW, client, grant


def test_authlib_takes_plain_by_default_and_ours_knows_s256_only() -> None:
    assert CodeChallenge.DEFAULT_CODE_CHALLENGE_METHOD == "plain"

    assert S256CodeChallenge.DEFAULT_CODE_CHALLENGE_METHOD == "S256"
    assert tuple(S256CodeChallenge.SUPPORTED_CODE_CHALLENGE_METHOD) == ("S256",)
    assert set(S256CodeChallenge.CODE_CHALLENGE_METHODS) == {"S256"}


@pytest.mark.parametrize("character", ['"', "\\", "é", "\n"])
def test_authlib_raises_for_characters_that_a_description_must_not_have(character: str) -> None:
    # That is why no sentence of ours repeats what was sent: it would turn a refusal into a 500.
    with pytest.raises(ValueError, match="forbidden characters"):
        AuthlibError(f"not {character} allowed").get_body()


def test_authlibs_tokens_live_ten_days_and_ours_an_hour() -> None:
    assert BearerTokenGenerator.GRANT_TYPES_EXPIRES_IN["authorization_code"] == 864_000

    minted = opaque_token(now=NOW, life=Lifetimes().access_token)

    assert minted.expires_at - NOW == timedelta(hours=1)


def test_authlib_deletes_the_code_after_minting_and_ours_claims_it_before() -> None:
    assert CodeGrant.create_token_response is AuthorizationCodeGrant.create_token_response
    assert CodeGrant.query_authorization_code is not AuthorizationCodeGrant.query_authorization_code
    # Nothing is left to do afterwards: neither storing nor deleting.
    assert CodeGrant.save_token(None, {}) is None  # type: ignore[func-returns-value, arg-type]
    assert CodeGrant.delete_authorization_code(None, None) is None  # type: ignore[func-returns-value, arg-type]


def test_authlib_does_not_rotate_refresh_tokens_and_ours_does_it_itself() -> None:
    assert RefreshTokenGrant.INCLUDE_NEW_REFRESH_TOKEN is False

    assert RotatingRefreshGrant.create_token_response is not RefreshTokenGrant.create_token_response


def test_authlib_is_never_asked_to_judge_a_client() -> None:
    with pytest.raises(NotImplementedError):
        client().check_client_secret("x")
    with pytest.raises(NotImplementedError):
        client().check_endpoint_auth_method("none", "revocation")


def test_there_is_no_default_redirect_uri_even_if_one_is_registered() -> None:
    registered = client(redirect_uris=["https://rp.example/cb"])

    assert registered.get_default_redirect_uri() is None  # type: ignore[func-returns-value]


def test_nothing_is_done_with_nonces() -> None:
    assert OpenIDCodeToken().exists_nonce("n", None) is False


def test_what_authlib_reads_comes_from_one_place_and_never_from_the_host() -> None:
    request = AuthlibRequest("POST", "https://token.invalid/", Parameters({"code": "c", "scope": "openid"}))

    assert request.payload.data == request.form == request.args == {"code": "c", "scope": "openid"}
    assert request.payload.datalist["code"] == ["c"]
    assert request.uri == "https://token.invalid/"


def test_a_minted_answer_does_not_show_itself_to_a_log() -> None:
    access = opaque_token(now=NOW, life=Lifetimes().access_token)
    minted = MintedTokens.with_access(access, Lifetimes())
    answer = minted.response(grant(scopes=("openid", "offline_access")), "openid offline_access")

    assert answer["access_token"] == access.value
    assert access.value not in repr(answer)
    assert minted.refresh_token not in f"{answer} {answer!r}"


def test_authlib_wants_a_nonce_for_code_token_and_ours_does_not_where_no_id_token_comes_at_once() -> None:
    assert "code token" in OpenIDHybridGrant.RESPONSE_TYPES

    assert "code token" not in HybridRequest.RESPONSE_TYPES
    assert set(CodeAndTokenRequest.RESPONSE_TYPES) == {"code token"}


def test_authlib_takes_implicit_requests_from_clients_without_a_secret_only_and_ours_from_all() -> None:
    assert ImplicitRequest.TOKEN_ENDPOINT_AUTH_METHODS == ["none"]

    ours, authlibs = (grant.authenticate_token_endpoint_client for grant in (ImplicitRequest, OpenIDImplicitGrant))
    assert ours is not authlibs


@pytest.mark.parametrize("grant", [ImplicitRequest, HybridRequest])
def test_nothing_is_done_with_the_nonces_of_the_front(grant: type[OpenIDImplicitGrant]) -> None:
    assert grant.exists_nonce(None, "n", None) is False


def test_authlib_percent_encodes_what_it_posts_and_ours_never_asks_it_to() -> None:
    _, page, _ = create_response_mode_response("https://rp.example/cb", [("state", "a b")], "form_post")

    assert 'value="a%20b"' in page
