"""`idp dev`: the whole provider on a laptop."""

from typing import Annotated

import typer


def dev(
    port: Annotated[int, typer.Option(help="Port of the provider; the demo applications take the next ones.")] = 8000,
    reset: Annotated[bool, typer.Option(help="Throw the development data away first.")] = False,
) -> None:
    """Run the provider on this machine, with demo people and applications, simulated providers and a mailbox.

    \b
    Examples:
      idp dev
      idp dev --port 9000
      idp dev --reset
    """  # noqa: D301 - \\b is typer's mark for lines that stay as they are
    from idp.dev.run import main

    main(port=port, reset=reset)
