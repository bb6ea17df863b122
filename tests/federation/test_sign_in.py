"""Signing in with another provider, from the button to the relying party."""

import pytest

from idp.store import accounts
from tests.federation.world import Traveller, World, query_of, reason_of
from tests.flows.people import code_in_mail, new_address, somebody
from tests.flows.relying_party import RelyingParty, answer_in


def test_a_stranger_with_an_address_that_google_gives_out_gets_an_account(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")

    account = traveller.become("google", alice.key)

    assert traveller.who() == alice.email
    assert account.email_verified_at is not None
    assert account.password_hash is None
    # Her picture comes later, at a moment of its own.
    names = {claim: told for claim, told in account.profile.items() if claim != "picture"}
    assert names == {"name": "Alice Adams", "given_name": "Alice", "family_name": "Adams"}
    assert world.identities(account.id) == [f"google:{alice.subject}"]


def test_the_second_time_opens_the_account_at_once(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    traveller.become("google", alice.key)
    again = Traveller(world)

    answer = again.go("google", alice.key)

    assert answer.headers["Location"] == "/account"
    assert again.who() == alice.email


def test_the_relying_party_gets_its_answer_and_hears_how(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    account = traveller.become("google", alice.key)
    party, browser = RelyingParty(world.provider, world.provider.client()), Traveller(world)
    request = query_of(party.authorize(browser.browser.http).headers["Location"])["request"]

    back = browser.go("google", alice.key, page=browser.browser.get(f"/login?request={request}"))

    assert back.headers["Location"] == f"/authorize/{request}"
    answer = answer_in(browser.browser.get(back.headers["Location"]))
    claims = party.claims(party.redeem(answer["code"]).json()["id_token"])
    assert claims["sub"] == account.id
    assert claims["amr"] == ["fed"]


@pytest.mark.parametrize(
    ("connector", "persona"), [("google", "nora"), ("google", "una"), ("facebook", "fred"), ("x", "xena")]
)
def test_an_address_that_proves_nothing_is_proven_by_mail(
    world: World, traveller: Traveller, connector: str, persona: str
) -> None:
    who = world.meet(connector, persona)
    page = traveller.browser.get(traveller.go(connector, who.key).headers["Location"])

    sent = traveller.browser.send(page, "/welcome", name="Somebody")
    code_page = traveller.browser.get(sent.headers["Location"])
    wrong = traveller.browser.send(code_page, "/welcome/code", code="000000x")
    assert wrong.status_code == 400
    assert traveller.who() is None
    done = traveller.browser.send(code_page, "/welcome/code", code=code_in_mail(world.provider, who.email or ""))

    assert done.headers["Location"] == "/account"
    assert traveller.who() == who.email
    account = world.account(who.email or "")
    assert account is not None
    assert account.email_verified_at is not None
    assert world.identities(account.id) == [f"{connector}:{who.subject}"]


@pytest.mark.parametrize(("connector", "persona"), [("facebook", "fiona"), ("facebook", "phil"), ("x", "xaver")])
def test_who_comes_without_an_address_gives_one_and_proves_it(
    world: World, traveller: Traveller, connector: str, persona: str
) -> None:
    who, email = world.meet(connector, persona), new_address()
    page = traveller.browser.get(traveller.go(connector, who.key).headers["Location"])
    assert who.email is None or who.email not in page.text

    sent = traveller.browser.send(page, "/welcome", email=email)
    code_page = traveller.browser.get(sent.headers["Location"])
    traveller.browser.send(code_page, "/welcome/code", code=code_in_mail(world.provider, email))

    assert traveller.who() == email


def test_a_known_address_that_proves_nothing_is_told_apart_by_nobody(world: World) -> None:
    known = somebody(world.provider)
    pages = []
    for email in (known.email, new_address()):
        traveller, who = Traveller(world), world.meet("facebook", "fred", email=email)
        page = traveller.browser.get(traveller.go("facebook", who.key).headers["Location"])
        sent = traveller.browser.send(page, "/welcome")
        code_page = traveller.browser.get(sent.headers["Location"])
        pages.append((page.status_code, sent.status_code, code_page.status_code, "Check your mail" in code_page.text))

    assert pages[0] == pages[1] == (200, 303, 200, True)
    assert world.events(event="sign_up_begun", known_account=True, connector="facebook")


def test_the_name_can_be_changed_before_the_account_is_made(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    page = traveller.browser.get(traveller.go("google", alice.key).headers["Location"])

    traveller.browser.send(page, "/welcome", name="Ali")

    account = world.account(alice.email or "")
    assert account is not None
    assert account.profile["name"] == "Ali"


def test_nothing_overwrites_what_a_person_has_changed(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    page = traveller.browser.get(traveller.go("google", alice.key).headers["Location"])
    traveller.browser.send(page, "/welcome", name="Ali")

    Traveller(world).go("google", alice.key)

    account = world.account(alice.email or "")
    assert account is not None
    assert account.profile["name"] == "Ali"


def test_a_form_that_names_another_address_changes_nothing(world: World, traveller: Traveller) -> None:
    victim, alice = new_address(), world.meet("google", "alice")
    page = traveller.browser.get(traveller.go("google", alice.key).headers["Location"])

    traveller.browser.send(
        page, "/welcome", email=victim, issuer="https://accounts.google.com", subject="1", is_authoritative="1"
    )

    assert traveller.who() == alice.email
    assert world.account(victim) is None


def test_an_account_that_is_disabled_stays_closed(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    account = traveller.become("google", alice.key)
    with world.provider.database.transaction() as db:
        accounts.set_disabled(db, account.id, world.provider.clock(), now=world.provider.clock())
    again = Traveller(world)

    answer = again.go("google", alice.key)

    assert answer.status_code == 403
    assert again.who() is None
    assert world.events(event="sign_in_refused", because="disabled", connector="google")


@pytest.mark.parametrize("connector", ["google", "facebook", "x"])
@pytest.mark.parametrize(
    ("persona", "fault", "reason"),
    [
        ("cancel", "", "upstream_cancelled"),
        ("", "broken", "upstream_unavailable"),
        ("", "expired", "upstream_refused"),
    ],
)
def test_whatever_goes_wrong_leaves_the_other_ways_open(
    world: World, traveller: Traveller, connector: str, persona: str, fault: str, reason: str
) -> None:
    party, person = RelyingParty(world.provider, world.provider.client()), somebody(world.provider)
    request = query_of(party.authorize(traveller.browser.http).headers["Location"])["request"]
    page = traveller.browser.get(f"/login?request={request}")

    back = traveller.go(connector, persona or getattr(world, connector).personas[0].key, fault, page=page)

    assert reason_of(back) == reason
    shown = traveller.browser.get(back.headers["Location"])
    assert shown.status_code == 200
    assert "other provider" in shown.text
    assert traveller.browser.log_in(person, request=request).headers["Location"] == f"/authorize/{request}"
    assert "code" in answer_in(traveller.browser.get(f"/authorize/{request}"))


def test_who_is_not_enrolled_at_x_is_told_to_the_operator(world: World, traveller: Traveller) -> None:
    xing = world.meet("x", "xing")

    back = traveller.go("x", xing.key)

    assert reason_of(back) == "upstream_not_enrolled"
    assert "not set up correctly" in traveller.browser.get(back.headers["Location"]).text
    assert world.events(event="sign_in_refused", because="upstream_not_enrolled", connector="x")
