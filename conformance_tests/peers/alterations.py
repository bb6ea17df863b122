"""What faults are made of: changes to requests and answers on their way through the proxy."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from conformance_tests.peers.faulty_proxy import Answer, Ask, FaultyProxy, json_answer
from conformance_tests.tokens import decoded

RELYING_PARTY = "rp.conformance.example"

Before = Callable[[FaultyProxy, Ask], Answer | None]
After = Callable[[FaultyProxy, Ask, Answer], Answer]


def in_id_token(header: dict[str, Any] | None = None, **claims: Any) -> After:
    """Change header members and claims of every ID token; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        document = answer.document
        if proxy.is_at(ask, "token_endpoint") and "id_token" in document:
            document["id_token"] = proxy.signed_anew(document["id_token"], header or {}, claims)
            answer.body = json.dumps(document).encode()
        return answer

    return after


def in_json(endpoint: str, **changes: Any) -> After:
    """Change members of an endpoint's successful JSON; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        at = ask.path.endswith("/openid-configuration") if endpoint == "discovery" else proxy.is_at(ask, endpoint)
        if at and answer.status == 200:
            changed = {name: value for name, value in {**answer.document, **changes}.items() if value is not None}
            answer.body = json.dumps(changed).encode()
        return answer

    return after


def reads_request_objects(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Say that request objects are read, unsigned ones too."""
    return in_json(
        "discovery",
        request_parameter_supported=True,
        request_uri_parameter_supported=True,
        request_object_signing_alg_values_supported=["RS256", "none"],
    )(proxy, ask, answer)


def in_key_set(**changes: Any) -> After:
    """Change members of every published key; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        if proxy.is_at(ask, "jwks_uri"):
            keys = [{**key, **changes} for key in answer.document["keys"]]
            keys = [{name: value for name, value in key.items() if value is not None} for key in keys]
            answer.body = json.dumps({"keys": keys}).encode()
        return answer

    return after


def in_redirect(changes: dict[str, str | None], carrying: str, part: str = "query") -> After:
    """Change parameters of every redirect that carries one parameter, in its query or fragment; None removes one."""

    def after(_proxy: FaultyProxy, _ask: Ask, answer: Answer) -> Answer:
        target = urlsplit(answer.get("Location"))
        carried = dict(parse_qsl(getattr(target, part), keep_blank_values=True))
        if carrying in carried and target.netloc == RELYING_PARTY:
            kept = {name: value for name, value in {**carried, **changes}.items() if value is not None}
            answer.set("Location", urlunsplit(target._replace(**{part: urlencode(kept)})))
        return answer

    return after


def in_front_channel(header: dict[str, Any] | None = None, **claims: Any) -> After:
    """Change header members and claims of every ID token that comes in a fragment; None removes one."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        token = dict(parse_qsl(urlsplit(answer.get("Location")).fragment)).get("id_token")
        if token is None:
            return answer
        changed = proxy.signed_anew(token, header or {}, claims)
        return in_redirect({"id_token": changed}, "id_token", "fragment")(proxy, ask, answer)

    return after


def on_pages(change: Callable[[str], str]) -> After:
    """Change the HTML of every page."""

    def after(_proxy: FaultyProxy, _ask: Ask, answer: Answer) -> Answer:
        if answer.get("Content-Type").startswith("text/html"):
            answer.body = change(answer.body.decode()).encode()
        return answer

    return after


def header(endpoint: str, name: str, value: str | None) -> After:
    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        if proxy.is_at(ask, endpoint):
            answer.set(name, value)
        return answer

    return after


def dropping(*names: str) -> Before:
    """Make the provider ignore parameters of an authorization request."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        if proxy.is_at(ask, "authorization_endpoint"):
            for name in names:
                ask.drop(name)
        return None

    return before


def refusing(endpoint: str, when: Callable[[Ask], bool], status: int) -> Before:
    """Refuse some of an endpoint's requests."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        refused = proxy.is_at(ask, endpoint) and when(ask)
        return json_answer(status, error="invalid_request") if refused else None

    return before


def redirecting(endpoint: str, parameter: str) -> Before:
    """Redirect to whatever address a request names, with its state, and do nothing else."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        target = ask.parameters.get(parameter)
        if not proxy.is_at(ask, endpoint) or target is None:
            return None
        state = {name: value for name, value in ask.parameters.items() if name == "state"}
        query = ("&" if "?" in target else "?") + urlencode(state) if state else ""
        return Answer(303, [("Location", target + query)])

    return before


def good_for_ever(key_of: Callable[[Ask], str]) -> After:
    """Repeat the first successful answer whenever the provider refuses the same thing later."""

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        if not key_of(ask):
            return answer
        if answer.status == 200:
            proxy.remembered[key_of(ask)] = answer
        return proxy.remembered.get(key_of(ask), answer)

    return after


def wrong_error(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    refused = proxy.is_at(ask, "token_endpoint") and answer.status == 400
    return json_answer(400, error="invalid_request") if refused else answer


def one_iat(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
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


def without_signature(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Sign every ID token with a key that is not the published one."""
    document = answer.document
    if proxy.is_at(ask, "token_endpoint") and "id_token" in document:
        start, _, signature = document["id_token"].rpartition(".")
        document["id_token"] = f"{start}.{signature[::-1]}"
        answer.body = json.dumps(document).encode()
    return answer


def never_signed_in(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Forget the browser whenever it comes to the authorization endpoint."""
    if proxy.is_at(ask, "authorization_endpoint"):
        ask.headers.pop("Cookie", None)
    return None


def token_of(ask: Ask) -> str:
    return ask.headers.get("Authorization", "") if ask.headers.get("Authorization", "").startswith("Bearer") else ""


def lacks(name: str) -> Callable[[Ask], bool]:
    return lambda ask: "client_id" in ask.parameters and name not in ask.parameters


def has(name: str) -> Callable[[Ask], bool]:
    return lambda ask: name in ask.parameters
