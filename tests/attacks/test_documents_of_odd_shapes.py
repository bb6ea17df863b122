"""JSON that is small and valid and made to break whoever goes through it."""

import pytest

from tests.flows.forging import encoded
from tests.flows.signing_client import ASSERTION_TYPE
from tests.running import Running


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


# Reading stops at some depth, and going through what was read at another: in between there was nothing to stop it.
@pytest.mark.parametrize("depths", [range(1, 40), range(930, 1000)], ids=["shallow", "deep"])
def test_a_deep_jwt_is_refused_like_every_other_that_is_not_right(provider: Running, depths: range) -> None:
    client = provider.client()
    seen = set()
    for depth in depths:
        claims = b'{"iss":"a","sub":"a","claims":{"x":%s}}' % nested(depth)
        assertion = f"{encoded({'alg': 'ES256'})}.{encoded(claims)}.AA"
        request = f"{encoded({'alg': 'none'})}.{encoded(claims)}."
        shown = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
        proof = {"DPoP": f"{encoded({'alg': 'ES256', 'typ': 'dpop+jwt'})}.{encoded(claims)}.AA"}
        grant = {"grant_type": "client_credentials"}
        seen |= {
            provider.post("/token", {**grant, **shown}).status_code,
            provider.post("/par", {"request": request}, auth=client.basic).status_code,
            provider.post("/token", grant, auth=client.basic, headers=proof).status_code,
        }

    assert seen <= {400, 401}
