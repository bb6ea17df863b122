"""Every route of the real table, by every method, to a stranger: what stands around the answer, whatever it is."""

import re
from collections.abc import Callable, Iterator

import pytest
import requests
from starlette.routing import Route

from idp.app import build_app
from keys.lifecycle import KeyPolicy
from tests.running import Running

Seen = list[tuple[str, str, requests.Response]]

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE")
FRAMED = "/check_session"
KEPT_BY_CACHES = {
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/jwks",
    "/robots.txt",
    FRAMED,
}
FOREIGN = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}


def routes(provider: Running) -> list[Route]:
    table = build_app(provider.settings, KeyPolicy()).router.routes
    assert len(table) > 50
    return [route for route in table if isinstance(route, Route)]


def answers(provider: Running, **headers: str) -> Iterator[tuple[str, str, requests.Response]]:
    with requests.Session() as http:
        for path in dict.fromkeys(route.path for route in routes(provider)):
            address = provider.issuer + re.sub(r"\{\w+\}", "x", path)
            for method in METHODS:
                body = {"a": "b"} if method in {"POST", "PUT"} else None
                answer = http.request(method, address, data=body, headers=headers, timeout=20, allow_redirects=False)
                yield method, path, answer


@pytest.fixture(scope="module")
def seen(provider: Running) -> Seen:
    return list(answers(provider, **FOREIGN))


def odd(seen: Seen, is_right: Callable[[str, requests.Response], bool]) -> list[str]:
    return [f"{method} {path}: {answer.status_code}" for method, path, answer in seen if not is_right(path, answer)]


def test_nothing_that_a_stranger_does_is_a_failure_of_ours(seen: Seen) -> None:
    assert odd(seen, lambda _, answer: answer.status_code < 500) == []


def test_nothing_can_be_framed_but_what_is_made_for_it(seen: Seen) -> None:
    def is_right(path: str, answer: requests.Response) -> bool:
        policy = answer.headers.get("Content-Security-Policy", "")
        if path == FRAMED:
            return "script-src 'self'" in policy
        return "frame-ancestors 'none'" in policy and answer.headers.get("X-Frame-Options") == "DENY"

    # The answer to a preflight has nothing to show.
    asked = [each for each in seen if not (each[0] == "OPTIONS" and each[2].status_code == 204)]
    assert odd(asked, is_right) == []


def test_types_are_not_guessed_and_addresses_not_told(seen: Seen) -> None:
    def is_right(_path: str, answer: requests.Response) -> bool:
        told = answer.headers.get("X-Content-Type-Options"), answer.headers.get("Referrer-Policy")
        return told == ("nosniff", "no-referrer")

    assert odd(seen, is_right) == []


def test_caches_keep_nothing_but_public_documents(seen: Seen) -> None:
    def is_right(path: str, answer: requests.Response) -> bool:
        control = answer.headers.get("Cache-Control", "")
        return "no-store" in control or (answer.ok and path in KEPT_BY_CACHES)

    assert odd(seen, is_right) == []


def test_no_other_site_reads_a_page_or_an_answer_to_cookies(seen: Seen) -> None:
    def is_right(_path: str, answer: requests.Response) -> bool:
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        if "Access-Control-Allow-Credentials" in answer.headers or allowed not in {None, "*"}:
            return False
        return allowed is None or (
            "Set-Cookie" not in answer.headers and "text/html" not in answer.headers.get("Content-Type", "")
        )

    assert odd(seen, is_right) == []


def test_cookies_are_out_of_the_reach_of_scripts_and_of_other_sites(seen: Seen) -> None:
    def is_right(_path: str, answer: requests.Response) -> bool:
        lines = [line.lower() for line in answer.raw.headers.getlist("Set-Cookie")]
        # What our framed page reads says nothing about the session (Session Management 1.0 section 3).
        hidden = all("httponly" in line for line in lines if not line.startswith("op_bs="))
        return hidden and all("samesite=lax" in line and "path=/" in line for line in lines)

    assert any("Set-Cookie" in answer.headers for _, _, answer in seen)
    assert odd(seen, is_right) == []


def test_a_form_of_another_site_changes_nothing(seen: Seen) -> None:
    """What other sites may post to, they may for a reason: the protocol is entered there, or no cookie is looked at."""
    posted = {path: answer for method, path, answer in seen if method == "POST"}
    pages = {
        path
        for path, answer in posted.items()
        if answer.status_code not in {404, 405} and "text/html" in answer.headers.get("Content-Type", "")
    }

    open_to_all = {path for path in pages if posted[path].status_code != 403}

    assert open_to_all <= {"/authorize", "/end_session", "/social/{connector}/callback"}
