"""Whatever stands in a DPoP header, the answer is a refusal in the protocol's words: never a failure of ours."""

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.dpop_key import BoundParty, DpopKey
from tests.flows.forging import encoded
from tests.races.wire import Line, basic, request
from tests.running import Running

KEY = DpopKey()
VISIBLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
PARTS = st.binary(max_size=40) | ANYTHING.map(lambda value: json.dumps(value).encode())


@st.composite
def proofs(draw: st.DrawFn) -> str:
    """Something that is no proof: from noise to a good signature over nonsense."""
    match draw(st.integers(0, 3)):
        case 0:
            return draw(VISIBLE)
        case 1:
            return ".".join(encoded(draw(PARTS)) for _ in range(draw(st.integers(1, 5))))
        case 2:
            header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": draw(ANYTHING)}
            return KEY.sign(header, {"htm": "POST"})
        case _:
            header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": KEY.jwk()}
            names = st.sampled_from(["htm", "htu", "iat", "jti", "nonce", "nbf", "exp"])
            return KEY.sign(header, draw(st.dictionaries(names, ANYTHING)))


@pytest.fixture(scope="module")
def rp(provider: Running) -> BoundParty:
    return BoundParty.confidential(provider, grant_types=["client_credentials", "authorization_code"], scope="openid a")


@pytest.fixture(scope="module")
def line(provider: Running) -> Iterator[Line]:
    made = Line(urlsplit(provider.issuer).port or 0)
    yield made
    made.close()


@pytest.fixture(scope="module")
def token(rp: BoundParty) -> str:
    browser = rp.provider.session(rp.provider.person())
    return str(rp.redeem(rp.code(browser, scope="openid")).json()["access_token"])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(proof=proofs())
def test_no_header_is_an_accident(rp: BoundParty, line: Line, token: str, proof: str) -> None:
    pushed = rp.parameters(scope="openid")
    asked = [
        ("POST", "/token", {"grant_type": "client_credentials"}, basic(*rp.client.basic)),
        ("POST", "/par", pushed, basic(*rp.client.basic)),
        ("GET", "/userinfo", None, {"Authorization": f"DPoP {token}"}),
    ]
    for method, path, form, headers in asked:
        head, blank, body = request(method, path, form=form, headers=headers).partition(b"\r\n\r\n")

        answer = line.ask(head + b"\r\nDPoP: " + proof.encode("latin-1") + blank + body)

        assert answer.status in {400, 401}, (path, proof, answer)
        assert answer.json()["error"] in {"invalid_dpop_proof", "use_dpop_nonce"}
        assert proof[:200] not in answer.body.decode() or len(proof) < 5
