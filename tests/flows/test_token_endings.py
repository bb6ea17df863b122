"""What ends a grant ends its code, its access tokens and its refresh tokens at once, in every endpoint."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from idp.store import accounts, clients, consents, grants, session_endings, sessions
from idp.store.base import digest_of
from idp.store.database import Connection
from tests.flows.relying_party import RelyingParty
from tests.running import Running


@dataclass(frozen=True)
class SignedIn:
    """A person with an unused code, a live access token and a live refresh token at one client."""

    rp: RelyingParty
    account_id: str
    session_id: str
    code: str
    access_token: str
    refresh_token: str


@pytest.fixture
def signed_in(provider: Running) -> SignedIn:
    rp, person = RelyingParty(provider, provider.client()), provider.person()
    browser = provider.session(person)
    tokens = rp.redeem(rp.code(browser, scope="openid offline_access")).json()
    with provider.database.autocommit() as db:
        secret = digest_of(browser.cookies["op_sid"])
        visit = sessions.visit(
            db, secret, client_id=None, idle_since=provider.clock().replace(year=2000), now=provider.clock()
        )
    assert visit is not None
    code = rp.code(browser, scope="openid offline_access")
    return SignedIn(rp, person.id, visit.session.id, code, tokens["access_token"], tokens["refresh_token"])


def disable_person(db: Connection, who: SignedIn) -> None:
    now = who.rp.provider.clock()
    accounts.set_disabled(db, who.account_id, now, now=now)


def delete_person(db: Connection, who: SignedIn) -> None:
    accounts.mark_deleted(db, who.account_id, now=who.rp.provider.clock())


def erase_person(db: Connection, who: SignedIn) -> None:
    accounts.erase(db, who.account_id)


def disable_client(db: Connection, who: SignedIn) -> None:
    now = who.rp.provider.clock()
    clients.set_disabled(db, who.rp.client.client_id, now, now=now)


def remove_client(db: Connection, who: SignedIn) -> None:
    clients.remove(db, who.rp.client.client_id)


def end_session(db: Connection, who: SignedIn) -> None:
    session_endings.end(db, who.session_id, because="ended_by_person", now=who.rp.provider.clock())


def withdraw_consent(db: Connection, who: SignedIn) -> None:
    client_id, now = who.rp.client.client_id, who.rp.provider.clock()
    consents.withdraw(db, who.account_id, client_id)
    grants.revoke_all(db, account_id=who.account_id, client_id=client_id, because="consent_withdrawn", now=now)


ENDINGS = (
    disable_person, delete_person, erase_person, disable_client, remove_client, end_session, withdraw_consent
)  # fmt: skip


def answers(who: SignedIn) -> dict[str, int | bool]:
    """What every endpoint says about what the person and the client hold."""
    rp, told = who.rp, {}
    for name, token in (("access", who.access_token), ("refresh", who.refresh_token)):
        response = rp.provider.post("/introspect", {"token": token}, auth=rp.client.basic)
        told[f"{name} is active"] = response.status_code == 200 and response.json()["active"]
    return {
        **told,
        "userinfo": rp.userinfo(who.access_token).status_code,
        "code": rp.redeem(who.code).status_code,
        "refresh": rp.refresh(who.refresh_token).status_code,
    }


def test_everything_works_until_something_ends(signed_in: SignedIn) -> None:
    told = answers(signed_in)

    assert told == {"access is active": True, "refresh is active": True, "userinfo": 200, "code": 200, "refresh": 200}


@pytest.mark.parametrize("ending", ENDINGS)
def test_at_once_nothing_works_any_more(signed_in: SignedIn, ending: Callable[[Connection, SignedIn], None]) -> None:
    with signed_in.rp.provider.database.transaction() as db:
        ending(db, signed_in)

    told = answers(signed_in)

    assert (told["access is active"], told["refresh is active"], told["userinfo"]) == (False, False, 401)
    assert {told["code"], told["refresh"]} <= {400, 401}


@pytest.mark.parametrize("ending", [disable_person, delete_person, erase_person, end_session])
def test_the_browser_of_an_ended_session_has_to_sign_in_again(
    provider: Running, ending: Callable[[Connection, SignedIn], None]
) -> None:
    rp, person = RelyingParty(provider, provider.client()), provider.person()
    browser = provider.session(person)
    with provider.database.autocommit() as db:
        secret = digest_of(browser.cookies["op_sid"])
        visit = sessions.visit(
            db, secret, client_id=None, idle_since=provider.clock().replace(year=2000), now=provider.clock()
        )
    assert visit is not None
    with provider.database.transaction() as db:
        ending(db, SignedIn(rp, person.id, visit.session.id, "", "", ""))

    response = rp.authorize(browser)

    assert response.headers["Location"].startswith("/login?")


def test_a_person_who_is_enabled_again_finds_what_was_not_revoked(signed_in: SignedIn) -> None:
    provider = signed_in.rp.provider
    for disabled_at in (provider.clock(), None):
        with provider.database.transaction() as db:
            accounts.set_disabled(db, signed_in.account_id, disabled_at, now=provider.clock())

    assert signed_in.rp.userinfo(signed_in.access_token).status_code == 200


def test_ending_one_session_leaves_the_others_alone(signed_in: SignedIn) -> None:
    rp = signed_in.rp
    other = RelyingParty(rp.provider, rp.client)
    tokens = other.redeem(other.code(rp.provider.session(rp.provider.person()))).json()
    with rp.provider.database.transaction() as db:
        end_session(db, signed_in)

    assert rp.userinfo(tokens["access_token"]).status_code == 200


def test_an_access_token_ends_by_itself(provider: Running) -> None:
    from datetime import timedelta

    rp = RelyingParty(provider, provider.client())
    tokens = rp.redeem(rp.code(provider.session(provider.person()))).json()
    try:
        provider.clock.ahead = timedelta(seconds=tokens["expires_in"] + 1)

        assert rp.userinfo(tokens["access_token"]).status_code == 401
        told = provider.post("/introspect", {"token": tokens["access_token"]}, auth=rp.client.basic)
        assert told.json() == {"active": False}
    finally:
        provider.clock.ahead = timedelta()
