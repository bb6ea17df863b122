"""One request to a route: a good one in parts that can be bent, and what then goes over the wire."""

import base64
import json
from dataclasses import dataclass
from random import Random
from urllib.parse import urlencode

from starlette.routing import Route

from idp.web.door import Door
from tests.hostile.ground import Ground
from tests.hostile.values import PAGE_NAMES, PROTOCOL_NAMES

FORM = "application/x-www-form-urlencoded"
Pairs = list[tuple[str, str]]
Headers = tuple[tuple[str, bytes], ...]

_AUTHORIZATION = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "response_mode",
    "max_age",
    "code_challenge",
    "code_challenge_method",
    "claims",
    "id_token_hint",
    "login_hint",
    "acr_values",
    "ui_locales",
    "resource",
    "prompt",
)
_BY_PATH = {
    "/authorize": _AUTHORIZATION,
    "/par": _AUTHORIZATION,
    "/token": ("grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "device_code", "scope"),
    "/revoke": ("token", "token_type_hint"),
    "/introspect": ("token", "token_type_hint"),
    "/device_authorization": ("scope", "resource"),
    "/userinfo": (),
    "/social/google/callback": ("state", "code", "error", "error_description", "iss"),
    "/end_session": ("id_token_hint", "post_logout_redirect_uri", "state", "client_id", "ui_locales"),
}
"""With which parameters a request goes furthest. A route that is not named here gets all that are known."""


@dataclass(frozen=True)
class Attack:
    """One request as it goes over the wire, and the route it is meant for."""

    route: str
    method: str
    target: bytes
    headers: Headers
    body: bytes = b""

    def encoded(self) -> bytes:
        """HTTP/1.1, with a length that is right: what is wrong stands inside."""
        lines = [self.method.encode() + b" " + self.target + b" HTTP/1.1", b"Host: 127.0.0.1"]
        lines += [name.encode() + b": " + value for name, value in self.headers]
        if self.body or self.method in {"POST", "PUT"}:
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join([*lines, b"", b""]) + self.body


@dataclass(frozen=True)
class Good:
    """A request that a route takes, in parts that can be bent."""

    route: Route
    kind: str
    is_json: bool
    method: str
    path: str
    pairs: Pairs
    headers: Headers

    def sent(self, pairs: Pairs, *, also: bytes = b"", into_query: bool = False, path: str | None = None) -> Attack:
        """The request with these parameters, in the query or in the body as the method has it."""
        encoded = urlencode(pairs, errors="surrogatepass").encode() + (b"&" + also if also else b"")
        target = (self.path if path is None else path).encode()
        headers, body = self.headers, b""
        if self.method in {"POST", "PUT"} and not into_query:
            body, content_type = encoded, FORM
            if self.is_json:
                members = {name: [value] if name in _LISTS else value for name, value in pairs}
                body, content_type = json.dumps(members).encode() + also, "application/json"
            headers = (*headers, ("Content-Type", content_type.encode()))
        else:
            target += b"?" + encoded
        return Attack(self.route.path, self.method, target, headers, body)


def good_request(ground: Ground, route: Route, method: str, chance: Random | None = None) -> Good:
    """A request to a route with which it goes far: the first of everything that fits, or any by chance."""
    door = route.app
    assert isinstance(door, Door)
    path = route.path
    for name in route.param_convertors:
        known = {"id": ground.plausible["request"][0], "client_id": ground.registered[0], "name": "idp.css"}
        known["connector"] = "google"
        path = path.replace(f"{{{name}}}", known.get(name, "known"))
    pairs = [
        (name, values[0] if chance is None else chance.choice(values))
        for name, values in _expected(ground, path, door).items()
    ]
    if door.kind == "page" and method == "POST":
        pairs.append(("csrf", ground.csrf(path)))
    return Good(route, door.kind, door.json, method, path, pairs, _credentials(ground, path, door))


def _credentials(ground: Ground, path: str, door: Door) -> Headers:
    if door.kind == "page":
        return (("Cookie", ground.cookie.encode()),)
    if door.json:
        return () if path == "/register" else (("Authorization", b"Bearer " + ground.registered[1].encode()),)
    if path == "/userinfo":
        return (("Authorization", b"Bearer " + ground.plausible["access_token"][0].encode()),)
    credentials = f"{ground.client.client_id}:{ground.client.secret}".encode()
    return (("Authorization", b"Basic " + base64.b64encode(credentials)),) if door.kind == "api" else ()


def _expected(ground: Ground, path: str, door: Door) -> dict[str, list[str]]:
    if door.json:
        return REGISTRATION
    names = _BY_PATH.get(path, {"page": PAGE_NAMES, "api": PROTOCOL_NAMES}.get(door.kind, ("state",)))
    expected = {name: ground.plausible.get(name, ["x"]) for name in names}
    if path.startswith("/device"):
        expected["request"] = ground.plausible["request"][::-1]
    return expected


REGISTRATION = {
    "client_name": ["App"],
    "redirect_uris": ["https://rp.example/callback"],
    "scope": ["openid"],
    "token_endpoint_auth_method": ["client_secret_basic", "none", "private_key_jwt"],
    "logo_uri": ["https://rp.example/logo.png"],
}
MORE_OF_A_REGISTRATION = (
    "application_type",
    "backchannel_logout_uri",
    "contacts",
    "default_max_age",
    "frontchannel_logout_uri",
    "grant_types",
    "id_token_signed_response_alg",
    "initiate_login_uri",
    "jwks",
    "jwks_uri",
    "post_logout_redirect_uris",
    "request_uris",
    "require_auth_time",
    "response_types",
    "sector_identifier_uri",
    "software_statement",
    "subject_type",
)
"""Members without which a registration passes."""

_LISTS = frozenset({"redirect_uris", "contacts", "grant_types", "post_logout_redirect_uris", "request_uris"})
