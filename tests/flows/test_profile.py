"""What people say about themselves: the page, the claims, and the picture that apps may show."""

import json
import threading
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
from PIL import Image
from sqlalchemy import select

from idp.accounts.profile import FirstPicture
from idp.store import accounts, pictures
from idp.store.accounts import Account
from idp.store.audit_events import audit_events
from tests.flows.people import FormBrowser, fields_of, somebody
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running

PROFILE, REMOVE = "/account/profile", "/account/profile/picture/remove"
WIDTH = 16


def file_of(colour: str, kind: str = "PNG") -> bytes:
    written = BytesIO()
    Image.new("RGB", (300, 300), colour).save(written, kind)
    return written.getvalue()


def account_of(provider: Running, person: Person) -> Account:
    with provider.database.autocommit() as db:
        account = accounts.find(db, person.id)
    assert account is not None
    return account


def give_picture(provider: Running, person: Person, colour: str = "red") -> str:
    """Gives the path of the picture that the person has afterwards."""
    assert FirstPicture(provider.database, provider.clock)(person.id, file_of(colour), connector="google") is None
    return str(account_of(provider, person).profile["picture"])


def changes(provider: Running, person: Person) -> list[dict[str, Any]]:
    with provider.database.autocommit() as db:
        rows = db.execute(
            select(audit_events.c.detail)
            .where(audit_events.c.account_id == person.id, audit_events.c.event == "profile_changed")
            .order_by(audit_events.c.number)
        )
        return [dict(detail) for (detail,) in rows]


def claims_of(provider: Running, person: Person, **changed: str) -> dict[str, Any]:
    """What the userinfo endpoint says."""
    party = RelyingParty(provider, provider.client())
    code = party.code(provider.session(person), **changed)
    return dict(party.userinfo(str(party.redeem(code).json()["access_token"])).json())


def signed_in(provider: Running, person: Person) -> FormBrowser:
    browser = FormBrowser(provider)
    browser.log_in(person)
    return browser


def test_who_is_not_signed_in_any_more_is_asked_to_and_changes_nothing(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee")
    path = give_picture(provider, person)
    browser = signed_in(provider, person)
    page = browser.get(PROFILE)
    browser.http.cookies.pop("op_sid")

    answers = [browser.get(PROFILE), browser.send(page, PROFILE, name="Eve"), browser.send(page, REMOVE)]

    assert [answer.headers["Location"] for answer in answers] == ["/login"] * 3
    assert account_of(provider, person).profile == {"name": "Ann Lee", "picture": path}


@pytest.mark.parametrize("action", [PROFILE, REMOVE])
def test_a_form_of_another_site_changes_nothing(provider: Running, action: str) -> None:
    person = somebody(provider, name="Ann Lee")
    path = give_picture(provider, person)
    browser = signed_in(provider, person)
    other_form = fields_of(browser.get("/account"), "/account/sign-out")["csrf"]

    answers = [browser.post(action, {"name": "Eve"} | more) for more in ({}, {"csrf": "x"}, {"csrf": other_form})]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert account_of(provider, person).profile == {"name": "Ann Lee", "picture": path}


def test_a_name_is_edited_and_apps_hear_of_it(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee", website="https://ann.example")
    before = claims_of(provider, person)
    browser = signed_in(provider, person)
    provider_ahead = account_of(provider, person).updated_at

    saved = browser.send(browser.get(PROFILE), PROFILE, name="  Ann   Leander ")

    assert saved.headers["Location"] == f"{PROFILE}?done=names"
    assert "Your profile has been saved." in browser.get(f"{PROFILE}?done=names").text
    after = claims_of(provider, person)
    assert (before["name"], after["name"], after["website"]) == ("Ann Lee", "Ann Leander", "https://ann.example")
    assert account_of(provider, person).updated_at > provider_ahead
    assert after["updated_at"] == int(account_of(provider, person).updated_at.timestamp())


def test_the_page_leads_there_from_the_account(provider: Running) -> None:
    browser = signed_in(provider, somebody(provider))

    assert f'href="{PROFILE}"' in browser.get("/account").text


def test_first_and_last_name_are_asked_of_those_who_have_them(provider: Running) -> None:
    short, long = somebody(provider, name="Ann"), somebody(provider, name="Ann Lee", given_name="Ann")
    of_short, of_long = signed_in(provider, short), signed_in(provider, long)

    assert "given_name" not in fields_of(of_short.get(PROFILE), PROFILE)
    of_short.send(of_short.get(PROFILE), PROFILE, given_name="Eve")
    of_long.send(of_long.get(PROFILE), PROFILE, name="Ann Leander", given_name="", family_name="Leander")

    assert account_of(provider, short).profile == {"name": "Ann"}
    assert account_of(provider, long).profile == {"name": "Ann Leander", "family_name": "Leander"}


def test_no_name_at_all_is_a_choice(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee")
    browser = signed_in(provider, person)

    browser.send(browser.get(PROFILE), PROFILE, name="")

    assert account_of(provider, person).profile == {}
    assert "name" not in claims_of(provider, person)


def test_what_a_form_leaves_out_stays(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee", given_name="Ann", family_name="Lee")
    browser = signed_in(provider, person)
    fields = fields_of(browser.get(PROFILE), PROFILE)

    browser.post(PROFILE, {"csrf": fields["csrf"], "family_name": "Leander"})

    assert account_of(provider, person).profile == {"name": "Ann Lee", "given_name": "Ann", "family_name": "Leander"}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("x" * 101, "Use at most 100 characters"),
        ("Ann\u202eeeL", "characters that cannot be shown"),
        ("Ann\u200bLee", "characters that cannot be shown"),
        ("Ann\x07", "characters that cannot be shown"),
    ],
)
def test_what_cannot_be_a_name_is_refused_and_nothing_is_saved(provider: Running, typed: str, sentence: str) -> None:
    person = somebody(provider, name="Ann Lee", given_name="Ann")
    browser = signed_in(provider, person)

    for field in ("name", "given_name"):
        answer = browser.send(browser.get(PROFILE), PROFILE, **{"name": "Somebody Else", field: typed})

        assert answer.status_code == 400
        assert sentence in answer.text
        assert f'href="#{field.replace("_", "-")}"' in answer.text
    assert account_of(provider, person).profile == {"name": "Ann Lee", "given_name": "Ann"}
    assert changes(provider, person) == []


def test_a_name_is_text_wherever_it_stands(provider: Running) -> None:
    person = somebody(provider)
    browser = signed_in(provider, person)

    browser.send(browser.get(PROFILE), PROFILE, name='"><script>alert(1)</script>')

    for page in (browser.get(PROFILE), browser.get("/account")):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)" in page.text


def test_the_same_form_twice_is_one_change_and_its_event_says_nothing_of_the_name(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee")
    browser = signed_in(provider, person)
    fields = fields_of(browser.get(PROFILE), PROFILE) | {"name": "Ann Leander"}

    answers = [browser.post(PROFILE, fields) for _ in range(2)]
    updated_at = account_of(provider, person).updated_at
    answers.append(browser.post(PROFILE, fields))

    assert {answer.headers["Location"] for answer in answers} == {f"{PROFILE}?done=names"}
    assert changes(provider, person) == [{"because": "edited"}]
    assert account_of(provider, person).updated_at == updated_at


def test_two_devices_that_save_different_names_lose_neither(provider: Running) -> None:
    person = somebody(provider, name="Ann", given_name="Ann", family_name="Lee")
    browser = signed_in(provider, person)
    csrf = fields_of(browser.get(PROFILE), PROFILE)["csrf"]
    cookies = browser.http.cookies.get_dict()

    def save(**typed: str) -> Callable[[], requests.Response]:
        return lambda: provider.post(PROFILE, {"csrf": csrf, **typed}, cookies=cookies)

    answers = at_once(save(name="Ann Leander"), save(given_name="Anna"), save(family_name="Leander"))

    assert {answer.status_code for answer in answers} == {303}
    said = account_of(provider, person).profile
    assert said == {"name": "Ann Leander", "given_name": "Anna", "family_name": "Leander"}


def at_once(*doing: Callable[[], Any]) -> list[Any]:
    gate, answers = threading.Barrier(len(doing)), list[Any]()

    def race(do: Callable[[], Any]) -> None:
        gate.wait()
        answers.append(do())

    racers = [threading.Thread(target=race, args=(do,)) for do in doing]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    return answers


def test_a_picture_is_shown_on_the_persons_pages_and_told_as_an_address_below_the_issuer(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee")
    path = give_picture(provider, person)
    browser = signed_in(provider, person)

    assert claims_of(provider, person)["picture"] == provider.issuer + path
    assert claims_of(provider, person, scope="openid", claims=json.dumps({"userinfo": {"picture": None}}))[
        "picture"
    ] == (provider.issuer + path)
    assert "picture" not in claims_of(provider, person, scope="openid email")
    assert f'src="{path}"' in browser.get(PROFILE).text
    assert f'src="{path}"' in browser.get("/account").text


def test_a_picture_is_served_as_nothing_but_a_picture(provider: Running) -> None:
    path = give_picture(provider, somebody(provider))

    answer = provider.get(path)

    assert answer.status_code == 200
    assert Image.open(BytesIO(answer.content)).format == "JPEG"
    assert {name: answer.headers[name] for name in ("Content-Type", "X-Content-Type-Options", "Accept-Ranges")} == {
        "Content-Type": "image/jpeg",
        "X-Content-Type-Options": "nosniff",
        "Accept-Ranges": "none",
    }
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


def test_a_cache_that_has_a_picture_is_told_so(provider: Running) -> None:
    path = give_picture(provider, somebody(provider))
    etag = provider.get(path).headers["ETag"]

    answer = provider.get(path, headers={"If-None-Match": etag})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_picture_comes_whole_however_many_pieces_are_asked_for(provider: Running) -> None:
    path = give_picture(provider, somebody(provider))
    whole = provider.get(path).content

    for asked in ("bytes=0-0", "bytes=" + ",".join(f"{at}-" for at in range(1000)), "bytes=-1", "lines=1"):
        answer = provider.get(path, headers={"Range": asked})
        assert (answer.status_code, answer.content) == (200, whole)


@pytest.mark.parametrize("unknown", ["x", "..%2f..%2fetc%2fpasswd", "%00", "%E2%80%AE", "a" * 3000, "%ff", "1'--"])
def test_nothing_else_is_found_where_pictures_are(provider: Running, unknown: str) -> None:
    answer = provider.get(f"/picture/{unknown}")

    assert answer.status_code == 404
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_removed_picture_is_gone_and_the_same_button_twice_does_no_harm(provider: Running) -> None:
    person = somebody(provider, name="Ann Lee")
    path = give_picture(provider, person)
    browser = signed_in(provider, person)
    fields = fields_of(browser.get(PROFILE), REMOVE)

    answers = [browser.post(REMOVE, fields) for _ in range(2)]

    assert {answer.headers["Location"] for answer in answers} == {f"{PROFILE}?done=picture"}
    assert provider.get(path).status_code == 404
    assert claims_of(provider, person).keys() & {"picture", "name"} == {"name"}
    assert path not in browser.get(PROFILE).text
    assert [event["because"] for event in changes(provider, person)] == ["picture_fetched", "picture_removed"]


def test_a_removed_picture_never_comes_back_by_itself(provider: Running) -> None:
    person = somebody(provider)
    give_picture(provider, person)
    browser = signed_in(provider, person)
    browser.send(browser.get(PROFILE), REMOVE)

    assert FirstPicture(provider.database, provider.clock)(person.id, file_of("blue"), connector="google") is None

    assert "picture" not in account_of(provider, person).profile
    with provider.database.autocommit() as db:
        assert pictures.is_settled(db, person.id)
        assert db.execute(
            select(pictures.pictures.c.image).where(pictures.pictures.c.account_id == person.id)
        ).all() == [(None,)]


def test_of_many_pictures_at_the_same_moment_one_is_kept(provider: Running) -> None:
    person, keep = somebody(provider), FirstPicture(provider.database, provider.clock)
    file = file_of("red")

    said = at_once(*(lambda: keep(person.id, file, connector="google") for _ in range(WIDTH)))

    assert said == [None] * WIDTH
    assert [event["because"] for event in changes(provider, person)] == ["picture_fetched"]
    assert provider.get(str(account_of(provider, person).profile["picture"])).status_code == 200


def test_a_picture_that_the_operator_has_named_stays_and_is_not_loaded_by_our_pages(provider: Running) -> None:
    elsewhere = "https://pictures.example/ann.png"
    person = somebody(provider, picture=elsewhere)
    browser = signed_in(provider, person)

    assert FirstPicture(provider.database, provider.clock)(person.id, file_of("blue"), connector="google") is None

    assert claims_of(provider, person)["picture"] == elsewhere
    assert elsewhere not in browser.get(PROFILE).text + browser.get("/account").text
    browser.send(browser.get(PROFILE), REMOVE)
    assert "picture" not in account_of(provider, person).profile


@pytest.mark.parametrize("end", ["disabled", "deleted", "erased"])
def test_the_picture_goes_with_the_account(provider: Running, end: str) -> None:
    person, now = somebody(provider), provider.clock()
    path = give_picture(provider, person)

    with provider.database.transaction() as db:
        if end == "disabled":
            accounts.set_disabled(db, person.id, now, now=now)
        elif end == "deleted":
            accounts.mark_deleted(db, person.id, now=now)
        else:
            accounts.erase(db, person.id)

    assert provider.get(path).status_code == 404
    with provider.database.autocommit() as db:
        assert pictures.is_settled(db, person.id) is (end != "erased")


@pytest.mark.parametrize("end", ["disabled", "deleted", "erased"])
def test_nothing_is_kept_for_an_account_that_cannot_be_used(provider: Running, end: str) -> None:
    person, now = somebody(provider), provider.clock()
    with provider.database.transaction() as db:
        if end == "disabled":
            accounts.set_disabled(db, person.id, now, now=now)
        elif end == "deleted":
            accounts.mark_deleted(db, person.id, now=now)
        else:
            accounts.erase(db, person.id)

    assert FirstPicture(provider.database, provider.clock)(person.id, file_of("red"), connector="google") is None

    with provider.database.autocommit() as db:
        assert not pictures.is_settled(db, person.id)


def test_a_stranger_who_prepared_an_account_leaves_no_picture_behind(provider: Running) -> None:
    person = provider.person_called("prepared-picture@example.com", proven=False)
    path = give_picture(provider, person)
    with provider.database.transaction() as db:
        assert accounts.supersede(db, person.id, now=provider.clock())

    assert provider.get(path).status_code == 404
