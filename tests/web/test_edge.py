from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor, as_completed

import pytest
import requests

from tests.web.site import SECRET_IN_A_CRASH, Site

PAGE = {"Accept": "text/html"}


@pytest.mark.parametrize("query", ["a=%FF", "a=%00", "%0Ax=1", "&".join(f"f{n}=1" for n in range(201))])
def test_an_unreadable_query_is_400_on_pages_and_for_machines(site: Site, http: requests.Session, query: str) -> None:
    page = http.get(f"{site.url}/authorize?{query}")
    machine = http.post(f"{site.url}/token?{query}")

    assert page.status_code == machine.status_code == 400
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert machine.json()["error"] == "invalid_request"
    assert machine.json()["request_id"] == machine.headers["x-request-id"]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"a=%FF", 400),
        ("application/x-www-form-urlencoded", b"a=%00", 400),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 70_000, 413),
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=b", b"--b--", 415),
        ("", b"a=1", 415),
    ],
)
def test_an_unreadable_body_is_refused_with_its_status(
    site: Site, http: requests.Session, content_type: str, body: bytes, status: int
) -> None:
    answer = http.post(f"{site.url}/token", data=body, headers={"Content-Type": content_type})

    assert answer.status_code == status
    assert answer.json()["error"] == "invalid_request"


def test_a_chunked_body_over_the_limit_is_413(site: Site, http: requests.Session) -> None:
    answer = http.post(
        f"{site.url}/token",
        data=iter([b"a=", *[b"x" * 8192] * 10]),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 413


def test_an_announced_body_over_the_limit_is_refused_before_it_is_sent(site: Site) -> None:
    answer = site.raw(
        b"POST /token HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_repeated_fields_are_kept_and_named(site: Site, http: requests.Session) -> None:
    answer = http.post(f"{site.url}/token", data="code=1&code=2&x=3", headers=FORM_TYPE)

    assert answer.json()["form"] == {"code": ["1", "2"], "x": ["3"]}
    assert answer.json()["repeated"] == ["code"]


FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


def test_an_empty_post_of_any_type_is_an_empty_form(site: Site, http: requests.Session) -> None:
    answer = http.post(f"{site.url}/token", headers={"Content-Type": "application/json"})

    assert answer.status_code == 200
    assert answer.json()["form"] == {}


def test_handlers_run_beside_the_event_loop(site: Site, http: requests.Session) -> None:
    assert http.post(f"{site.url}/token").json()["thread"].startswith("work-")


def test_head_answers_like_get_without_the_body(site: Site) -> None:
    answer = site.raw(b"HEAD /jwks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: 2" in head
    assert body == b""


def test_405_names_the_methods_of_all_routes_at_the_path(site: Site, http: requests.Session) -> None:
    page = http.delete(f"{site.url}/login")
    machine = http.get(f"{site.url}/token")
    patterned = http.post(f"{site.url}/authorize/abc")

    assert (page.status_code, page.headers["allow"]) == (405, "GET, HEAD, POST")
    assert (machine.status_code, machine.headers["allow"]) == (405, "OPTIONS, POST")
    assert (patterned.status_code, patterned.headers["allow"]) == (405, "GET, HEAD")
    assert "text/html" in page.headers["content-type"]
    assert machine.json()["error"] == "method_not_allowed"


def test_404_is_a_page_for_people_and_json_for_machines(site: Site, http: requests.Session) -> None:
    page = http.get(f"{site.url}/nothing", headers=PAGE)
    machine = http.get(f"{site.url}/nothing", headers={"Accept": "application/json"})

    assert page.status_code == machine.status_code == 404
    assert "Page not found" in page.text
    assert page.headers["x-request-id"] in page.text
    assert machine.json()["error"] == "not_found"


@pytest.mark.parametrize("path", ["/authorize/%00", "/authorize/a%0Ab", "/authorize/%FF", "/authorize/a/b", "/login/"])
def test_a_path_that_nothing_of_ours_has_is_404(site: Site, http: requests.Session, path: str) -> None:
    answer = http.get(site.url + path, allow_redirects=False)

    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /authorize/\xff HTTP/1.1",
        b"GET /\x00 HTTP/1.1",
        b"GET /login?\xff\xfe HTTP/1.1",
        b"GET http://[::1 HTTP/1.1",
    ],
)
def test_bytes_that_are_no_request_never_give_5xx(site: Site, request_line: bytes) -> None:
    answer = site.raw(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert b" 500 " not in answer.split(b"\r\n", 1)[0]


def test_a_hostile_host_header_changes_nothing(site: Site) -> None:
    answer = site.raw(b"GET /leave HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n")

    assert b"evil.test" not in answer
    assert b"location: https://app.example.org/cb?code=1" in answer


@pytest.mark.parametrize("path", ["/crash", "/api-crash"])
def test_a_crash_is_500_with_a_reference_and_without_a_trace(
    site: Site, http: requests.Session, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    method = http.get if path == "/crash" else http.post
    with caplog.at_level(logging.ERROR, logger="idp.web"):
        answer = method(f"{site.url}{path}?token=hunter3-in-the-query")

    assert answer.status_code == 500
    assert SECRET_IN_A_CRASH not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-request-id"] in answer.text
    assert any(record.exc_info for record in caplog.records)
    assert "hunter3" not in caplog.text


def test_a_refusal_looks_as_its_kind_of_route_has_it(site: Site, http: requests.Session) -> None:
    page = http.get(f"{site.url}/refuse")
    machine = http.post(f"{site.url}/api-refuse")

    assert page.status_code == machine.status_code == 400
    assert "Unknown app" in page.text
    assert "Details for developers" in page.text
    assert machine.json() | {"request_id": ""} == {
        "error": "invalid_client",
        "error_description": "client_id is unknown",
        "request_id": "",
    }


def test_the_request_id_is_never_taken_from_the_caller(site: Site, http: requests.Session) -> None:
    answers = [http.get(f"{site.url}/jwks", headers={"X-Request-Id": "mine"}) for _ in range(2)]

    assert len({answer.headers["x-request-id"] for answer in answers} | {"mine"}) == 3


def test_a_full_hashing_queue_answers_503_and_the_others_are_served(site: Site) -> None:
    def ask() -> requests.Response:
        return requests.post(f"{site.url}/hash", timeout=30)

    site.gate.opened.clear()
    with ThreadPoolExecutor(3) as callers:
        # One is being hashed and one has a place in the queue; neither can end before the gate opens.
        answers = [callers.submit(ask) for _ in range(3)]
        refused = next(as_completed(answers, timeout=20)).result()
        work = requests.post(f"{site.url}/token", timeout=10)
        site.gate.opened.set()
        statuses = sorted(answer.result(timeout=20).status_code for answer in answers)

    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "3"
    assert refused.json()["error"] == "temporarily_unavailable"
    assert work.status_code == 200
    assert statuses == [200, 200, 503]
