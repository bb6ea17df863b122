"""Session OP: a frame of the provider tells the relying party whether the session is still the same."""

from dataclasses import replace

import pytest

from conformance_tests.browser import origin_of
from conformance_tests.callback_server import CallbackServer
from conformance_tests.chromium import Chromium
from conformance_tests.clients import Registrar
from conformance_tests.issuer import Issuer, check_endpoints
from conformance_tests.relying_party import RelyingParty
from conformance_tests.sign_out import demand_return, sign_out_request
from conformance_tests.verdict import Verdict

_PAGE = """<!doctype html>
<title>Relying party</title>
<iframe src="{frame}"></iframe>
<script>
  const answers = [];
  addEventListener("message", (event) => {{
    if (event.origin === "{origin}") answers.push(event.data);
  }});
</script>
"""
_ASK = """([words, origin]) => {
    answers.length = 0;
    document.querySelector("iframe").contentWindow.postMessage(words, origin);
}"""


@pytest.mark.requirement("OIDCSM-3.3")
def test_oidcc_session_management_discovery_endpoint_verification(issuer: Issuer, verdict: Verdict) -> None:
    """The metadata names the frame and the end_session_endpoint, and everything is https."""
    frame = issuer.metadata.get("check_session_iframe")
    verdict.expect(frame, "the metadata has no check_session_iframe")
    issuer.check_https(frame, "check_session_iframe")
    issuer.endpoint("end_session_endpoint")
    check_endpoints(issuer)


@pytest.mark.requirement("OIDCSM-2")
@pytest.mark.requirement("OIDCSM-3.1")
@pytest.mark.requirement("OIDCSM-3.2")
def test_oidcc_session_management_rp_initiated_logout(
    rp: RelyingParty, registrar: Registrar, chromium: Chromium, callbacks: CallbackServer, verdict: Verdict
) -> None:
    """The frame says `unchanged` while the session lasts, and `changed` after the person has signed out."""
    rp = replace(rp, client=registrar.with_logout())
    signed_in = rp.sign_in()
    state = signed_in.authorization.returned.get("session_state")
    verdict.demand(state, "the authorization response has no session_state")
    frame = rp.issuer.endpoint("check_session_iframe")
    html = _PAGE.format(frame=frame, origin=origin_of(frame))
    page = callbacks.publish("session", html, "text/html")

    before = _told(rp, chromium, page.path, f"{rp.client.client_id} {state}")
    demand_return(rp, sign_out_request(rp, signed_in))
    after = _told(rp, chromium, page.path, f"{rp.client.client_id} {state}")

    verdict.expect(before == "unchanged", f"the frame says {before} while the session lasts")
    verdict.expect(after == "changed", f"the frame says {after} after the session has ended")


def _told(rp: RelyingParty, chromium: Chromium, path: str, words: str) -> str:
    """What the frame answers a browser that has the cookies of this one."""
    origin = origin_of(rp.issuer.endpoint("check_session_iframe"))
    chromium.take_cookies(rp.browser.cookies, origin)
    chromium.show(chromium.origin + path)
    chromium.page.evaluate(_ASK, [words, origin])
    return str(chromium.page.evaluate("answers[0]")) if chromium.eventually("answers.length > 0") else "nothing"
