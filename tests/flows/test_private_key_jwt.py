"""Clients that show themselves by a signed assertion (RFC 7523 section 3, OpenID Connect Core 1.0 section 9)."""

import hmac
import json
import secrets
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from tests.flows.forging import encoded
from tests.flows.relying_party import RelyingParty
from tests.flows.signing_client import (
    ASSERTION_TYPE,
    SigningClient,
    Site,
    jwks,
    key_for,
    new_key,
    open_site,
    public,
    signed_with,
)
from tests.outgoing.servers import serving
from tests.running import Registered, Running

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")


def registered(provider: Running, alg: str = "ES256", *, kid: str | None = None, **more: Any) -> SigningClient:
    key = key_for(alg)
    given = {"jwks": jwks(public(key, **({"kid": kid} if kid else {})))} if "jwks_uri" not in more else {}
    client = provider.client(token_endpoint_auth_method="private_key_jwt", **{**given, **more})
    return SigningClient(provider, client, alg, key, kid)


@pytest.fixture
def signer(provider: Running) -> SigningClient:
    return registered(provider)


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site() as opened:
        yield opened


def code_for(signer: SigningClient) -> tuple[RelyingParty, str]:
    rp = RelyingParty(signer.provider, signer.client)
    return rp, rp.code(signer.provider.session(signer.provider.person()))


def redeem(signer: SigningClient, rp: RelyingParty, code: str, **shown: str) -> requests.Response:
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": rp.client.redirect_uri,
        "code_verifier": rp.verifier,
        **shown,
    }
    return signer.provider.post("/token", fields)


def asked(signer: SigningClient, assertion: str | None = None, path: str = "/revoke", **form: str) -> requests.Response:
    """The cheapest request that needs authentication."""
    return signer.provider.post(path, {"token": "x", **signer.shown(assertion), **form})


def refused(response: requests.Response, error: str = "invalid_client", *, words: str = "") -> bool:
    body = response.json()
    assert response.headers["Cache-Control"] == "no-store"
    assert body["error"] == error, response.text
    assert response.status_code == (401 if error == "invalid_client" else 400)
    assert words in body["error_description"]
    return True


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_a_client_shows_itself_with_each_algorithm(provider: Running, alg: str) -> None:
    signer = registered(provider, alg)
    rp, code = code_for(signer)

    tokens = redeem(signer, rp, code, **signer.shown())

    assert tokens.status_code == 200, tokens.text
    assert rp.claims(tokens.json()["id_token"])["aud"] == rp.client.client_id


@pytest.mark.parametrize("path", ["/revoke", "/introspect"])
def test_every_endpoint_takes_an_assertion(signer: SigningClient, path: str) -> None:
    assert asked(signer, path=path).status_code == 200
    assert asked(signer, signer.assertion(aud=signer.provider.issuer + path), path=path).status_code == 200
    assert asked(signer, path=path, client_id=signer.client.client_id).status_code == 200


@pytest.mark.parametrize(
    ("registered_alg", "used", "fits"),
    [
        ("RS256", "RS256", True),
        ("RS256", "PS256", False),
        ("PS256", "PS256", True),
        ("PS256", "RS256", False),
        ("EdDSA", "Ed25519", True),
        ("Ed25519", "EdDSA", True),
        ("ES256", "EdDSA", False),
        (None, "PS256", True),
    ],
)
def test_a_client_is_held_to_the_algorithm_it_is_registered_with(
    provider: Running, registered_alg: str | None, used: str, fits: bool
) -> None:
    signer = registered(provider, used, token_endpoint_auth_signing_alg=registered_alg)
    if registered_alg in {"RS256", "PS256"}:
        signer.key = key_for("RS256")
        signer = SigningClient(
            provider,
            registered(provider, "RS256", token_endpoint_auth_signing_alg=registered_alg).client,
            used,
            key_for("RS256"),
        )

    response = asked(signer)

    assert response.status_code == 200 if fits else refused(response)


@pytest.mark.parametrize(
    "aud",
    ["{issuer}", "{issuer}/token", "{issuer}/revoke", ["{issuer}"], ["{issuer}", "{issuer}/token"]],
)
def test_the_issuer_and_the_endpoints_are_audiences(signer: SigningClient, aud: Any) -> None:
    ours = json.loads(json.dumps(aud).replace("{issuer}", signer.provider.issuer))

    assert asked(signer, signer.assertion(aud=ours)).status_code == 200


@pytest.mark.parametrize(
    "aud",
    [
        "https://other.example",
        "{issuer}/",
        "{issuer}/userinfo",
        "{issuer}/introspect",
        ["{issuer}", "https://other.example"],
        [],
        "",
        None,
        1,
        {"iss": "{issuer}"},
        ["{issuer}", 1],
    ],
)
def test_any_other_audience_is_refused(signer: SigningClient, aud: Any) -> None:
    given = json.loads(json.dumps(aud).replace("{issuer}", signer.provider.issuer))

    assert refused(asked(signer, signer.assertion(aud=given)), words="aud")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"iss": "another"}, "iss"),
        ({"iss": None}, "iss"),
        ({"sub": None}, "sub"),
        ({"sub": 1}, "sub"),
        ({"iss": "a\0b", "sub": "a\0b"}, "JSON"),
        ({"iss": "\ud800", "sub": "\ud800"}, "JSON"),
        ({"jti": "a\0b"}, "JSON"),
        ({"iss": ["{client}"]}, "iss"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 10**30}, "exp"),
        ({"exp": -1}, "exp"),
        ({"exp": "+-300"}, "expired"),
        ({"exp": "+-11"}, "expired"),
        ({"exp": "+86400"}, "too late"),
        ({"nbf": "+60"}, "nbf"),
        ({"iat": "+60"}, "iat"),
        ({"nbf": [1]}, "nbf"),
        ({"jti": None}, "jti"),
        ({"jti": ["a"]}, "jti"),
        ({"jti": ""}, "jti"),
        ({"jti": "x" * 600}, "jti"),
    ],
    ids=ascii,
)
def test_each_claim_is_looked_at(signer: SigningClient, changed: dict[str, Any], words: str) -> None:
    def value(given: Any) -> Any:
        if isinstance(given, str) and given.startswith("+"):
            return int(signer.now) + int(given[1:])
        return json.loads(json.dumps(given).replace("{client}", signer.client.client_id))

    response = asked(signer, signer.assertion(**{name: value(given) for name, given in changed.items()}))

    assert refused(response, words=words)
    assert asked(signer).status_code == 200


@pytest.mark.parametrize("ahead", [{"nbf": 8}, {"iat": 8}, {"exp": 3600}, {"exp": -5}, {"nbf": -3600, "iat": -3600}])
def test_clocks_may_be_a_little_apart(signer: SigningClient, ahead: dict[str, int]) -> None:
    claims = {name: int(signer.now) + seconds for name, seconds in ahead.items()}

    assert asked(signer, signer.assertion(**claims)).status_code == 200


@pytest.mark.parametrize(
    "typ", [None, "JWT", "jwt", "client-authentication+jwt", "application/client-authentication+jwt"]
)
def test_an_assertion_may_say_what_it_is(signer: SigningClient, typ: str | None) -> None:
    assert asked(signer, signer.assertion(header={"typ": typ})).status_code == 200


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "dpop+jwt", "at+jwt", "logout+jwt", "JOSE"])
def test_another_kind_of_jwt_is_no_assertion(signer: SigningClient, typ: str) -> None:
    assert refused(asked(signer, signer.assertion(header={"typ": typ})), words="typ")


def test_a_jti_is_good_for_one_client_once(signer: SigningClient, provider: Running) -> None:
    other, jti = registered(provider), secrets.token_urlsafe(16)

    assert asked(signer, signer.assertion(jti=jti)).status_code == 200
    assert refused(asked(signer, signer.assertion(jti=jti)), words="used before")
    assert asked(other, other.assertion(jti=jti)).status_code == 200


def test_a_refused_assertion_uses_nothing_up(signer: SigningClient) -> None:
    rp, code = code_for(signer)
    jti = secrets.token_urlsafe(16)

    for wrong in ({"aud": "https://other.example"}, {"exp": 1}, {"nbf": int(signer.now) + 60}):
        assert refused(redeem(signer, rp, code, **signer.shown(jti=jti, **wrong)))

    assert redeem(signer, rp, code, **signer.shown(jti=jti)).status_code == 200


def test_nothing_about_a_client_is_told_before_its_signature_is_seen(signer: SigningClient, provider: Running) -> None:
    stranger = SigningClient(provider, signer.client, "ES256", new_key("ES256"))
    nobody = SigningClient(provider, Registered("nobody", "", ""), "ES256", new_key("ES256"))
    by_secret = SigningClient(provider, provider.client(jwks=jwks(public(key_for("ES256")))))
    expired = stranger.assertion(exp=1, aud="https://other.example")

    answers = [asked(each) for each in (stranger, nobody, by_secret)] + [asked(stranger, expired)]

    assert all(refused(answer) for answer in answers)
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "HS512"},
        {"alg": "RS512"},
        {"alg": "es256"},
        {"alg": None},
        {"alg": 1},
        {"alg": ["ES256"]},
    ],
    ids=str,
)
def test_a_header_asks_for_nothing_that_is_not_offered(signer: SigningClient, header: dict[str, Any]) -> None:
    claims = {"iss": signer.client.client_id, "sub": signer.client.client_id, "aud": signer.provider.issuer}
    claims |= {"exp": int(signer.now) + 60, "jti": secrets.token_urlsafe(8)}
    full = {name: value for name, value in {"alg": "ES256", **header}.items() if value is not None}
    rest = signer.assertion().rpartition(".")[2]

    assert refused(asked(signer, f"{encoded(full)}.{encoded(claims)}.{rest}"))
    assert refused(asked(signer, f"{encoded(full)}.{encoded(claims)}."))


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"crit": ["b64"], "b64": True},
        {"b64": False},
        {"zip": "DEF"},
        {"kid": 1},
    ],
    ids=str,
)
def test_no_extension_of_signatures_is_understood(signer: SigningClient, header: dict[str, Any]) -> None:
    assert refused(asked(signer, signer.assertion(header=header)), words="header")


def test_an_hmac_with_the_public_key_is_no_signature(provider: Running) -> None:
    signer = registered(provider, "RS256")
    key = signer.key
    assert isinstance(key, RSAKey)
    header, _, claims = signer.assertion().rpartition(".")[0].partition(".")
    assert header
    text = f"{encoded({'alg': 'HS256'})}.{claims}"
    for secret in (key.as_pem(private=False), signer.client.secret.encode(), b""):
        mac = hmac.digest(secret, text.encode(), "sha256")

        assert refused(asked(signer, f"{text}.{encoded(mac)}"), words="client_secret_jwt")


def test_a_key_in_the_header_is_not_believed(signer: SigningClient, site: Site) -> None:
    stranger = SigningClient(signer.provider, signer.client, "ES256", new_key("ES256"))
    own = public(stranger.key, kid="mine")
    address = site.publish("/jwks", jwks(own))

    for header in ({"jwk": own}, {"jku": address}, {"x5u": address}, {"x5c": ["MIIB"]}, {"jwk": own, "kid": "mine"}):
        assert refused(asked(stranger, stranger.assertion(header=header)))
        assert asked(signer, signer.assertion(header=header | {"kid": None})).status_code == 200

    assert not site.server.requests


@pytest.mark.parametrize(
    "spoil",
    [
        lambda jwt: jwt + "\n",
        lambda jwt: jwt + "=",
        lambda jwt: jwt + ".",
        lambda jwt: jwt[:-1],
        lambda jwt: " " + jwt,
        lambda jwt: jwt.replace(".", "..", 1),
        lambda jwt: jwt[:-1] + chr(ord(jwt[-1]) + 1),
        lambda jwt: jwt.rpartition(".")[0] + ".",
        lambda jwt: "é" + jwt,
        lambda jwt: ".." + jwt,
        lambda jwt: jwt + "x" * 20_000,
    ],
)
def test_a_jwt_has_one_spelling(signer: SigningClient, spoil: Any) -> None:
    assert refused(asked(signer, spoil(signer.assertion())))


@pytest.mark.parametrize(
    "header",
    [b"{}", b"[]", b"", b"[" * 5000, b'{"alg":"ES256","a":' + b"1" * 5000 + b"}", b'{"alg":"ES256","a":NaN}', b"\xff"],
    ids=lambda header: str(header[:25]),
)
@pytest.mark.parametrize("ending", [".e30.e30", ".e30.e30.e30.e30", ".e30", "..", ""])
def test_what_is_no_jwt_is_a_failed_authentication(signer: SigningClient, header: bytes, ending: str) -> None:
    assert refused(asked(signer, encoded(header) + ending or "."))


def test_a_repeated_member_is_refused(signer: SigningClient) -> None:
    client, exp = signer.client.client_id, int(signer.now) + 60
    body = f'{{"iss":"{client}","sub":"{client}","aud":"{signer.provider.issuer}","jti":"a","exp":1,"exp":{exp}}}'

    assert refused(asked(signer, signed_with(signer.key, body.encode(), alg="ES256")))


def test_the_form_may_only_repeat_the_client(signer: SigningClient, provider: Running) -> None:
    other = registered(provider)

    assert refused(asked(signer, client_id=other.client.client_id), words="client_id")


def test_one_method_in_a_request(signer: SigningClient) -> None:
    fields = {"token": "x", **signer.shown()}
    post = signer.provider.post

    by_basic = post("/revoke", fields, auth=signer.client.basic)
    with_secret = post("/revoke", {**fields, "client_secret": signer.client.secret})
    without_type = post("/revoke", {"token": "x", "client_assertion": signer.assertion()})
    without_assertion = post("/revoke", {"token": "x", "client_assertion_type": ASSERTION_TYPE})
    other_type = post(
        "/revoke", {**fields, "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2"}
    )

    for response in (by_basic, with_secret, without_type, without_assertion):
        assert refused(response, "invalid_request")
    assert refused(other_type, words="client_assertion_type")


def test_a_client_that_signs_has_no_other_way_in(signer: SigningClient) -> None:
    client_id, secret = signer.client.basic
    post = signer.provider.post

    assert refused(post("/revoke", {"token": "x"}, auth=(client_id, secret)))
    assert refused(post("/revoke", {"token": "x", "client_id": client_id, "client_secret": secret}))
    assert refused(post("/revoke", {"token": "x", "client_id": client_id}))


@pytest.mark.parametrize(
    ("document", "works"),
    [
        (lambda key: [public(key)], True),
        (lambda key: [public(key, kid="a"), public(new_key("ES256"), kid="b")], True),
        (lambda key: [public(new_key("EdDSA")), public(key)], True),
        (lambda key: [{"kty": "unheard-of"}, "x", None, {"kty": "EC", "crv": "P-256"}, public(key)], True),
        (lambda key: [key.as_dict(private=True)], True),
        (lambda key: [public(key, use="enc")], False),
        (lambda key: [public(key, alg="ES512")], False),
        (lambda key: [{**public(key), "key_ops": ["encrypt"]}], False),
        (lambda key: [{**public(key), "key_ops": ["verify"], "alg": "ES256", "use": "sig"}], True),
        (lambda _key: [], False),
        (lambda _key: [{"kty": "oct", "k": "c2VjcmV0"}], False),
    ],
)
def test_keys_are_found_without_a_name_and_used_for_what_they_are_for(
    provider: Running, document: Any, works: bool
) -> None:
    signer = registered(provider, jwks=jwks(*document(key_for("ES256"))))

    response = asked(signer)

    assert response.status_code == 200 if works else refused(response)


@pytest.mark.parametrize(
    ("in_registration", "in_header", "works"),
    [("a", "a", True), (None, "a", True), ("a", None, True), (None, None, True), ("a", "b", False)],
)
def test_a_kid_has_to_be_right_where_both_sides_have_one(
    provider: Running, in_registration: str | None, in_header: str | None, works: bool
) -> None:
    signer = registered(provider, kid=in_registration)

    response = asked(signer, signer.assertion(header={"kid": in_header}))

    assert response.status_code == 200 if works else refused(response)


def test_a_short_rsa_key_is_no_key(provider: Running) -> None:
    with warnings.catch_warnings(action="ignore"):
        short = RSAKey.generate_key(1024)
        client = provider.client(token_endpoint_auth_method="private_key_jwt", jwks=jwks(public(short)))

        assert refused(asked(SigningClient(provider, client, "RS256", short)))


def test_keys_are_fetched_once_and_anew_when_the_client_has_replaced_them(provider: Running, site: Site) -> None:
    old, new = key_for("ES256", "old"), key_for("ES256", "new")
    address = site.publish("/keys", jwks(public(old, kid="old")))
    signer = registered(provider, jwks_uri=address)
    signer.key, signer.kid = old, "old"

    assert [asked(signer).status_code for _ in range(3)] == [200] * 3
    assert site.visits("/keys") == 1
    site.publish("/keys", jwks(public(new, kid="new")))
    signer.key, signer.kid = new, "new"
    within_the_pause = asked(signer)

    # A moment after a fetch nobody can cause another one, however many key ids he makes up.
    assert refused(within_the_pause)
    assert site.visits("/keys") == 1


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"null", b"{", b'{"keys":1}', b'{"keys":[1,null,[]]}', b"\xff", b"[" * 9000]
)
def test_a_broken_document_of_keys_is_a_failed_authentication(provider: Running, site: Site, document: bytes) -> None:
    signer = registered(provider, jwks_uri=site.publish("/keys", document))

    assert refused(asked(signer))


@pytest.mark.parametrize("address", ["https://10.0.0.1/jwks", "https://localhost./jwks", "http://rp.example/jwks"])
def test_keys_are_not_fetched_from_where_nobody_may_look(provider: Running, address: str) -> None:
    assert refused(asked(registered(provider, jwks_uri=address)))


def test_a_slow_server_of_a_client_stands_in_nobodys_way(provider: Running) -> None:
    more_than_there_are = provider.settings.worker_threads + 2
    with serving(lambda _connected, _request: server.stopping.wait(20)) as server:
        address = f"http://127.0.0.1:{server.port}"
        slow = [registered(provider, jwks_uri=f"{address}/{number}") for number in range(more_than_there_are)]
        with ThreadPoolExecutor(more_than_there_are) as together:
            asking = [together.submit(asked, each) for each in slow]
            while len(server.requests) < more_than_there_are:
                assert not any(each.done() for each in asking)

            while_they_wait = asked(registered(provider))
            done_by_then = [each for each in asking if each.done()]
            server.stopping.set()

    assert (while_they_wait.status_code, done_by_then) == (200, [])
    assert all(refused(each.result()) for each in asking)
