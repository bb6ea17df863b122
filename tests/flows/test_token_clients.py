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
from tests.running import Running


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def form_for(rp: RelyingParty, code: str, **changed: str | None) -> dict[str, str]:
    fields: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": rp.client.redirect_uri,
        "code_verifier": rp.verifier,
        **changed,
    }
    return {name: value for name, value in fields.items() if value is not None}


def basic(credentials: bytes | str) -> dict[str, str]:
    octets = credentials if isinstance(credentials, bytes) else credentials.encode()
    return {"Authorization": f"Basic {base64.b64encode(octets).decode()}"}


def post(rp: RelyingParty, fields: Mapping[str, str], **headers: str) -> requests.Response:
    return rp.provider.post("/token", fields, headers=headers)


def refused(response: requests.Response, status: int, error: str) -> bool:
    """The refusal is an OAuth error that nobody stores and that echoes nothing."""
    body = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Content-Type"].startswith("application/json")
    assert "access_token" not in body
    assert (response.status_code, body["error"]) == (status, error), response.text
    return True


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


@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_a_secret_in_the_url_is_refused(rp: RelyingParty, browser: requests.Session, path: str) -> None:
    code = rp.code(browser)
    query = urlencode({"client_id": rp.client.client_id, "client_secret": rp.client.secret})

    response = rp.provider.post(f"{path}?{query}", form_for(rp, code), auth=rp.client.basic)

    assert refused(response, 400, "invalid_request")
    assert rp.client.secret not in response.text


def test_nothing_is_read_from_the_url(rp: RelyingParty, browser: requests.Session) -> None:
    code = rp.code(browser)

    response = rp.provider.post(f"/token?{urlencode(form_for(rp, code))}", {}, auth=rp.client.basic)

    assert refused(response, 400, "invalid_request")
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_only_post_is_understood(rp: RelyingParty, browser: requests.Session, path: str, method: str) -> None:
    code = rp.code(browser)
    url = f"{rp.provider.issuer}{path}?{urlencode(form_for(rp, code))}"

    response = requests.request(method, url, auth=rp.client.basic, timeout=20)

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded; charset=utf-16", 415),
        ("", 415),
        ("application/x-www-form-urlencoded; charset=UTF-8", 200),
        ("APPLICATION/X-WWW-FORM-URLENCODED", 200),
    ],
)
def test_only_a_form_is_understood(rp: RelyingParty, browser: requests.Session, content_type: str, status: int) -> None:
    code = rp.code(browser)
    body = urlencode(form_for(rp, code)).encode()

    response = rp.provider.post("/token", body, auth=rp.client.basic, headers={"Content-Type": content_type})

    assert response.status_code == status
    if status != 200:
        assert response.json()["error"] == "invalid_request"
        assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=%00",
        b"grant_type=\xff",
        b"grant_type=%ff",
        b"code=" + b"x" * 70_000,
        b"a=1&" * 300,
        b"\0",
        b"&&=&=",
    ],
    ids=lambda body: str(body[:20]),
)
def test_a_broken_body_is_a_plain_refusal(rp: RelyingParty, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    response = rp.provider.post("/token", body, auth=rp.client.basic, headers=headers)

    assert response.status_code in {400, 413}
    assert response.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("AUTHORIZATION_CODE", "unsupported_grant_type"),
        ("authorization_code ", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type"),
        ('un"heard\\of\u00e9', "unsupported_grant_type"),
        ("client_credentials", "unauthorized_client"),
    ],
)
def test_grant_types_have_their_defined_errors(
    rp: RelyingParty, browser: requests.Session, grant_type: str | None, error: str
) -> None:
    code = rp.code(browser)

    assert refused(rp.redeem(code, grant_type=grant_type, username="a", password="b"), 400, error)
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("name", ["code", "grant_type", "redirect_uri", "code_verifier", "client_id", "scope", "state"])
@pytest.mark.parametrize("path", ["/token", "/revoke", "/introspect"])
def test_a_parameter_that_is_sent_twice_is_refused(
    rp: RelyingParty, browser: requests.Session, path: str, name: str
) -> None:
    code = rp.code(browser)
    fields = [*form_for(rp, code).items(), (name, "a"), (name, "b")]

    response = rp.provider.post(path, fields, auth=rp.client.basic)

    assert refused(response, 400, "invalid_request")
    assert rp.redeem(code).status_code == 200


@pytest.mark.parametrize("name", ["state", "response_type", "nonce", "unheard_of", "audience", "scope"])
def test_parameters_that_do_not_belong_here_are_ignored(rp: RelyingParty, browser: requests.Session, name: str) -> None:
    assert rp.redeem(rp.code(browser), **{name: "code"}).json()["scope"] == "openid email profile"


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


def own_token(rp: RelyingParty, **form: str | None) -> requests.Response:
    return rp.token(grant_type="client_credentials", **form)


def test_client_credentials_give_a_token_without_a_person(provider: Running) -> None:
    client = provider.client(grant_types=["client_credentials"], scope="openid profile reports:read reports:write")
    rp = RelyingParty(provider, client)

    whole, narrowed = own_token(rp).json(), own_token(rp, scope="reports:read").json()

    assert whole["scope"] == "reports:read reports:write"
    assert narrowed["scope"] == "reports:read"
    assert not {"refresh_token", "id_token"} & {*whole, *narrowed}
    assert (whole["token_type"], whole["expires_in"]) == ("Bearer", 3600)
    assert rp.userinfo(whole["access_token"]).status_code == 403


@pytest.mark.parametrize(
    "scope",
    ["openid", "offline_access", "profile", "reports:write", "reports:read openid", "*", "reports:", 'a"b', "é"],
)
def test_client_credentials_never_reach_beyond_the_registration(provider: Running, scope: str) -> None:
    client = provider.client(grant_types=["client_credentials"], scope="openid profile offline_access reports:read")

    assert refused(own_token(RelyingParty(provider, client), scope=scope), 400, "invalid_scope")


def test_a_public_client_has_no_credentials(provider: Running) -> None:
    client = provider.client(grant_types=["client_credentials"], token_endpoint_auth_method="none")
    fields = {"grant_type": "client_credentials", "client_id": client.client_id}

    assert refused(provider.post("/token", fields), 400, "unauthorized_client")


def test_the_subject_of_a_client_can_never_be_a_person(provider: Running) -> None:
    person = provider.person(name="Victim")
    with provider.database.transaction() as db:
        metadata = {"token_endpoint_auth_method": "client_secret_basic", "grant_types": ["client_credentials"]}
        clients.add(db, person.id, metadata, now=provider.clock())
        clients.add_secret(db, person.id, digest_of("s"), now=provider.clock())
    token = provider.post("/token", {"grant_type": "client_credentials"}, auth=(person.id, "s")).json()["access_token"]

    userinfo = provider.get("/userinfo", headers={"Authorization": f"Bearer {token}"})

    assert userinfo.status_code == 403
    assert "Victim" not in userinfo.text


@pytest.mark.parametrize("origin", ["https://evil.test", "null", "https://rp.example.evil.test"])
def test_scripts_of_any_origin_may_ask_but_never_with_cookies(rp: RelyingParty, origin: str) -> None:
    response = rp.provider.post("/token", {"grant_type": "x"}, headers={"Origin": origin}, auth=rp.client.basic)

    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert "Set-Cookie" not in response.headers
