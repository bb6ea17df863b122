"""`idp db`: bring the schema to what this release needs, and say whether it is."""

from idp.commands.console import AsJson, commands, fail, say, show_record
from idp.commands.workplace import settings

app = commands(
    "The schema of the database.",
    ["idp db upgrade     once for each release, before it is started", "idp db check       exit status 1 if not ready"],
)


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Migrate the schema to what this release needs. Nodes that migrate at the same time wait for each other."""
    from idp.store.database import DBAPIError
    from idp.store.outages import reason_of
    from idp.store.schema import upgrade as migrate

    try:
        before, after = migrate(settings().database_url)
    except DBAPIError as error:
        fail(f"the database cannot be used: {reason_of(error)}. Is IDP_DATABASE_URL right, and may it create tables?")
    show_record({"before": before, "after": after}, as_json=as_json)
    say("Nothing to do." if before == after else "Migrated. Next: idp keys init, if this is a new installation.")


@app.command()
def check(as_json: AsJson = False) -> None:
    """Say whether this release can run on the database."""
    from idp.store.database import Database
    from idp.store.schema import check as examine
    from idp.store.schema import revision

    database = Database(settings().database_url, pool_size=1)
    try:
        problems = examine(database)
        found = None if problems and "cannot be used" in problems[0] else revision(database)
    finally:
        database.dispose()
    show_record({"ready": not problems, "revision": found, "problems": problems}, as_json=as_json)
    if problems:
        fail(problems[0])
