"""Why a database cannot be used, in words of ours: what it says itself may repeat values, and is for developers."""

from sqlalchemy.exc import DBAPIError

_WORDS = (
    # SQLite, which has a file for everything.
    ("unable to open database file", "its folder does not exist, or this user may not write there"),
    ("readonly database", "this user may not write the file"),
    ("file is not a database", "the file is something else than a SQLite database"),
    ("database is locked", "another program holds it"),
    ("disk is full", "the disk is full"),
    # PostgreSQL.
    ("password authentication failed", "it refuses the user or the password"),
    ('FATAL:  role "', "it has no such role"),
    ('FATAL:  database "', "it has no database of this name"),
    ("no password supplied", "it wants a password, and the URL has none"),
    ("pg_hba.conf", "it lets nobody in from here in this way (pg_hba.conf)"),
    ("permission denied", "it does not allow this role to do that"),
    ("too many connections", "it has no connection left"),
    ("too many clients", "it has no connection left"),
    ("starting up", "it is starting"),
    ("shutting down", "it is stopping"),
    ("read-write", "none of its hosts takes writes"),
    ("certificate", "its certificate is not accepted"),
    ("failed to resolve host", "its host name is not known here"),
    ("could not translate host name", "its host name is not known here"),
    ("Connection refused", "nothing listens at its address"),
    ("No such file or directory", "nothing listens at its socket"),
    ("timeout", "it did not answer in time"),
    ("timed out", "it did not answer in time"),
)


def reason_of(error: DBAPIError) -> str:
    """What is wrong, as far as it can be told; the kind of error otherwise."""
    said = str(error.orig)
    known = next((words for mark, words in _WORDS if mark in said), None)
    return known or type(error.orig).__name__
