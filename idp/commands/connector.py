"""`idp connector`: other providers to sign in with, and what is wrong with one before a person meets it."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from idp.clock import utc_now
from idp.commands.console import FAILED, AsJson, commands, fail, say, show_table
from idp.commands.workplace import settings

if TYPE_CHECKING:
    from idp.federation.connector import Connector
    from idp.settings import Settings

app = commands(
    "Other providers to sign in with.",
    ["idp connector list", "idp connector check google     ask the provider whether it knows this installation"],
)


@app.command("list")
def list_connectors(as_json: AsJson = False) -> None:
    """List the configured connectors, in the order of their buttons."""
    chosen = settings()
    records: list[dict[str, Any]] = [
        {
            "name": one.name,
            "kind": one.kind,
            "button": f"Continue with {one.button}",
            "client_id": one.client_id,
            "issuer": one.issuer or one.origin,
            "domains": list(one.domains),
            "redirect_uri": _redirect_uri(chosen, one.name),
        }
        for one in chosen.connectors
    ]
    show_table(("name", "kind", "button", "client_id", "redirect_uri"), records, as_json=as_json)


@app.command()
def check(
    name: Annotated[str, typer.Argument(help="The connector, as `idp connector list` names it.")],
) -> None:
    """Say what is wrong with a connector, as far as that shows without a person. Exits with 1 if anything is."""
    chosen = settings()
    connector = _connector(chosen, name)
    print(f"Register this redirect URI at the provider, exactly so: {_redirect_uri(chosen, name)}")
    if any(one.kind == "oidc" for one in chosen.connectors if one.name == name):
        print(f"And, if it takes one, this back-channel logout URI: {chosen.issuer}/social/{name}/logout")
    found = [*_ending(connector), *connector.examine()]
    for sentence in found:
        print(f"- {sentence}")
    if found:
        say(f"idp: {name} cannot be relied on")
        raise typer.Exit(FAILED)
    say(f"{name} answers, and nothing is wrong with it as far as it can be seen from here.")


def _connector(chosen: "Settings", name: str) -> "Connector":
    from idp.provision import connectors_of

    connector = connectors_of(chosen).get(name)
    if connector is None:
        known = ", ".join(one.name for one in chosen.connectors) or "none"
        fail(f"there is no connector of this name; there are: {known}", status=2)
    return connector


def _ending(connector: "Connector") -> list[str]:
    from idp.federation.facebook import FacebookConnector, ending

    said = ending(connector.version, utc_now().date()) if isinstance(connector, FacebookConnector) else None
    return [said] if said else []


def _redirect_uri(chosen: "Settings", name: str) -> str:
    return f"{chosen.issuer}/social/{name}/callback"
