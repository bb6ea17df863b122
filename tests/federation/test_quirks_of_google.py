"""What is special about Google: that the simulator has it, and that the connector lives with it."""

from collections.abc import Iterator

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.dev.upstreams.google import GoogleStage
from idp.dev.upstreams.personas import GOOGLE
from idp.dev.upstreams.stage import challenge_of
from idp.federation.metadata import MetadataSource
from tests.federation.direct import REDIRECT_URI, Direct, direct
from tests.federation.lies import claiming

REQUEST = {
    "client_id": "our-app",
    "redirect_uri": REDIRECT_URI,
    "response_type": "code",
    "scope": "openid email profile",
    "state": "s",
    "nonce": "n",
}


@pytest.fixture
def google() -> Iterator[Direct[GoogleStage]]:
    with direct("google", GoogleStage, GOOGLE) as started:
        yield started


def tokens(google: Direct[GoogleStage], code: str, **more: str) -> requests.Response:
    secret = {"client_id": "our-app", "client_secret": google.stage.app.secret or ""}
    return google.post(
        "/token", {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI} | secret | more
    )


def code(google: Direct[GoogleStage], persona: str = "alice", **more: str) -> str:
    address = requests.Request("GET", f"{google.stage.origin}/o/oauth2/v2/auth", params=REQUEST | more).prepare().url
    return google.answer(address or "", persona)["code"]


def claims(google: Direct[GoogleStage], persona: str) -> dict[str, object]:
    keys = KeySet.import_key_set(google.get("/oauth2/v3/certs").json())
    return dict(jwt.decode(tokens(google, code(google, persona)).json()["id_token"], keys).claims)


def test_the_simulator_spells_its_issuer_both_ways(google: Direct[GoogleStage]) -> None:
    assert claims(google, "alice")["iss"] == google.stage.origin
    google.stage.legacy_issuer = True
    assert claims(google, "alice")["iss"] == google.stage.origin.removeprefix("http://")


@pytest.mark.parametrize("legacy", [False, True])
def test_both_spellings_are_taken_and_one_is_stored(google: Direct[GoogleStage], legacy: bool) -> None:
    google.stage.legacy_issuer = legacy

    assert google.travel().issuer == google.stage.origin


def test_the_simulator_says_hd_for_workspace_people_only(google: Direct[GoogleStage]) -> None:
    assert claims(google, "walt")["hd"] == "acme.example"
    assert "hd" not in claims(google, "alice")


@pytest.mark.parametrize(
    ("domains", "persona", "comes_in"),
    [
        ((), "alice", True),
        (("*",), "alice", False),
        (("*",), "walt", True),
        (("acme.example",), "walt", True),
        (("other.example",), "walt", False),
        (("acme.example",), "nora", False),
    ],
)
def test_the_claim_decides_who_of_a_domain_comes_in(
    google: Direct[GoogleStage], domains: tuple[str, ...], persona: str, comes_in: bool
) -> None:
    connector = google.connector(hosted_domains=domains)

    if comes_in:
        assert google.travel(connector, persona).subject
    else:
        assert google.fails(connector, persona) == "refused"


def test_the_parameter_hd_is_a_hint_and_no_more(google: Direct[GoogleStage]) -> None:
    assert google.asked_for(google.connector(hosted_domains=("acme.example",)))["hd"] == "acme.example"
    assert google.asked_for(google.connector(hosted_domains=("*",)))["hd"] == "*"
    assert "hd" not in google.asked_for(google.connector(hosted_domains=("a.example", "b.example")))
    assert "hd" not in google.asked_for()


def test_the_simulator_has_addresses_of_every_worth(google: Direct[GoogleStage]) -> None:
    told = {persona: claims(google, persona) for persona in ("alice", "walt", "nora", "una")}

    assert str(told["alice"]["email"]).endswith("@gmail.com")
    assert (told["nora"]["email_verified"], told["una"]["email_verified"]) == (True, False)
    assert not {"hd"} & told["nora"].keys()


@pytest.mark.parametrize(
    ("persona", "verified", "authoritative"),
    [("alice", True, True), ("walt", True, True), ("nora", True, False), ("una", False, False)],
)
def test_google_decides_about_its_own_addresses_only(
    google: Direct[GoogleStage], persona: str, verified: bool, authoritative: bool
) -> None:
    identity = google.travel(persona=persona)

    assert (identity.email_verified, identity.is_authoritative) == (verified, authoritative)


@pytest.mark.parametrize("persona", ["alice", "walt"])
def test_an_address_of_its_own_that_google_has_not_verified_proves_nothing(
    google: Direct[GoogleStage], persona: str
) -> None:
    google.stage.forge = claiming(email_verified=False)

    identity = google.travel(persona=persona)

    assert (identity.email_verified, identity.is_authoritative) == (False, False)


def test_the_simulator_has_somebody_without_a_picture(google: Direct[GoogleStage]) -> None:
    assert "picture" in claims(google, "alice")
    assert "picture" not in claims(google, "nora")


def test_nobody_needs_a_picture(google: Direct[GoogleStage]) -> None:
    assert google.travel(persona="nora").profile["name"] == "Nora Nord"


def test_the_simulator_never_comes_back_from_a_wrong_redirect_uri(google: Direct[GoogleStage]) -> None:
    answer = google.get("/o/oauth2/v2/auth", **REQUEST | {"redirect_uri": REDIRECT_URI + "/"})

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)
    assert "redirect_uri_mismatch" in answer.text


def test_the_redirect_uri_is_sent_as_it_is_registered(google: Direct[GoogleStage]) -> None:
    assert google.asked_for()["redirect_uri"] == REDIRECT_URI


def test_the_codes_of_the_simulator_have_a_slash(google: Direct[GoogleStage]) -> None:
    assert "/" in code(google)


def test_a_code_is_decoded_once(google: Direct[GoogleStage]) -> None:
    # A second decoding would leave a slash as it is, and turn this one's %2B into a plus.
    google.stage.new_code = lambda: "4/0A%2Bx+y"  # type: ignore[method-assign]

    assert google.travel().subject == GOOGLE[0].subject


def test_a_code_of_the_simulator_works_once(google: Direct[GoogleStage]) -> None:
    used = code(google)

    assert tokens(google, used).status_code == 200
    assert tokens(google, used).json()["error"] == "invalid_grant"


def test_a_used_code_signs_nobody_in(google: Direct[GoogleStage]) -> None:
    connector, opening = google.connector(), google.opening()
    answer = google.answer(connector.authorization_url(opening), "alice")
    tokens(google, answer["code"], code_verifier=opening.code_verifier)

    with pytest.raises(Exception, match="did not take the code"):
        connector.identity(answer, opening, now=google.clock())


def test_the_simulator_gives_a_refresh_token_the_first_time_only(google: Direct[GoogleStage]) -> None:
    assert "refresh_token" in tokens(google, code(google, access_type="offline")).json()
    assert "refresh_token" not in tokens(google, code(google, access_type="offline")).json()
    assert "refresh_token" not in tokens(google, code(google)).json()


def test_no_refresh_token_is_asked_for_or_needed(google: Direct[GoogleStage]) -> None:
    assert "access_type" not in google.asked_for()
    assert google.travel().subject == google.travel().subject


def test_the_simulator_publishes_two_keys_for_a_short_time_and_rotates(google: Direct[GoogleStage]) -> None:
    answer = google.get("/oauth2/v3/certs")
    kids = [key["kid"] for key in answer.json()["keys"]]
    google.stage.keys.rotate()
    after = [key["kid"] for key in google.get("/oauth2/v3/certs").json()["keys"]]

    assert "max-age=20" in answer.headers["Cache-Control"]
    assert (len(kids), kids[1], after[0] in kids, after[1] in kids) == (2, after[0], True, False)


def test_keys_are_kept_as_long_as_they_may_be_and_found_again_after_a_rotation(google: Direct[GoogleStage]) -> None:
    connector = google.connector()
    google.travel(connector)
    google.travel(connector)
    assert google.stage.requests.count("certs") == 1

    google.stage.keys.rotate()
    google.travel(connector)
    assert google.stage.requests.count("certs") == 1  # the key that signs now was published before

    google.stage.keys.replace()
    google.travel(connector)
    assert google.stage.requests.count("certs") == 2


def test_keys_are_asked_for_again_when_their_time_is_over(google: Direct[GoogleStage]) -> None:
    seconds = [0.0]
    source = MetadataSource(google.wire, google.stage.origin, monotonic=lambda: seconds[0])
    asked = []
    for moment in (0.0, google.stage.keys.max_age - 1, google.stage.keys.max_age + 1):
        seconds[0] = moment
        source.keys()
        asked.append(google.stage.requests.count("certs"))

    assert asked == [1, 1, 2]


def test_the_simulator_refuses_prompt_login_on_a_page_of_its_own(google: Direct[GoogleStage]) -> None:
    answer = google.get("/o/oauth2/v2/auth", **REQUEST | {"prompt": "login"})

    assert (answer.status_code, answer.headers.get("Location")) == (400, None)


@pytest.mark.parametrize("max_age", [0, 600])
def test_a_fresh_sign_in_is_never_asked_for_as_prompt_login(google: Direct[GoogleStage], max_age: int) -> None:
    assert google.asked_for(max_age=max_age)["prompt"] == "select_account"
    assert google.travel(max_age=max_age).subject == GOOGLE[0].subject


def test_the_simulator_takes_no_verifier_for_another_challenge(google: Direct[GoogleStage]) -> None:
    challenged = code(google, code_challenge=challenge_of("v" * 43, "S256"), code_challenge_method="S256")

    assert tokens(google, challenged, code_verifier="w" * 43).json()["error"] == "invalid_grant"


def test_pkce_nonce_and_state_are_always_sent(google: Direct[GoogleStage]) -> None:
    asked = google.asked_for(nonce="the-nonce", state="the-state")

    assert asked["code_challenge_method"] == "S256"
    assert len(asked["code_challenge"]) == 43
    assert (asked["nonce"], asked["state"]) == ("the-nonce", "the-state")
