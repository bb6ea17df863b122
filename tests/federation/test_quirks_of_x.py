"""What is special about X: that the simulator has it, and that the connector lives with it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from idp.dev.upstreams.personas import X
from idp.dev.upstreams.stage import App, challenge_of
from idp.dev.upstreams.x import PROFILES_IN_A_WINDOW, XStage
from tests.federation.direct import CLIENT_ID, REDIRECT_URI, SECRET, Direct, direct
from tests.federation.world import Traveller, query_of

VERIFIER = "v" * 43
REQUEST = {
    "client_id": CLIENT_ID,
    "redirect_uri": REDIRECT_URI,
    "response_type": "code",
    "scope": "tweet.read users.read users.email",
    "state": "s",
    "code_challenge": challenge_of(VERIFIER, "S256"),
    "code_challenge_method": "S256",
}


@pytest.fixture
def x() -> Iterator[Direct[XStage]]:
    with direct("x", XStage, X) as started:
        yield started


def code(x: Direct[XStage], persona: str = "xena", **more: str) -> str:
    address = requests.Request("GET", f"{x.stage.origin}/i/oauth2/authorize", params=REQUEST | more).prepare()
    return x.answer(address.url or "", persona)["code"]


def redeem(x: Direct[XStage], used: str, *, basic: bool = True, **more: str | None) -> requests.Response:
    form = {
        "grant_type": "authorization_code",
        "code": used,
        "redirect_uri": REDIRECT_URI,
        "code_verifier": VERIFIER,
        **more,
    }
    auth = (CLIENT_ID, SECRET.replace("%", "%25").replace("+", "%2B")) if basic else None
    return x.post("/2/oauth2/token", {name: value for name, value in form.items() if value is not None}, auth=auth)


def profile(
    x: Direct[XStage], persona: str = "xena", fields: str = "confirmed_email", **more: str
) -> requests.Response:
    token = redeem(x, code(x, persona, **more)).json()["access_token"]
    return requests.get(
        f"{x.stage.origin}/2/users/me",
        params={"user.fields": fields},
        headers={"Authorization": f"Bearer {token}"},
        timeout=20,
    )


@pytest.mark.parametrize(("seconds", "status"), [(29, 200), (31, 400)])
def test_a_code_of_the_simulator_is_good_for_30_seconds(x: Direct[XStage], seconds: int, status: int) -> None:
    used = code(x)
    x.clock.ahead = timedelta(seconds=seconds)

    assert redeem(x, used).status_code == status


def test_the_code_is_redeemed_before_anything_else_is_asked(x: Direct[XStage]) -> None:
    x.travel()

    assert x.stage.requests == ["token", "me"]


def test_a_code_that_is_too_old_signs_nobody_in(x: Direct[XStage]) -> None:
    assert x.fails(fault="expired") == "refused"


@pytest.mark.parametrize(
    "changed", [{"code_challenge": ""}, {"code_challenge_method": ""}, {"code_challenge_method": "S512"}]
)
def test_the_simulator_demands_pkce(x: Direct[XStage], changed: dict[str, str]) -> None:
    assert x.get("/i/oauth2/authorize", **REQUEST | changed).status_code == 400


@pytest.mark.parametrize("verifier", [None, "w" * 43])
def test_the_simulator_refuses_a_missing_or_wrong_verifier(x: Direct[XStage], verifier: str | None) -> None:
    assert redeem(x, code(x), code_verifier=verifier).status_code == 400


def test_the_connector_sends_challenge_and_verifier(x: Direct[XStage]) -> None:
    assert x.asked_for()["code_challenge_method"] == "S256"
    assert x.travel().subject == X[0].subject


def test_the_simulator_wants_basic_of_a_confidential_app(x: Direct[XStage]) -> None:
    answer = redeem(x, code(x), basic=False, client_id=CLIENT_ID, client_secret=SECRET)

    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")


def test_the_simulator_wants_the_client_id_in_the_body_of_a_public_app(x: Direct[XStage]) -> None:
    x.stage.app = App(CLIENT_ID, None, REDIRECT_URI)

    assert redeem(x, code(x), basic=False, client_id=CLIENT_ID).status_code == 200
    assert redeem(x, code(x), basic=False).status_code == 400


@pytest.mark.parametrize("secret", [SECRET, None])
def test_the_connector_authenticates_as_what_it_is(x: Direct[XStage], secret: str | None) -> None:
    x.stage.app = App(CLIENT_ID, secret, REDIRECT_URI)

    assert x.travel(x.connector(client_secret=secret)).subject == X[0].subject


def test_a_wrong_secret_is_the_operators_to_mend(x: Direct[XStage]) -> None:
    assert x.fails(x.connector(client_secret="wrong")) == "misconfigured"
    assert x.connector(client_secret="wrong").examine() != []
    assert x.connector().examine() == []


def test_the_simulator_puts_everything_into_an_envelope(x: Direct[XStage]) -> None:
    assert profile(x).json().keys() == {"data"}
    assert profile(x, fields="").json()["data"].keys() == {"id", "name", "username"}


def test_the_connector_opens_the_envelope(x: Direct[XStage]) -> None:
    identity = x.travel()

    assert (identity.subject, identity.label, identity.profile) == (X[0].subject, "@xena", {"name": "Xena"})


@pytest.mark.parametrize("more", [{"data": None}, {"data": []}, {"data": "x"}, {"data": {}}])
def test_an_envelope_with_nobody_in_it_signs_nobody_in(x: Direct[XStage], more: dict[str, object]) -> None:
    x.stage.me_more = more | {"errors": [{"title": "Not Found Error"}]}

    assert x.fails() in {"refused", "untrusted"}


def test_the_simulator_gives_an_address_by_scope_and_switch_only(x: Direct[XStage]) -> None:
    assert profile(x).json()["data"]["confirmed_email"] == X[0].email
    assert "confirmed_email" not in profile(x, scope="tweet.read users.read").json()["data"]
    assert "confirmed_email" not in profile(x, "xaver").json()["data"]
    x.stage.gives_email = False
    assert "confirmed_email" not in profile(x).json()["data"]


@pytest.mark.parametrize(("switch", "email"), [(True, X[0].email), (False, None)])
def test_an_address_is_taken_if_there_is_one_and_proves_nothing(
    x: Direct[XStage], switch: bool, email: str | None
) -> None:
    x.stage.gives_email = switch

    identity = x.travel()

    assert (identity.email, identity.email_verified, identity.is_authoritative) == (email, email is not None, False)


def test_the_badge_is_no_proof(x: Direct[XStage]) -> None:
    x.stage.gives_email = False

    assert profile(x, fields="verified").json()["data"]["verified"] is True
    assert x.travel().email_verified is False


def test_the_simulator_refuses_apps_that_are_not_enrolled(x: Direct[XStage]) -> None:
    answer = profile(x, "xing")

    assert (answer.status_code, answer.json()["reason"]) == (403, "client-not-enrolled")


def test_who_is_not_enrolled_is_told_what_to_do(x: Direct[XStage]) -> None:
    with pytest.raises(Exception, match="Production") as raised:
        x.travel(persona="xing")
    assert getattr(raised.value, "because", None) == "not_enrolled"


@pytest.mark.parametrize("scope", ["users.read users.email", "tweet.read users.email"])
def test_the_simulator_wants_both_scopes_for_a_profile(x: Direct[XStage], scope: str) -> None:
    assert profile(x, scope=scope).status_code == 403


def test_the_connector_asks_for_both_and_for_the_address(x: Direct[XStage]) -> None:
    assert set(x.asked_for()["scope"].split()) == {"tweet.read", "users.read", "users.email"}


def test_the_simulator_has_enough_after_75_profiles(x: Direct[XStage]) -> None:
    x.stage.profiles["xena"] = PROFILES_IN_A_WINDOW - 1

    assert [profile(x).status_code for _ in range(2)] == [200, 429]


def test_who_comes_too_often_is_told_so_and_costs_one_request_each_time(x: Direct[XStage]) -> None:
    x.stage.profiles["xena"] = PROFILES_IN_A_WINDOW

    assert x.fails() == "limited"
    assert x.stage.requests.count("me") == 1


@pytest.mark.parametrize(("length", "status"), [(500, 200), (501, 400), (0, 400)])
def test_the_simulator_takes_a_state_of_500_characters(x: Direct[XStage], length: int, status: int) -> None:
    assert x.get("/i/oauth2/authorize", **REQUEST | {"state": "s" * length}).status_code == status


def test_our_state_is_short(traveller: Traveller) -> None:
    address = traveller.leave("x")

    assert 0 < len(query_of(address)["state"]) <= 100
    assert traveller.browser.get(address).status_code == 200


def test_the_simulators_numbers_are_longer_than_a_double(x: Direct[XStage]) -> None:
    number = profile(x).json()["data"]["id"]

    assert isinstance(number, str)
    assert int(number) > 2**53


def test_no_digit_of_a_number_is_lost(x: Direct[XStage]) -> None:
    one, two = X[0], replace(X[0], key="next", subject=str(int(X[0].subject) + 1))
    x.stage.personas = (one, two)

    assert x.travel(persona="next").subject == two.subject != x.travel(persona=one.key).subject


def test_a_number_that_is_no_text_is_none(x: Direct[XStage]) -> None:
    x.stage.me_more = {"data": {"id": 1735112233445566778, "name": "X", "username": "x"}}

    assert x.fails() == "untrusted"
