from __future__ import annotations

import re

import pytest
import requests

from idp.web.csrf import Csrf
from tests.web.site import ORIGIN, Site

BROWSER = "b" * 43
OWN = {"Sec-Fetch-Site": "same-origin"}


def post(
    site: Site, http: requests.Session, token: str | None, headers: dict[str, str], browser: str | None = BROWSER
) -> requests.Response:
    cookie = {"Cookie": f"__Host-op_tx={browser}"} if browser else {}
    return http.post(f"{site.url}/login", data={"csrf": token} if token else {"x": "1"}, headers=headers | cookie)


def test_a_form_of_ours_in_the_same_browser_is_accepted(site: Site, http: requests.Session) -> None:
    page = http.get(f"{site.url}/login", headers={"Cookie": f"__Host-op_tx={BROWSER}"})
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None

    answer = post(site, http, found[1], OWN)

    assert answer.status_code == 200
    assert answer.json()["browser"] == BROWSER


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "none"},
        {"Origin": ORIGIN},
        {"Origin": "null"},  # what browsers send for our own forms under Referrer-Policy: no-referrer
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
)
def test_browsers_that_say_little_are_judged_by_the_token(
    site: Site, http: requests.Session, headers: dict[str, str]
) -> None:
    assert post(site, http, site.tokens.token(BROWSER, "/login"), headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
        {"Origin": "https://evil.test"},
        {"Origin": ORIGIN + ".evil.test"},
    ],
)
def test_a_form_from_elsewhere_is_refused_even_with_a_good_token(
    site: Site, http: requests.Session, headers: dict[str, str]
) -> None:
    answer = post(site, http, site.tokens.token(BROWSER, "/login"), headers)

    assert answer.status_code == 403
    assert "try that again" in answer.text


def test_a_token_is_good_for_one_browser_one_action_and_one_key_only(site: Site, http: requests.Session) -> None:
    other_browser = site.tokens.token("c" * 43, "/login")
    other_action = site.tokens.token(BROWSER, "/consent")
    other_key = Csrf(b"z" * 32, ORIGIN).token(BROWSER, "/login")

    for token in (other_browser, other_action, other_key, "", "ä", None):
        assert post(site, http, token, OWN).status_code == 403


@pytest.mark.parametrize("browser", [None, "short", "b" * 44, "b" * 42 + "/"])
def test_without_the_transaction_cookie_no_form_is_accepted(
    site: Site, http: requests.Session, browser: str | None
) -> None:
    assert post(site, http, site.tokens.token(str(browser), "/login"), OWN, browser).status_code == 403


def test_a_browser_without_the_cookie_gets_one_with_every_flag(site: Site, http: requests.Session) -> None:
    answer = http.get(f"{site.url}/login")

    assert re.fullmatch(
        r"__Host-op_tx_[A-Za-z0-9_-]{6}=[A-Za-z0-9_-]{43}; HttpOnly; Path=/; SameSite=lax; Secure",
        answer.headers["set-cookie"],
    )


def test_a_browser_that_has_the_cookie_keeps_it(site: Site, http: requests.Session) -> None:
    answer = http.get(f"{site.url}/authorize", headers={"Cookie": f"__Host-op_tx={BROWSER}"})

    assert answer.json()["browser"] == BROWSER
    assert "set-cookie" not in answer.headers


def test_a_foreign_post_is_let_in_where_the_route_says_so_and_replaces_no_cookie(
    site: Site, http: requests.Session
) -> None:
    answer = http.post(f"{site.url}/authorize", data={"a": "1"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200
    assert answer.json()["withheld"] is True
    assert "set-cookie" not in answer.headers


def test_routes_for_machines_never_see_a_cookie(site: Site, http: requests.Session) -> None:
    answer = http.post(f"{site.url}/token", headers={"Cookie": f"__Host-op_sid={BROWSER}"})

    assert answer.json()["cookies"] == {}
    assert "set-cookie" not in answer.headers


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Csrf(b"short", ORIGIN)


@pytest.mark.parametrize(
    ("issuer", "origin"),
    [
        ("https://id.example.com/tenant", "https://id.example.com"),
        ("https://ID.example.com:443", "https://id.example.com"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_origin_is_taken_from_the_issuer_as_browsers_write_it(issuer: str, origin: str) -> None:
    tokens = Csrf(b"k" * 32, issuer)

    tokens.check(browsers=(BROWSER,), action="/x", token=tokens.token(BROWSER, "/x"), headers={"origin": origin})
    assert tokens.origin == origin


def test_tabs_that_open_at_once_in_a_new_browser_all_stay_usable(site: Site, http: requests.Session) -> None:
    secrets = [requests.get(f"{site.url}/login").headers["set-cookie"].partition(";")[0] for _ in range(5)]
    forms = [
        re.search(r'name="csrf" value="([^"]+)"', http.get(f"{site.url}/login", headers={"Cookie": cookie}).text)
        for cookie in secrets
    ]
    everything = {"Cookie": "; ".join(secrets)}

    answers = [
        http.post(f"{site.url}/login", data={"csrf": form[1]}, headers=OWN | everything) for form in forms if form
    ]

    assert len({cookie.partition("=")[0] for cookie in secrets}) == 5
    assert [answer.status_code for answer in answers] == [200] * 5
