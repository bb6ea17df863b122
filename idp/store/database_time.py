"""What time the database thinks it is."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from idp.store.database import Connection, Database

_CLOCKS_MAY_DIFFER = timedelta(seconds=30)


def database_time(db: Connection) -> datetime:
    """The clock of the database's machine. Statements never use it; this is for finding clocks that disagree."""
    found: datetime | str = db.execute(text("SELECT CURRENT_TIMESTAMP")).scalar_one()
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def clocks_agree(database: Database, now: datetime) -> bool:
    """Whether this machine and that of the database tell the same time, within half a minute. False: or nobody knows.

    Args:
        now: The time of day of this machine.
    """
    try:
        with database.autocommit() as db:
            return abs(database_time(db) - now) <= _CLOCKS_MAY_DIFFER
    except SQLAlchemyError:
        return False
