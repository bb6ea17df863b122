"""The migrations lead to exactly the tables that the code declares."""

from idp.store import schema
from idp.store.database import Database


def test_a_migrated_database_is_what_the_code_declares(database_url: str) -> None:
    database = Database(database_url)
    try:
        assert schema.drift(database) == []
    finally:
        database.dispose()


def test_the_newest_revision_is_one_this_release_knows(database_url: str) -> None:
    database = Database(database_url)
    try:
        assert schema.revision(database) == schema.KNOWN_REVISIONS[-1]
        assert schema.check(database) == []
    finally:
        database.dispose()
