"""Claims asked for by name, and what a registration asks for by default (Core 5.5; Registration 2)."""

import json
from typing import Any

import pytest

from idp.store import accounts
from idp.web.permissions import permission_for
from tests.flows.relying_party import RelyingParty, answer_in
from tests.flows.test_authorize_consent import Asked
from tests.running import Running

NAME_AT_USERINFO = json.dumps({"userinfo": {"name": {"essential": True}}})


def told(rp: RelyingParty, code: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the ID token and userinfo say."""
    tokens = rp.redeem(code).json()
    return rp.claims(tokens["id_token"]), rp.userinfo(tokens["access_token"]).json()


def test_a_person_is_asked_about_claims_by_name_and_no_scope_is_granted_for_them(provider: Running) -> None:
    asked = Asked(provider, claims=NAME_AT_USERINFO)
    with provider.database.transaction() as db:
        accounts.set_profile(db, asked.person.id, {"name": "Ada Lovelace", "nickname": "Ada"}, now=provider.clock())
    assert permission_for("profile").sentence in asked.get(asked.page_url).text

    asked.decide("allow", "offline_access")
    tokens = asked.rp.redeem(asked.answer()["code"]).json()

    assert tokens["scope"] == "openid email offline_access"
    userinfo = asked.rp.userinfo(tokens["access_token"]).json()
    assert userinfo["name"] == "Ada Lovelace"
    assert "nickname" not in userinfo
    assert "profile" in asked.kept()[0][0]


def test_who_has_allowed_a_scope_only_is_asked_again_when_a_claim_of_another_is_wanted(provider: Running) -> None:
    asked = Asked(provider)
    asked.decide("allow", "offline_access")
    asked.answer()
    silent: dict[str, str] = {"scope": "openid email", "prompt": "none"}
    assert "code" in answer_in(asked.rp.authorize(asked.browser, **silent))

    by_name = answer_in(asked.rp.authorize(asked.browser, **silent, claims=NAME_AT_USERINFO))
    email = answer_in(asked.rp.authorize(asked.browser, **silent, claims='{"id_token":{"email_verified":null}}'))

    assert by_name["error"] == "consent_required"
    assert "code" in email


def test_a_client_gets_no_claim_of_a_scope_it_may_not_have(provider: Running) -> None:
    wanted = json.dumps({"userinfo": {"name": None, "email": None}, "id_token": {"name": None}})
    browser = provider.session(provider.person(name="Ada Lovelace"))
    every, few = (RelyingParty(provider, provider.client(scope=s)) for s in ("openid profile email", "openid email"))

    id_token, userinfo = told(every, every.code(browser, scope="openid", claims=wanted))
    assert (id_token["name"], userinfo["name"], "email" in userinfo) == ("Ada Lovelace", "Ada Lovelace", True)

    id_token, userinfo = told(few, few.code(browser, scope="openid", claims=wanted))
    assert ("name" in id_token, "name" in userinfo, "email" in userinfo) == (False, False, True)


@pytest.mark.parametrize(
    "parameters", [{"claims_locales": "se"}, {"claims_locales": "de-DE en", "ui_locales": "se"}, {"display": "wap"}]
)
def test_wishes_for_languages_and_displays_change_nothing(provider: Running, parameters: dict[str, str]) -> None:
    rp, browser = RelyingParty(provider, provider.client()), provider.session(provider.person())

    assert rp.code(browser, **parameters)


def test_the_registered_max_age_holds_unless_the_request_names_one(provider: Running) -> None:
    rp = RelyingParty(provider, provider.client(default_max_age=0, require_auth_time=True))
    browser = provider.session(provider.person())

    by_default = answer_in(rp.authorize(browser, prompt="none"))
    by_request = answer_in(rp.authorize(browser, prompt="none", max_age="3600"))

    assert by_default["error"] == "login_required"
    assert "auth_time" in told(rp, by_request["code"])[0]


@pytest.mark.parametrize("default", [["1"], ["unheard-of", "1"], ["unheard-of"]])
def test_the_registered_contexts_are_wishes_answered_with_the_truth(provider: Running, default: list[str]) -> None:
    rp = RelyingParty(provider, provider.client(default_acr_values=default))
    browser = provider.session(provider.person())

    tokens = rp.redeem(rp.code(browser)).json()

    assert rp.claims(tokens["id_token"])["acr"] == "1"
    introspected = provider.post("/introspect", {"token": tokens["access_token"]}, auth=rp.client.basic).json()
    assert introspected["acr"] == "1"
    assert introspected["auth_time"] == rp.claims(tokens["id_token"])["auth_time"]
