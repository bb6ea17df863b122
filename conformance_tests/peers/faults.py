"""The faults that the proxy can make, each with the modules that must turn red by it."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy, json_answer
from conformance_tests.tokens import decoded

_CONFIG = ("oidcc_discovery_endpoint_verification",)


def in_id_token(header: dict[str, Any] | None = None, **claims: Any) -> Callable[[FaultyProxy, Ask, Answer], Answer]:
    """Change header members and claims of every ID token; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        document = answer.document
        if proxy.is_at(ask, "token_endpoint") and "id_token" in document:
            document["id_token"] = proxy.signed_anew(document["id_token"], header or {}, claims)
            answer.body = json.dumps(document).encode()
        return answer

    return after


def in_json(endpoint: str, **changes: Any) -> Callable[[FaultyProxy, Ask, Answer], Answer]:
    """Change members of an endpoint's successful JSON; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        at = ask.path.endswith("/openid-configuration") if endpoint == "discovery" else proxy.is_at(ask, endpoint)
        if at and answer.status == 200:
            changed = {name: value for name, value in {**answer.document, **changes}.items() if value is not None}
            answer.body = json.dumps(changed).encode()
        return answer

    return after


def _in_key_set(**changes: Any) -> Callable[[FaultyProxy, Ask, Answer], Answer]:
    """Change members of every published key; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        if proxy.is_at(ask, "jwks_uri"):
            keys = [{**key, **changes} for key in answer.document["keys"]]
            keys = [{name: value for name, value in key.items() if value is not None} for key in keys]
            answer.body = json.dumps({"keys": keys}).encode()
        return answer

    return after


def _in_redirect(changes: dict[str, str | None], carrying: str) -> Callable[[FaultyProxy, Ask, Answer], Answer]:
    """Change parameters of every redirect that carries one parameter; None removes one."""

    def after(_proxy: FaultyProxy, _ask: Ask, answer: Answer) -> Answer:
        parts = urlsplit(answer.get("Location"))
        query = dict(parse_qsl(parts.query))
        if carrying in query and parts.netloc == "rp.conformance.example":
            kept = {name: value for name, value in {**query, **changes}.items() if value is not None}
            answer.set("Location", urlunsplit(parts._replace(query=urlencode(kept))))
        return answer

    return after


def _header(endpoint: str, name: str, value: str | None) -> Callable[[FaultyProxy, Ask, Answer], Answer]:
    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        if proxy.is_at(ask, endpoint):
            answer.set(name, value)
        return answer

    return after


def _dropping(*names: str) -> Callable[[FaultyProxy, Ask], Answer | None]:
    """Make the provider ignore parameters of an authorization request."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        if proxy.is_at(ask, "authorization_endpoint"):
            for name in names:
                ask.drop(name)
        return None

    return before


def _refusing(endpoint: str, when: Callable[[Ask], bool], status: int) -> Callable[[FaultyProxy, Ask], Answer | None]:
    """Refuse some of an endpoint's requests."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        refused = proxy.is_at(ask, endpoint) and when(ask)
        return json_answer(status, error="invalid_request") if refused else None

    return before


def _redirecting(endpoint: str, parameter: str) -> Callable[[FaultyProxy, Ask], Answer | None]:
    """Redirect to whatever address a request names, with its state, and do nothing else."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        target = ask.parameters.get(parameter)
        if not proxy.is_at(ask, endpoint) or target is None:
            return None
        state = {name: value for name, value in ask.parameters.items() if name == "state"}
        query = ("&" if "?" in target else "?") + urlencode(state) if state else ""
        return Answer(303, [("Location", target + query)])

    return before


def _good_for_ever(key_of: Callable[[Ask], str]) -> Callable[[FaultyProxy, Ask, Answer], Answer]:
    """Repeat the first successful answer whenever the provider refuses the same thing later."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        if not key_of(ask):
            return answer
        if answer.status == 200:
            proxy.remembered[key_of(ask)] = answer
        return proxy.remembered.get(key_of(ask), answer)

    return after


def _wrong_error(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    refused = proxy.is_at(ask, "token_endpoint") and answer.status == 400
    return json_answer(400, error="invalid_request") if refused else answer


def _one_iat(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Give every ID token the time at which the first of them was issued."""
    token = decoded(answer.document.get("id_token", ""))
    if proxy.is_at(ask, "token_endpoint") and token is not None:
        first = proxy.remembered.setdefault("iat", json_answer(200, iat=token.claims["iat"]))
        return in_id_token(iat=first.document["iat"])(proxy, ask, answer)
    return answer


def register_as_signed(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Keep from the provider that a client wants its ID tokens unsigned."""
    if proxy.is_at(ask, "registration_endpoint") and ask.method == "POST":
        asked: dict[str, Any] = json.loads(ask.body)
        if asked.pop("id_token_signed_response_alg", None) is not None:
            ask.body = json.dumps(asked).encode()
    return None


def _without_signature(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Sign every ID token with a key that is not the published one."""
    document = answer.document
    if proxy.is_at(ask, "token_endpoint") and "id_token" in document:
        start, _, signature = document["id_token"].rpartition(".")
        document["id_token"] = f"{start}.{signature[::-1]}"
        answer.body = json.dumps(document).encode()
    return answer


def _never_signed_in(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Forget the browser whenever it comes to the authorization endpoint."""
    if proxy.is_at(ask, "authorization_endpoint"):
        ask.headers.pop("Cookie", None)
    return None


def _token_of(ask: Ask) -> str:
    return ask.headers.get("Authorization", "") if ask.headers.get("Authorization", "").startswith("Bearer") else ""


def _lacks(name: str) -> Callable[[Ask], bool]:
    return lambda ask: "client_id" in ask.parameters and name not in ask.parameters


def _has(name: str) -> Callable[[Ask], bool]:
    return lambda ask: name in ask.parameters


_SIGNED_IN = ("oidcc_prompt_none_logged_in", "oidcc_id_token_hint")
_LOGOUT = "oidcc_rp_initiated_logout"
_BAD_LOGOUTS = tuple(
    f"{_LOGOUT}_{name}"
    for name in (
        "bad_post_logout_redirect_uri",
        "query_added_to_post_logout_redirect_uri",
        "modified_id_token_hint",
        "bad_id_token_hint",
        "no_id_token_hint",
    )
)
_LOGGED_OUT_PAGES = tuple(f"{_LOGOUT}_{name}" for name in ("no_params", "only_state", "no_post_logout_redirect_uri"))

FAULTS = (
    Fault("iss of the ID token is another", ("oidcc_server",), after=in_id_token(iss="https://other.example")),
    Fault("aud of the ID token is another", ("oidcc_server",), after=in_id_token(aud="somebody-else")),
    Fault("nonce of the ID token is another", ("oidcc_server",), after=in_id_token(nonce="another")),
    Fault("exp of the ID token is past", ("oidcc_server",), after=in_id_token(exp=1_700_000_000)),
    Fault("at_hash of the ID token is wrong", ("oidcc_server",), after=in_id_token(at_hash="AAAAAAAAAAAAAAAAAAAAAA")),
    Fault(
        "the ID token names the person",
        ("oidcc_server", "oidcc_scope_email", "oidcc_alternate_happy_flow", "oidcc_claims_essential"),
        after=in_id_token(name="Ada"),
    ),
    Fault("the ID token has no kid", ("oidcc_idtoken_signature",), after=in_id_token({"kid": None})),
    Fault("the ID token is signed by nobody", ("oidcc_server", "oidcc_refresh_token"), after=_without_signature),
    Fault(
        "none is offered and not given",
        ("oidcc_idtoken_unsigned",),
        before=register_as_signed,
        after=in_json("discovery", id_token_signing_alg_values_supported=["RS256", "none"]),
    ),
    Fault("auth_time is left out", ("oidcc_max_age_1", "oidcc_max_age_10000"), after=in_id_token(auth_time=None)),
    Fault("iat never changes", ("oidcc_refresh_token",), after=_one_iat),
    Fault("keys share a kid", _CONFIG, after=_in_key_set(kid="same")),
    Fault("keys have no kid", _CONFIG, after=_in_key_set(kid=None)),
    Fault("keys are private", _CONFIG, after=_in_key_set(d="AQAB")),
    Fault("issuer is another", (*_CONFIG, "oidcc_server"), after=in_json("discovery", issuer="https://other.example")),
    Fault("metadata lacks RS256", _CONFIG, after=in_json("discovery", id_token_signing_alg_values_supported=["ES256"])),
    Fault("metadata has a member of its own", _CONFIG, after=in_json("discovery", house_rules=True)),
    Fault("metadata has a string for a list", _CONFIG, after=in_json("discovery", scopes_supported="openid")),
    Fault(
        "an endpoint is plain http elsewhere",
        (*_CONFIG, f"{_LOGOUT}_discovery_endpoint_verification"),
        after=in_json("discovery", revocation_endpoint="http://other.example/revoke"),
    ),
    Fault(
        "no end_session_endpoint",
        (f"{_LOGOUT}_discovery_endpoint_verification",),
        after=in_json("discovery", end_session_endpoint=None),
    ),
    Fault(
        "state comes back changed",
        ("oidcc_server", "oidcc_prompt_none_not_logged_in"),
        after=_in_redirect({"state": "x"}, "iss"),
    ),
    Fault(
        "iss of the response is another", ("oidcc_server",), after=_in_redirect({"iss": "https://other.example"}, "iss")
    ),
    Fault(
        "error has characters that are not allowed",
        ("oidcc_prompt_none_not_logged_in",),
        after=_in_redirect({"error_description": 'not "here"'}, "error"),
    ),
    Fault(
        "the wrong error is returned",
        ("oidcc_prompt_none_not_logged_in", "oidcc_response_type_missing"),
        after=_in_redirect({"error": "server_error"}, "error"),
    ),
    Fault("the code is short", ("oidcc_server",), after=_in_redirect({"code": "abc"}, "code")),
    Fault("prompt is ignored", ("oidcc_prompt_login", "oidcc_prompt_none_not_logged_in"), before=_dropping("prompt")),
    Fault("max_age is ignored", ("oidcc_max_age_1",), before=_dropping("max_age")),
    Fault("the session is forgotten", (*_SIGNED_IN, "oidcc_max_age_10000"), before=_never_signed_in),
    Fault(
        "redirect_uri is not checked",
        ("oidcc_ensure_registered_redirect_uri",),
        before=_redirecting("authorization_endpoint", "redirect_uri"),
    ),
    Fault(
        "a nonce is demanded",
        ("oidcc_ensure_request_without_nonce_succeeds_for_code_flow",),
        before=_refusing("authorization_endpoint", _lacks("nonce"), 400),
    ),
    *(
        Fault(f"{name} is refused", (f"oidcc_{module}",), before=_refusing("authorization_endpoint", _has(name), 400))
        for name, module in (
            ("extra", "ensure_request_with_unknown_parameter_succeeds"),
            ("login_hint", "login_hint"),
            ("ui_locales", "ui_locales"),
            ("claims_locales", "claims_locales"),
            ("claims", "claims_essential"),
            ("code_challenge", "ensure_request_with_valid_pkce_succeeds"),
        )
    ),
    Fault(
        "display is refused",
        ("oidcc_display_page", "oidcc_display_popup"),
        before=_refusing("authorization_endpoint", _has("display"), 400),
    ),
    Fault(
        "POST is refused at the authorization endpoint",
        ("oidcc_ensure_post_request_succeeds",),
        before=_refusing("authorization_endpoint", lambda ask: ask.method == "POST", 405),
    ),
    Fault(
        "response_type has a default",
        ("oidcc_response_type_missing",),
        before=lambda proxy, ask: (
            ask.query.append(("response_type", "code"))
            if proxy.is_at(ask, "authorization_endpoint") and "response_type" not in ask.parameters
            else None
        ),
    ),
    Fault(
        "request objects are ignored",
        (
            "oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported",
            "oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported",
        ),
        before=_dropping("request", "request_uri"),
    ),
    Fault(
        "request objects are refused before redirect_uri is checked",
        ("oidcc_ensure_request_object_with_redirect_uri",),
        before=lambda proxy, ask: (
            Answer(303, [("Location", ask.parameters["redirect_uri"] + "?error=request_not_supported")])
            if proxy.is_at(ask, "authorization_endpoint") and "request" in ask.parameters
            else None
        ),
    ),
    Fault(
        "codes are good for ever",
        ("oidcc_codereuse", "oidcc_codereuse_30seconds"),
        after=_good_for_ever(lambda ask: ask.form.get("code", "") if ask.method == "POST" else ""),
    ),
    Fault(
        "a used code gets the wrong error",
        ("oidcc_codereuse", "oidcc_codereuse_30seconds", "oidcc_refresh_token"),
        after=_wrong_error,
    ),
    Fault("a used code revokes nothing", ("oidcc_codereuse_30seconds",), after=_good_for_ever(_token_of)),
    Fault(
        "refresh tokens are anybody's",
        ("oidcc_refresh_token",),
        after=_good_for_ever(
            lambda ask: (
                ask.form.get("grant_type", "").removeprefix("authorization_code") if ask.method == "POST" else ""
            )
        ),
    ),
    Fault(
        "expires_in is missing",
        ("oidcc_server", "oidcc_refresh_token"),
        after=in_json("token_endpoint", expires_in=None),
    ),
    Fault("expires_in is a string", ("oidcc_server",), after=in_json("token_endpoint", expires_in="3600")),
    Fault("token_type is another", ("oidcc_server",), after=in_json("token_endpoint", token_type="mac")),
    Fault(
        "token responses may be stored",
        ("oidcc_refresh_token",),
        after=_header("token_endpoint", "Cache-Control", None),
    ),
    Fault(
        "secrets in the form are refused",
        ("oidcc_server_client_secret_post",),
        before=_refusing("token_endpoint", _has("client_secret"), 401),
    ),
    Fault(
        "userinfo speaks of somebody else",
        ("oidcc_userinfo_get", "oidcc_userinfo_post_header", "oidcc_userinfo_post_body"),
        after=in_json("userinfo_endpoint", sub="somebody-else"),
    ),
    Fault(
        "userinfo is text", ("oidcc_userinfo_get",), after=_header("userinfo_endpoint", "Content-Type", "text/plain")
    ),
    Fault(
        "userinfo refuses POST",
        ("oidcc_userinfo_post_header", "oidcc_userinfo_post_body"),
        before=_refusing("userinfo_endpoint", lambda ask: ask.method == "POST", 405),
    ),
    Fault(
        "a verified flag is a string",
        ("oidcc_scope_email", "oidcc_scope_all"),
        after=in_json("userinfo_endpoint", email_verified="true"),
    ),
    Fault(
        "updated_at is a date", ("oidcc_scope_profile",), after=in_json("userinfo_endpoint", updated_at="2026-01-01")
    ),
    Fault("address is a string", ("oidcc_scope_address",), after=in_json("userinfo_endpoint", address="1 Road")),
    Fault(
        "phone_number is missing",
        ("oidcc_scope_phone", "oidcc_scope_all"),
        after=in_json("userinfo_endpoint", phone_number=None),
    ),
    Fault(
        "name is missing",
        ("oidcc_claims_essential", "oidcc_scope_profile"),
        after=in_json("userinfo_endpoint", name=None),
    ),
    Fault(
        "the e-mail address is missing",
        ("oidcc_scope_email", "oidcc_alternate_happy_flow"),
        after=in_json("userinfo_endpoint", email=None, email_verified=None),
    ),
    Fault(
        "sign-out redirects to any address, and ends nothing",
        (*_BAD_LOGOUTS, _LOGOUT, f"{_LOGOUT}_no_state"),
        before=_redirecting("end_session_endpoint", "post_logout_redirect_uri"),
    ),
    Fault(
        "sign-out only says so",
        _LOGGED_OUT_PAGES,
        before=lambda proxy, ask: (
            Answer(200, [("Content-Type", "text/html")], b"<p>You are signed out.</p>")
            if proxy.is_at(ask, "end_session_endpoint")
            else None
        ),
    ),
    Fault("sign-out loses the state", (_LOGOUT,), after=_in_redirect({"state": None}, "state")),
)
