"""What commands that change the installation work on: its settings and its database, opened and checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from idp.commands.console import FAILED, UNCONFIGURED, fail, say

if TYPE_CHECKING:
    from idp.settings import Settings
    from idp.store.database import Connection, Database
    from keys.vault import Witness


def settings() -> "Settings":
    """The settings of this installation, or an end with every problem named."""
    from idp.settings import Settings, SettingsError

    try:
        return Settings.from_environment()
    except SettingsError as error:
        say(str(error))
        raise SystemExit(UNCONFIGURED) from None


@contextmanager
def database() -> Iterator["Database"]:
    """The database, once its schema is known to this release."""
    from idp.store.database import Database, DBAPIError, IntegrityError
    from idp.store.schema import check

    opened = Database(settings().database_url, pool_size=1)
    try:
        if problems := check(opened):
            fail(problems[0])
        yield opened
    except IntegrityError:
        # Something is taken already, and the command knows what.
        raise
    except DBAPIError as error:
        from idp.store.outages import reason_of

        fail(f"the database refused: {reason_of(error)}", status=FAILED)
    finally:
        opened.dispose()


@contextmanager
def transaction() -> Iterator["Connection"]:
    """One transaction on that database. A command that fails leaves nothing behind."""
    with database() as opened, opened.transaction() as db:
        yield db


def witness() -> "Witness":
    """What the commands for signing keys tell of every change: the audit trail."""
    from idp.audit.signing_keys import COMMAND, witness_of

    return witness_of(COMMAND)
