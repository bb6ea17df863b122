"""`idp`, the one command of the provider: try it, serve it, and look after what it knows."""

from idp.commands import (
    client,
    config,
    connector,
    db,
    deliveries,
    dev,
    device,
    doctor,
    explain,
    serve,
    session,
    user,
    workplace,
)
from idp.commands.console import commands
from keys.commands import commands as key_commands

app = commands(
    "A self-hosted OpenID Connect provider.",
    [
        "idp dev                                  try it on this machine, with demo people and applications",
        "idp serve                                run it",
        "idp doctor                               find out what is wrong",
        "idp client create --name Wiki --redirect-uri https://wiki.example/callback",
    ],
)
app.command(name="dev")(dev.dev)
app.command(name="device")(device.device)
app.command(name="serve")(serve.serve)
app.command(name="doctor")(doctor.doctor)
app.command(name="explain")(explain.explain)
app.add_typer(db.app, name="db")
app.add_typer(client.app, name="client")
app.add_typer(connector.app, name="connector")
app.add_typer(user.app, name="user")
app.add_typer(session.app, name="session")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(key_commands(witness=workplace.witness), name="keys")
app.add_typer(config.app, name="config")


def main() -> None:
    """Run the command line."""
    app(prog_name="idp")


if __name__ == "__main__":
    main()
