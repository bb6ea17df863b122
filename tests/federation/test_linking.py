"""Joining accounts: by the rule, by the person, and never by an address alone."""

import re

import pytest
from sqlalchemy import update

from idp.store import accounts, upstream_identities
from idp.store.sessions import sessions
from tests.federation.world import Traveller, World, query_of
from tests.flows.people import code_in_mail, mails, new_address, somebody
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Person


def google_address(world: World) -> tuple[str, Person]:
    """A person with a password, whose proven address is one that Google gives out."""
    persona = world.meet("google", "alice")
    person = world.provider.person_called(persona.email or "")
    return persona.key, person


def test_an_authoritative_address_joins_the_account_that_has_proven_it(world: World, traveller: Traveller) -> None:
    key, person = google_address(world)

    answer = traveller.go("google", key)

    assert answer.headers["Location"] == "/account"
    assert traveller.who() == person.email
    assert len(world.identities(person.id)) == 1
    assert world.events(event="identity_linked", account_id=person.id, because="address", connector="google")
    assert mails(world.provider, person.email, "sign_in_method_added")


@pytest.mark.parametrize(
    ("connector", "persona"), [("google", "nora"), ("google", "una"), ("facebook", "fred"), ("x", "xena")]
)
def test_an_address_that_proves_nothing_never_joins(
    world: World, traveller: Traveller, connector: str, persona: str
) -> None:
    victim = somebody(world.provider)
    who = world.meet(connector, persona, email=victim.email)

    answer = traveller.go(connector, who.key)

    assert answer.headers["Location"].startswith("/welcome?")
    assert traveller.who() is None
    assert world.identities(victim.id) == []


@pytest.mark.parametrize("flag", [False, None, "false", "true", 0, 1, [], {"verified": True}, "absent"])
def test_only_true_means_that_an_address_is_verified(world: World, traveller: Traveller, flag: object) -> None:
    key, person = google_address(world)

    def claim(claims: dict[str, object], keys: object) -> object:
        claims["email_verified"] = flag
        if flag == "absent":
            del claims["email_verified"]
        return keys.sign(claims)  # type: ignore[attr-defined]

    world.google.forge = claim
    answer = traveller.go("google", key)

    assert answer.headers["Location"].startswith("/welcome?")
    assert world.identities(person.id) == []


def test_an_account_that_never_proved_the_address_is_superseded_not_merged(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    attacker = world.provider.person_called(alice.email or "", proven=False)
    theirs = world.provider.session(attacker)
    assert theirs.get(f"{world.provider.issuer}/account", timeout=20).url.endswith("/account")

    account = traveller.become("google", alice.key)

    assert account.id != attacker.id
    # Neither the password nor the session that was kept opens anything any more.
    assert theirs.get(f"{world.provider.issuer}/account", timeout=20).url.endswith("/login")
    again = Traveller(world)
    assert again.browser.log_in(attacker).status_code == 400
    assert world.identities(attacker.id) == []
    assert world.events(event="account_superseded", account_id=attacker.id)


def test_mail_that_proves_an_address_supersedes_too(world: World, traveller: Traveller) -> None:
    xena = world.meet("x", "xena")
    attacker = world.provider.person_called(xena.email or "", proven=False)
    page = traveller.browser.get(traveller.go("x", xena.key).headers["Location"])
    sent = traveller.browser.send(page, "/welcome")

    code_page = traveller.browser.get(sent.headers["Location"])
    traveller.browser.send(code_page, "/welcome/code", code=code_in_mail(world.provider, xena.email or ""))

    account = world.account(xena.email or "")
    assert account is not None
    assert account.id != attacker.id


def test_a_recycled_address_takes_nothing_over(world: World) -> None:
    first = world.meet("google", "walt")
    owner = Traveller(world).become("google", first.key)
    second = world.meet("google", "walt", email=first.email)

    newcomer = Traveller(world)
    answer = newcomer.go("google", second.key)

    page = newcomer.browser.get(answer.headers["Location"])
    assert "There is an account with this address already" in page.text
    assert newcomer.who() is None
    assert world.identities(owner.id) == [f"google:{first.subject}"]


def test_a_changed_address_changes_nothing_here(world: World) -> None:
    alice = world.meet("google", "alice")
    account = Traveller(world).become("google", alice.key)
    victim = somebody(world.provider)
    moved = world.meet("google", "alice", subject=alice.subject, email=victim.email)

    traveller = Traveller(world)
    traveller.go("google", moved.key)

    assert traveller.who() == alice.email
    assert world.identities(victim.id) == []
    assert world.identities(account.id) == [f"google:{alice.subject}"]


def test_who_shows_that_an_account_is_theirs_can_link_it_on_the_way(world: World, traveller: Traveller) -> None:
    party, person = RelyingParty(world.provider, world.provider.client()), somebody(world.provider)
    xaver = world.meet("x", "xaver")
    request = query_of(party.authorize(traveller.browser.http).headers["Location"])["request"]
    welcome = traveller.go("x", xaver.key, page=traveller.browser.get(f"/login?request={request}"))
    page = traveller.browser.get(welcome.headers["Location"])
    prove = page.text.partition('id="prove-link" href="')[2].partition('"')[0].replace("&amp;", "&")

    login = traveller.browser.get(prove)
    onward = traveller.browser.send(login, "/login", username=person.email, password=person.password)
    question = traveller.browser.get(onward.headers["Location"])
    assert world.identities(person.id) == []
    done = traveller.browser.send(question, "/welcome/link", decision="link")

    assert done.headers["Location"] == f"/authorize/{request}"
    assert world.identities(person.id) == [f"x:{xaver.subject}"]
    assert "code" in answer_in(traveller.browser.get(done.headers["Location"]))
    again = Traveller(world)
    again.go("x", xaver.key)
    assert again.who() == person.email


def test_who_does_not_want_to_link_goes_on_without(world: World, traveller: Traveller) -> None:
    person, xaver = somebody(world.provider), world.meet("x", "xaver")
    page = traveller.browser.get(traveller.go("x", xaver.key).headers["Location"])
    prove = page.text.partition('id="prove-link" href="')[2].partition('"')[0].replace("&amp;", "&")
    login = traveller.browser.get(prove)
    onward = traveller.browser.send(login, "/login", username=person.email, password=person.password)

    done = traveller.browser.send(traveller.browser.get(onward.headers["Location"]), "/welcome/link", decision="skip")

    assert done.headers["Location"] == "/account"
    assert world.identities(person.id) == []


def test_an_account_signed_in_to_before_proves_nothing(world: World, traveller: Traveller) -> None:
    person, xaver = somebody(world.provider), world.meet("x", "xaver")
    traveller.sign_in(person)
    back = traveller.go("x", xaver.key, page=traveller.browser.get("/login?reason=other_person"))
    handshake = query_of(back.headers["Location"])["handshake"]

    answer = traveller.browser.get(f"/welcome/link?handshake={handshake}")

    assert answer.headers["Location"].startswith("/login?")


def test_a_person_links_a_second_provider_and_signs_in_with_it(world: World, traveller: Traveller) -> None:
    alice, xaver = world.meet("google", "alice"), world.meet("x", "xaver")
    account = traveller.become("google", alice.key)

    answer = traveller.link("x", xaver.key)

    assert answer.headers["Location"] == "/account/sign-in-methods?done=linked"
    assert world.identities(account.id) == [f"google:{alice.subject}", f"x:{xaver.subject}"]
    again = Traveller(world)
    again.go("x", xaver.key)
    assert again.who() == alice.email
    assert mails(world.provider, alice.email or "", "sign_in_method_added")


def test_an_identity_opens_one_account_only(world: World, traveller: Traveller) -> None:
    xaver, email = world.meet("x", "xaver"), new_address()
    first, second = somebody(world.provider), somebody(world.provider)
    traveller.sign_in(first)
    traveller.link("x", xaver.key)
    other = Traveller(world)
    other.sign_in(second)

    answer = other.link("x", xaver.key)

    assert answer.headers["Location"] == "/account/sign-in-methods?done=taken"
    assert world.identities(second.id) == []
    assert email not in other.browser.get(answer.headers["Location"]).text


def test_unlinking_takes_the_way_away_and_the_sessions_that_came_of_it(world: World, traveller: Traveller) -> None:
    person, xaver = somebody(world.provider), world.meet("x", "xaver")
    traveller.sign_in(person)
    traveller.link("x", xaver.key)
    elsewhere = Traveller(world)
    elsewhere.go("x", xaver.key)
    assert elsewhere.who() == person.email

    answer = traveller.unlink()

    assert answer.headers["Location"] == "/account/sign-in-methods?done=unlinked"
    assert world.identities(person.id) == []
    assert elsewhere.who() is None
    assert traveller.who() == person.email
    assert Traveller(world).go("x", xaver.key).headers["Location"].startswith("/welcome?")
    assert mails(world.provider, person.email, "sign_in_method_removed")


def test_the_last_way_in_cannot_be_removed(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    account = traveller.become("google", alice.key)
    xaver = world.meet("x", "xaver")
    traveller.link("x", xaver.key)
    page = traveller.browser.get("/account/sign-in-methods")
    traveller.browser.send(page, "/account/sign-in-methods/unlink")

    # The page without buttons is one thing; the form of the page before is another.
    again = traveller.browser.send(page, "/account/sign-in-methods/unlink", identity=_first(page.text))

    assert again.headers["Location"] == "/account/sign-in-methods?done=last"
    assert len(world.identities(account.id)) == 1
    assert "Remove" not in traveller.browser.get("/account/sign-in-methods").text


def test_a_provider_that_is_no_longer_set_up_counts_for_no_way_in(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    account = traveller.become("google", alice.key)
    traveller.link("x", world.meet("x", "xaver").key)
    here = upstream_identities.upstream_identities.c
    with world.provider.database.transaction() as db:
        gone = update(upstream_identities.upstream_identities).where(here.account_id == account.id)
        db.execute(gone.where(here.connector == "x").values(connector="myspace"))

    page = traveller.browser.get("/account/sign-in-methods")
    (offered,) = re.findall(r'name="identity" value="([^"]+)"', page.text)
    traveller.browser.send(page, "/account/sign-in-methods/unlink", identity=offered)

    assert world.identities(account.id) == [f"google:{alice.subject}"]


def _first(text: str) -> str:
    """The identity of the first form of the page; what sends a form fills in the last."""
    return text.partition('name="identity" value="')[2].partition('"')[0]


def test_changing_how_one_signs_in_needs_a_fresh_sign_in(world: World, traveller: Traveller) -> None:
    person = somebody(world.provider)
    traveller.browser.http = world.provider.session(person)
    with world.provider.database.transaction() as db:
        old = world.provider.clock().replace(year=2020)
        db.execute(update(sessions).where(sessions.c.account_id == person.id).values(auth_time=old))

    shown = traveller.browser.get("/account/sign-in-methods")
    page = traveller.browser.get(shown.headers["Location"])
    fresh = traveller.browser.send(page, "/login", username=person.email, password=person.password)

    assert shown.headers["Location"] == "/login?then=methods&reason=confirm"
    assert fresh.headers["Location"] == "/account/sign-in-methods"
    assert traveller.browser.get("/account/sign-in-methods").status_code == 200


def test_an_old_session_can_neither_link_nor_unlink(world: World, traveller: Traveller) -> None:
    alice, xaver = world.meet("google", "alice"), world.meet("x", "xaver")
    account = traveller.become("google", alice.key)
    traveller.link("x", xaver.key)
    page = traveller.browser.get("/account/sign-in-methods")
    with world.provider.database.transaction() as db:
        old = world.provider.clock().replace(year=2020)
        db.execute(update(sessions).where(sessions.c.account_id == account.id).values(auth_time=old))

    for action in ("/account/sign-in-methods/unlink", "/social/x/link"):
        assert traveller.browser.send(page, action).headers["Location"] == "/login?then=methods&reason=confirm"
    assert len(world.identities(account.id)) == 2


def test_linking_is_for_the_person_who_began_it(world: World, traveller: Traveller) -> None:
    first, second, xaver = somebody(world.provider), somebody(world.provider), world.meet("x", "xaver")
    traveller.sign_in(first)
    page = traveller.browser.get("/account/sign-in-methods")
    address = traveller.browser.send(page, "/social/x/link").headers["Location"]
    callback = traveller.pick(address, xaver.key)
    traveller.sign_in(second)

    answer = traveller.browser.get(callback)

    assert answer.headers["Location"] == "/account/sign-in-methods?failed=refused"
    assert world.identities(first.id) == world.identities(second.id) == []


def test_a_deleted_persons_links_go_with_the_account(world: World, traveller: Traveller) -> None:
    alice = world.meet("google", "alice")
    account = traveller.become("google", alice.key)
    with world.provider.database.transaction() as db:
        accounts.erase(db, account.id)

    with world.provider.database.autocommit() as db:
        assert upstream_identities.find(db, world.google.origin, alice.subject) is None
