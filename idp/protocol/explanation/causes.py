"""What was received against what is registered: the part of an explanation that needs both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idp.protocol.clients.client import RegisteredClient
from idp.protocol.explanation.addresses import differences, nearest
from idp.protocol.explanation.rule import Rule
from idp.protocol.explanation.rules import rule_of
from idp.store.clients import StoredClient
from idp.store.refusals import Refusal

_BY_SECRET = frozenset({"client_secret_basic", "client_secret_post"})


@dataclass(frozen=True, slots=True)
class Explanation:
    """A refusal, as the people of both sides need it.

    Attributes:
        registered: What the rule is judged by, as it is registered now.
        causes: How the two differ, a sentence for each difference.
    """

    rule: Rule
    registered: Mapping[str, Any]
    causes: tuple[str, ...]


def explain(refusal: Refusal, stored: StoredClient | None, *, now: datetime) -> Explanation:
    """Say what was wrong with a request; `stored` is the client it named, as it is registered now."""
    rule = rule_of(refusal.error, refusal.sentence)
    if stored is None:
        return Explanation(rule, {}, tuple(_nobody(refusal)))
    client = RegisteredClient.of(stored)
    registered = {name: getattr(client, name) for name in rule.registered}
    causes = [
        *_disabled(stored, refusal),
        *_address(refusal, client),
        *_authentication(refusal, client, now),
        *_since(stored, refusal),
    ]
    return Explanation(rule, {name: value for name, value in registered.items() if value is not None}, tuple(causes))


def _nobody(refusal: Refusal) -> list[str]:
    if refusal.client_id is not None:
        return ["the client has been deleted since"]
    sent = refusal.facts.get("values", {}).get("client_id")
    return [f"no client had the client_id that was sent ({sent})"] if sent else []


def _disabled(stored: StoredClient, refusal: Refusal) -> list[str]:
    if stored.disabled_at is None:
        return []
    when = "was disabled then" if stored.disabled_at <= refusal.at else "has been disabled since"
    return [f"the client {when}"]


def _address(refusal: Refusal, client: RegisteredClient) -> list[str]:
    sent = refusal.facts.get("values", {}).get("redirect_uri")
    if sent is None or not refusal.sentence.startswith("The redirect_uri is not one"):
        return []
    closest = nearest(sent, client.redirect_uris)
    if closest is None:
        return ["no redirect URI is registered"]
    if sent in client.redirect_uris:
        return ["it is registered now"]
    return [f"compared with {closest}", *differences(sent, closest)]


def _authentication(refusal: Refusal, client: RegisteredClient, now: datetime) -> list[str]:
    shown, registered = refusal.facts.get("authentication"), client.token_endpoint_auth_method
    if shown is None or refusal.error != "invalid_client":
        return []
    if registered == "none":
        return [] if shown == "none" else [f"the client is public, and showed {shown}"]
    if shown == "none":
        return [f"the client showed nothing, and is registered for {registered}"]
    if registered in _BY_SECRET and shown in _BY_SECRET:
        valid = [secret for secret in client.secrets if secret.expires_at is None or secret.expires_at > now]
        return [f"the secret was wrong, or had ended; secrets that are valid now: {len(valid)}"]
    if registered == "private_key_jwt" and shown == "client_assertion":
        return ["the signature is not that of a registered key, or the algorithm is not the registered one"]
    return [f"the client showed {shown}, and is registered for {registered}"]


def _since(stored: StoredClient, refusal: Refusal) -> list[str]:
    return ["the registration has changed since the refusal"] if stored.updated_at > refusal.at else []
