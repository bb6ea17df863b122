"""npm's openid-client, as released, against the running provider over real sockets: one script for each flow."""

from typing import Any

import pytest

from tests.clients import node_client
from tests.clients.web_browser import WebBrowser
from tests.flows.device import television
from tests.flows.signing_client import jwks, key_for
from tests.flows.test_registration import initial_token
from tests.running import REDIRECT_URI, Person, Registered, Running

SIGNED_OUT = "https://rp.example/signed-out"
ALGORITHMS = ("ES256", "PS256", "EdDSA")


def public(algorithm: str) -> dict[str, Any]:
    """The set of keys that a client registers."""
    return jwks({**key_for(algorithm).as_dict(private=False), "kid": algorithm, "use": "sig", "alg": algorithm})


def private(algorithm: str) -> dict[str, Any]:
    """The key that the client signs with."""
    return {**key_for(algorithm).as_dict(private=True), "kid": algorithm, "alg": algorithm}


def signing_with(algorithm: str, method: str) -> dict[str, Any]:
    return {
        "token_endpoint_auth_method": method,
        "token_endpoint_auth_signing_alg": algorithm,
        "jwks": public(algorithm),
    }


def run(provider: Running, script: str, browser: WebBrowser | None, client: Registered, **more: Any) -> dict[str, Any]:
    given = {
        "issuer": provider.issuer,
        "clientId": client.client_id,
        "clientSecret": client.secret,
        "redirectUri": client.redirect_uri,
        "scope": "openid email profile offline_access",
        **more,
    }
    return node_client.run(script, browser, **given)


def test_code(provider: Running, browser: WebBrowser, person: Person) -> None:
    facts = run(provider, "code", browser, provider.client(first_party=False))

    assert facts["claims"]["sub"] == facts["userinfo"]["sub"] == person.id
    assert facts["userinfo"]["email"] == person.email
    assert facts["tokens"]["scope"] == "openid email profile offline_access"
    assert browser.seen == ["/login", "/consent"]


def test_refresh(provider: Running, browser: WebBrowser, person: Person) -> None:
    facts = run(provider, "refresh", browser, provider.client())

    assert [claims["sub"] for claims in facts["claims"]] == [person.id] * 3
    assert len({facts[each]["refresh_token"] for each in ("first", "second", "third")}) == 3
    assert facts["third"]["scope"] == "openid"


def test_introspection_and_revocation(provider: Running, browser: WebBrowser, person: Person) -> None:
    facts = run(provider, "introspection", browser, provider.client())

    assert facts["before"]["active"] is True
    assert facts["before"]["sub"] == person.id
    assert facts["after"] == {"active": False}
    assert facts["refused"] == "invalid_grant"


def test_end_session(provider: Running, browser: WebBrowser) -> None:
    client = provider.client(post_logout_redirect_uris=[SIGNED_OUT])

    facts = run(provider, "end_session", browser, client, signedOutUri=SIGNED_OUT)

    assert facts["arrived"] == f"{SIGNED_OUT}?state=bye"


def test_device(provider: Running, browser: WebBrowser, person: Person) -> None:
    device = television(provider)

    facts = run(provider, "device", browser, device.client)

    assert facts.get("claims", facts)["sub"] == person.id
    assert facts["codes"]["verification_uri"] == f"{provider.issuer}/device"
    assert browser.seen == ["/device", "/login", "/device/confirm", "/device/confirm"]


def test_client_credentials(provider: Running) -> None:
    client = provider.client(grant_types=["client_credentials"], response_types=[], redirect_uris=[], scope="reports")

    facts = run(provider, "client_credentials", None, client)

    assert facts["tokens"]["scope"] == "reports"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_private_key_jwt(provider: Running, browser: WebBrowser, person: Person, algorithm: str) -> None:
    client = provider.client(**signing_with(algorithm, "private_key_jwt"))

    facts = run(provider, "private_key_jwt", browser, client, key=private(algorithm))

    assert facts["claims"]["sub"] == person.id
    assert facts["refreshed"]["token_type"] == "bearer"


def test_par(provider: Running, browser: WebBrowser, person: Person) -> None:
    client = provider.client(require_pushed_authorization_requests=True)

    facts = run(provider, "par", browser, client)

    assert facts["claims"]["sub"] == person.id
    assert "redirect_uri" not in facts["shown"]
    assert "request_uri=urn%3Aietf%3Aparams%3Aoauth%3Arequest_uri%3A" in facts["shown"]


@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_dpop(provider: Running, browser: WebBrowser, person: Person, method: str) -> None:
    client = provider.client(token_endpoint_auth_method=method, dpop_bound_access_tokens=True)

    facts = run(provider, "dpop", browser, client, clientSecret=client.secret if method != "none" else None)

    assert facts["tokens"]["token_type"] == facts["refreshed"]["token_type"] == "dpop"
    assert facts["userinfo"]["sub"] == person.id
    # A public client is asked for a nonce first, and keeps to the one it was given.
    if method == "none":
        refused, *accepted = facts["answers"]
        assert (refused["status"], refused["sent"]) == (400, None)
        assert {(answer["status"], answer["sent"]) for answer in accepted} == {(200, refused["given"])}
    # The same token without a proof.
    assert facts["stolen"]["parameters"]["error"] == "invalid_token"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_jar(provider: Running, browser: WebBrowser, person: Person, algorithm: str) -> None:
    client = provider.client(
        jwks=public(algorithm), request_object_signing_alg=algorithm, require_signed_request_object=True
    )

    facts = run(provider, "jar", browser, client, key=private(algorithm))

    assert facts["claims"]["sub"] == person.id
    assert "redirect_uri" not in facts["shown"]


def test_jarm(provider: Running, browser: WebBrowser, person: Person) -> None:
    assert run(provider, "jarm", browser, provider.client())["claims"]["sub"] == person.id


def test_hybrid(provider: Running, browser: WebBrowser, person: Person) -> None:
    client = provider.client(
        response_types=["code id_token"], grant_types=["authorization_code", "implicit", "refresh_token"]
    )

    assert run(provider, "hybrid", browser, client)["claims"]["sub"] == person.id


def test_fapi(provider: Running, browser: WebBrowser, person: Person) -> None:
    client = provider.client(
        **signing_with("PS256", "private_key_jwt"),
        security_profile="fapi_2_0",
        request_object_signing_alg="PS256",
        id_token_signed_response_alg="PS256",
        authorization_signed_response_alg="PS256",
    )

    facts = run(provider, "fapi", browser, client, key=private("PS256"))

    assert facts["userinfo"]["sub"] == person.id
    assert facts["tokens"]["token_type"] == "dpop"


def test_registration(provider: Running, browser: WebBrowser, person: Person) -> None:
    nobody = Registered("", "", REDIRECT_URI)

    facts = run(provider, "registration", browser, nobody, initialAccessToken=initial_token(provider))

    assert facts["claims"]["sub"] == person.id
    assert facts["claims"]["aud"] == facts["registered"]["client_id"]


def test_implicit(provider: Running, browser: WebBrowser, person: Person) -> None:
    client = provider.client(response_types=["id_token"], grant_types=["implicit"])

    assert run(provider, "implicit", browser, client)["claims"]["sub"] == person.id
