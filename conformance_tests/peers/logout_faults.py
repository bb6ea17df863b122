"""Faults in signing out."""

from conformance_tests.peers.alterations import in_json, in_redirect, redirecting
from conformance_tests.peers.faulty_proxy import Answer, Fault

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

LOGOUT_FAULTS = (
    Fault(
        "no end_session_endpoint",
        (f"{_LOGOUT}_discovery_endpoint_verification",),
        after=in_json("discovery", end_session_endpoint=None),
    ),
    Fault(
        "sign-out redirects to any address, and ends nothing",
        (*_BAD_LOGOUTS, _LOGOUT, f"{_LOGOUT}_no_state"),
        before=redirecting("end_session_endpoint", "post_logout_redirect_uri"),
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
    Fault("sign-out loses the state", (_LOGOUT,), after=in_redirect({"state": None}, "state")),
)
