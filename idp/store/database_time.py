"""What time the database thinks it is."""

from datetime import UTC, datetime

from sqlalchemy import text

from idp.store.database import Connection


def database_time(db: Connection) -> datetime:
    """The clock of the database's machine. Statements never use it; this is for finding clocks that disagree."""
    found: datetime | str = db.execute(text("SELECT CURRENT_TIMESTAMP")).scalar_one()
    moment = datetime.fromisoformat(found) if isinstance(found, str) else found
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
