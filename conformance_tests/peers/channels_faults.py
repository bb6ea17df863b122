"""Faults in how relying parties hear that a session has ended."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from conformance_tests.peers.alterations import After, in_id_token, in_json, in_redirect, on_pages
from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy

_BACK = "oidcc_backchannel_rp_initiated_logout"
_FRONT = "oidcc_frontchannel_rp_initiated_logout"
_SESSION = "oidcc_session_management_rp_initiated_logout"
_FORWARDED = "/of-the-proxy/backchannel"
_EVENT = "http://schemas.openid.net/event/backchannel-logout"


def _unregistered(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Keep from the provider where logout tokens go."""
    _registered_elsewhere(proxy, ask, lambda _uri: None)
    return None


def _registered_elsewhere(proxy: FaultyProxy, ask: Ask, moved: Callable[[str], str | None]) -> None:
    if proxy.is_at(ask, "registration_endpoint") and ask.method == "POST":
        asked: dict[str, Any] = json.loads(ask.body)
        if "backchannel_logout_uri" in asked:
            asked["backchannel_logout_uri"] = moved(asked["backchannel_logout_uri"])
            ask.body = json.dumps({name: value for name, value in asked.items() if value is not None}).encode()


def _logout_token(header: dict[str, Any] | None = None, *, more: dict[str, str] | None = None, **claims: Any) -> Any:
    """Have logout tokens come by the proxy, which changes header members and claims, or adds parameters."""

    def before(proxy: FaultyProxy, ask: Ask) -> Answer | None:
        if ask.path != _FORWARDED:
            here = f"{proxy.metadata['issuer']}{_FORWARDED}?"
            _registered_elsewhere(proxy, ask, lambda uri: here + urlencode({"to": uri}))
            return None
        token = proxy.signed_anew(ask.form["logout_token"], header or {}, claims)
        sent = proxy.fetch("POST", dict(ask.query)["to"], data={"logout_token": token, **(more or {})})
        return Answer(sent.status_code)

    return before


def _always(words: str) -> After:
    """Put a frame in place of the provider's that answers every question alike."""
    page = f"<script>onmessage = (event) => event.source.postMessage('{words}', event.origin)</script>"

    def after(proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
        at_frame = proxy.is_at(ask, "check_session_iframe")
        return Answer(200, [("Content-Type", "text/html")], page.encode()) if at_frame else answer

    return after


def _back_at_once(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Send the browser back without telling anybody."""
    if not proxy.is_at(ask, "end_session_endpoint") or "post_logout_redirect_uri" not in ask.parameters:
        return None
    state = urlencode({"state": ask.parameters.get("state", "")})
    return Answer(303, [("Location", f"{ask.parameters['post_logout_redirect_uri']}?{state}")])


def _says_no(channel: str) -> tuple[Fault, ...]:
    verification = f"oidcc_{channel}_logout_discovery_endpoint_verification"
    return tuple(
        Fault(f"{name} is false", (verification,), needs=name, after=in_json("discovery", **{name: False}))
        for name in (f"{channel}_logout_supported", f"{channel}_logout_session_supported")
    )


CHANNELS_FAULTS = (
    *_says_no("backchannel"),
    *_says_no("frontchannel"),
    Fault(
        "check_session_iframe is missing",
        ("oidcc_session_management_discovery_endpoint_verification",),
        needs="check_session_iframe",
        after=in_json("discovery", check_session_iframe=None),
    ),
    Fault("the ID token has no sid", (_BACK,), after=in_id_token(sid=None)),
    Fault("logout tokens are not posted", (_BACK,), before=_unregistered),
    *(
        Fault(f"{words} of the logout token", (_BACK,), before=_logout_token(**claims))
        for words, claims in (
            ("another iss", {"iss": "https://other.example"}),
            ("another aud", {"aud": "somebody-else"}),
            ("an iat of long ago", {"iat": 1_700_000_000}),
            ("no jti", {"jti": None}),
            ("no events", {"events": None}),
            ("the value null in events", {"events": {_EVENT: None}}),
            ("a nonce", {"nonce": "abc"}),
            ("another sid", {"sid": "another"}),
            ("another sub", {"sub": "somebody-else"}),
        )
    ),
    Fault("a logout token under an unknown key", (_BACK,), before=_logout_token({"kid": "unknown"})),
    Fault("a logout token with something beside it", (_BACK,), before=_logout_token(more={"state": "x"})),
    Fault("sign-out tells nobody", (_BACK,), before=_back_at_once),
    Fault("sign-out shows no frames", (_FRONT,), needs="frontchannel_logout_supported", before=_back_at_once),
    *(
        Fault(words, (_FRONT,), needs="frontchannel_logout_supported", after=on_pages(change))
        for words, change in (
            ("frames have another sid", lambda page: page.replace("sid=", "sid=x")),
            ("frames have no iss", lambda page: page.replace("iss=", "who=")),
            ("there are no frames", lambda page: page.replace("<iframe", "<p")),
        )
    ),
    Fault(
        "responses have no session_state",
        (_SESSION,),
        needs="check_session_iframe",
        after=in_redirect({"session_state": None}, "session_state"),
    ),
    Fault(
        "session_state is another",
        (_SESSION,),
        needs="check_session_iframe",
        after=in_redirect({"session_state": f"{'0' * 64}.salt"}, "session_state"),
    ),
    *(
        Fault(f"the frame always says {words}", (_SESSION,), needs="check_session_iframe", after=_always(words))
        for words in ("changed", "unchanged", "error")
    ),
)
