"""A userinfo endpoint that lies: it speaks of the token's person or of nobody, and takes back nothing of the token."""

from dataclasses import replace

import pytest

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from tests.federation.direct import CLIENT_ID, Direct
from tests.federation.lies import Claims, Lie, claiming

# An ID token without an address is what makes us ask.
WITHOUT_ADDRESS: Lie = claiming(email=None, email_verified=None)


def test_what_the_token_does_not_tell_is_asked_for(there: Direct[GoogleStage]) -> None:
    there.stage.forge = WITHOUT_ADDRESS

    identity = there.travel()

    assert (identity.email, identity.email_verified) == (GOOGLE[0].email, True)


@pytest.mark.parametrize("subject", ["somebody-else", None, "", 110169484474386276334, [GOOGLE[0].subject], True])
def test_somebody_elses_answer_signs_nobody_in(there: Direct[GoogleStage], subject: object) -> None:
    there.stage.forge, there.stage.userinfo_more = WITHOUT_ADDRESS, {"sub": subject}

    assert there.fails() == "untrusted"


@pytest.mark.parametrize(
    "more", [{"name": "Mallory"}, {"iss": "https://evil.example"}, {"aud": "x"}, {"given_name": "Mallory"}], ids=str
)
def test_what_the_token_has_said_is_not_said_otherwise(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.forge, there.stage.userinfo_more = WITHOUT_ADDRESS, more

    identity = there.travel()

    assert (identity.issuer, identity.subject) == (there.stage.origin, GOOGLE[0].subject)
    assert identity.profile["name"] == "Alice Adams"


def test_nobody_is_asked_about_an_address_that_the_token_tells(there: Direct[GoogleStage]) -> None:
    before = there.stage.requests.count("userinfo")
    there.stage.userinfo_more = {"email": "victim@gmail.com", "email_verified": True}

    assert there.travel().email == GOOGLE[0].email
    assert there.stage.requests.count("userinfo") == before


@pytest.mark.parametrize("more", [{"email": ["a@gmail.com"]}, {"email": {"a": 1}}, {"email": "x" * 300 + "@gmail.com"}])
def test_an_address_that_is_none_is_left_out(there: Direct[GoogleStage], more: Claims) -> None:
    there.stage.forge, there.stage.userinfo_more = WITHOUT_ADDRESS, more

    identity = there.travel(there.connector(authoritative_for=("gmail.com",)))

    assert (identity.email, identity.email_verified, identity.is_authoritative) == (None, False, False)


def test_two_ways_to_one_provider_find_one_person(there: Direct[GoogleStage]) -> None:
    first, second = there.travel(there.connector(name="first")), there.travel(there.connector(name="second"))

    assert (first.issuer, first.subject) == (second.issuer, second.subject)
    assert (first.connector, second.connector) == ("first", "second")


def test_a_token_for_one_of_two_clients_is_of_no_use_to_the_other(there: Direct[GoogleStage]) -> None:
    there.stage.app = replace(there.stage.app, client_id="our-other-app")
    other = there.connector(name="other", client_id="our-other-app")
    assert there.travel(other).subject == GOOGLE[0].subject

    there.stage.forge = claiming(aud=CLIENT_ID, azp=CLIENT_ID)

    assert there.fails(other) == "untrusted"
