"""A Graph API that says odd things of its tokens and its people: nobody comes in by them."""

from collections.abc import Iterator

import pytest

from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.personas import FACEBOOK
from tests.federation.direct import CLIENT_ID, Direct, direct
from tests.federation.lies import Claims


@pytest.fixture
def facebook() -> Iterator[Direct[FacebookStage]]:
    with direct("facebook", FacebookStage, FACEBOOK) as started:
        yield started


@pytest.mark.parametrize(
    "more",
    [
        {"is_valid": False},
        {"is_valid": None},
        {"is_valid": "true"},
        {"is_valid": 1},
        {"app_id": None},
        {"app_id": [CLIENT_ID]},
        {"user_id": None},
        {"user_id": int(FACEBOOK[0].subject)},
        {"user_id": FACEBOOK[1].subject},
        {"expires_at": 1},
        {"expires_at": "soon"},
        {"expires_at": 10**30},
    ],
    ids=str,
)
def test_a_token_that_is_not_good_and_ours_signs_nobody_in(facebook: Direct[FacebookStage], more: Claims) -> None:
    facebook.stage.token_more = more

    assert facebook.fails() == "untrusted"


def test_a_token_without_an_end_is_taken(facebook: Direct[FacebookStage]) -> None:
    facebook.stage.token_more = {"expires_at": 0}

    assert facebook.travel().subject == FACEBOOK[0].subject


@pytest.mark.parametrize("number", [None, "", 7, ["7"], "7\x00", "Ω", "7" * 300])
def test_a_person_without_a_name_of_their_own_is_nobody(facebook: Direct[FacebookStage], number: object) -> None:
    facebook.stage.token_more, facebook.stage.me_more = {"user_id": number}, {"id": number}

    assert facebook.fails() == "untrusted"


@pytest.mark.parametrize("more", [{"email": ["a@b.c"]}, {"email": "a\nb"}, {"name": {"a": "b"}}, {"email": None}])
def test_members_of_the_wrong_kind_are_left_out(facebook: Direct[FacebookStage], more: Claims) -> None:
    facebook.stage.me_more = more

    identity = facebook.travel()

    assert (identity.subject, identity.email_verified) == (FACEBOOK[0].subject, False)
    assert identity.profile.get("name") in {None, "Fred Fisher"}
