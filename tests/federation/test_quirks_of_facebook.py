"""What is special about Facebook: that the simulator has it, and that the connector lives with it."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.dev.upstreams.facebook import FacebookStage
from idp.dev.upstreams.personas import FACEBOOK
from idp.federation.facebook import ENDS, NEWEST, ending
from tests.federation.direct import CLIENT_ID, REDIRECT_URI, SECRET, Direct, direct
from tests.federation.world import Traveller, World

V = "/v26.0"
REQUEST = {"client_id": CLIENT_ID, "redirect_uri": REDIRECT_URI, "response_type": "code", "state": "s"}


@pytest.fixture
def facebook() -> Iterator[Direct[FacebookStage]]:
    with direct("facebook", FacebookStage, FACEBOOK) as started:
        yield started


def code(
    facebook: Direct[FacebookStage], persona: str = "fred", scope: str = "public_profile,email", **more: str
) -> str:
    address = requests.Request(
        "GET", f"{facebook.stage.origin}{V}/dialog/oauth", params=REQUEST | {"scope": scope} | more
    ).prepare()
    return facebook.answer(address.url or "", persona)["code"]


def redeem(facebook: Direct[FacebookStage], used: str, **more: str) -> requests.Response:
    secret = {"client_id": CLIENT_ID, "client_secret": SECRET, "redirect_uri": REDIRECT_URI}
    return facebook.get(f"{V}/oauth/access_token", code=used, **secret | more)


def me(facebook: Direct[FacebookStage], token: str, **more: str) -> requests.Response:
    proof = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
    return facebook.get(f"{V}/me", **{"access_token": token, "appsecret_proof": proof} | more)


def token(facebook: Direct[FacebookStage], persona: str = "fred") -> str:
    return str(redeem(facebook, code(facebook, persona)).json()["access_token"])


def test_the_token_endpoint_of_the_simulator_is_asked_with_get(facebook: Direct[FacebookStage]) -> None:
    answer = redeem(facebook, code(facebook)).json()

    assert (answer["token_type"], answer["expires_in"] > 86400) == ("bearer", True)


def test_the_token_endpoint_of_the_simulator_takes_no_form(facebook: Direct[FacebookStage]) -> None:
    assert facebook.post(f"{V}/oauth/access_token", {"code": code(facebook)}).status_code == 405


def test_the_connector_asks_with_get_and_with_the_same_redirect_uri(facebook: Direct[FacebookStage]) -> None:
    assert facebook.travel().subject == FACEBOOK[0].subject


def test_the_simulator_wants_the_redirect_uri_byte_for_byte(facebook: Direct[FacebookStage]) -> None:
    assert redeem(facebook, code(facebook), redirect_uri=REDIRECT_URI + "/").status_code == 400
    assert facebook.get(f"{V}/dialog/oauth", **REQUEST | {"redirect_uri": REDIRECT_URI + "?"}).status_code == 400


@pytest.mark.parametrize("scope", ["public_profile,email", "public_profile email"])
def test_the_simulator_takes_scopes_with_commas_and_with_spaces(facebook: Direct[FacebookStage], scope: str) -> None:
    given = redeem(facebook, code(facebook, scope=scope)).json()["access_token"]

    assert "email" in me(facebook, given, fields="id,email").json()


def test_the_connector_asks_for_the_address(facebook: Direct[FacebookStage]) -> None:
    assert facebook.asked_for()["scope"].split(",") == ["public_profile", "email"]
    assert facebook.travel().email == FACEBOOK[0].email


def test_errors_of_the_simulator_are_those_of_the_graph_api(facebook: Direct[FacebookStage]) -> None:
    error = redeem(facebook, "no such code").json()["error"]

    assert error.keys() == {"message", "type", "code", "fbtrace_id"}
    assert (error["type"], error["code"]) == ("OAuthException", 100)


@pytest.mark.parametrize(
    ("switch", "reason"), [({"limited": True}, "limited"), ({"tokens_of_app": "another-app"}, "untrusted")]
)
def test_what_goes_wrong_at_facebook_has_a_name_here(
    facebook: Direct[FacebookStage], switch: dict[str, object], reason: str
) -> None:
    for name, value in switch.items():
        setattr(facebook.stage, name, value)

    assert facebook.fails() == reason


def test_a_wrong_secret_is_the_operators_to_mend(facebook: Direct[FacebookStage]) -> None:
    connector = facebook.connector(client_secret="wrong")

    assert facebook.fails(connector) == "misconfigured"
    assert connector.examine() != []
    assert facebook.connector().examine() == []


@pytest.mark.parametrize("persona", ["fiona", "phil"])
def test_the_simulator_leaves_an_address_out_without_a_word(facebook: Direct[FacebookStage], persona: str) -> None:
    assert "email" not in me(facebook, token(facebook, persona), fields="id,name,email").json()


@pytest.mark.parametrize("persona", ["fiona", "phil"])
def test_who_gives_no_address_is_somebody_all_the_same(facebook: Direct[FacebookStage], persona: str) -> None:
    identity = facebook.travel(persona=persona)

    assert (identity.email, identity.email_verified, identity.label) == (None, False, identity.profile["name"])


def test_the_simulator_says_no_more_than_is_asked_for(facebook: Direct[FacebookStage]) -> None:
    assert me(facebook, token(facebook)).json().keys() == {"id", "name"}


def test_the_connector_names_what_it_wants(facebook: Direct[FacebookStage]) -> None:
    identity = facebook.travel()

    assert identity.profile == {"name": "Fred Fisher", "given_name": "Fred", "family_name": "Fisher"}


def test_the_simulator_can_demand_a_proof_of_the_secret(facebook: Direct[FacebookStage]) -> None:
    given = token(facebook)

    assert facebook.get(f"{V}/me", access_token=given).json()["error"]["code"] == 100
    assert me(facebook, given, appsecret_proof="0" * 64).json()["error"]["code"] == 100
    facebook.stage.requires_proof = False
    assert facebook.get(f"{V}/me", access_token=given).status_code == 200


@pytest.mark.parametrize("required", [True, False])
def test_the_proof_is_always_sent(facebook: Direct[FacebookStage], required: bool) -> None:
    facebook.stage.requires_proof = required

    assert facebook.travel().subject == FACEBOOK[0].subject


def test_the_simulator_tells_whose_app_a_token_is_for(facebook: Direct[FacebookStage]) -> None:
    facebook.stage.tokens_of_app = "another-app"
    asked = {"input_token": token(facebook), "access_token": f"{CLIENT_ID}|{SECRET}"}

    assert facebook.get(f"{V}/debug_token", **asked).json()["data"]["app_id"] == "another-app"
    assert facebook.get(f"{V}/debug_token", **asked | {"access_token": "x"}).status_code == 400


def test_a_token_of_another_app_signs_nobody_in(facebook: Direct[FacebookStage]) -> None:
    facebook.stage.tokens_of_app = "another-app"

    assert facebook.fails() == "untrusted"
    assert "me" not in facebook.stage.requests


def test_the_profile_of_another_person_than_the_tokens_signs_nobody_in(facebook: Direct[FacebookStage]) -> None:
    facebook.stage.me_more = {"id": "1"}

    assert facebook.fails() == "untrusted"


def test_the_simulator_puts_its_own_sign_behind_the_address(facebook: Direct[FacebookStage]) -> None:
    page = facebook.get(f"{V}/dialog/oauth", **REQUEST | {"scope": "email"})
    asked = page.text.partition('name="asked" value="')[2].partition('"')[0]
    back = requests.post(
        f"{facebook.stage.origin}/choose", data={"asked": asked, "persona": "fred"}, allow_redirects=False, timeout=20
    )

    assert back.headers["Location"].endswith("#_=_")


@pytest.mark.parametrize(("persona", "fault"), [("fred", ""), ("cancel", ""), ("fred", "broken")])
def test_that_sign_goes_no_further_than_to_us(world: World, persona: str, fault: str) -> None:
    # A browser takes the fragment along to wherever it is sent, the relying party at last, unless there is another.
    traveller = Traveller(world)
    callback = traveller.pick(traveller.leave("facebook"), persona, fault)
    assert callback.endswith("#_=_")

    for _ in range(2):
        assert traveller.browser.get(callback).headers["Location"].endswith("#")


@pytest.mark.parametrize("version", ["v13.0", "v20.0", "v99.0"])
def test_the_simulator_knows_versions_that_are_alive(facebook: Direct[FacebookStage], version: str) -> None:
    assert facebook.get(f"/{version}/dialog/oauth", **REQUEST).status_code == 400
    assert facebook.get(f"/{version}/me", access_token="x").json()["error"]["code"] == 2635


def test_a_version_that_has_ended_is_the_operators_to_mend(facebook: Direct[FacebookStage]) -> None:
    assert "newer" in facebook.connector(graph_version="v20.0").examine()[0]


def test_operators_hear_of_the_end_of_a_version_in_time() -> None:
    end = ENDS["v25.0"]

    assert ending("v25.0", end - timedelta(days=91)) is None
    assert f"ends on {end}" in str(ending("v25.0", end - timedelta(days=90)))
    assert f"ended on {end}" in str(ending("v25.0", end))
    assert ending(NEWEST, date(2100, 1, 1)) is None


def test_the_simulators_pictures_expire(facebook: Direct[FacebookStage]) -> None:
    picture = me(facebook, token(facebook), fields="picture").json()["picture"]["data"]

    assert "oe=" in picture["url"]


def test_no_address_of_a_picture_is_kept(facebook: Direct[FacebookStage]) -> None:
    assert "picture" not in facebook.travel().profile


def test_the_simulator_gives_no_refresh_token(facebook: Direct[FacebookStage]) -> None:
    assert "refresh_token" not in redeem(facebook, code(facebook)).json()


def test_the_simulators_id_token_says_nothing_of_a_confirmed_address(facebook: Direct[FacebookStage]) -> None:
    answer = redeem(facebook, code(facebook, scope="openid email", nonce="n")).json()
    keys = KeySet.import_key_set(facebook.get("/.well-known/oauth/openid/jwks/").json())
    claims = jwt.decode(answer["id_token"], keys).claims

    assert (claims["email"], claims["nonce"]) == (FACEBOOK[0].email, "n")
    assert "email_verified" not in claims


def test_an_address_from_facebook_is_never_taken_for_proven(facebook: Direct[FacebookStage]) -> None:
    facebook.stage.me_more = {"email_verified": True, "verified": True}

    identity = facebook.travel()

    assert (identity.email_verified, identity.is_authoritative) == (False, False)


def test_the_simulator_says_in_its_own_words_that_somebody_cancelled(facebook: Direct[FacebookStage]) -> None:
    answer = facebook.answer(facebook.connector().authorization_url(facebook.opening()), "cancel")

    assert (answer["error"], answer["error_reason"], answer["error_code"]) == ("access_denied", "user_denied", "200")


def test_who_cancels_has_cancelled(facebook: Direct[FacebookStage]) -> None:
    assert facebook.fails(persona="cancel") == "cancelled"
