"""Faults in authorization responses that come in a fragment or in a form."""

from urllib.parse import urlencode, urlsplit, urlunsplit

from conformance_tests.claim_types import PROFILE_CLAIMS
from conformance_tests.page_reader import read_page
from conformance_tests.peers.alterations import RELYING_PARTY, in_front_channel, in_redirect
from conformance_tests.peers.faulty_proxy import Answer, Ask, Fault, FaultyProxy

_ID_TOKEN = "[implicit-id_token]"
_ID_TOKEN_TOKEN = "[implicit-id_token_token]"
_CODE_ID_TOKEN = "[hybrid-code_id_token]"
_CODE_TOKEN = "[hybrid-code_token]"
_ALL = (_ID_TOKEN, _ID_TOKEN_TOKEN, _CODE_ID_TOKEN, _CODE_TOKEN, "[hybrid-code_id_token_token]")
_SCOPES = ("oidcc_scope_profile", "oidcc_scope_email", "oidcc_scope_address", "oidcc_scope_phone", "oidcc_scope_all")
_NO_NONCE = "oidcc_ensure_request_without_nonce_fails"
_CLAIMS = (*PROFILE_CLAIMS, "email", "email_verified", "address", "phone_number", "phone_number_verified")


def _in_query(_proxy: FaultyProxy, _ask: Ask, answer: Answer) -> Answer:
    """Move what stands in the fragment to the query."""
    parts = urlsplit(answer.get("Location"))
    if parts.netloc == RELYING_PARTY and parts.fragment:
        answer.set("Location", urlunsplit(parts._replace(query=parts.fragment, fragment="")))
    return answer


def _by_redirect(_proxy: FaultyProxy, ask: Ask, answer: Answer) -> Answer:
    """Send by redirect what a form was to carry."""
    page = read_page(ask.path, answer.status, answer.get("Content-Type"), answer.body.decode("utf-8", "replace"))
    form = page.self_submitting
    if form is None or urlsplit(form.action).netloc != RELYING_PARTY:
        return answer
    return Answer(303, [("Location", f"{form.action}?{urlencode(form.values(None))}")])


def _with_nonce(proxy: FaultyProxy, ask: Ask) -> Answer | None:
    """Make up the nonce that a request lacks."""
    if proxy.is_at(ask, "authorization_endpoint") and "client_id" in ask.parameters and "nonce" not in ask.parameters:
        ask.query.append(("nonce", "made-up"))
    return None


RESPONSES_FAULTS = (
    Fault(
        "fragments come in the query",
        tuple(f"oidcc_{module}{name}" for name in _ALL for module in ("server", "prompt_none_not_logged_in")),
        after=_in_query,
    ),
    Fault(
        "forms come by redirect",
        (
            "oidcc_server[formpost-basic]",
            "oidcc_server[formpost-implicit-id_token]",
            "oidcc_prompt_none_not_logged_in[formpost-hybrid-code_id_token]",
        ),
        after=_by_redirect,
    ),
    Fault(
        "state in the fragment is another",
        (f"oidcc_server{_ID_TOKEN}", f"oidcc_server{_CODE_TOKEN}"),
        after=in_redirect({"state": "x"}, "state", "fragment"),
    ),
    Fault(
        "iss in the fragment is another",
        (f"oidcc_server{_ID_TOKEN}", f"oidcc_server{_CODE_ID_TOKEN}"),
        after=in_redirect({"iss": "https://other.example"}, "state", "fragment"),
    ),
    Fault(
        "the fragment has no token_type",
        (f"oidcc_server{_ID_TOKEN_TOKEN}", f"oidcc_server{_CODE_TOKEN}"),
        after=in_redirect({"token_type": None}, "access_token", "fragment"),
    ),
    Fault(
        "the fragment has no expires_in",
        (f"oidcc_server{_ID_TOKEN_TOKEN}", f"oidcc_server{_CODE_TOKEN}"),
        after=in_redirect({"expires_in": None}, "access_token", "fragment"),
    ),
    Fault(
        "the fragment has a token that nobody asked for",
        (f"oidcc_server{_ID_TOKEN}", f"oidcc_server{_CODE_ID_TOKEN}"),
        after=in_redirect({"access_token": "abc", "token_type": "Bearer"}, "state", "fragment"),
    ),
    Fault(
        "at_hash of a front-channel ID token is missing",
        (f"oidcc_server{_ID_TOKEN_TOKEN}", "oidcc_server[hybrid-code_id_token_token]"),
        after=in_front_channel(at_hash=None),
    ),
    Fault(
        "c_hash is missing",
        (f"oidcc_server{_CODE_ID_TOKEN}", "oidcc_server[hybrid-code_id_token_token]"),
        after=in_front_channel(c_hash=None),
    ),
    Fault("c_hash is wrong", (f"oidcc_server{_CODE_ID_TOKEN}",), after=in_front_channel(c_hash="A" * 22)),
    Fault(
        "sub of the two ID tokens differs",
        (f"oidcc_server{_CODE_ID_TOKEN}",),
        after=in_front_channel(sub="somebody-else"),
    ),
    Fault(
        "auth_time of a front-channel ID token is left out",
        tuple(
            f"oidcc_{module}{name}" for module in ("max_age_1", "max_age_10000") for name in (_ID_TOKEN, _CODE_ID_TOKEN)
        ),
        after=in_front_channel(auth_time=None),
    ),
    Fault(
        "a front-channel ID token has no kid",
        (f"oidcc_idtoken_signature{_ID_TOKEN}", f"oidcc_idtoken_signature{_CODE_ID_TOKEN}"),
        after=in_front_channel({"kid": None}),
    ),
    Fault(
        "an ID token alone says nothing about the person",
        tuple(f"{module}{_ID_TOKEN}" for module in (*_SCOPES, "oidcc_claims_essential", "oidcc_alternate_happy_flow")),
        after=in_front_channel(**dict.fromkeys(_CLAIMS)),
    ),
    Fault(
        "a front-channel ID token names the person beside an access token",
        (f"oidcc_server{_ID_TOKEN_TOKEN}", f"oidcc_scope_email{_CODE_ID_TOKEN}"),
        after=in_front_channel(name="Ada"),
    ),
    Fault(
        "nobody needs a nonce",
        tuple(f"{_NO_NONCE}{name}" for name in (_ID_TOKEN, _ID_TOKEN_TOKEN, _CODE_ID_TOKEN)),
        before=_with_nonce,
    ),
    Fault(
        "the wrong error comes in the fragment",
        (f"{_NO_NONCE}{_ID_TOKEN}", f"oidcc_prompt_none_not_logged_in{_CODE_TOKEN}"),
        after=in_redirect({"error": "server_error"}, "error", "fragment"),
    ),
)
