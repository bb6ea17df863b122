"""A device without a browser, as somebody would write one: shows a code, waits, and says who let it in (RFC 8628)."""

import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO

import httpx2

from idp.store import clients
from idp.store.database import Database

CLIENT_ID = "living-room-tv"
_GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
_SCOPE = "openid profile email offline_access"
_SLOWER_BY = 5


def register_television(database: Database, *, now: datetime) -> None:
    """Register the device's client; what people have allowed it stays."""
    document = {
        "client_name": "Living Room TV",
        "application_type": "native",
        "redirect_uris": [],
        "response_types": [],
        "grant_types": [_GRANT_TYPE, "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": _SCOPE,
    }
    with database.transaction() as db:
        if clients.find(db, CLIENT_ID) is None:
            clients.add(db, CLIENT_ID, document, now=now)
        else:
            clients.replace_metadata(db, CLIENT_ID, document, now=now)


def watch(
    issuer: str, *, client_id: str = CLIENT_ID, out: TextIO = sys.stdout, wait: Callable[[float], None] = time.sleep
) -> None:
    """Ask for a code, show it, and wait for the person.

    Raises:
        SystemExit: With a sentence, when it does not get in.
    """
    try:
        with httpx2.Client(trust_env=False, timeout=10) as http:
            places = _read(http.get(f"{issuer}/.well-known/openid-configuration"))
            asked = {"client_id": client_id, "scope": _SCOPE}
            codes = _read(http.post(places["device_authorization_endpoint"], data=asked))
            out.write(
                f"\n  Open    {codes['verification_uri']}\n  Type    {codes['user_code']}\n"
                f"  Or open {codes['verification_uri_complete']}\n\n  Waiting ...\n"
            )
            out.flush()
            tokens = _tokens(http, places["token_endpoint"], client_id, codes, wait)
            bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
            who = _read(http.get(places["userinfo_endpoint"], headers=bearer))
    except httpx2.HTTPError as problem:
        raise SystemExit(f"idp: {issuer} does not answer: {type(problem).__name__}") from None
    out.write(f"  Hello, {who.get('name') or who.get('email') or who['sub']}. Allowed: {tokens['scope']}\n\n")


def _tokens(
    http: httpx2.Client, endpoint: str, client_id: str, codes: dict[str, Any], wait: Callable[[float], None]
) -> dict[str, Any]:
    """Poll as section 3.5 asks: wait the interval, longer when told so, until there is an answer."""
    interval = codes.get("interval", 5)
    asked = {"client_id": client_id, "grant_type": _GRANT_TYPE, "device_code": codes["device_code"]}
    while True:
        wait(interval)
        answer = http.post(endpoint, data=asked)
        error = answer.json().get("error")
        if error == "slow_down":
            interval += _SLOWER_BY
        elif error != "authorization_pending":
            return _read(answer)


def _read(answer: httpx2.Response) -> dict[str, Any]:
    body: dict[str, Any] = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    if answer.status_code != 200:
        reason = body.get("error_description") or body.get("error") or answer.status_code
        raise SystemExit(f"idp: the device was not let in: {reason}")
    return body
