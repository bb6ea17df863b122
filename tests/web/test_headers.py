from __future__ import annotations

import pytest
import requests

from tests.web.site import Site

EVERY = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
}

REQUESTS = [
    ("GET", "/login", 200),
    ("GET", "/leave", 303),
    ("GET", "/refuse", 400),
    ("POST", "/login", 403),
    ("GET", "/nothing", 404),
    ("DELETE", "/login", 405),
    ("GET", "/crash", 500),
    ("GET", "/account", 200),
    ("POST", "/token", 200),
    ("POST", "/introspect", 200),
    ("GET", "/token", 405),
    ("POST", "/api-crash", 500),
    ("GET", "/jwks", 200),
    ("OPTIONS", "/token", 204),
    ("GET", "/static/idp.css", 200),
    ("GET", "/static/none.css", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), REQUESTS)
def test_every_response_has_the_headers_of_its_kind(
    site: Site, http: requests.Session, method: str, path: str, status: int
) -> None:
    answer = http.request(method, site.url + path, allow_redirects=False, headers={"Accept": "text/html"})

    assert answer.status_code == status
    assert EVERY.items() <= {name.lower(): value for name, value in answer.headers.items()}.items()
    assert len(answer.headers["x-request-id"]) == 16
    assert "server" not in answer.headers
    if status == 200 and path in {"/jwks", "/static/idp.css"}:
        assert answer.headers["cache-control"].startswith("public, max-age=")
    else:
        assert answer.headers["cache-control"] == "no-store"
    if method != "OPTIONS":
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]


def test_transaction_pages_leave_out_form_action_and_opener_policy(site: Site, http: requests.Session) -> None:
    headers = http.get(f"{site.url}/login").headers

    assert "form-action" not in headers["content-security-policy"]
    assert "script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert "cross-origin-opener-policy" not in headers


def test_account_pages_have_form_action_and_opener_policy(site: Site, http: requests.Session) -> None:
    headers = http.get(f"{site.url}/account").headers

    assert headers["content-security-policy"].endswith("form-action 'self'")
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("method", "path", "shared"),
    [("POST", "/token", True), ("GET", "/jwks", True), ("POST", "/introspect", False), ("GET", "/login", False)],
)
def test_only_shared_routes_are_readable_from_other_origins(
    site: Site, http: requests.Session, method: str, path: str, shared: bool
) -> None:
    headers = http.request(method, site.url + path, headers={"Origin": "https://spa.example"}).headers

    assert headers.get("access-control-allow-origin") == ("*" if shared else None)
    assert "access-control-allow-credentials" not in headers


def test_a_preflight_allows_what_the_route_takes(site: Site, http: requests.Session) -> None:
    answer = http.options(f"{site.url}/token")

    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "DPoP" in answer.headers["access-control-allow-headers"]
    assert http.options(f"{site.url}/introspect").status_code == 405


def test_a_document_the_caller_has_is_not_sent_again(site: Site, http: requests.Session) -> None:
    first = http.get(f"{site.url}/jwks")
    again = http.get(f"{site.url}/jwks", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert first.headers["cache-control"] == "public, max-age=600"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


def test_static_files_are_kept_for_long_only_under_their_versioned_address(site: Site, http: requests.Session) -> None:
    page = http.get(f"{site.url}/login").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    assert http.get(site.url + address).headers["cache-control"] == "public, max-age=31536000"
    assert http.get(f"{site.url}/static/idp.css").headers["cache-control"] == "public, max-age=300"
    assert http.get(f"{site.url}/static/idp.js").headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("name", ["..%2Fpyproject.toml", "%2e%2e%2fidp.css", "idp.css%00", "."])
def test_static_names_never_reach_the_file_system(site: Site, http: requests.Session, name: str) -> None:
    assert http.get(f"{site.url}/static/{name}").status_code == 404
