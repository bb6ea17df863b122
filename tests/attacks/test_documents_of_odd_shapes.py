"""JSON that is small and valid and made to break whoever goes through it."""

import pytest

from tests.flows.forging import encoded
from tests.flows.signing_client import ASSERTION_TYPE, SigningClient, jwks, key_for, open_site, public
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


@pytest.mark.parametrize("member", ["kid", "alg", "use", "kty", "crv", "x", "y", "key_ops"])
@pytest.mark.parametrize("value", [[], {}, [1], 5, True, "", "\u00e9"], ids=repr)
def test_a_key_of_an_odd_shape_is_passed_over(provider: Running, member: str, value: object) -> None:
    good, odd = public(key_for("ES256"), kid="good"), {**public(key_for("ES256", "odd")), member: value}
    with open_site() as site:
        where = site.publish("/keys", jwks(odd, good))
        client = provider.client(
            token_endpoint_auth_method="private_key_jwt",
            grant_types=["client_credentials"],
            response_types=[],
            redirect_uris=[],
            scope="api",
            jwks_uri=where,
        )

        shown = SigningClient(provider, client, kid="good").shown()
        answer = provider.post("/token", {"grant_type": "client_credentials", **shown})

    assert answer.status_code == 200, answer.text
