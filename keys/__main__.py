"""`python -m keys`: the commands for the signing keys, without the server."""

from keys.commands import commands

if __name__ == "__main__":
    commands()(prog_name="keys")
