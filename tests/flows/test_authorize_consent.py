"""Consent and the choice of an account: the person of this browser decides about this request, and nobody else."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from idp.store import audit_events, consents
from tests.flows.people import fields_of
from tests.flows.relying_party import RelyingParty, answer_in
from tests.running import Person, Running


class Asked:
    """A person who is signed in and has been asked something by a client that is not first-party."""

    def __init__(self, provider: Running, *, first_party: bool = False, **changed: str) -> None:
        self.provider = provider
        self.rp = RelyingParty(provider, provider.client(first_party=first_party, client_name="<b>Shop</b>"))
        self.person: Person = provider.person()
        self.browser = provider.session(self.person)
        asked = self.rp.authorize(self.browser, scope="openid email offline_access", **changed)
        assert asked.status_code == 303, asked.text[:300]
        self.page_url = asked.headers["Location"]
        self.request_id = parse_qs(urlsplit(self.page_url).query)["request"][0]

    def get(self, path: str) -> requests.Response:
        return self.browser.get(self.provider.issuer + path, allow_redirects=False, timeout=20)

    def post(self, path: str, fields: list[tuple[str, str]]) -> requests.Response:
        return self.browser.post(self.provider.issuer + path, data=fields, allow_redirects=False, timeout=20)

    def decide(self, decision: str, *scopes: str, **changed: str) -> requests.Response:
        shown = {**fields_of(self.get(self.page_url), "/consent"), **changed}
        shown.pop("scope", None)
        fields = [*shown.items(), *(("scope", scope) for scope in scopes), ("decision", decision)]
        return self.post("/consent", fields)

    def answer(self) -> dict[str, str]:
        return answer_in(self.get(f"/authorize/{self.request_id}"))

    def kept(self) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        with self.provider.database.autocommit() as db:
            return [(each.scopes, each.declined) for each in consents.of_account(db, self.person.id)]


def test_what_was_allowed_is_granted_and_not_asked_for_again(provider: Running) -> None:
    asked = Asked(provider)

    back = asked.decide("allow", "offline_access")
    answer = asked.answer()

    assert back.headers["Location"] == f"/authorize/{asked.request_id}"
    assert asked.rp.redeem(answer["code"]).json()["scope"] == "openid email offline_access"
    assert asked.rp.code(asked.browser, scope="openid email", prompt="none")
    assert asked.rp.authorize(asked.browser, scope="openid phone").headers["Location"].startswith("/consent?")


@pytest.mark.parametrize("first_party", [False, True])
def test_what_was_left_out_is_not_granted_and_stays_so(provider: Running, first_party: bool) -> None:
    asked = Asked(provider, first_party=first_party, prompt="consent")

    asked.decide("allow")
    tokens = asked.rp.redeem(asked.answer()["code"]).json()
    again = asked.rp.code(asked.browser, scope="openid email offline_access", prompt="none")

    assert tokens["scope"] == "openid email"
    assert "refresh_token" not in tokens
    assert asked.rp.redeem(again).json()["scope"] == "openid email"
    assert asked.kept() == [(("openid", "email"), ("offline_access",))]


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_a_person_who_cancels_sends_access_denied(provider: Running, mode: str) -> None:
    asked = Asked(provider, response_mode=mode)

    back = asked.decide("cancel")
    answer = asked.answer()

    assert back.headers["Location"] == f"/authorize/{asked.request_id}"
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "the-state", provider.issuer)
    assert asked.kept() == []
    assert "code=" not in asked.get(f"/authorize/{asked.request_id}").headers.get("Location", "")


@pytest.mark.parametrize("decision", ["", "ALLOW", "yes", "deny"])
def test_any_other_decision_decides_nothing(provider: Running, decision: str) -> None:
    asked = Asked(provider)

    asked.decide(decision, "offline_access")

    assert asked.kept() == []
    assert asked.get(f"/authorize/{asked.request_id}").headers["Location"].startswith("/consent?")


def test_scopes_that_nobody_asked_for_are_not_allowed_by_adding_them_to_the_form(provider: Running) -> None:
    asked = Asked(provider)

    asked.decide("allow", "offline_access", "phone", "address", "admin")

    assert asked.kept() == [(("openid", "email", "offline_access"), ())]


@pytest.mark.parametrize(
    "change", [{"csrf": "x"}, {"csrf": ""}, {"request": "another"}, {"account": "another"}], ids=str
)
def test_a_form_that_was_bent_allows_nothing(provider: Running, change: dict[str, str]) -> None:
    asked = Asked(provider)

    response = asked.decide("allow", "offline_access", **change)

    assert response.status_code in {303, 403}
    assert asked.kept() == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
    ids=str,
)
def test_a_form_of_another_site_allows_nothing(provider: Running, headers: dict[str, str]) -> None:
    asked = Asked(provider)
    shown = fields_of(asked.get(asked.page_url), "/consent")
    asked.browser.headers.update(headers)

    response = asked.post("/consent", [*shown.items(), ("decision", "allow")])

    assert response.status_code == 403
    assert asked.kept() == []


def test_a_page_that_was_shown_to_one_person_is_not_answered_by_another(provider: Running) -> None:
    asked, other = Asked(provider), provider.person()
    shown = fields_of(asked.get(asked.page_url), "/consent")
    asked.browser.cookies.set("op_sid", provider.session(other).cookies["op_sid"], domain="127.0.0.1", path="/")

    asked.post("/consent", [*shown.items(), ("decision", "allow")])

    with provider.database.autocommit() as db:
        assert consents.of_account(db, other.id) == []
    assert asked.kept() == []


def test_somebody_elses_request_cannot_be_allowed_in_ones_own_browser(provider: Running) -> None:
    victim, attacker = Asked(provider), Asked(provider)
    page = victim.get(f"/consent?request={attacker.request_id}")

    assert page.status_code == 303
    assert "code=" not in page.headers["Location"]
    assert victim.get(page.headers["Location"]).status_code == 400


def test_names_of_clients_are_shown_as_text(provider: Running) -> None:
    asked = Asked(provider)

    page = asked.get(asked.page_url)

    assert "<b>Shop" not in page.text
    assert "&lt;b&gt;Shop" in page.text
    assert asked.person.email in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_a_consent_is_written_down(provider: Running) -> None:
    asked = Asked(provider)
    asked.decide("allow", "offline_access")

    with provider.database.autocommit() as db:
        events = audit_events.of_account(db, asked.person.id)

    assert [(event.event, event.client_id) for event in events] == [("consent_given", asked.rp.client.client_id)]


def test_choosing_oneself_goes_on_and_choosing_somebody_else_signs_in(provider: Running) -> None:
    for choice in ("self", "somebody else"):
        asked = Asked(provider, first_party=True, prompt="select_account")
        page = asked.get(asked.page_url)
        shown = fields_of(page, "/select-account")
        session_id = page.text.split('name="account" value="')[1].split('"')[0]
        account = session_id if choice == "self" else "other"

        back = asked.post(
            "/select-account", [("csrf", shown["csrf"]), ("request", asked.request_id), ("account", account)]
        )

        if choice == "self":
            assert "code" in asked.answer()
        else:
            assert back.headers["Location"].startswith("/login?request=")


@pytest.mark.parametrize("path", ["/consent", "/select-account"])
@pytest.mark.parametrize("request_id", ["", "unknown", "../x", "a" * 3000, "é", "' OR 1=1 --", "//evil.test"])
def test_an_unknown_request_leads_nowhere_else(provider: Running, path: str, request_id: str) -> None:
    browser = provider.session(provider.person())

    response = browser.get(
        f"{provider.issuer}{path}", params={"request": request_id}, allow_redirects=False, timeout=20
    )

    assert response.status_code == 303
    assert response.headers["Location"] in {"/account", f"/authorize/{quote(request_id)}"}
    assert "evil" not in response.headers["Location"]
