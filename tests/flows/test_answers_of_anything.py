"""Whatever is asked in whatever mode: exactly what the response type names, never a token in a query, never a 500."""

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from idp.protocol.authorization.return_address import RESPONSE_MODES
from idp.protocol.features import Features
from tests.flows.front_channel import GIVEN
from tests.flows.relying_party import RelyingParty
from tests.flows.test_authorize_responses import fields_of
from tests.flows.test_refusals_of_anything import CHANGES, MANY, ODD
from tests.running import Running

TYPES = Features(implicit_and_hybrid=True).response_types
SECRETS = {"code", "access_token", "id_token"}


@pytest.fixture(scope="module")
def rp(full_provider: Running) -> RelyingParty:
    client = full_provider.client(
        response_types=list(TYPES), grant_types=["authorization_code", "implicit", "refresh_token"]
    )
    return RelyingParty(full_provider, client)


@pytest.fixture(scope="module")
def browser(full_provider: Running) -> requests.Session:
    return full_provider.session(full_provider.person())


def answer_of(rp: RelyingParty, response: requests.Response) -> tuple[str, dict[str, str]]:
    """Where the answer was put, and what it says, out of its JWT where it is one. Nothing for a page of our own."""
    if response.status_code == 200 and 'id="form-post"' in response.text:
        action, fields = fields_of(response)
        assert action == rp.client.redirect_uri
        place = "form_post"
    elif response.headers.get("Location", "/").startswith(rp.client.redirect_uri):
        parts = urlsplit(response.headers["Location"])
        assert not (parts.query and parts.fragment)
        place = "query" if parts.query else "fragment"
        fields = {name: values[0] for name, values in parse_qs(parts.query or parts.fragment).items()}
    else:
        assert response.headers.get("Location", "/").startswith("/")
        assert not response.headers.get("Location", "/").startswith("//")
        return "page", {}
    if "response" in fields:
        assert set(fields) == {"response"}
        fields = {name: str(value) for name, value in rp.claims(fields["response"]).items()}
    return place, fields


@MANY
@given(
    response_type=st.sampled_from(TYPES) | st.permutations(["code", "token", "id_token"]).map(" ".join) | ODD,
    response_mode=st.none() | st.sampled_from(RESPONSE_MODES) | ODD,
    changes=st.just([]) | CHANGES,
)
def test_an_answer_is_what_was_asked_for_where_it_may_be(
    rp: RelyingParty,
    browser: requests.Session,
    response_type: str,
    response_mode: str | None,
    changes: list[tuple[str, str]],
) -> None:
    given_ones = {**rp.parameters(), "response_type": response_type}
    if response_mode is not None:
        given_ones["response_mode"] = response_mode
    changed = [pair for pair in given_ones.items() if pair[0] not in {name for name, _ in changes}]
    url = f"{rp.provider.issuer}/authorize?{urlencode([*changed, *changes])}"

    response = browser.get(url, allow_redirects=False, timeout=20)

    assert response.status_code < 500
    assert response.headers["Cache-Control"] == "no-store"
    place, answer = answer_of(rp, response)
    if place == "query":
        assert not {"access_token", "id_token"} & set(answer)
    if answer:
        assert answer["iss"] == rp.provider.issuer
        words = dict([*changed, *changes])["response_type"].split()
        assert ("error" in answer) or (set(answer) & SECRETS == set().union(*(GIVEN[word] for word in words)) & SECRETS)
        assert ("error" in answer) is not bool(SECRETS & set(answer))


@pytest.mark.parametrize("response_type", TYPES)
@pytest.mark.parametrize("response_mode", [None, *RESPONSE_MODES])
def test_every_type_in_every_mode_that_may_carry_it(
    rp: RelyingParty, browser: requests.Session, response_type: str, response_mode: str | None
) -> None:
    place, answer = answer_of(rp, rp.authorize(browser, response_type=response_type, response_mode=response_mode))

    default = "query" if response_type == "code" else "fragment"
    asked = (response_mode or "").removesuffix("jwt").removesuffix(".") or default
    if asked == "query" and response_type != "code":
        assert (place, answer["error"]) == ("fragment", "invalid_request")
    else:
        assert (place, set(answer) & SECRETS) == (
            asked,
            set().union(*(GIVEN[word] for word in response_type.split())) & SECRETS,
        )
