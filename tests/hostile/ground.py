"""What the attacks are aimed at: a provider with everything switched on, and somebody with every right there is."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from starlette.routing import Route

from idp.app import build_app
from idp.store.sessions import sessions
from idp.web.csrf import Csrf
from keys.lifecycle import Algorithm, KeyPolicy
from keys.sealing import Sealer
from tests.federation.world import world
from tests.flows.device import television
from tests.flows.people import PASSWORD_HASH, FormBrowser, new_address
from tests.flows.registrar import register
from tests.flows.relying_party import RelyingParty
from tests.running import PASSWORD, REDIRECT_URI, Registered, Running, s256

_DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
SIGNED_OUT = "https://rp.example/signed-out"
INITIATE = "https://rp.example/initiate"
VERIFIER = "v" * 43
WORDS: Mapping[str, list[str]] = {
    "response_type": ["code", "id_token", "code id_token", "id_token token"],
    "redirect_uri": [REDIRECT_URI],
    "post_logout_redirect_uri": [SIGNED_OUT],
    "scope": ["openid email offline_access", "openid profile", "reports"],
    "nonce": ["n"],
    "response_mode": ["query", "fragment", "form_post", "jwt", "form_post.jwt"],
    "prompt": ["login", "consent", "none", "select_account", "create"],
    "max_age": ["600", "0"],
    "code_challenge": [s256(VERIFIER)],
    "code_challenge_method": ["S256"],
    "code_verifier": [VERIFIER],
    "claims": ['{"id_token":{"email":null},"userinfo":{"name":{"essential":true}}}'],
    "acr_values": ["1"],
    "ui_locales": ["de"],
    "resource": ["https://api.example/"],
    "request_uri": ["https://rp.example/request.jwt"],
    "grant_type": ["authorization_code", "refresh_token", "client_credentials", _DEVICE_CODE],
    "token_type_hint": ["access_token", "refresh_token"],
    "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
    "password": [PASSWORD],
    "current_password": [PASSWORD],
    "decision": ["allow", "cancel", "deny", "logout", "stay"],
}
EVERYTHING: Mapping[str, Any] = {
    "algorithms": Algorithm,
    "implicit_and_hybrid": True,
    "client_registration": "open",
    # Nothing but the input is to decide about the answers, and hashes are to be cheap.
    "throttle": {"enabled": False},
    "argon2": {"memory_mib": 7},
    "log_level": "ERROR",
}


@dataclass
class Ground:
    """A provider, its route table, and values with which its endpoints go furthest.

    Attributes:
        plausible: For each name what means something: ids that exist, codes that can be redeemed, known words.
        client: May do everything, and asks nobody.
        asking: Has to ask people.
        upstreams: The origins of the simulated providers to sign in with.
        registered: A client that has registered itself, and the token with which it looks after itself.
    """

    provider: Running
    routes: list[Route]
    client: Registered
    asking: Registered
    upstreams: frozenset[str]
    tokens: Csrf
    cookies: dict[str, str] = field(default_factory=dict)
    plausible: dict[str, list[str]] = field(default_factory=dict)
    registered: tuple[str, str] = ("", "")

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    @property
    def destinations(self) -> frozenset[str]:
        """Where the provider may send a browser: what is registered, query and fragment aside."""
        return frozenset({REDIRECT_URI, SIGNED_OUT, INITIATE})

    def csrf(self, path: str) -> str:
        """What a form of ours in this browser says when it is sent there."""
        return self.tokens.token(self.cookies["op_tx"], path)

    def renew(self) -> None:
        """Somebody new who is signed in, with all that can wait for them: attacks sign people out, and use it up."""
        provider = self.provider
        person = provider.person(password_hash=PASSWORD_HASH, name="Ada")
        secret = str(provider.session(person).cookies["op_sid"])
        self.cookies = {"op_sid": secret, "op_tx": secrets.token_urlsafe(32)}
        browser = FormBrowser(provider, requests.Session())
        browser.http.cookies.update(self.cookies)
        rp = RelyingParty(provider, self.client, VERIFIER)
        issued = rp.redeem(rp.code(browser.http, scope="openid email offline_access")).json()
        device, itself = television(provider), register(provider)
        codes = device.codes()
        self.registered = itself.client_id, str(itself.told["registration_access_token"])
        asked = RelyingParty(provider, self.asking, VERIFIER).authorize(browser.http)
        typed = browser.post("/device", {"csrf": self.csrf("/device"), "user_code": codes["user_code"]})
        upstream = browser.post("/social/google", {"csrf": self.csrf("/social/google")})
        signing_up = {"csrf": self.csrf("/signup"), "email": new_address(), "password": PASSWORD, "name": "Bob"}
        with provider.database.autocommit() as db:
            session_id = db.execute(sessions.select().where(sessions.c.account_id == person.id)).one().id
        self.plausible = {
            **WORDS,
            "client_id": [self.client.client_id, self.asking.client_id],
            "client_secret": [self.client.secret],
            "id_token_hint": [issued["id_token"]],
            "login_hint": [person.email],
            "request": [_in_query(asked, "request"), _in_query(typed, "request")],
            "state": [_in_query(upstream, "state"), "s"],
            "proof": [_in_query(browser.post("/signup", signing_up), "proof")],
            "code": [rp.code(browser.http), "123456"],
            "refresh_token": [issued["refresh_token"]],
            "token": [issued["access_token"], issued["refresh_token"]],
            "access_token": [issued["access_token"]],
            "client_assertion": [issued["id_token"]],
            "device_code": [codes["device_code"]],
            "user_code": [device.codes()["user_code"]],
            "username": [person.email],
            "email": [person.email, "new@example.com"],
            "account": [session_id],
            "device": [session_id],
            "app": [self.client.client_id],
        }


def _in_query(answer: requests.Response, name: str) -> str:
    assert answer.status_code == 303, (answer.url, answer.status_code, answer.text[:500])
    return parse_qs(urlsplit(answer.headers["Location"]).query)[name][0]


@contextmanager
def hostile_ground(database_url: str) -> Iterator[Ground]:
    """Start the provider, and make somebody who is signed in, with an authorization request that waits."""
    with world(database_url, **EVERYTHING) as around:
        provider = around.provider
        client = provider.client(
            redirect_uris=[REDIRECT_URI],
            post_logout_redirect_uris=[SIGNED_OUT],
            initiate_login_uri=INITIATE,
            grant_types=["authorization_code", "implicit", "refresh_token", "client_credentials", _DEVICE_CODE],
            response_types=["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"],
            resources=["https://api.example/"],
            request_uris=["https://rp.example/request.jwt"],
            scope="openid profile email offline_access reports",
            require_pkce=False,
        )
        csrf = Csrf(Sealer(provider.settings.keys.kek()).secret_for("form-token"), provider.issuer)
        asking = provider.client(first_party=False, require_pkce=False, initiate_login_uri=INITIATE)
        upstreams = frozenset(stage.origin for stage in (around.google, around.facebook, around.x))
        ground = Ground(provider, _routes(provider), client, asking, upstreams, csrf)
        ground.renew()
        yield ground


def _routes(provider: Running) -> list[Route]:
    """The route table of an application like the one that runs; building it opens nothing."""
    return [route for route in build_app(provider.settings, KeyPolicy()).router.routes if isinstance(route, Route)]
