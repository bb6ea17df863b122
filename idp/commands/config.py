"""`idp config`: what is set, what can be set, and a fresh key."""

import os
import secrets
from datetime import timedelta
from typing import Any

from idp.commands.console import AsJson, commands, say, show_record
from idp.commands.workplace import settings

app = commands(
    "Settings: from IDP_* variables, files named by IDP_*_FILE, and the TOML file named by IDP_CONFIG.",
    ["idp config show         what is set, without secrets", "idp config reference    every setting, as a table"],
)


@app.command()
def show(as_json: AsJson = False) -> None:
    """Show every setting as it is in effect. Secrets are never shown."""
    from idp.settings import Settings
    from idp.settings.names import settings_of, shown

    current = settings()
    record: dict[str, Any] = {}
    for setting in settings_of(Settings):
        value: Any = current
        for step in setting.path:
            value = getattr(value, step)
        record[setting.env] = None if value is None else shown(setting, _written(value))
    show_record(record, as_json=as_json)


@app.command()
def reference() -> None:
    """Print every setting with its default and its meaning, as a Markdown table."""
    from pydantic_core import PydanticUndefined

    from idp.settings import Settings
    from idp.settings.names import settings_of

    print("| Setting | Default | Meaning |\n| --- | --- | --- |")
    for setting in settings_of(Settings):
        default = setting.field.default
        if default is PydanticUndefined:
            written = "the cores" if setting.field.default_factory else "**required**"
        else:
            written = "" if default in {None, ()} else f"`{_written(default)}`"
        also = f" (or `{setting.env_file}`)" if setting.secret else ""
        print(f"| `{setting.env}`{also} | {written} | {' '.join((setting.field.description or '').split())} |")


@app.command("new-key")
def new_key() -> None:
    """Print a fresh key for IDP_KEY_ENCRYPTION_KEY. It is stored nowhere: keep it, and keep it apart from backups."""
    print(secrets.token_urlsafe(32))
    if os.isatty(1):
        say("Losing this key means making new signing keys. Keep it outside the database and its backups.")


def _written(value: object) -> str:
    from pydantic import SecretStr

    from keys.duration import format_duration

    match value:
        case SecretStr():
            return value.get_secret_value()
        case timedelta():
            return format_duration(value)
        case bool():
            return "true" if value else "false"
        case tuple():
            return ", ".join(str(part) for part in value)
        case _:
            return str(value)
