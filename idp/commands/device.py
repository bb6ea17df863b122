"""`idp device`: try the device grant from a terminal."""

from typing import Annotated

import typer


def device(
    issuer: Annotated[str, typer.Option(help="The provider.")] = "http://127.0.0.1:8000",
    client_id: Annotated[str, typer.Option(help="A public client with the device grant.")] = "living-room-tv",
) -> None:
    """Be a device without a browser: show a code, and wait until somebody lets it in elsewhere.

    \b
    Examples:
      idp device
      idp device --issuer https://id.example.com --client-id my-television
    """  # noqa: D301 - \\b is typer's mark for lines that stay as they are
    from idp.dev.television import watch

    watch(issuer.rstrip("/"), client_id=client_id)
