from __future__ import annotations

from datetime import timedelta

import pytest
from starlette.responses import Response

from idp.web.cookies import Cookies, browser_state_of, read_cookies

SECRET = "s" * 43


def set_cookies(response: Response) -> list[str]:
    return [value.decode() for name, value in response.raw_headers if name == b"set-cookie"]


def test_over_https_cookies_are_bound_to_the_host() -> None:
    response = Response()
    cookies = Cookies(secure=True)

    cookies.set_session(response, SECRET)
    cookies.set_device(response, "mark", lifetime=timedelta(days=180))

    assert set_cookies(response) == [
        f"__Host-op_sid={SECRET}; HttpOnly; Path=/; SameSite=lax; Secure",
        "__Host-op_dev=mark; HttpOnly; Max-Age=15552000; Path=/; SameSite=lax; Secure",
    ]


def test_over_http_cookies_have_neither_prefix_nor_secure() -> None:
    response = Response()

    Cookies(secure=False, session_same_site="none").set_session(response, SECRET)

    assert set_cookies(response) == [f"op_sid={SECRET}; HttpOnly; Path=/; SameSite=lax"]


def test_the_session_cookie_alone_can_be_sent_from_other_sites() -> None:
    response = Response()
    cookies = Cookies(secure=True, session_same_site="none")

    cookies.set_session(response, SECRET)
    cookies.set_transaction(response, SECRET)

    assert ["SameSite=none" in cookie for cookie in set_cookies(response)] == [True, False]


def test_a_deleted_session_is_gone_at_once() -> None:
    response = Response()

    Cookies(secure=True).delete_session(response)

    assert set_cookies(response) == ['__Host-op_sid=""; HttpOnly; Max-Age=0; Path=/; SameSite=lax; Secure']


@pytest.mark.parametrize("value", ["", "short", SECRET + "s", "s" * 42 + "é", "s" * 42 + "\n", f'"{SECRET}"'])
def test_a_session_of_another_shape_is_no_session(value: str) -> None:
    assert Cookies(secure=True).session({"__Host-op_sid": value}) is None


def test_a_cookie_without_the_prefix_is_not_ours_over_https() -> None:
    assert Cookies(secure=True).session({"op_sid": SECRET}) is None
    assert Cookies(secure=False).session({"op_sid": SECRET}) == SECRET


def test_of_two_cookies_of_one_name_the_first_counts() -> None:
    headers = [(b"cookie", b"a=1; b = 2 ;a=3;broken; =x;c=a=b"), (b"host", b"x"), (b"cookie", b"b=4; d=5")]

    assert read_cookies(headers) == {"a": "1", "b": "2", "": "x", "c": "a=b", "d": "5"}


def test_with_session_management_a_session_has_a_second_cookie_for_scripts_of_framed_pages() -> None:
    response, over = Response(), Response()
    cookies = Cookies(secure=True, session_management=True)

    cookies.set_session(response, SECRET)
    cookies.delete_session(over)

    state = browser_state_of(SECRET)
    assert set_cookies(response)[1] == f"__Host-op_bs={state}; Path=/; SameSite=none; Secure"
    assert set_cookies(over)[1] == '__Host-op_bs=""; Max-Age=0; Path=/; SameSite=none; Secure'
    assert SECRET not in state


def test_a_browser_state_that_the_browser_has_is_not_set_again() -> None:
    cookies, again, anew = Cookies(secure=False, session_management=True), Response(), Response()

    cookies.set_browser_state(again, SECRET, {"op_bs": browser_state_of(SECRET)})
    cookies.set_browser_state(anew, SECRET, {"op_bs": browser_state_of("another")})

    assert set_cookies(again) == []
    assert set_cookies(anew) == [f"op_bs={browser_state_of(SECRET)}; Path=/; SameSite=lax"]
