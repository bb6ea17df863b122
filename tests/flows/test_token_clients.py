"""Client authentication at the token endpoint: one method, one answer for every failure, and nothing used up."""

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
import requests

from idp.store import clients
from idp.store.base import digest_of
from tests.flows.relying_party import RelyingParty
from tests.flows.token_requests import form_for, refused
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def basic(credentials: bytes | str) -> dict[str, str]:
    octets = credentials if isinstance(credentials, bytes) else credentials.encode()
    return {"Authorization": f"Basic {base64.b64encode(octets).decode()}"}


def post(rp: RelyingParty, fields: Mapping[str, str], **headers: str) -> requests.Response:
    return rp.provider.post("/token", fields, headers=headers)


def test_every_failure_of_authentication_reads_the_same(rp: RelyingParty, browser: requests.Session) -> None:
    code, other = rp.code(browser), rp.provider.client()
    with rp.provider.database.transaction() as db:
        now = rp.provider.clock()
        clients.add_secret(db, rp.client.client_id, digest_of("rotated-out"), now=now)
        clients.expire_secrets(
            db, rp.client.client_id, at=now - timedelta(seconds=1), except_digest=digest_of(rp.client.secret)
        )
    attempts = (
        (rp.client.client_id, "wrong"),
        (rp.client.client_id, rp.client.secret + "x"),
        (rp.client.client_id, rp.client.secret[:-1]),
        (rp.client.client_id, other.secret),
        (rp.client.client_id, ""),
        (rp.client.client_id, "rotated-out"),
        ("nobody", rp.client.secret),
        ("", rp.client.secret),
    )

    answers = [rp.redeem(code, auth=attempt) for attempt in attempts]

    assert all(refused(answer, 401, "invalid_client") for answer in answers)
    assert len({answer.content for answer in answers}) == 1
    assert all("realm=" in answer.headers["WWW-Authenticate"] for answer in answers)
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic /w==",
        "Basic",
        "Basic ",
        "Basic Og==",
        "Basic YQ==",
        "Basic !!!!",
        "Basic YTpi=",
        "Basic YTp\u00ff",
        "Basic " + base64.b64encode("ü:é".encode()).decode(),
        "Basic " + base64.b64encode("ü:é".encode("latin-1")).decode(),
        "Basic " + base64.b64encode(b"a:b\0").decode(),
        "Basic " + base64.b64encode(b"a%00:b").decode(),
        "Basic " + base64.b64encode(b"a:%ff").decode(),
        "Basic " + base64.b64encode(b"a:%zz").decode(),
        "Basic " + base64.b64encode(b"a:" + b"b" * 60_000).decode(),
        "Bearer abc",
        "Digest username=a",
        "basic:YTpi",
        "\u00ff\u00fe",
        "",
    ],
    ids=lambda value: ascii(value[:30]),
)
def test_a_broken_authorization_header_is_a_failed_authentication(
    rp: RelyingParty, browser: requests.Session, authorization: str
) -> None:
    code = rp.code(browser)

    response = post(rp, form_for(rp, code), Authorization=authorization.encode("latin-1"))  # type: ignore[arg-type]

    assert response.status_code in {401, 431}
    if response.status_code == 401:
        assert refused(response, 401, "invalid_client")
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("ending", ["\0", "\0\0\0", "%00", " ", "\n", "\t"])
def test_nothing_may_be_appended_to_a_secret(rp: RelyingParty, browser: requests.Session, ending: str) -> None:
    code = rp.code(browser)

    by_basic = post(rp, form_for(rp, code), **basic(f"{rp.client.client_id}:{rp.client.secret}{ending}"))
    in_body = post(
        rp,
        form_for(rp, code, client_id=rp.client.client_id, client_secret=rp.client.secret + ending.replace("%00", "\0")),
    )

    assert by_basic.status_code == 401
    assert in_body.status_code in {400, 401}
    assert rp.redeem(code).status_code == 200


def test_one_secret_serves_the_header_and_the_body(rp: RelyingParty, browser: requests.Session) -> None:
    identified = {"client_id": rp.client.client_id, "client_secret": rp.client.secret}

    by_basic = rp.redeem(rp.code(browser))
    in_body = post(rp, form_for(rp, rp.code(browser), **identified))

    assert (by_basic.status_code, in_body.status_code) == (200, 200)


def test_both_halves_of_the_header_are_form_decoded(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client())
    client_id, secret = (quote(half).replace("-", "%2D").replace("_", "%5F") for half in rp.client.basic)

    assert post(rp, form_for(rp, rp.code(browser)), **basic(f"{client_id}:{secret}")).status_code == 200
    lower = post(
        rp,
        form_for(rp, rp.code(browser)),
        Authorization=basic(f"{client_id}:{secret}")["Authorization"].replace("Basic", "bAsIc"),
    )
    assert lower.status_code == 200


def test_a_plus_in_the_header_is_a_space(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client())
    with provider.database.transaction() as db:
        clients.add_secret(db, rp.client.client_id, digest_of("a secret+%"), now=provider.clock())

    assert post(rp, form_for(rp, rp.code(browser)), **basic(f"{rp.client.client_id}:a+secret%2B%25")).status_code == 200
    assert post(rp, form_for(rp, rp.code(browser)), **basic(f"{rp.client.client_id}:a secret+%")).status_code == 401


@pytest.mark.parametrize("right", ["header", "body", "both"])
def test_two_methods_in_one_request_are_refused_even_if_both_are_right(
    rp: RelyingParty, browser: requests.Session, right: str
) -> None:
    code = rp.code(browser)
    header_secret = rp.client.secret if right in {"header", "both"} else "wrong"
    body_secret = rp.client.secret if right in {"body", "both"} else "wrong"
    fields = form_for(rp, code, client_id=rp.client.client_id, client_secret=body_secret)

    response = post(rp, fields, **basic(f"{rp.client.client_id}:{header_secret}"))

    assert refused(response, 400, "invalid_request")
    assert rp.redeem(code).status_code == 200


def test_two_authorization_headers_are_refused(rp: RelyingParty, browser: requests.Session) -> None:
    from http.client import HTTPConnection
    from urllib.parse import urlsplit

    code = rp.code(browser)
    parts = urlsplit(rp.provider.issuer)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    body = urlencode(form_for(rp, code)).encode()
    connection.putrequest("POST", "/token")
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", str(len(body)))
    connection.putheader("Authorization", basic(":".join(rp.client.basic))["Authorization"])
    connection.putheader("Authorization", basic("other:secret")["Authorization"])
    connection.endheaders(body)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()

    assert (response.status, answer["error"]) == (400, "invalid_request")
    assert rp.redeem(code).status_code == 200


def test_a_client_id_beside_the_header_has_to_be_the_same(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)

    assert refused(rp.redeem(code, client_id="another"), 400, "invalid_request")
    assert rp.redeem(code, client_id=rp.client.client_id).status_code == 200


def test_a_public_client_sends_its_id_and_nothing_else(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(token_endpoint_auth_method="none"))
    code = rp.code(browser)

    with_secret = post(rp, form_for(rp, code, client_id=rp.client.client_id, client_secret="x"))
    by_basic = post(rp, form_for(rp, code), **basic(f"{rp.client.client_id}:x"))
    alone = post(rp, form_for(rp, code, client_id=rp.client.client_id))

    assert refused(with_secret, 401, "invalid_client")
    assert refused(by_basic, 401, "invalid_client")
    assert alone.status_code == 200


@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_a_confidential_client_is_never_let_in_by_its_id_alone(
    rp: RelyingParty, browser: requests.Session, path: str
) -> None:
    tokens = rp.redeem(rp.code(browser)).json()
    fields = form_for(rp, rp.code(browser), client_id=rp.client.client_id, token=tokens["access_token"])

    response = rp.provider.post(path, fields)

    assert refused(response, 401, "invalid_client")
    assert rp.userinfo(tokens["access_token"]).status_code == 200


@pytest.mark.parametrize("method", ["private_key_jwt", "client_secret_jwt", "tls_client_auth", "unheard-of"])
def test_a_client_registered_for_another_method_is_held_to_it(
    provider: Running, browser: requests.Session, method: str
) -> None:
    rp = RelyingParty(provider, provider.client(token_endpoint_auth_method=method))
    code = rp.code(browser)

    assert refused(rp.redeem(code), 401, "invalid_client")
    assert refused(post(rp, form_for(rp, code, client_id=rp.client.client_id)), 401, "invalid_client")


def test_without_any_authentication_the_answer_is_a_challenge(rp: RelyingParty, browser: requests.Session) -> None:
    response = post(rp, form_for(rp, rp.code(browser)))

    assert refused(response, 401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic realm=")


def test_a_source_that_keeps_failing_waits_and_the_client_is_not_locked(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client())
    limit = provider.settings.throttle.client_failures

    answers = [
        rp.token(grant_type="authorization_code", code="x", auth=(rp.client.client_id, "no")) for _ in range(limit + 1)
    ]

    assert {answer.status_code for answer in answers[:limit]} == {401}
    assert answers[limit].status_code == 429
    assert int(answers[limit].headers["Retry-After"]) > 0
    # A right secret is always good: nobody can make a client wait by failing in its name.
    assert rp.redeem("unknown").json()["error"] == "invalid_grant"
