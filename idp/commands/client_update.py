"""`idp client update`: what a client is registered with, changed where something was named."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from idp.clock import utc_now
from idp.commands import client_options as options
from idp.commands.client_record import ClientId, facts, named, note, validated
from idp.commands.console import MISUSED, AsJson, fail, say, show_record
from idp.commands.workplace import transaction

if TYPE_CHECKING:
    from idp.store.clients import StoredClient


@options.with_metadata
def update(
    given: Mapping[str, Any], client_id: ClientId, metadata: options.Document = None, as_json: AsJson = False
) -> None:
    """Change what a client is registered with. A list replaces the old one; an empty value takes a member away."""
    from idp.audit.events import Event
    from idp.store import clients

    changes = options.members(options.read_json("--metadata", metadata) if metadata else {}, given)
    if not changes:
        fail("nothing to change; see: idp client update --help", status=MISUSED)
    with transaction() as db:
        before = named(db, client_id)
    _refuse_trust(before, changes)
    registered, now = validated(dict(before.metadata) | _grants_that_follow(before.metadata, changes)), utc_now()
    with transaction() as db:
        if named(db, client_id).updated_at != before.updated_at:
            fail("somebody else has just changed this client; look at it, and try again")
        clients.replace_metadata(db, client_id, registered.document(), now=now)
        ended = 0 if registered.uses_secret else clients.end_secrets(db, client_id)
        note(db, Event.CLIENT_CHANGED, client_id, now)
        after = named(db, client_id)
    show_record(facts(after), as_json=as_json)
    for member in sorted(set(before.metadata) | set(after.metadata)):
        if before.metadata.get(member) != after.metadata.get(member):
            say(f"Changed: {member}")
    if ended:
        say("Its secret has ended: it does not authenticate with one any more.")
    if registered.uses_secret and not after.secrets:
        say(f"It has no secret yet. Next: idp client rotate-secret {client_id}")


def _refuse_trust(client: "StoredClient", changes: Mapping[str, object]) -> None:
    """Keep trust from a client whose addresses are in somebody else's hands."""
    from idp.protocol.registration.dynamic_registration import OPERATORS_ALONE

    if client.manages_itself and any(changes.get(member) for member in OPERATORS_ALONE):
        fail(
            "this client registered itself and can change its own addresses; "
            f"make it yours first: idp client adopt {client.client_id}"
        )


def _grants_that_follow(kept: Mapping[str, Any], changes: dict[str, object]) -> dict[str, object]:
    """Let response types follow from new grants, and grants from new response types, where only one was named."""
    from idp.protocol.registration.registered_members import DEVICE_CODE

    if ("grant_types" in changes) == ("response_types" in changes):
        return changes
    if "grant_types" in changes:
        grants = _words(changes["grant_types"])
        by_code, by_front = "authorization_code" in grants, "implicit" in grants
        old = [kind for kind in kept.get("response_types", ["code"]) if _fits(kind, by_code=by_code, by_front=by_front)]
        return changes | {"response_types": old or (["code"] if by_code else None)}
    kinds = _words(changes["response_types"]) or ["code"]
    by_code, by_front = any("code" in kind.split() for kind in kinds), any(kind != "code" for kind in kinds)
    others = [grant for grant in kept.get("grant_types", []) if grant not in {"authorization_code", "implicit"}]
    if not by_code and DEVICE_CODE not in others:
        others = [grant for grant in others if grant != "refresh_token"]
    return changes | {"grant_types": ["authorization_code"] * by_code + ["implicit"] * by_front + others}


def _words(value: object) -> list[str]:
    """What was named, whatever else may be wrong with it: that is found later."""
    return [str(word) for word in value] if isinstance(value, list) else []


def _fits(response_type: str, *, by_code: bool, by_front: bool) -> bool:
    return (by_code or "code" not in response_type.split()) and (by_front or response_type == "code")
