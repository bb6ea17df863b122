"""Parameters: each at most once, empty ones left out (RFC 6749 3.1), and the claims request (Core 5.5)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from idp.protocol.authorization.authorization_response import FormPost, ResponseWriter
from idp.protocol.authorization.return_address import ReturnAddress
from idp.protocol.messages import Parameters
from idp.protocol.tokens.claims import PERSONAL_CLAIMS, ClaimsRequest, MalformedClaimsRequest
from tests.protocol.samples import NOW, client, empty_ring

ISSUER = "https://id.example"
WRITER = ResponseWriter(ISSUER, empty_ring(), lambda: NOW)


def test_empty_values_count_as_left_out_and_as_sent_twice() -> None:
    parameters = Parameters.parse({"a": [""], "b": ["", "x"], "c": ["x", "x"], "resource": ["r", "s"], "d": []})

    assert parameters.get("a") is None
    assert parameters.repeated == {"b", "c"}
    assert parameters.get("resource") == "r s"
    assert parameters.resources == ("r", "s")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_a_claims_parameter_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        read = ClaimsRequest.parse(text)
    except MalformedClaimsRequest:
        return
    assert set(read.userinfo) | set(read.id_token) <= set(PERSONAL_CLAIMS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
members = st.dictionaries(st.sampled_from(["sub", "acr", "name", "iss", "x"]), json_values, max_size=4)


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({}, optional={"id_token": members | json_values, "userinfo": members | json_values}))
def test_a_claims_document_is_read_or_refused_and_nothing_else(document: object) -> None:
    import json

    try:
        read = ClaimsRequest.parse(json.dumps(document))
    except MalformedClaimsRequest:
        return
    assert set(read.userinfo) | set(read.id_token) <= set(PERSONAL_CLAIMS)
    subjects = [subject for accepted in read.subjects for subject in accepted]
    assert all(isinstance(value, str) for value in (*read.acr, *read.essential_acr, *subjects))


@settings(max_examples=300, deadline=None)
@given(st.text(min_size=1, max_size=200), st.sampled_from(["query", "fragment", "form_post"]))
def test_whatever_the_state_one_answer_carries_it_unchanged(state: str, mode: str) -> None:
    from urllib.parse import parse_qsl, urlsplit

    to = ReturnAddress(client(), "https://rp.example/cb?kept=1", mode, state)
    try:
        state.encode()
    except UnicodeEncodeError:
        return  # The door lets no lone surrogate in.

    answer = WRITER.success(to, [("code", "the-code")])

    if isinstance(answer, FormPost):
        assert answer.action == "https://rp.example/cb?kept=1"
        given_back = answer.fields
    else:
        parts = urlsplit(answer.url)
        assert (parts.scheme, parts.netloc, parts.path) == ("https", "rp.example", "/cb")
        given_back = tuple(parse_qsl(parts.fragment or parts.query.removeprefix("kept=1&")))
    assert dict(given_back) == {"code": "the-code", "state": state, "iss": ISSUER}


@pytest.mark.parametrize("scope", [None, "", " ", "openid", "openid openid", "x openid y", "offline_access openid"])
def test_a_client_is_allowed_what_it_is_registered_for_in_the_order_asked(scope: str | None) -> None:
    allowed = client(scope="openid offline_access", grant_types=["authorization_code"]).allowed(scope)

    assert allowed == (("openid",) if scope and "openid" in scope else ())
