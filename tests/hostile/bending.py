"""Requests bent in any place: parameters, path, method, headers, body. Texts are sought by Hypothesis."""

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.hostile.attack import MORE_OF_A_REGISTRATION, Attack, Good, Headers, good_request
from tests.hostile.ground import Ground
from tests.hostile.values import OCTETS, ODD_NAMES, TEXTS
from tests.running import REDIRECT_URI

_ANYTHING = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND")
_HEADERS = (
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Authorization",
    "Content-Encoding",
    "Content-Type",
    "Cookie",
    "DPoP",
    "Forwarded",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "Sec-Fetch-Site",
    "Traceparent",
    "User-Agent",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "X-Request-Id",
)
_SCHEMES = (b"Basic ", b"Bearer ", b"DPoP ", b"basic ", b"BEARER  ")
_COOKIES = (b"op_sid=", b"op_tx=", b"op_tx_x=", b"op_dev=", b"op_lang=", b"__Host-op_sid=", b"")
_BODIES = (b"", b"\0" * 50, b"{" * 70_000, b"[1]", b"null", b"7", b'{"redirect_uris":{}}', b"\xff" * 100, b"x" * 70_000)


@st.composite
def attacks(draw: Callable[[st.SearchStrategy[Any]], Any], ground: Ground) -> Attack:
    """Any attack on any route. Where it bends follows from a number, so that one is drawn in no time."""
    chance = Random(draw(st.integers(0, 2**64)))  # noqa: S311  decides about nothing but the attack
    texts = draw(st.lists(st.one_of(st.sampled_from(TEXTS), _ANYTHING), min_size=1, max_size=3))
    route = chance.choice(ground.routes)
    method = chance.choice(sorted((route.methods or {"GET"}) - {"OPTIONS"}))
    return _bent(good_request(ground, route, method, chance), texts, chance)


def _bent(good: Good, texts: list[str], chance: Random) -> Attack:
    attack = good.sent(
        _bent_pairs(good, texts, chance),
        also=chance.choice(OCTETS) if _happens(chance, 10) else b"",
        into_query=_happens(chance, 10),
        path=_bent_path(good, texts[0], chance) if _happens(chance, 8) else None,
    )
    headers = _bent_headers(attack.headers, texts[-1], chance) if _happens(chance, 25) else attack.headers
    method = chance.choice(_METHODS) if _happens(chance, 5) else attack.method
    body = chance.choice((*_BODIES, texts[0].encode())) if _happens(chance, 6) else attack.body
    if good.is_json and _happens(chance, 30):
        names = [name for name, _ in good.pairs] + chance.sample(MORE_OF_A_REGISTRATION, 3)
        bent = chance.sample(names, 2)
        members = {
            **dict(good.pairs),
            "redirect_uris": [REDIRECT_URI],
            **{name: _bent_json(texts, chance) for name in bent},
        }
        body = json.dumps(members).encode()
    return Attack(attack.route, method, attack.target, headers, body)


def _happens(chance: Random, percent: int) -> bool:
    return chance.randrange(100) < percent


def _bent_pairs(good: Good, texts: list[str], chance: Random) -> list[tuple[str, str]]:
    kept = 70 if _happens(chance, 50) else 100
    pairs = [pair for pair in good.pairs if _happens(chance, kept)]
    names = [*(name for name, _ in good.pairs), "client_id", "redirect_uri", "state", "scope", "request"]
    for text in texts:
        name = chance.choice(ODD_NAMES) if _happens(chance, 10) else chance.choice(names)
        if _happens(chance, 5):
            name = text
        if not _happens(chance, 25):
            pairs = [pair for pair in pairs if pair[0] != name]
        pairs.append((name, text))
    return pairs


def _bent_json(texts: list[str], chance: Random) -> object:
    text = chance.choice(texts)
    odd: tuple[object, ...] = (
        text,
        [text],
        [text, text],
        {text: text},
        [[text]],
        7,
        -1.5,
        10**30,
        True,
        None,
        [],
        {},
        [None],
    )
    return chance.choice(odd)


def _bent_headers(headers: Headers, text: str, chance: Random) -> Headers:
    name = chance.choice(_HEADERS)
    value = bytes(octet for octet in text.encode()[:6000] if octet not in b"\r\n\0")
    if name == "Authorization" and _happens(chance, 70):
        value = chance.choice(_SCHEMES) + (base64.b64encode(value) if _happens(chance, 50) else value)
    elif name == "Cookie":
        value = chance.choice(_COOKIES) + value
    if _happens(chance, 70):
        headers = tuple(header for header in headers if header[0] != name)
    return (*headers, (name, value))


def _bent_path(good: Good, text: str, chance: Random) -> str:
    odd, path = quote(text, safe="")[:3000], good.path
    ways = [f"{path}/", f"{path}/{odd}", f"/{odd}", f"{path}%00", path.upper(), f"{path};x=1", f"/%2e%2e{path}"]
    refilled = good.route.path
    for name in good.route.param_convertors:
        refilled = refilled.replace(f"{{{name}}}", odd)
    return chance.choice([*ways, refilled])
