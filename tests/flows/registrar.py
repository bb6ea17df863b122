"""A client that registers itself, as tests need one."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests

from idp.store import audit_events, initial_access_tokens
from idp.store.base import digest_of
from idp.store.initial_access_tokens import InitialAccessToken
from tests.running import Registered, Running

CALLBACK = "https://rp.example/callback"


@dataclass(frozen=True)
class SelfRegistered:
    """A client as the answer to its registration tells of it."""

    provider: Running
    told: Mapping[str, Any]

    @property
    def client_id(self) -> str:
        return str(self.told["client_id"])

    @property
    def at_authorize(self) -> Registered:
        return Registered(self.client_id, str(self.told.get("client_secret", "")), self.told["redirect_uris"][0])

    def manage(self, method: str, document: object = None, *, token: str | None = None) -> requests.Response:
        """Ask its own endpoint, with its own token unless told otherwise; an empty one sends none."""
        token = self.told["registration_access_token"] if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = self.told["registration_client_uri"]
        return requests.request(method, url, json=document, headers=headers, timeout=20)


def metadata(**changes: Any) -> dict[str, Any]:
    """A registration that passes; changes replace, None removes."""
    given = {"redirect_uris": [CALLBACK], "client_name": "Photos", **changes}
    return {name: value for name, value in given.items() if value is not None}


def ask(provider: Running, document: object, *, token: str | None = None) -> requests.Response:
    """Send a registration."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return requests.post(f"{provider.issuer}/register", json.dumps(document), headers=headers, timeout=20)


def register(provider: Running, *, token: str | None = None, **changes: Any) -> SelfRegistered:
    """Register a client that passes."""
    answer = ask(provider, metadata(**changes), token=token)
    assert answer.status_code == 201, answer.text
    return SelfRegistered(provider, answer.json())


def refused(answer: requests.Response) -> str:
    """The error of an answer to metadata that cannot be registered."""
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    error: str = answer.json()["error"]
    return error


def initial_token(provider: Running, *, uses: int = 1, life: timedelta = timedelta(days=1), **limits: Any) -> str:
    """A token that lets so many clients register, for so long and within these limits."""
    token, now = secrets.token_urlsafe(32), provider.clock()
    made = InitialAccessToken(secrets.token_urlsafe(6), None, limits, uses, now, now + life, None)
    with provider.database.transaction() as db:
        initial_access_tokens.add(db, digest_of(token), made)
    return token


def events_of(provider: Running, client_id: str) -> list[tuple[str, str | None]]:
    """What the audit trail tells of a client, and by whose hand."""
    trail = audit_events.audit_events
    query = trail.select().where(trail.c.client_id == client_id).order_by(trail.c.number)
    with provider.database.autocommit() as db:
        return [(row.event, row.detail.get("because") or row.detail.get("initial_token")) for row in db.execute(query)]
