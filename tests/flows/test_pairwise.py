"""Pairwise subjects: one for each sector, the same everywhere, and nothing leads from one to another (Core 8)."""

import json

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Person, Running

PAIRWISE = {"subject_type": "pairwise"}


@pytest.fixture
def person(provider: Running) -> Person:
    return provider.person()


def relying_party(provider: Running, host: str = "rp.example", **registered: object) -> RelyingParty:
    uris = [f"https://{host}/callback"]
    return RelyingParty(provider, provider.client(**{"redirect_uris": uris, **PAIRWISE, **registered}))


def tokens_of(rp: RelyingParty, person: Person) -> dict[str, str]:
    return dict(rp.redeem(rp.code(rp.provider.session(person), scope="openid offline_access")).json())


def subject_at(rp: RelyingParty, person: Person) -> str:
    return str(rp.claims(tokens_of(rp, person)["id_token"])["sub"])


def test_id_token_refreshed_id_token_userinfo_and_introspection_say_the_same(provider: Running, person: Person) -> None:
    rp = relying_party(provider)
    tokens = tokens_of(rp, person)
    refreshed = rp.refresh(tokens["refresh_token"]).json()

    introspected = provider.post("/introspect", {"token": tokens["access_token"]}, auth=rp.client.basic).json()
    refresh_introspected = provider.post("/introspect", {"token": refreshed["refresh_token"]}, auth=rp.client.basic)
    subjects = {
        rp.claims(tokens["id_token"])["sub"],
        rp.claims(refreshed["id_token"])["sub"],
        rp.userinfo(tokens["access_token"]).json()["sub"],
        introspected["sub"],
        refresh_introspected.json()["sub"],
    }

    assert len(subjects) == 1
    assert person.id not in subjects


def test_sessions_are_told_apart_by_sector_too_and_the_same_everywhere_in_one(
    provider: Running, person: Person
) -> None:
    here, beside, elsewhere = (
        relying_party(provider),
        relying_party(provider),
        relying_party(provider, "other.example"),
    )
    browser = provider.session(person)

    def sid_at(rp: RelyingParty) -> str:
        tokens = rp.redeem(rp.code(browser)).json()
        sid = str(rp.claims(tokens["id_token"])["sid"])
        form = {"token": tokens["access_token"]}
        assert provider.post("/introspect", form, auth=rp.client.basic).json()["sid"] == sid
        return sid

    assert sid_at(here) == sid_at(beside)
    assert len({sid_at(here), sid_at(elsewhere), sid_at(relying_party(provider, subject_type="public"))}) == 3


def test_clients_of_one_host_know_a_person_alike_and_others_do_not(provider: Running, person: Person) -> None:
    here, beside, elsewhere = (
        relying_party(provider),
        relying_party(provider),
        relying_party(provider, "other.example"),
    )

    assert subject_at(here, person) == subject_at(beside, person)
    assert subject_at(here, person) != subject_at(elsewhere, person)


def test_a_sector_identifier_joins_hosts(provider: Running, person: Person) -> None:
    sector = {"sector_identifier_uri": "https://sector.example/uris.json"}
    one, two = relying_party(provider, "one.example", **sector), relying_party(provider, "two.example", **sector)

    assert subject_at(one, person) == subject_at(two, person)
    assert subject_at(one, person) == subject_at(relying_party(provider, "sector.example"), person)
    assert subject_at(one, person) != subject_at(relying_party(provider, "one.example"), person)


def test_two_people_are_two_and_each_stays_the_same(provider: Running, person: Person) -> None:
    rp, somebody_else = relying_party(provider), provider.person()

    assert subject_at(rp, person) == subject_at(rp, person)
    assert subject_at(rp, person) != subject_at(rp, somebody_else)


def test_a_public_client_goes_on_knowing_the_account(provider: Running, person: Person) -> None:
    assert subject_at(relying_party(provider, subject_type="public"), person) == person.id


def test_the_hint_of_a_pairwise_client_finds_its_person(provider: Running, person: Person) -> None:
    rp = relying_party(provider)
    hint = tokens_of(rp, person)["id_token"]

    same = answer_in(rp.authorize(provider.session(person), prompt="none", id_token_hint=hint))
    other = answer_in(rp.authorize(provider.session(provider.person()), prompt="none", id_token_hint=hint))

    assert "code" in same
    assert other["error"] == "login_required"


@pytest.mark.parametrize("member", ["id_token", "userinfo"])
def test_the_subject_of_the_claims_parameter_is_the_pairwise_one(
    provider: Running, person: Person, member: str
) -> None:
    rp = relying_party(provider)
    subject = subject_at(rp, person)

    def ask(*values: str) -> dict[str, str]:
        wish = {"value": values[0]} if len(values) == 1 else {"values": list(values)}
        claims = json.dumps({member: {"sub": wish}})
        return answer_in(rp.authorize(provider.session(person), prompt="none", claims=claims))

    assert "code" in ask(subject)
    assert "code" in ask("somebody", subject)
    assert ask("somebody", "else")["error"] == "login_required"
    assert ask(person.id)["error"] == "login_required"


def test_no_hint_of_another_sector_tells_a_pairwise_client_who_is_here(provider: Running, person: Person) -> None:
    rp = relying_party(provider)
    foreign = [
        tokens_of(relying_party(provider, "other.example"), person)["id_token"],
        tokens_of(relying_party(provider, subject_type="public"), person)["id_token"],
    ]

    for hint in foreign:
        answer = answer_in(rp.authorize(provider.session(person), prompt="none", id_token_hint=hint))
        assert answer["error"] == "login_required"


def test_a_hint_signs_out_without_a_question_also_with_a_pairwise_subject(provider: Running, person: Person) -> None:
    rp = relying_party(provider, post_logout_redirect_uris=["https://rp.example/bye"])
    browser = provider.session(person)
    hint = rp.redeem(rp.code(browser)).json()["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": "https://rp.example/bye"}

    response = browser.get(f"{provider.issuer}/end_session", params=query, allow_redirects=False, timeout=20)

    assert response.headers["Location"] == "https://rp.example/bye"
    assert answer_in(rp.authorize(browser, prompt="none"))["error"] == "login_required"


def test_a_frame_of_a_pairwise_client_is_told_the_session_it_knows(provider: Running, person: Person) -> None:
    out = {"frontchannel_logout_uri": "https://rp.example/out", "frontchannel_logout_session_required": True}
    rp, browser = relying_party(provider, **out), provider.session(person)
    hint = rp.redeem(rp.code(browser)).json()["id_token"]

    page = browser.get(f"{provider.issuer}/end_session", params={"id_token_hint": hint}, timeout=20)

    assert f"sid={rp.claims(hint)['sid']}" in page.text


def test_discovery_offers_both(provider: Running) -> None:
    document = provider.get("/.well-known/openid-configuration").json()

    assert document["subject_types_supported"] == ["public", "pairwise"]


def test_a_front_channel_id_token_has_the_pairwise_subject(full_provider: Running) -> None:
    person = full_provider.person()
    uris = {"redirect_uris": ["https://rp.example/callback"]}
    client = full_provider.client(response_types=["id_token token"], grant_types=["implicit"], **uris, **PAIRWISE)
    rp = RelyingParty(full_provider, client)

    answer = answer_in(rp.authorize(full_provider.session(person), response_type="id_token token"))

    subject = rp.claims(answer["id_token"])["sub"]
    assert subject == rp.userinfo(answer["access_token"]).json()["sub"]
    assert subject != person.id


def test_nobody_finds_an_account_by_the_pairwise_subject_of_somebody_who_is_not_here(provider: Running) -> None:
    rp = relying_party(provider)
    hint = tokens_of(rp, provider.person())["id_token"]

    answer = answer_in(rp.authorize(requests.Session(), prompt="none", id_token_hint=hint))

    assert answer["error"] == "login_required"
