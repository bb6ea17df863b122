"""`python -m keys`: the commands for the signing keys, without the server."""

from keys.commands import app

if __name__ == "__main__":
    app(prog_name="keys")
