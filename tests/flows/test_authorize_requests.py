"""What an authorization request may say; each refusal starts from the request that passes and changes one thing."""

import json
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
import requests

from tests.flows.relying_party import RelyingParty, answer_in, raw
from tests.running import Running, s256


@pytest.fixture
def rp(provider: Running) -> RelyingParty:
    return RelyingParty(provider, provider.client())


@pytest.fixture
def browser(provider: Running) -> requests.Session:
    return provider.session(provider.person())


def error_of(rp: RelyingParty, browser: requests.Session, **changed: str | None) -> str:
    """The error of a request, after everything that every error answer owes the client was seen in it."""
    answer = answer_in(rp.authorize(browser, **changed))
    assert "code" not in answer
    assert answer["iss"] == rp.provider.issuer
    assert answer.get("state") == changed.get("state", "the-state")
    assert all(character.isascii() and character not in '"\\' for character in answer["error_description"])
    return answer["error"]


@pytest.mark.parametrize(
    ("response_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("id_token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("id_token token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
        ("code ", "unsupported_response_type"),
        (" code", "unsupported_response_type"),
        ("code code", "unsupported_response_type"),
        ('co"de', "unsupported_response_type"),
        ("c\u00f6de", "unsupported_response_type"),
    ],
)
def test_only_the_response_type_code_is_there(
    rp: RelyingParty, browser: requests.Session, response_type: str | None, error: str
) -> None:
    assert error_of(rp, browser, response_type=response_type) == error


@pytest.mark.parametrize("registered", [{"response_types": ["id_token"]}, {"grant_types": ["client_credentials"]}])
def test_a_client_that_is_not_registered_for_the_code_flow_is_told_so(
    provider: Running, browser: requests.Session, registered: dict[str, list[str]]
) -> None:
    rp = RelyingParty(provider, provider.client(**registered))

    assert error_of(rp, browser) == "unauthorized_client"


@pytest.mark.parametrize(
    "mode", ["web_message", "JWT", ".jwt", "jwt.jwt", "QUERY", "form_post ", 'q"', "fragment query"]
)
def test_an_unknown_response_mode_is_refused(rp: RelyingParty, browser: requests.Session, mode: str) -> None:
    assert error_of(rp, browser, response_mode=mode) == "invalid_request"


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge": None, "code_challenge_method": None},
        {"code_challenge": ""},
        {"code_challenge_method": None},
        {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": 'S"256'},
        {"code_challenge": "a" * 42},
        {"code_challenge": "a" * 44},
        {"code_challenge": "a" * 128},
        {"code_challenge": "a" * 42 + "="},
        {"code_challenge": "a" * 42 + "+"},
        {"code_challenge": "a" * 43 + "\n"},
        {"code_challenge": "a" * 42 + "é"},
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_pkce_is_s256_or_nothing_goes_on(
    provider: Running, browser: requests.Session, method: str, changed: dict[str, str | None]
) -> None:
    rp = RelyingParty(provider, provider.client(token_endpoint_auth_method=method))

    assert error_of(rp, browser, **changed) == "invalid_request"


@pytest.mark.parametrize(
    ("require_pkce", "auth_method", "error"),
    [
        (False, "client_secret_basic", None),
        (False, "none", "invalid_request"),
        (True, "client_secret_basic", "invalid_request"),
    ],
)
def test_pkce_may_be_left_out_only_by_a_confidential_client_that_is_registered_so(
    provider: Running, browser: requests.Session, require_pkce: bool, auth_method: str, error: str | None
) -> None:
    client = provider.client(require_pkce=require_pkce, token_endpoint_auth_method=auth_method)
    rp = RelyingParty(provider, client)

    answer = answer_in(rp.authorize(browser, code_challenge=None, code_challenge_method=None))

    assert answer.get("error") == error
    assert ("code" in answer) is (error is None)


def test_a_client_that_may_leave_pkce_out_still_cannot_use_plain(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(require_pkce=False))

    assert error_of(rp, browser, code_challenge_method=None) == "invalid_request"
    assert error_of(rp, browser, code_challenge=None) == "invalid_request"


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("none login", "invalid_request"),
        ("none consent", "invalid_request"),
        ("select_account none", "invalid_request"),
        ("unheard-of", "invalid_request"),
        ("login unheard-of", "invalid_request"),
        ("NONE", "invalid_request"),
        ("login,consent", "invalid_request"),
    ],
)
def test_prompts_that_contradict_themselves_or_are_unknown_are_refused(
    rp: RelyingParty, browser: requests.Session, prompt: str, error: str
) -> None:
    assert error_of(rp, browser, prompt=prompt) == error


@pytest.mark.parametrize(
    ("prompt", "page"),
    [
        ("login", "/login?"),
        ("login consent", "/login?"),
        ("consent", "/consent?"),
        ("select_account", "/select-account?"),
        ("create", "/signup?"),
    ],
)
def test_a_prompt_leads_a_known_person_to_its_page(
    rp: RelyingParty, browser: requests.Session, prompt: str, page: str
) -> None:
    response = rp.authorize(browser, prompt=prompt)

    assert response.status_code == 303
    assert response.headers["Location"].startswith(page)


def test_prompt_none_without_session_is_login_required(rp: RelyingParty) -> None:
    assert error_of(rp, requests.Session(), prompt="none") == "login_required"


def test_prompt_none_with_session_is_answered_with_a_code(rp: RelyingParty, browser: requests.Session) -> None:
    assert rp.code(browser, prompt="none")


def test_prompt_none_without_consent_is_consent_required(provider: Running, browser: requests.Session) -> None:
    rp = RelyingParty(provider, provider.client(first_party=False))

    assert error_of(rp, browser, prompt="none") == "consent_required"


@pytest.mark.parametrize(
    "max_age",
    ["-1", "abc", "1e3", "0x10", "+5", " 7", "7 ", "7.0", "1_0", "\uff11\uff12", "\u0663", "9" * 10, "9" * 4000, "1\n"],
)
def test_max_age_is_digits_or_an_error(rp: RelyingParty, browser: requests.Session, max_age: str) -> None:
    assert error_of(rp, browser, max_age=max_age) == "invalid_request"


def test_an_empty_max_age_counts_as_left_out(rp: RelyingParty, browser: requests.Session) -> None:
    assert rp.code(browser, max_age="")


def test_max_age_zero_always_asks_for_a_fresh_sign_in(rp: RelyingParty, browser: requests.Session) -> None:
    response = rp.authorize(browser, max_age="0")

    assert response.headers["Location"].startswith("/login?")
    assert error_of(rp, browser, max_age="0", prompt="none") == "login_required"


def test_a_sign_in_younger_than_max_age_will_do_and_is_told(rp: RelyingParty, browser: requests.Session) -> None:
    tokens = rp.redeem(rp.code(browser, max_age="10000")).json()

    claims = rp.claims(tokens["id_token"])

    assert 0 <= claims["iat"] - claims["auth_time"] < 60


@pytest.mark.parametrize("default_max_age", [0])
def test_a_registered_default_max_age_holds_until_the_request_names_one(
    provider: Running, browser: requests.Session, default_max_age: int
) -> None:
    rp = RelyingParty(provider, provider.client(default_max_age=default_max_age))

    assert rp.authorize(browser).headers["Location"].startswith("/login?")
    assert rp.code(browser, max_age="10000")


@pytest.mark.parametrize(
    "claims",
    [
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        "{'id_token':{}}",
        '{"id_token":[]}',
        '{"id_token":1}',
        '{"userinfo":{"name":1}}',
        '{"userinfo":{"name":"x"}}',
        '{"id_token":{"sub":{"value":1}}}',
        '{"id_token":{"sub":{"values":"x"}}}',
        '{"id_token":{"acr":{"essential":true,"values":[1]}}}',
        "[" * 4000,
        "1" * 4000,
        '{"id_token":{' + ",".join(f'"x{n}":null' for n in range(900)) + "}}",
    ],
    ids=lambda text: text[:40],
)
def test_a_claims_parameter_that_is_none_is_refused(rp: RelyingParty, browser: requests.Session, claims: str) -> None:
    assert error_of(rp, browser, claims=claims) == "invalid_request"


def test_claims_asked_for_one_by_one_arrive_where_they_were_asked_for(provider: Running, rp: RelyingParty) -> None:
    browser = provider.session(provider.person(name="Alice Example", nickname="Al"))
    claims = {"userinfo": {"name": {"essential": True}, "x-unknown": None}, "id_token": {"nickname": None, "iss": None}}

    tokens = rp.redeem(rp.code(browser, scope="openid", claims=json.dumps(claims))).json()
    id_token, userinfo = rp.claims(tokens["id_token"]), rp.userinfo(tokens["access_token"]).json()

    assert id_token["nickname"] == "Al"
    assert "name" not in id_token
    assert userinfo["name"] == "Alice Example"
    assert set(userinfo) == {"sub", "name"}
    assert id_token["iss"] == provider.issuer


def test_attributes_of_a_person_cannot_take_the_place_of_protocol_claims(provider: Running) -> None:
    person = provider.person(
        iss="https://evil.test", aud="other", exp=1, nonce="evil", sub="evil", amr=["hwk"], auth_time=1, name="Eve"
    )
    rp = RelyingParty(provider, provider.client(claims_in_id_token=True))
    wanted = dict.fromkeys(("iss", "aud", "exp", "nonce", "sub", "amr", "auth_time", "name"))

    tokens = rp.redeem(
        rp.code(provider.session(person), claims=json.dumps({"id_token": wanted, "userinfo": wanted}))
    ).json()
    id_token, userinfo = rp.claims(tokens["id_token"]), rp.userinfo(tokens["access_token"]).json()

    assert (id_token["iss"], id_token["aud"], id_token["sub"]) == (provider.issuer, rp.client.client_id, person.id)
    assert (id_token["nonce"], id_token["amr"], id_token["name"]) == ("the-nonce", ["pwd"], "Eve")
    assert id_token["exp"] > id_token["auth_time"] > 1_000_000_000
    assert userinfo["sub"] == person.id
    assert not {"iss", "aud", "exp", "nonce", "amr", "auth_time"} & set(userinfo)


@pytest.mark.parametrize("acr", [["unheard-of"], ["0", "2", "phr"]])
def test_an_essential_acr_that_cannot_be_reached_is_refused(
    rp: RelyingParty, browser: requests.Session, acr: list[str]
) -> None:
    wish = json.dumps({"id_token": {"acr": {"essential": True, "values": acr}}})

    assert error_of(rp, browser, claims=wish) == "unmet_authentication_requirements"


@pytest.mark.parametrize(
    "changed",
    [
        {"acr_values": "unheard-of phr"},
        {"acr_values": "1"},
        {"claims": '{"id_token":{"acr":{"values":["unheard-of"]}}}'},
        {"claims": '{"id_token":{"acr":{"essential":true,"values":["unheard-of","1"]}}}'},
        {"claims": '{"id_token":{"acr":{"essential":true}}}'},
    ],
    ids=str,
)
def test_a_wish_for_an_acr_is_answered_with_the_truth(
    rp: RelyingParty, browser: requests.Session, changed: dict[str, str]
) -> None:
    tokens = rp.redeem(rp.code(browser, **changed)).json()

    assert rp.claims(tokens["id_token"])["acr"] == "1"


@pytest.mark.parametrize("value", ["x", "{}", "eyJhbGciOiJub25lIn0.e30."])
def test_a_registration_inside_of_a_request_is_refused(rp: RelyingParty, browser: requests.Session, value: str) -> None:
    assert error_of(rp, browser, registration=value) == "registration_not_supported"


@pytest.mark.parametrize(
    "name",
    [
        "response_type", "scope", "nonce", "prompt", "max_age", "code_challenge", "code_challenge_method",
        "response_mode", "claims", "id_token_hint", "login_hint", "acr_values", "ui_locales", "display", "unheard_of",
    ],
)  # fmt: skip
@pytest.mark.parametrize("second", ["", "same"])
def test_a_parameter_that_is_sent_twice_is_refused(
    provider: Running, rp: RelyingParty, browser: requests.Session, name: str, second: str
) -> None:
    parameters = rp.parameters()
    first = parameters.get(name, "x")
    query = urlencode([*{**parameters, name: first}.items(), (name, first if second else "")])

    answer = answer_in(browser.get(f"{provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))

    assert answer["error"] == "invalid_request"
    assert (answer["state"], answer["iss"]) == ("the-state", provider.issuer)


def test_a_state_that_is_sent_twice_is_refused_without_either(
    provider: Running, rp: RelyingParty, browser: requests.Session
) -> None:
    query = urlencode([*rp.parameters().items(), ("state", "other")])

    answer = answer_in(browser.get(f"{provider.issuer}/authorize?{query}", allow_redirects=False, timeout=20))

    assert answer["error"] == "invalid_request"
    assert "state" not in answer


@pytest.mark.parametrize("name", ["unheard_of", "access_type", "audience", "__proto__", "code", "error", "iss"])
def test_parameters_that_are_not_understood_are_ignored(rp: RelyingParty, browser: requests.Session, name: str) -> None:
    assert rp.code(browser, **{name: "offline"})


@pytest.mark.parametrize("name", ["nonce", "login_hint", "ui_locales", "scope", "acr_values", "unheard_of"])
def test_an_oversized_parameter_is_an_error_for_the_client(
    rp: RelyingParty, browser: requests.Session, name: str
) -> None:
    assert error_of(rp, browser, **{name: "x" * 5_000}) == "invalid_request"


BROKEN = ("%00", "a%00b", "%ff", "%c3%28", "%ed%a0%80", "%c0%80", "%f5%80%80%80", "%fe%ff")


@pytest.mark.parametrize("name", ["state", "nonce", "scope", "login_hint", "unheard_of", "client_id", "redirect_uri"])
@pytest.mark.parametrize("bytes_", BROKEN)
def test_nul_and_broken_utf8_are_refused_and_never_replaced(
    provider: Running, rp: RelyingParty, browser: requests.Session, name: str, bytes_: str
) -> None:
    parameters = rp.parameters()
    parameters.pop(name, None)
    path = f"/authorize?{urlencode(parameters)}&{name}={bytes_}"

    status, headers, body = raw(provider, "GET", path, {"Cookie": f"op_sid={browser.cookies['op_sid']}"})

    assert status == 400
    assert "location" not in headers
    assert "\ufffd" not in body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_405_and_name_those_that_work(provider: Running, rp: RelyingParty, method: str) -> None:
    url = f"{provider.issuer}/authorize?{urlencode(rp.parameters())}"

    response = requests.request(method, url, allow_redirects=False, timeout=20)

    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["Allow"].replace(" ", "").split(","))
    assert "Access-Control-Allow-Origin" not in response.headers


def test_head_is_answered_like_get_without_a_body(rp: RelyingParty, browser: requests.Session) -> None:
    url = f"{rp.provider.issuer}/authorize?{urlencode(rp.parameters(response_type='token'))}"

    response = browser.head(url, allow_redirects=False, timeout=20)

    assert answer_in(response)["error"] == "unsupported_response_type"
    assert response.content == b""


def test_a_request_may_be_posted_by_a_page_of_the_relying_party(rp: RelyingParty, browser: requests.Session) -> None:
    url = f"{rp.provider.issuer}/authorize"
    headers = {"Origin": "https://rp.example", "Sec-Fetch-Site": "cross-site"}

    # SameSite=Lax withholds the session cookie from such a POST; the browser is asked to come back by GET, with it.
    posted = requests.post(url, data=rp.parameters(), headers=headers, allow_redirects=False, timeout=20)
    again = browser.get(f"{rp.provider.issuer}{posted.headers['Location']}", allow_redirects=False, timeout=20)

    assert posted.status_code == 303
    assert "Set-Cookie" not in posted.headers
    assert "code" in answer_in(again)


def test_a_posted_request_is_judged_by_its_body_alone(rp: RelyingParty, browser: requests.Session) -> None:
    url = f"{rp.provider.issuer}/authorize?{urlencode({'redirect_uri': 'https://evil.test/', 'prompt': 'login'})}"
    browser.cookies.set("op_tx", "t" * 43, domain="127.0.0.1", path="/")

    response = browser.post(url, data=rp.parameters(), allow_redirects=False, timeout=20)

    assert response.headers["Location"].startswith(f"{rp.client.redirect_uri}?code=")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_a_posted_request_that_is_no_form_is_refused(rp: RelyingParty, content_type: str) -> None:
    url = f"{rp.provider.issuer}/authorize"

    response = requests.post(
        url, data=json.dumps(rp.parameters()), headers={"Content-Type": content_type}, allow_redirects=False, timeout=20
    )

    assert response.status_code == 415
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("openid openid email", "openid email"),
        ("openid unheard-of email", "openid email"),
        ("email openid", "email openid"),
        ("openid  email", "openid email"),
        ("openid OPENID Email", "openid"),
        ("openid\temail", "openid email"),
        ("openid *", "openid"),
        ("openid offline_access", "openid offline_access"),
    ],
)
def test_the_scope_is_narrowed_to_what_the_client_may_have_and_told(
    rp: RelyingParty, browser: requests.Session, asked: str, granted: str
) -> None:
    tokens = rp.redeem(rp.code(browser, scope=asked)).json()

    assert tokens["scope"] == granted


def test_offline_access_is_passed_over_for_a_client_without_refresh_tokens(
    provider: Running, browser: requests.Session
) -> None:
    rp = RelyingParty(provider, provider.client(grant_types=["authorization_code"]))

    tokens = rp.redeem(rp.code(browser, scope="openid offline_access")).json()

    assert tokens["scope"] == "openid"
    assert "refresh_token" not in tokens


def test_an_authorization_answer_is_never_readable_from_another_origin(
    rp: RelyingParty, browser: requests.Session
) -> None:
    url = f"{rp.provider.issuer}/authorize?{urlencode(rp.parameters(prompt='none'))}"

    response = browser.get(url, headers={"Origin": "https://evil.test"}, allow_redirects=False, timeout=20)

    assert response.status_code == 303
    assert not [name for name in response.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("hint", ["someone-else@example.com", "SOMEONE-ELSE@EXAMPLE.COM"])
def test_a_login_hint_for_another_address_lets_the_person_choose(
    rp: RelyingParty, browser: requests.Session, hint: str
) -> None:
    response = rp.authorize(browser, login_hint=hint)

    assert response.headers["Location"].startswith("/select-account?")
    assert error_of(rp, browser, login_hint=hint, prompt="none") == "login_required"


def test_a_login_hint_for_the_person_signed_in_changes_nothing(provider: Running, rp: RelyingParty) -> None:
    person = provider.person()

    assert rp.code(provider.session(person), login_hint=person.email.upper(), prompt="none")


def test_a_claims_subject_of_another_person_never_yields_a_code(provider: Running, rp: RelyingParty) -> None:
    person, other = provider.person(), provider.person()
    browser = provider.session(person)
    for member in ("id_token", "userinfo"):
        mine = json.dumps({member: {"sub": {"value": person.id}}})
        theirs = json.dumps({member: {"sub": {"value": other.id}}})

        assert rp.code(browser, claims=mine, prompt="none")
        assert error_of(rp, browser, claims=theirs, prompt="none") == "login_required"
        assert rp.authorize(browser, claims=theirs).headers["Location"].startswith("/login?")


def test_a_request_id_of_another_browser_opens_nothing(provider: Running, rp: RelyingParty) -> None:
    victim = requests.Session()
    location = rp.authorize(victim).headers["Location"]
    request_id = parse_qs(urlsplit(location).query)["request"][0]
    stranger = provider.session(provider.person())

    stolen = stranger.get(f"{provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)
    mine = victim.get(f"{provider.issuer}/authorize/{request_id}", allow_redirects=False, timeout=20)

    assert stolen.status_code == 400
    assert "Location" not in stolen.headers
    assert mine.headers["Location"].startswith("/login?request=")


@pytest.mark.parametrize("path", ["x", "' OR 1=1 --", "..%2f..%2f", "%00", "%ff", "a" * 5000, "é"])
def test_an_unknown_request_id_is_a_plain_page(provider: Running, path: str) -> None:
    status, headers, _ = raw(provider, "GET", f"/authorize/{quote(path, safe='%')}", {})

    assert status in {400, 404}
    assert "location" not in headers


def test_a_challenge_is_tied_to_the_code_and_not_to_the_browser(provider: Running, rp: RelyingParty) -> None:
    browser = provider.session(provider.person())
    code = rp.code(browser, code_challenge=s256("another-verifier-that-is-forty-three-chars-long"))

    assert rp.redeem(code).json()["error"] == "invalid_grant"
    assert rp.redeem(code, code_verifier="another-verifier-that-is-forty-three-chars-long").status_code == 200
