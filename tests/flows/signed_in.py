"""Browsers whose person is signed in at relying parties that want to be told when it ends."""

from dataclasses import dataclass
from typing import Any

import requests

from idp.store import outbox
from idp.store.outbox import Parcel
from tests.flows.people import FormBrowser
from tests.flows.relying_party import RelyingParty
from tests.running import Person, Running

GOODBYE = "https://rp.example/goodbye"


@dataclass(frozen=True)
class SignedIn:
    """A browser whose person is signed in at a relying party that wants to be told."""

    rp: RelyingParty
    browser: FormBrowser
    id_token: dict[str, Any]
    hint: str

    @property
    def session_id(self) -> str:
        return str(self.id_token["sid"])

    def sign_out(self, **parameters: str) -> requests.Response:
        asked = {"id_token_hint": self.hint, "post_logout_redirect_uri": GOODBYE, **parameters}
        url = f"{self.rp.provider.issuer}/end_session"
        return self.browser.http.get(url, params=asked, allow_redirects=False, timeout=20)


def sign_in(provider: Running, person: Person, uri: str | None, **registered: Any) -> SignedIn:
    more = {"backchannel_logout_uri": uri} if uri else {}
    client = provider.client(post_logout_redirect_uris=[GOODBYE], **more, **registered)
    browser = FormBrowser(provider)
    browser.log_in(person)
    return at(RelyingParty(provider, client), browser)


def at(rp: RelyingParty, browser: FormBrowser) -> SignedIn:
    """Sign in at one more relying party with the same browser."""
    tokens = rp.redeem(rp.code(browser.http, scope="openid")).json()
    return SignedIn(rp, browser, rp.claims(tokens["id_token"]), tokens["id_token"])


def parcels_about(provider: Running, session_id: str) -> list[Parcel]:
    with provider.database.autocommit() as db:
        found = outbox.latest(db, kind="logout", limit=10_000)
    return [parcel for parcel in found if parcel.session_id == session_id]
