"""`idp explain`: why an application was refused, and what mends it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands.console import AsJson, fail, say, show_json, show_record, show_table
from idp.commands.workplace import transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idp.protocol.explanation.causes import Explanation
    from idp.store.clients import StoredClient
    from idp.store.refusals import Refusal


def explain(
    reference: Annotated[
        str | None,
        typer.Argument(help="From the page that a person saw, or from X-Request-Id. Without one: the latest refusals."),
    ] = None,
    client: Annotated[str | None, typer.Option(help="The latest refusals of this client.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many at most.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Say why an application was refused: what was received, what is registered, the rule, and what mends it."""
    from idp.protocol.explanation.causes import explain as explained
    from idp.store import clients, refusals

    if reference is None:
        with transaction() as db:
            found = refusals.latest(db, client_id=client, limit=limit)
        columns = ("reference", "time", "client", "endpoint", "error", "sentence")
        show_table(columns, [_line(refusal) for refusal in found], as_json=as_json)
        if not found:
            say("No refusal is kept. They are kept for a week, and a flood of them is not kept.")
        return
    with transaction() as db:
        refusal = refusals.find(db, reference.strip().lower())
        stored = clients.find(db, refusal.client_id) if refusal is not None and refusal.client_id else None
    if refusal is None:
        fail(
            "no refusal with this reference is kept; the latest are listed by: idp explain. They are kept for a week, "
            "and only so many from one address in an hour; the log has every request under its request_id"
        )
    _show(refusal, stored, explained(refusal, stored, now=utc_now()), as_json=as_json)


def _show(refusal: "Refusal", stored: "StoredClient | None", explanation: "Explanation", *, as_json: bool) -> None:
    client_id = refusal.client_id
    fix = explanation.rule.fix.replace("CLIENT", client_id) if client_id else explanation.rule.fix
    if as_json:
        document = _line(refusal) | {
            "received": refusal.facts,
            "registered": explanation.registered,
            "differences": explanation.causes,
            "section": explanation.rule.section,
            "fix": fix,
        }
        show_json(document)
        return
    name = stored.metadata.get("client_name") if stored is not None else None
    show_record(
        {
            "reference": refusal.reference,
            "time": refusal.at,
            "at": refusal.endpoint,
            "client": f"{client_id} ({name})" if name else client_id or "none that is registered",
            "error": refusal.error,
        },
        as_json=False,
    )
    _part("What was said", {"": refusal.sentence})
    _part("What was received", _received(refusal))
    _part("What is registered", explanation.registered)
    for place, cause in enumerate(explanation.causes):
        _part("" if place else "How they differ", {"": cause})
    _part("The rule", {"": explanation.rule.section})
    _part("What mends it", {"": fix})


def _part(heading: str, lines: "Mapping[str, Any]") -> None:
    if heading and lines:
        print(f"\n{heading}")
    show_record({f"  {name}": value for name, value in lines.items()}, as_json=False)


def _received(refusal: "Refusal") -> dict[str, Any]:
    facts = dict(refusal.facts)
    values: dict[str, Any] = facts.pop("values", {})
    return {name.replace("_", " "): value for name, value in facts.items()} | values


def _line(refusal: "Refusal") -> dict[str, Any]:
    return {
        "reference": refusal.reference,
        "time": refusal.at,
        "client": refusal.client_id,
        "endpoint": refusal.endpoint,
        "error": refusal.error,
        "sentence": refusal.sentence,
    }
